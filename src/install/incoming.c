/* SPDX-License-Identifier: Apache-2.0 */
#include "install/incoming.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "install/remove.h"

#define WINDOW ((uint64_t)4 << 20) /* bytes that may wait for the disk, twice */

_Alignas(4096) uint8_t incoming_buffer[INCOMING_BUFFER];

int incoming_dir(int parent, const char *name, struct err *err)
{
	int fd = path_open_own(parent, name, O_RDONLY | O_DIRECTORY, 0), r;

	if (fd == -ENOENT) {
		r = sys_mkdirat(parent, name, 0755);
		if (r == 0)
			r = sys_fsync(parent);
		if (r < 0)
			return err_errno(err, r, "making %s", name);
		fd = path_open_own(parent, name, O_RDONLY | O_DIRECTORY, 0);
	}
	if (fd == -ELOOP || fd == -ENOTDIR)
		return err_set(err, fd, "%s: in the way, not a directory", name);
	return fd < 0 ? err_errno(err, fd, "%s", name) : fd;
}

int incoming_start(struct incoming *in, int dir, const char *name, struct err *err)
{
	int r;

	*in = (struct incoming){ .dir = dir, .fd = -EBADF };
	(void)snprintf(in->name, sizeof(in->name), "%s", name);
	r = sha256_start(&in->digest);
	if (r < 0)
		return err_errno(err, r, "sha256");
	in->fd = path_open_own(dir, name, O_RDWR | O_CREAT | O_EXCL, 0644);
	return in->fd < 0 ? err_errno(err, in->fd, "incoming: making a file") : 0;
}

/* Whoever has a file open for writing can change it after it was hashed, whatever its mode says
 * by then: where nobody has, the kernel gives a lease. A second name may be somebody's who
 * would lose the file. */
