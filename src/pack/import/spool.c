/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/import/spool.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "cli/progress.h"

#define SPOOL_BUFFER ((size_t)1 << 20)

struct spool {
	const struct source_layer *layer;
	const struct spool_options *options;
	struct sha256 stored, plain;
	bool hash_stored,
		hash_plain;   /* both only where they can differ and are asked for */
	uint64_t read_bytes;  /* of the stored layer, so far */
	uint64_t plain_bytes; /* of the uncompressed tar */
	bool seekable;
	bool failed; /* read_errno is why */
	int read_errno;
	char buffer[SPOOL_BUFFER];
};

int spool_temp_file(int dir)
{
	int fd = openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0)
		return fd;
	/* some network file systems know no O_TMPFILE */
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT)
		return -errno;
	fd = openat(dir, "spool", O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0 || unlinkat(dir, "spool", 0) < 0)
		return -errno;
	return fd;
}

/* The next stored bytes: hashed as they pass. */
static la_ssize_t spool_read(struct archive *archive, void *context,
			     const void **ret_bytes)
{
	struct spool *spool = context;
	const struct source_layer *layer = spool->layer;
	size_t size = sizeof(spool->buffer);
	ssize_t n;

	if (layer->size_bytes != SOURCE_SIZE_UNKNOWN &&
	    layer->size_bytes - spool->read_bytes < size)
		size = (size_t)(layer->size_bytes - spool->read_bytes);
	do {
		n = spool->seekable ? pread(layer->fd, spool->buffer, size,
					    (off_t)(layer->offset + spool->read_bytes))
				    : read(layer->fd, spool->buffer, size);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		spool->failed = true;
		spool->read_errno = -errno;
		archive_set_error(archive, errno, "%s", strerror(errno));
		return ARCHIVE_FATAL;
	}
	if (spool->hash_stored)
		(void)sha256_add(&spool->stored, spool->buffer, (size_t)n);
	spool->read_bytes += (uint64_t)n;
	progress_add(spool->options->progress, (uint64_t)n);
	*ret_bytes = spool->buffer;
	return n;
}

static int archive_failure(const struct spool *spool, struct archive *archive,
			   struct err *err)
{
	const char *why = archive_error_string(archive);

	if (spool->failed)
		return err_errno(err, spool->read_errno, "reading it");
	return err_set(err, -EBADMSG, "decompressing it: %s", why ? why : "damaged");
}

static int keep(struct spool *spool, int fd, const void *bytes, size_t size,
		struct err *err)
{
	int r;

	if (spool->plain_bytes + size > spool->options->limit_bytes)
		return err_set(err, -E2BIG,
			       "its tar is longer than %" PRIu64 " bytes (--limit-bytes)",
			       spool->options->limit_bytes);
	if (spool->hash_plain)
		(void)sha256_add(&spool->plain, bytes, size);
	spool->plain_bytes += size;
	if (fd < 0)
		return 0;
	r = fd_write_all(fd, bytes, size);
	return r < 0 ? err_errno(err, r, "writing a temporary file") : 0;
}

/* Copies what libarchive's filters make of the layer to @fd, or only hashes it. */
static int copy_plain(struct spool *spool, struct archive *archive, int fd,
		      struct err *err)
{
	struct archive_entry *entry;
	const void *bytes;
	la_int64_t offset;
	size_t size;
	int r = archive_read_next_header(archive, &entry);

	if (r == ARCHIVE_EOF)
		return 0;
	if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
		return archive_failure(spool, archive, err);
	for (;;) {
		r = archive_read_data_block(archive, &bytes, &size, &offset);
		if (r == ARCHIVE_EOF)
			return 0;
		if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
			return archive_failure(spool, archive, err);
		r = keep(spool, fd, bytes, size, err);
		if (r < 0)
			return r;
	}
}

/* What the decompressor left unread still counts for the digest. */
static int read_rest(struct spool *spool, struct archive *archive, struct err *err)
{
	const void *bytes;
	la_ssize_t n;

	while ((n = spool_read(archive, spool, &bytes)) > 0)
		;
	return n < 0 ? archive_failure(spool, archive, err) : 0;
}

