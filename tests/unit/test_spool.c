/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "pack/import/spool.h"

#define PLAIN_SIZE 300000

static char plain[PLAIN_SIZE];
static struct digest plain_hash;

static int start(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (char)(i * i >> 7);
	return sha256_of(plain, sizeof(plain), &plain_hash);
}

/* The bytes under one of libarchive's filters, in a file of their own. */
static int file_of(int (*filter)(struct archive *))
{
	struct archive *a = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	int fd = memfd_create("stored", MFD_CLOEXEC);

	assert_int_equal(archive_write_set_format_raw(a), ARCHIVE_OK);
	assert_int_equal(filter(a), ARCHIVE_OK);
	assert_int_equal(archive_write_set_bytes_per_block(a, 0), ARCHIVE_OK);
	assert_int_equal(archive_write_open_fd(a, fd), ARCHIVE_OK);
	archive_entry_set_filetype(entry, AE_IFREG);
	assert_int_equal(archive_write_header(a, entry), ARCHIVE_OK);
	assert_int_equal(archive_write_data(a, plain, sizeof(plain)), sizeof(plain));
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
	archive_entry_free(entry);
	return fd;
}

static struct source_layer layer_of(int fd)
{
	struct source_layer layer = { .kind = SOURCE_TAR,
				      .name = (char *)"layer",
				      .fd = fd,
				      .has_digest = true,
				      .has_diff_id = true };

	layer.size_bytes = (uint64_t)lseek(fd, 0, SEEK_END);
	assert_int_equal(sha256_of_fd(fd, layer.size_bytes, &layer.digest), 0);
	layer.diff_id = plain_hash;
	return layer;
}

static int spool(const struct source_layer *layer, uint64_t limit,
		 struct content *content, struct err *err)
{
	char dir[] = "/tmp/test_spool.XXXXXX";
	struct spool_options options = { .limit_bytes = limit };
	int r;

	assert_non_null(mkdtemp(dir));
	options.temp_dir = open(dir, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	*err = (struct err)ERR_INIT;
	r = spool_layer(layer, &options, content, err);
	fd_close(options.temp_dir);
	/* nothing has a name there */
	assert_int_equal(rmdir(dir), 0);
	return r;
}

static int (*const filters[])(struct archive *) = {
	archive_write_add_filter_none,	archive_write_add_filter_gzip,
	archive_write_add_filter_zstd,	archive_write_add_filter_xz,
	archive_write_add_filter_bzip2,
};

#define FILTERS (sizeof(filters) / sizeof(filters[0]))

/* Whoever vouches for the stored bytes, for the tar in them, for both or for neither. */
static void decompresses_by_magic(void **state)
{
	static char got[PLAIN_SIZE];

	(void)state;
	for (size_t i = 0; i < 4 * FILTERS; i++) {
		struct source_layer layer = layer_of(file_of(filters[i / 4]));
		struct content content;
		struct err err;

		layer.has_digest = i & 1;
		layer.has_diff_id = i & 2;
		if (spool(&layer, PLAIN_SIZE, &content, &err) < 0)
			fail_msg("filter %zu: %s", i / 4, err.text);
		assert_int_equal(content.size_bytes, PLAIN_SIZE);
		assert_memory_equal(&content.id, &plain_hash, DIGEST_SIZE);
		assert_int_equal(
			fd_pread_all(content.fd, got, sizeof(got), content.offset), 0);
		assert_memory_equal(got, plain, sizeof(got));
		content_done(&content);
		fd_close(layer.fd);
	}
}

static void notices_every_lie(void **state)
{
	(void)state;
	for (size_t i = 0; i < FILTERS; i++) {
		struct source_layer good = layer_of(file_of(filters[i])), bad = good;
		struct content content;
		struct err err;

		bad.digest.bytes[31] ^= 1;
		assert_int_equal(spool(&bad, PLAIN_SIZE, &content, &err), -EBADMSG);
		assert_non_null(strstr(err.text, "layer: its digest is sha256:"));
		bad = good;
		bad.diff_id.bytes[0] ^= 1;
		assert_int_equal(spool(&bad, PLAIN_SIZE, &content, &err), -EBADMSG);
		assert_non_null(strstr(err.text, "its diff_id is sha256:"));
		bad = good;
		bad.size_bytes++;
		bad.has_digest = false;
		assert_int_equal(spool(&bad, PLAIN_SIZE, &content, &err), -EBADMSG);
		assert_non_null(strstr(err.text, " bytes, not "));
		bad = good;
		bad.size_bytes--;
		assert_int_equal(spool(&bad, PLAIN_SIZE, &content, &err), -EBADMSG);
		assert_int_equal(spool(&good, PLAIN_SIZE - 1, &content, &err), -E2BIG);
		assert_non_null(strstr(err.text, "--limit-bytes"));
		fd_close(good.fd);
	}
}

/* A layer in the middle of another file, as in an archive of layers; and from a pipe. */
static void reads_a_part_and_a_pipe(void **state)
{
	int whole = memfd_create("whole", MFD_CLOEXEC), ends[2];
	struct source_layer layer;
	struct content content;
	struct err err;

	(void)state;
	assert_int_equal(fd_write_all(whole, "before", 6), 0);
	assert_int_equal(fd_write_all(whole, plain, sizeof(plain)), 0);
	assert_int_equal(fd_write_all(whole, "behind", 6), 0);
	layer = (struct source_layer){ .name = (char *)"layer",
				       .fd = whole,
				       .offset = 6,
				       .size_bytes = PLAIN_SIZE,
				       .has_diff_id = true };
	layer.diff_id = plain_hash;
	assert_int_equal(spool(&layer, PLAIN_SIZE, &content, &err), 0);
	/* what is packed is what was hashed, whatever becomes of the source */
	assert_int_equal(fd_pwrite_all(whole, "changed", 7, 6 + 100), 0);
	assert_int_equal(content.offset, 0);
	assert_int_equal(sha256_of_fd(content.fd, PLAIN_SIZE, &content.id), 0);
	assert_true(digest_equal(&content.id, &plain_hash));
	content_done(&content);
	fd_close(whole);

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fd_write_all(ends[1], plain, 30000), 0);
	fd_close(ends[1]);
	layer = (struct source_layer){ .name = (char *)"layer",
				       .fd = ends[0],
				       .size_bytes = SOURCE_SIZE_UNKNOWN };
	assert_int_equal(spool(&layer, PLAIN_SIZE, &content, &err), 0);
	assert_int_equal(content.size_bytes, 30000);
	content_done(&content);
	fd_close(ends[0]);
}

/* What stands behind the compressed stream counts for the stored digest, not for the tar.
 */
static void bytes_behind_the_stream(void **state)
{
	int fd = file_of(archive_write_add_filter_zstd);
	static const uint8_t skippable[] = {
		0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 'h', 'i'
	};
	struct source_layer layer;
	struct content content;
	struct err err;

	(void)state;
	assert_int_equal(fd_write_all(fd, skippable, sizeof(skippable)), 0);
	layer = layer_of(fd);
	if (spool(&layer, PLAIN_SIZE, &content, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(content.size_bytes, PLAIN_SIZE);
	content_done(&content);
	fd_close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decompresses_by_magic),
		cmocka_unit_test(notices_every_lie),
		cmocka_unit_test(reads_a_part_and_a_pipe),
		cmocka_unit_test(bytes_behind_the_stream),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
