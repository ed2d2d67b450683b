/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/import/spool.h"

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
#include "pack/host/decompress.h"

#define SPOOL_BUFFER ((size_t)1 << 20)

struct spool {
	const struct source_layer *layer;
	const struct spool_options *options;
	struct sha256 stored, plain;
	uint64_t read_bytes;  /* of the stored layer, so far */
	uint64_t plain_bytes; /* of the uncompressed tar */
	bool seekable;
	bool compressed;
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
static ssize_t spool_read(void *context, const void **ret_bytes)
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
	if (n < 0)
		return -errno;
	(void)sha256_add(&spool->stored, spool->buffer, (size_t)n);
	spool->read_bytes += (uint64_t)n;
	progress_add(spool->options->progress, (uint64_t)n);
	*ret_bytes = spool->buffer;
	return n;
}

static int keep(struct spool *spool, int fd, const void *bytes, size_t size,
		struct err *err)
{
	int r;

	if (spool->plain_bytes + size > spool->options->limit_bytes)
		return err_set(err, -E2BIG,
			       "its tar is longer than %" PRIu64 " bytes (--limit-bytes)",
			       spool->options->limit_bytes);
	if (spool->compressed)
		(void)sha256_add(&spool->plain, bytes, size);
	spool->plain_bytes += size;
	r = fd_write_all(fd, bytes, size);
	return r < 0 ? err_errno(err, r, "writing a temporary file") : 0;
}

/* Copies what the decompressor makes of the layer to @fd. */
static int copy_plain(struct spool *spool, struct decompress *decompress, int fd,
		      struct err *err)
{
	const void *bytes;
	ssize_t n;
	int r = 0;

	while (r == 0 && (n = decompress_next(decompress, &bytes, err)) != 0)
		r = n < 0 ? (int)n : keep(spool, fd, bytes, (size_t)n, err);
	return r;
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

	if (r == 0 && spool->compressed)
		r = sha256_finish(&spool->plain, ret_plain);
	if (r < 0)
		return err_errno(err, r, "hashing it");
	if (!spool->compressed)
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

/* Also what isn't compressed is copied: the source's own bytes may be others when they are read
 * again, and under the digest that was verified only these may go on. */
static int fill(struct spool *spool, struct decompress *decompress,
		struct content *content, struct err *err)
{
	const struct source_layer *layer = spool->layer;
	int r;

	spool->compressed = !decompress_is_plain(decompress);
	content->fd = spool_temp_file(spool->options->temp_dir);
	if (content->fd < 0)
		return err_errno(err, content->fd, "temporary file");
	r = copy_plain(spool, decompress, content->fd, err);
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
	struct decompress *decompress = NULL;
	struct content content = { .fd = -EBADF };
	struct stat st;
	int r;

	spool.layer = layer;
	spool.options = options;
	spool.read_bytes = spool.plain_bytes = 0;
	spool.seekable = fstat(layer->fd, &st) == 0 && S_ISREG(st.st_mode);
	r = sha256_start(&spool.stored);
	if (r == 0)
		r = sha256_start(&spool.plain);
	if (r == 0)
		r = decompress_open(&decompress, spool_read, &spool, err);
	if (r == 0)
		r = fill(&spool, decompress, &content, err);
	decompress_free(decompress);
	if (r < 0) {
		content_done(&content);
		return err_wrap(err, r, "%s", layer->name);
	}
	*ret_content = content;
	return 0;
}