static int compare(const struct digest *is, const struct digest *should, const char *what,
		   struct err *err)
{
	char is_hex[DIGEST_HEX_SIZE], should_hex[DIGEST_HEX_SIZE];

	if (digest_equal(is, should))
		return 0;
	digest_hex(is, is_hex);
	digest_hex(should, should_hex);
	return err_set(err, -EBADMSG, "%s is sha256:%s, not sha256:%s", what, is_hex,
		       should_hex);
}

static int verify(struct spool *spool, struct digest *ret_plain, struct err *err)
{
	const struct source_layer *layer = spool->layer;
	struct digest stored;
	int r = sha256_finish(&spool->stored, &stored);

	if (r == 0 && spool->hash_plain)
		r = sha256_finish(&spool->plain, ret_plain);
	if (r < 0)
		return err_errno(err, r, "hashing it");
	if (!spool->hash_plain)
		*ret_plain = stored;
	if (layer->size_bytes != SOURCE_SIZE_UNKNOWN &&
	    spool->read_bytes != layer->size_bytes)
		return err_set(err, -EBADMSG, "has %" PRIu64 " bytes, not %" PRIu64,
			       spool->read_bytes, layer->size_bytes);
	if (layer->has_digest)
		r = compare(&stored, &layer->digest, "its digest", err);
	if (r == 0 && layer->has_diff_id)
		r = compare(ret_plain, &layer->diff_id, "its diff_id", err);
	return r;
}

static void add_filters(struct archive *archive)
{
	(void)archive_read_support_filter_gzip(archive);
	(void)archive_read_support_filter_bzip2(archive);
	(void)archive_read_support_filter_xz(archive);
	(void)archive_read_support_filter_zstd(archive);
	(void)archive_read_support_format_raw(archive);
	(void)archive_read_support_format_empty(archive);
}

static int fill(struct spool *spool, struct archive *archive, struct content *content,
		struct err *err)
{
	const struct source_layer *layer = spool->layer;
	bool in_place;
	int r;

	add_filters(archive);
	if (archive_read_open(archive, spool, NULL, spool_read, NULL) != ARCHIVE_OK)
		return archive_failure(spool, archive, err);
	/* what isn't compressed has one digest; whose stored bytes nobody vouches for, too */
	spool->hash_plain = archive_filter_code(archive, 0) != ARCHIVE_FILTER_NONE;
	spool->hash_stored = !spool->hash_plain || layer->has_digest;
	in_place = spool->seekable && !spool->hash_plain;
	content->fd = in_place ? fcntl(layer->fd, F_DUPFD_CLOEXEC, 3)
			       : spool_temp_file(spool->options->temp_dir);
	if (content->fd < 0)
		return err_errno(err, in_place ? -errno : content->fd, "temporary file");
	content->offset = in_place ? layer->offset : 0;
	r = copy_plain(spool, archive, in_place ? -1 : content->fd, err);
	if (r == 0)
		r = read_rest(spool, archive, err);
	if (r == 0)
		r = verify(spool, &content->id, err);
	content->size_bytes = spool->plain_bytes;
	content->complete = layer->has_digest || layer->has_diff_id;
	return r;
}

int spool_layer(const struct source_layer *layer, const struct spool_options *options,
		struct content *ret_content, struct err *err)
{
	static struct spool spool; /* large; one layer is read at a time */
	struct archive *archive = archive_read_new();
	struct content content = { .fd = -EBADF };
	struct stat st;
	int r;

	if (!archive)
		return err_errno(err, -ENOMEM, "%s", layer->name);
	spool.layer = layer;
	spool.options = options;
	spool.read_bytes = spool.plain_bytes = 0;
	spool.failed = false;
	spool.hash_stored = true; /* from its first byte, when nothing is known yet */
	spool.seekable = fstat(layer->fd, &st) == 0 && S_ISREG(st.st_mode);
	r = sha256_start(&spool.stored);
	if (r == 0)
		r = sha256_start(&spool.plain);
	if (r == 0)
		r = fill(&spool, archive, &content, err);
	(void)archive_read_free(archive);
	if (r < 0) {
		content_done(&content);
		return err_wrap(err, r, "%s", layer->name);
	}
	*ret_content = content;
	return 0;
}
