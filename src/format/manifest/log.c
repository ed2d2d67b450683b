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

void manifest_log_defaults(struct manifest_log *ret_log)
{
	*ret_log = (struct manifest_log){ .size_bytes = STANDARD, .console = true };
}

static bool is_size(uint64_t size_bytes)
{
	return size_bytes >= LEAST && size_bytes <= MOST && size_bytes % UNIT == 0;
}

int manifest_read_log(struct manifest_reader *reader, const struct manifest_key *key)
{
	static const char size_is[] = "size=";
	const size_t name = strlen(size_is);
	struct manifest_log *log = &reader->manifest->log;
	const char *word;
	size_t size;
	int r = manifest_next_word(reader, key, &word, &size);

	if (r < 0)
		return r;
	if (size < name || memcmp(word, size_is, name) != 0 ||
	    str_size_parse(word + name, size - name, "km", &log->size_bytes) < 0 ||
	    !is_size(log->size_bytes))
		return manifest_refuse(reader, key,
				       "must be size=N with 16k to 64m, in steps of 4k");
	r = lines_word(&reader->lines, &word, &size, reader->err);
	log->console = r > 0 && lines_equal(word, size, "console");
	if (r > 0 && (!log->console || reader->lines.value_size))
		return manifest_refuse(reader, key, "takes size= and console");
	return r < 0 ? r : 0;
}

int manifest_write_log(const struct manifest_log *log, struct str *text)
{
	if (!is_size(log->size_bytes))
		return -EINVAL;
	str_addf(text, "log size=%" PRIu64 "k%s\n", log->size_bytes >> 10,
		 log->console ? " console" : "");
	return 0;
}