static bool make_ours(const struct incoming *in)
{
	struct stat st, named, top;

	return sys_fstat(in->dir, &top) == 0 && sys_fstat(in->fd, &st) == 0 &&
	       sys_fstatat(in->dir, in->name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       path_is_same(&st, &named) && st.st_nlink == 1 &&
	       sys_fchownat(in->fd, "", top.st_uid, top.st_gid, AT_EMPTY_PATH) == 0 &&
	       sys_fchmod(in->fd, 0644) == 0 &&
	       sys_fcntl(in->fd, F_SETLEASE, F_RDLCK) == 0 &&
	       sys_fstat(in->fd, &st) == 0 && (uint64_t)st.st_size == in->size_bytes;
}

bool incoming_adopt(struct incoming *in, int dir, const char *name, int fd,
		    uint64_t size_bytes)
{
	*in = (struct incoming){ .dir = dir, .fd = fd, .size_bytes = size_bytes };
	(void)snprintf(in->name, sizeof(in->name), "%s", name);
	if (make_ours(in))
		return true;
	(void)sys_unlinkat(dir, name, 0);
	in->fd = -EBADF;
	return false;
}

/* Each step turns different words into different sums, and different sums into different
 * sums: what is wrong in one word always shows. Any two files but once in 2^64. */
static uint64_t mix(uint64_t sum, uint64_t word)
{
	return ((sum << 29 | sum >> 35) ^ word) * 0x9e3779b97f4a7c15;
}

static int add_to_sum(void *to, const uint8_t *bytes, size_t size)
{
	uint64_t *sum = to, word;

	for (; size >= sizeof(word); bytes += sizeof(word), size -= sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		*sum = mix(*sum, word);
	}
	word = 0;
	memcpy(&word, bytes, size);
	*sum = size ? mix(*sum, word) : *sum;
	return 0;
}

/* The sum comes first: what a bit that fell over in memory spoils after it is hashed is
 * not what the sum says, and what it spoils before is not what the hash says. */
int incoming_add(struct incoming *in, const void *bytes, size_t size, struct err *err)
{
	int r;

	(void)add_to_sum(&in->sum, bytes, size);
	r = in->proven ? 0 : sha256_add(&in->digest, bytes, size);
	if (r == 0)
		r = fd_write_all(in->fd, bytes, size);
	in->size_bytes += size;
	while (r == 0 && in->size_bytes - in->started_bytes >= WINDOW) {
		r = fd_write_behind(in->fd, in->started_bytes, WINDOW);
		in->started_bytes += WINDOW;
	}
	return r < 0 ? err_errno(err, r, "incoming: writing") : 0;
}

static int compare(int r, const struct digest *hash, const struct digest *digest,
		   struct err *err)
{
	if (r < 0)
		return err_errno(err, r, "hashing it");
	if (!digest_equal(hash, digest))
		return err_set(err, -EBADMSG, "its sha256 is not what the manifest says");
	return 0;
}

int incoming_flush(struct incoming *in, const struct digest *digest, struct err *err)
{
	struct digest hash;
	int r = sha256_finish(&in->digest, &hash);

	r = in->proven ? r : compare(r, &hash, digest, err);
	if (r < 0)
		return r;
	r = sys_fsync(in->fd);
	return r < 0 ? err_errno(err, r, "incoming: flushing") : 0;
}

/* What the medium has, part by part. */
static int read_parts(int fd, uint64_t size_bytes,
		      int (*add)(void *to, const uint8_t *bytes, size_t size), void *to,
		      void (*progress)(void *context, size_t size), void *context)
{
	int r = 0;

	(void)sys_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	for (uint64_t at = 0; r == 0 && at < size_bytes;) {
		uint64_t left = size_bytes - at;
		size_t part = left < INCOMING_BUFFER ? (size_t)left : INCOMING_BUFFER;

		r = fd_pread_all(fd, incoming_buffer, part, at);
		if (r == 0)
			r = add(to, incoming_buffer, part);
		if (progress)
			progress(context, part);
		(void)sys_fadvise(fd, (int64_t)at, (int64_t)part, POSIX_FADV_DONTNEED);
		at += part;
	}
	return r;
}

static int add_to_digest(void *to, const uint8_t *bytes, size_t size)
{
	return sha256_add(to, bytes, size);
}

int incoming_hash(int fd, uint64_t size_bytes,
		  void (*progress)(void *context, size_t size), void *context,
		  struct digest *ret_hash)
{
	struct sha256 digest;
	int r = sha256_start(&digest);

	if (r == 0)
		r = read_parts(fd, size_bytes, add_to_digest, &digest, progress, context);
	return r < 0 ? r : sha256_finish(&digest, ret_hash);
}

int incoming_check(struct incoming *in, const struct digest *digest,
		   void (*progress)(void *context, size_t size), void *context,
		   struct err *err)
{
	struct digest hash;
	int r = sys_fsync(in->fd);

	if (r == 0)
		r = incoming_hash(in->fd, in->size_bytes, progress, context, &hash);
	return compare(r, &hash, digest, err);
}

int incoming_read_back(struct incoming *in, void (*progress)(void *context, size_t size),
		       void *context, struct err *err)
{
	uint64_t sum = 0;
	int r = read_parts(in->fd, in->size_bytes, add_to_sum, &sum, progress, context);

	if (r < 0)
		return err_errno(err, r, "reading it back");
	if (sum != in->sum)
		return err_set(err, -EIO, "the medium did not keep what was written");
	return 0;
}

int incoming_put(int dir, const char *name, const char *bytes, size_t size,
		 struct err *err)
{
	__fd int fd = path_open_own(dir, name, O_RDWR | O_CREAT | O_EXCL, 0644);
	int r = fd < 0 ? fd : fd_write_all(fd, bytes, size);

	if (r == 0)
		r = sys_fsync(fd);
	if (r == 0) {
		(void)sys_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		r = fd_pread_all(fd, incoming_buffer, size, 0);
	}
	if (r < 0)
		return err_errno(err, r, "writing %s", name);
	if (memcmp(incoming_buffer, bytes, size) != 0)
		return err_set(err, -EIO, "%s: the medium did not keep it", name);
	return 0;
}

int incoming_move(struct incoming *in, int to, struct err *err)
{
	int r = path_move(in->dir, in->name, to, in->name);

	if (r == -EISDIR || r == -EEXIST || r == -ENOTEMPTY) {
		r = remove_entry(to, in->name, in->dir, err);
		if (r < 0)
			return r;
		r = path_move(in->dir, in->name, to, in->name);
	}
	if (r == 0)
		in->name[0] = '\0';
	return r < 0 ? err_errno(err, r, "moving it to its place") : 0;
}

void incoming_done(struct incoming *in)
{
	fd_close(in->fd);
	if (in->fd >= 0 && in->name[0])
		(void)sys_unlinkat(in->dir, in->name, 0);
	in->fd = -EBADF;
}
