/* SPDX-License-Identifier: Apache-2.0 */
/* Each format as libarchive writes it: whole, in parts, damaged, cut, and with more behind it. */
#include "bytes.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>

#include "pack/host/decompress.h"

#define PLAIN_SIZE 100000
#define ROOM (2 * PLAIN_SIZE + 4096)

static char plain[PLAIN_SIZE];

static const struct {
	const char *name;
	int (*filter)(struct archive *archive);
	size_t from, to; /* the bytes of its trailer that count, from the end */
} formats[] = {
	{ "gzip", archive_write_add_filter_gzip, 1, 8 },
	{ "bzip2", archive_write_add_filter_bzip2, 2, 10 },
	{ "xz", archive_write_add_filter_xz, 1, 24 },
	{ "zstd", archive_write_add_filter_zstd, 1, 0 },
};

#define FORMATS (sizeof(formats) / sizeof(formats[0]))

struct stored {
	char bytes[ROOM];
	size_t size, at, part; /* given by @part bytes, each time in another place */
	int error;	       /* instead of the end */
	char chunk[ROOM];
};

static struct stored stored;

static int start(void **state)
{
	uint32_t x = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(plain); i++) {
		x = x * 1103515245 + 12345;
		plain[i] = (char)(i % 3 ? x >> 28 : x >> 16);
	}
	return 0;
}

/* Appends @size bytes of the plain text, compressed. */
static void append(size_t format, size_t from, size_t size)
{
	struct archive *a = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	size_t used = 0;

	assert_int_equal(archive_write_set_format_raw(a), ARCHIVE_OK);
	assert_int_equal(formats[format].filter(a), ARCHIVE_OK);
	assert_int_equal(archive_write_set_bytes_per_block(a, 0), ARCHIVE_OK);
	assert_int_equal(archive_write_open_memory(a, stored.bytes + stored.size,
						   ROOM - stored.size, &used),
			 ARCHIVE_OK);
	archive_entry_set_filetype(entry, AE_IFREG);
	assert_int_equal(archive_write_header(a, entry), ARCHIVE_OK);
	assert_int_equal(archive_write_data(a, plain + from, size), size);
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
	archive_entry_free(entry);
	stored.size += used;
}

static ssize_t give(void *context, const void **ret_bytes)
{
	struct stored *s = context;
	size_t size = s->size - s->at < s->part ? s->size - s->at : s->part;

	if (size == 0 && s->error)
		return s->error;
	memcpy(s->chunk, s->bytes + s->at, size);
	s->at += size;
	*ret_bytes = s->chunk;
	return (ssize_t)size;
}

/* 0 when it comes out as the plain text, to its end and again; else -errno. */
static int take(size_t part, struct err *err)
{
	struct decompress *decompress = NULL;
	const void *bytes;
	size_t used = 0;
	ssize_t n;
	int r;

	*err = (struct err)ERR_INIT;
	stored.at = 0;
	stored.part = part;
	r = decompress_open(&decompress, give, &stored, err);
	if (r < 0)
		return r;
	while ((n = decompress_next(decompress, &bytes, err)) > 0) {
		assert_true(used + (size_t)n <= sizeof(plain));
		assert_memory_equal(bytes, plain + used, n);
		used += (size_t)n;
	}
	if (n == 0) {
		assert_int_equal(used, sizeof(plain));
		assert_int_equal(decompress_next(decompress, &bytes, err), 0);
	}
	decompress_free(decompress);
	return (int)n;
}

static void every_format_comes_out_whole(void **state)
{
	static const size_t parts[] = { 1, 7, 511, 4096, ROOM };
	struct err err;

	(void)state;
	for (size_t f = 0; f < FORMATS; f++) {
		stored = (struct stored){ 0 };
		append(f, 0, sizeof(plain));
		for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
			if (take(parts[i], &err) < 0)
				fail_msg("%s by %zu: %s", formats[f].name, parts[i],
					 err.text);
		/* members and frames one after another, also empty ones */
		stored = (struct stored){ 0 };
		append(f, 0, 30000);
		append(f, 0, 0);
		append(f, 30000, sizeof(plain) - 30000);
		append(f, 0, 0);
		if (take(4096, &err) < 0)
			fail_msg("%s in members: %s", formats[f].name, err.text);
	}
	stored = (struct stored){ 0 };
	memcpy(stored.bytes, plain, sizeof(plain));
	stored.size = sizeof(plain);
	assert_int_equal(take(1000, &err), 0);
}

static void what_follows_the_end(void **state)
{
	struct err err;

	(void)state;
	for (size_t f = 0; f < FORMATS - 1; f++) {
		stored = (struct stored){ 0 };
		append(f, 0, sizeof(plain));
		stored.size += 512; /* zeros */
		assert_int_equal(take(ROOM, &err), 0);
		stored.bytes[stored.size++] = 'x';
		assert_int_equal(take(ROOM, &err), -EBADMSG);
		assert_int_equal(take(100, &err), -EBADMSG);
		stored.size -= 513;
		stored.bytes[stored.size++] = 'x';
		assert_int_equal(take(ROOM, &err), -EBADMSG);
		assert_true(err.text[0]);
	}
	stored.size--;
	append(FORMATS - 1, 0, 0);
	assert_int_equal(take(ROOM, &err), -EBADMSG);
}

static void no_end_is_cut_or_changed(void **state)
{
	struct err err;

	(void)state;
	for (size_t f = 0; f < FORMATS; f++) {
		stored = (struct stored){ 0 };
		append(f, 0, sizeof(plain));
		size_t size = stored.size;

		for (size_t cut = 1; cut < 40; cut++) {
			stored.size = size - cut;
			assert_int_equal(take(ROOM, &err), -EBADMSG);
			assert_non_null(strstr(err.text, formats[f].name));
		}
		stored.size = size;
		for (size_t back = formats[f].from; back <= formats[f].to; back++) {
			stored.bytes[size - back] ^= 4;
			if (take(ROOM, &err) == 0)
				fail_msg("%s: byte -%zu", formats[f].name, back);
			stored.bytes[size - back] ^= 4;
		}
	}
}

static void a_source_that_fails(void **state)
{
	struct err err;

	(void)state;
	for (size_t f = 0; f < FORMATS; f++) {
		stored = (struct stored){ .error = -EIO };
		append(f, 0, sizeof(plain));
		stored.size /= 2;
		assert_int_equal(take(1000, &err), -EIO);
		assert_non_null(strstr(err.text, "reading it"));
	}
	stored = (struct stored){ .error = -EIO };
	assert_int_equal(take(1000, &err), -EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_format_comes_out_whole),
		cmocka_unit_test(what_follows_the_end),
		cmocka_unit_test(no_end_is_cut_or_changed),
		cmocka_unit_test(a_source_that_fails),
	};

	return cmocka_run_group_tests_name("decompress", tests, start, NULL);
}
