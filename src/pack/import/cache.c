/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/import/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "format/verity.h"
#include "pack/tree/content.h"
#include "pack/tree/emit.h"

#define CACHE_FORMAT "lamina layer cache 2"
#define CACHE_NAME (DIGEST_HEX_SIZE + 8)

static int make_dirs(char *path)
{
	for (char *at = path + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		int r = mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;

		*at = '/';
		if (r < 0)
			return r;
	}
	return mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

int cache_open(void)
{
	const char *own = getenv("LAMINA_CACHE"), *xdg = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");
	char path[4096];
	int fd, r;

	if (own && own[0] == '/')
		r = snprintf(path, sizeof(path), "%s/layers", own);
	else if (xdg && xdg[0] == '/')
		r = snprintf(path, sizeof(path), "%s/lamina/layers", xdg);
	else if (home && home[0] == '/')
		r = snprintf(path, sizeof(path), "%s/.cache/lamina/layers", home);
	else
		return -ENOENT;
	if ((size_t)r >= sizeof(path))
		return -ENAMETOOLONG;
	r = make_dirs(path);
	if (r < 0)
		return r;
	fd = open(path, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int hash_bytes(void *context, const void *bytes, size_t size, struct err *err)
{
	(void)err;
	return sha256_add(context, bytes, size);
}

/* Instead of a file's bytes: which bytes they are. */
static int hash_content(void *context, const struct tree_inode *inode, struct err *err)
{
	int r;

	(void)err;
	if (inode->content->dir)
		return -ENOTSUP;
	r = sha256_add(context, &inode->content->id, DIGEST_SIZE);
	for (uint32_t i = 0; i < inode->extent_count && r == 0; i++)
		r = sha256_add(context, &inode->extents[i], sizeof(inode->extents[i]));
	return r;
}

int cache_key(const struct tree_node *root, const struct squash_options *options,
	      const struct digest *writer, struct digest *ret_key)
{
	struct sha256 digest;
	const struct emit_sink sink = { hash_bytes, hash_content, &digest };
	const struct tree_inode *inode = root->inode;
	char text[256], writer_hex[DIGEST_HEX_SIZE];
	int n, r = sha256_start(&digest);

	n = snprintf(text, sizeof(text),
		     "%s\nlibsquashfs %s\n%s %u %" PRIu32 "\nroot %o %u %u %u\n",
		     CACHE_FORMAT, digest_hex(writer, writer_hex), options->compression,
		     options->level, options->block_size, inode->mode, inode->uid,
		     inode->gid, inode->mtime);
	if (r == 0)
		r = sha256_add(&digest, text, (size_t)n);
	/* the root has no entry of its own */
	for (const struct tree_xattr *x = inode->xattrs; x && r == 0; x = x->next) {
		n = snprintf(text, sizeof(text), "%zu %" PRIu32 "\n", strlen(x->name),
			     x->size);
		r = sha256_add(&digest, text, (size_t)n);
		if (r == 0)
			r = sha256_add(&digest, x->name, strlen(x->name));
		if (r == 0)
			r = sha256_add(&digest, x->value, x->size);
	}
	if (r == 0)
		r = emit_layer(root, &sink, NULL);
	return r == 0 ? sha256_finish(&digest, ret_key) : r;
}

static void entry_name(const struct digest *key, const char *end,
		       char ret_name[CACHE_NAME])
{
	digest_hex(key, ret_name);
	strcat(ret_name, end);
}

/* Byte for byte into an empty file; shares the blocks where the file system can. */
static int copy_file(int from, int to, uint64_t size)
{
	static char buffer[1 << 18];
	uint64_t at = 0;
	int r = 0;

	if (ioctl(to, FICLONE, from) == 0)
		return 0;
	while (at < size && r == 0) {
		size_t part =
			size - at < sizeof(buffer) ? (size_t)(size - at) : sizeof(buffer);

		r = fd_pread_all(from, buffer, part, at);
		if (r == 0)
			r = fd_pwrite_all(to, buffer, part, at);
		at += part;
	}
	return r;
}

/* "SIZE DATA ROOT BLOB\n" */
static int read_meta(int cache, const struct digest *key, struct hash_tree_result *ret)
{
	char name[CACHE_NAME], text[256], root[65], blob[65];
	__fd int fd = -EBADF;
	ssize_t n;

	entry_name(key, ".meta", name);
	fd = openat(cache, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	n = fd < 0 ? -errno : fd_read_file(fd, text, sizeof(text) - 1);
	if (n < 0)
		return (int)n;
	text[n] = '\0';
	if (sscanf(text, "%" SCNu64 " %" SCNu64 " %64[0-9a-f] %64[0-9a-f]",
		   &ret->size_bytes, &ret->data_bytes, root, blob) != 4)
		return -EBADMSG;
	if (digest_parse(root, strlen(root), &ret->root) < 0)
		return -EBADMSG;
	return digest_parse(blob, strlen(blob), &ret->blob);
}

/* Blob, tree and root hash must belong together: it is an image's layer from here on. */
static int check_blob(int fd, const struct hash_tree_result *result)
{
	struct digest hash;
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0 || (uint64_t)st.st_size != result->size_bytes)
		return -EBADMSG;
	r = verity_layout_check(result->size_bytes, result->data_bytes, NULL);
	if (r == 0)
		r = sha256_of_fd(fd, result->size_bytes, &hash);
	if (r == 0 && !digest_equal(&hash, &result->blob))
		r = -EBADMSG;
	if (r == 0)
		r = hash_tree_check(fd, result->size_bytes, result->data_bytes,
				    &result->root, NULL);
	return r;
}

static int copy_entry(int cache, const char *name, int fd,
		      struct hash_tree_result *result, struct err *err)
{
	__fd int from = openat(cache, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (from < 0)
		return 0;
	r = copy_file(from, fd, result->size_bytes);
	if (r < 0 && r != -EIO)
		return err_errno(err, r, "copying a layer");
	/* what was copied is what is checked: the entry may change under us */
	if (r == 0)
		r = check_blob(fd, result);
	if (r == 0)
		return 1;
	return ftruncate(fd, 0) < 0 ? err_errno(err, -errno, "copying a layer") : 0;
}

int cache_get(int cache, const struct digest *key, int fd,
	      struct hash_tree_result *ret_result, struct err *err)
{
	struct hash_tree_result result;
	char name[CACHE_NAME];
	int r = read_meta(cache, key, &result);

	if (r < 0)
		return 0;
	entry_name(key, "", name);
	r = copy_entry(cache, name, fd, &result, err);
	if (r > 0) {
		*ret_result = result;
		(void)utimensat(cache, name, NULL, 0); /* for cache_prune() */
	}
	if (r == 0)
		cache_remove(cache, name);
	return r;
}

void cache_remove(int cache, const char *hex)
{
	char meta[CACHE_NAME];

	(void)snprintf(meta, sizeof(meta), "%.64s.meta", hex);
	(void)unlinkat(cache, meta, 0);
	(void)unlinkat(cache, hex, 0);
}

/* Writes under a name of its own, then renames: several runs may put the same entry. */
static int put_file(int cache, const char *name, int from, const void *bytes,
		    uint64_t size)
{
	char temp[64];
	int r;

	(void)snprintf(temp, sizeof(temp), ".new-%ld-%.16s", (long)getpid(), name);
	__fd int fd = openat(cache, temp, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0644);

	if (fd < 0)
		return -errno;
	r = bytes ? fd_pwrite_all(fd, bytes, (size_t)size, 0) : copy_file(from, fd, size);
	if (r == 0 && renameat(cache, temp, cache, name) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(cache, temp, 0);
	return r;
}

int cache_put(int cache, const struct digest *key, int fd,
	      const struct hash_tree_result *result)
{
	char name[CACHE_NAME], text[256], root[DIGEST_HEX_SIZE], blob[DIGEST_HEX_SIZE];
	int n, r;

	digest_hex(&result->root, root);
	digest_hex(&result->blob, blob);
	n = snprintf(text, sizeof(text), "%" PRIu64 " %" PRIu64 " %s %s\n",
		     result->size_bytes, result->data_bytes, root, blob);
	entry_name(key, "", name);
	r = put_file(cache, name, fd, NULL, result->size_bytes);
	if (r < 0)
		return r;
	entry_name(key, ".meta", name);
	return put_file(cache, name, -1, text, (uint64_t)n);
}
