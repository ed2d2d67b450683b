/* SPDX-License-Identifier: Apache-2.0 */
/* What lamina-fetch reads of a stranger: the first byte says which. What is taken holds what it promises. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/challenge.h"
#include "fetch/front/ddi.h"
#include "fetch/front/oci-manifest.h"
#include "fetch/header.h"
#include "fetch/origin.h"
#include "fetch/range.h"
#include "fetch/token.h"
#include "format/channel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_challenge(const char *text)
{
	static struct challenge c;
	char url[ORIGIN_URL_SIZE];

	if (challenge_parse(text, &c) < 0)
		return;
	if (challenge_url(&c, "repository:a:pull", url, sizeof(url)) == 0)
		assert(strncmp(url, c.realm, strlen(c.realm)) == 0);
}

static void read_range(const char *text)
{
	const struct range_answer answer = { 206, text, RANGE_UNKNOWN };
	uint64_t start = 0;

	if (range_start(&answer, 1000, 4096, &start, NULL) == 0)
		assert(start <= 1000);
}

static void read_headers(const char *text)
{
	static struct http_answer answer;
	struct header_count count = { 0 };
	size_t size;

	for (; *text; text += size + (text[size] == '\n')) {
		size = strcspn(text, "\n");
		if (header_add(&count, text, size, &answer) < 0)
			break;
	}
	assert(memchr(answer.type, 0, sizeof(answer.type)));
	assert(memchr(answer.digest, 0, sizeof(answer.digest)));
	assert(memchr(answer.challenge, 0, sizeof(answer.challenge)));
}

static void read_oci(const char *text, size_t size)
{
	static struct oci_manifest m;
	struct err err = ERR_INIT;

	if (oci_manifest_parse(text, size, &m, &err) < 0)
		assert(err.text[0]);
	else
		assert(m.signature_size > 0 && m.signature_size <= sizeof(m.signature) &&
		       (!digest_is_set(&m.word) || m.word_bytes <= CHANNEL_MAX_SIZE));
}

/* What of a server's JSON becomes an address or a name is one. */
static void read_ddi(const char *text, size_t size)
{
	static struct ddi_base base;
	static struct ddi_deployment d;
	struct err err = ERR_INIT;
	char id[DDI_ID_SIZE];

	if (ddi_base_parse(text, size, &base, &err) == 0) {
		assert(!base.sleep_ms ||
		       (base.sleep_ms >= DDI_LEAST_MS && base.sleep_ms <= DDI_MOST_MS));
		assert(!base.deployment[0] ||
		       origin_is_same(base.deployment, base.deployment));
	}
	if (ddi_deployment_parse(text, size, &d, &err) == 0)
		assert(d.id[0] && !strpbrk(d.id, " /\n") &&
		       origin_is_same(d.url, d.url) && !strchr(d.url, ' '));
	if (ddi_cancel_parse(text, size, id, &err) == 0)
		assert(id[0] && !strpbrk(id, " /\n"));
}

/* One word of one line, whatever the server says. */
static void read_token(const char *text, size_t size)
{
	struct err err = ERR_INIT;
	char *header = NULL;

	if (token_parse(text, size, &header, &err) < 0)
		assert(err.text[0] && !header);
	else
		assert(strncmp(header, "Bearer ", 7) == 0 && header[7] &&
		       !strpbrk(header + 7, " \t\r\n,\""));
	free(header);
}

static void read_origin(const char *text)
{
	struct err err = ERR_INIT;
	struct origin o;

	(void)origin_is_same(text, "https://r.example/");
	if (origin_parse(text, &o, &err) < 0) {
		assert(err.text[0]);
		return;
	}
	assert(origin_is_same(o.host, o.host));
	assert(!strchr(o.host + 8, '/') && !strchr(o.host, '@'));
	if (o.kind == ORIGIN_WEB)
		assert(origin_is_same(o.url, o.host));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size == 0)
		return 0;
	text = strndup((const char *)data + 1, size - 1);
	assert(text);
	switch (data[0]) {
	case 'c':
		read_challenge(text);
		break;
	case 'r':
		read_range(text);
		break;
	case 'h':
		read_headers(text);
		break;
	case 'd':
		read_ddi((const char *)data + 1, size - 1);
		break;
	case 'o':
		read_oci((const char *)data + 1, size - 1);
		break;
	case 't':
		read_token((const char *)data + 1, size - 1);
		break;
	default:
		read_origin(text);
	}
	free(text);
	return 0;
}
