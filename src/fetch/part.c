/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/path.h"

#define WINDOW ((uint64_t)2 << 20) /* bytes that may wait for the disk, twice */

/* From its beginning. */
static int restart(struct part *part, struct err *err)
{
	part->have_bytes = part->synced_bytes = part->started_bytes = 0;
	if (ftruncate(part->fd, 0) < 0)
		return err_errno(err, -errno, "%s", part->name);
	return sha256_start(&part->sha) < 0 ? err_errno(err, -EIO, "%s", part->name) : 0;
}

/* Into the hash. A file that a power cut left longer than its bytes has zeros there: the
 * hash of the whole says so in the end. */
static int read_what_is_there(struct part *part, struct err *err)
{
	static uint8_t buffer[65536];
	ssize_t size;

	while ((size = pread(part->fd, buffer, sizeof(buffer), (off_t)part->have_bytes)) >
	       0) {
		if (sha256_add(&part->sha, buffer, (size_t)size) < 0)
			return err_errno(err, -EIO, "%s", part->name);
		part->have_bytes += (uint64_t)size;
	}
	return size < 0 ? err_errno(err, -errno, "%s", part->name) : 0;
}

int part_open(struct part *part, int dir, const struct digest *digest,
	      uint64_t size_bytes, struct err *err)
{
	struct stat st;
	int r;

	*part = (struct part){
		.dir = dir,
		.digest = *digest,
		.size_bytes = size_bytes,
		.synced_ms = clock_now_us() / 1000,
	};
	(void)digest_hex(digest, part->name);
	part->fd = path_open_own(dir, part->name, O_RDWR | O_CREAT, 0644);
	if (part->fd < 0)
		return err_errno(err, part->fd, "%s", part->name);
	r = fstat(part->fd, &st) < 0 ? -errno : 0;
	if (r == 0 && !S_ISREG(st.st_mode))
		r = -EINVAL;
	if (r == 0)
		r = sha256_start(&part->sha);
	if (r < 0)
		return err_errno(err, r, "%s", part->name);
	if ((uint64_t)st.st_size > size_bytes)
		return restart(part, err);
	r = read_what_is_there(part, err);
	part->synced_bytes = part->started_bytes = part->have_bytes;
	return r;
}

static int flush(struct part *part, struct err *err)
{
	if (fdatasync(part->fd) < 0)
		return err_errno(err, -errno, "%s", part->name);
	part->synced_bytes = part->have_bytes;
	part->synced_ms = clock_now_us() / 1000;
	return 0;
}

static bool is_due(const struct part *part)
{
	uint64_t bytes = part->have_bytes - part->synced_bytes;

	return bytes >= PART_SYNC_BYTES ||
	       (bytes >= PART_SYNC_LEAST &&
		(clock_now_us() / 1000) - part->synced_ms >= 1000);
}

int part_add(struct part *part, const void *bytes, size_t size, struct err *err)
{
	int r;

	if (size > part->size_bytes - part->have_bytes)
		return err_set(err, -EFBIG, "more comes than its %llu bytes",
			       (unsigned long long)part->size_bytes);
	r = fd_pwrite_all(part->fd, bytes, size, part->have_bytes);
	if (r == 0)
		r = sha256_add(&part->sha, bytes, size);
	if (r < 0)
		return err_errno(err, r, "%s", part->name);
	part->have_bytes += size;
	while (part->have_bytes - part->started_bytes >= WINDOW) {
		r = fd_write_behind(part->fd, part->started_bytes, WINDOW);
		/* what has no such call flushes in the end */
		if (r == -EIO || r == -ENOSPC)
			return err_errno(err, r, "%s", part->name);
		part->started_bytes += WINDOW;
	}
	return is_due(part) ? flush(part, err) : 0;
}

int part_finish(struct part *part, int to, struct err *err)
{
	struct digest digest;
	int r = sha256_finish(&part->sha, &digest);

	if (r < 0)
		return err_errno(err, r, "%s", part->name);
	if (!digest_equal(&digest, &part->digest)) {
		r = restart(part, err);
		return r < 0 ? r
			     : err_set(err, -EBADMSG,
				       "what came of it is not what it should be");
	}
	r = flush(part, err);
	if (r == 0)
		r = path_move(part->dir, part->name, to, part->name);
	return r < 0 ? err_errno(err, r, "%s", part->name) : 0;
}

void part_done(struct part *part)
{
	if (part->fd >= 0 && part->have_bytes > part->synced_bytes)
		(void)fdatasync(part->fd);
	fd_close(part->fd);
	part->fd = -EBADF;
}
