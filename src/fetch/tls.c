/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/tls.h"

#include <errno.h>
#include <stdbool.h>
#include <time.h>

static bool is_wrong(uint64_t floor_s)
{
	time_t now = time(NULL);

	return now < 0 || (uint64_t)now < floor_s;
}

#ifdef CONFIG_LAMINA_FETCH_MBEDTLS
#include <mbedtls/ssl.h>

static uint32_t faults; /* of the chain that was looked at last */

static int judge(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags)
{
	const uint64_t *floor_s = context;

	(void)certificate;
	(void)depth;
	if (is_wrong(*floor_s))
		*flags &= ~(uint32_t)MBEDTLS_X509_BADCERT_FUTURE;
	faults |= *flags;
	return 0;
}

/* libcurl's own function, which this is put in place of, does nothing that we ask it for. */
static CURLcode set_judge(CURL *curl, void *config, void *context)
{
	(void)curl;
	faults = 0;
	mbedtls_ssl_conf_verify(config, judge, context);
	return CURLE_OK;
}

void tls_set_clock(CURL *curl, const uint64_t *floor_s)
{
	(void)curl_easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, set_judge);
	(void)curl_easy_setopt(curl, CURLOPT_SSL_CTX_DATA, (void *)(uintptr_t)floor_s);
}

/* The library has numbers only. */
int tls_explain(uint64_t floor_s, const char *reason, struct err *err)
{
	static const struct {
		uint32_t fault;
		const char *words;
	} known[] = {
		{ MBEDTLS_X509_BADCERT_EXPIRED, "has expired" },
		{ MBEDTLS_X509_BADCERT_FUTURE, "is not yet valid" },
		{ MBEDTLS_X509_BADCERT_CN_MISMATCH, "is another server's" },
		{ MBEDTLS_X509_BADCERT_NOT_TRUSTED,
		  "is signed by nobody that is trusted" },
	};

	(void)floor_s;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (faults & known[i].fault)
			return err_set(err, -EAGAIN, "the server's certificate %s",
				       known[i].words);
	return err_set(err, -EAGAIN, "the server's certificate: %s", reason);
}
#else
/* A shared libcurl has any library for TLS, of which some can't be told. */
void tls_set_clock(CURL *curl, const uint64_t *floor_s)
{
	(void)curl;
	(void)floor_s;
}

int tls_explain(uint64_t floor_s, const char *reason, struct err *err)
{
	if (!is_wrong(floor_s))
		return err_set(err, -EAGAIN, "%s", reason);
	return err_set(err, -EAGAIN,
		       "%s; the clock stands at a time before this program was made, and "
		       "this libcurl can't be told so: set the clock",
		       reason);
}
#endif
