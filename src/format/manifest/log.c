/* SPDX-License-Identifier: Apache-2.0 */
#include "format/manifest/log.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/str.h"

#define STANDARD (256 << 10)
#define LEAST (16 << 10)
#define MOST (64 << 20)
#define UNIT 4096 /* pages */
#define NOT_KEPT UINT64_MAX

void manifest_log_defaults(struct manifest_log *ret_log)
{
	*ret_log = (struct manifest_log){ .size_bytes = STANDARD, .console = true };
}

static bool is_size(uint64_t size_bytes)
{
	return size_bytes >= LEAST && size_bytes <= MOST && size_bytes % UNIT == 0;
}

/* Is @word "@name=N"? True also where N is no size, which is 0 then. */
static bool takes(const char *word, size_t size, const char *name, uint64_t *ret_bytes)
{
	size_t length = strlen(name);
	uint64_t bytes = 0;

	if (size < length || memcmp(word, name, length) != 0)
		return false;
	if (str_size_parse(word + length, size - length, "km", &bytes) < 0 ||
	    !is_size(bytes))
		bytes = 0;
	*ret_bytes = bytes;
	return true;
}

int manifest_read_log(struct manifest_reader *reader, const struct manifest_key *key)
{
	struct manifest_log *log = &reader->manifest->log;
	const char *word;
	size_t size;
	int r = manifest_next_word(reader, key, &word, &size);

	*log = (struct manifest_log){ .size_bytes = STANDARD };
	if (r > 0 && takes(word, size, "size=", &log->size_bytes))
		r = lines_word(&reader->lines, &word, &size, reader->err);
	log->console = r > 0 && lines_equal(word, size, "console");
	if (log->console)
		r = lines_word(&reader->lines, &word, &size, reader->err);
	log->persist_bytes = NOT_KEPT;
	if (r > 0 && takes(word, size, "persist=", &log->persist_bytes))
		r = lines_word(&reader->lines, &word, &size, reader->err);
	if (r < 0)
		return r;
	if (log->size_bytes == 0 || log->persist_bytes == 0)
		return manifest_refuse(reader, key,
				       "a size must be of 16k to 64m, in steps of 4k");
	if (log->persist_bytes == NOT_KEPT)
		log->persist_bytes = 0;
	return r > 0 ? manifest_refuse(
			       reader, key,
			       "takes size=N, console and persist=N, in this order")
		     : 0;
}

int manifest_write_log(const struct manifest_log *log, struct str *text)
{
	if (!is_size(log->size_bytes) ||
	    (log->persist_bytes && !is_size(log->persist_bytes)))
		return -EINVAL;
	str_addf(text, "log size=%" PRIu64 "k%s", log->size_bytes >> 10,
		 log->console ? " console" : "");
	if (log->persist_bytes)
		str_addf(text, " persist=%" PRIu64 "k", log->persist_bytes >> 10);
	str_add(text, "\n");
	return 0;
}
