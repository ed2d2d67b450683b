/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/page.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"
#include "block/ubi.h"
#include "format/set.h"
#include "format/signature.h"

#define BLOBS "blobs/sha256/"
#define IMAGES "images/"

/* The kernel may go through all of a directory for one name in it, and nobody can stop it:
 * a hundred times what a store needs is too much. */
#define DIR_MAX_BYTES (16 << 20)

static int check_dir(int store, const char *name, struct err *err)
{
	struct stat st;
	int r = sys_fstatat(store, name, &st, AT_SYMLINK_NOFOLLOW);

	if (r == -ENOENT || r == -ENOTDIR) /* who opens it will be told */
		return 0;
	if (r < 0)
		return err_errno(err, r, "%s", name);
	if (S_ISDIR(st.st_mode) && st.st_size > DIR_MAX_BYTES)
		return err_set(err, -EFBIG,
			       "%s: a directory of %" PRIu64 " MiB, too large to look "
			       "into",
			       name, (uint64_t)st.st_size >> 20);
	return 0;
}

int store_check_dirs(int store, const char *rel, struct err *err)
{
	size_t size = 0;
	int r = 0;

	while (r == 0 && rel[size]) {
		char name[PATH_MAX];

		size += rel[size] == '/';
		size += strcspn(rel + size, "/");
		if (size >= sizeof(name))
			return err_set(err, -ENAMETOOLONG, "name too long");
		memcpy(name, rel, size);
		name[size] = '\0';
		r = check_dir(store, name, err);
	}
	return r;
}

int store_check(int store, struct err *err)
{
	static const char *const dirs[] = { ".", "images", "blobs/sha256" };
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(dirs) / sizeof(dirs[0]); i++)
		r = store_check_dirs(store, dirs[i], err);
	return r;
}

int store_open(const char *path, struct err *err)
{
	int fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

	if (fd < 0)
		return err_errno(err, fd, "%s", path);
	return fd;
}

static const char *kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a directory";
	case S_IFIFO:
		return "a fifo";
	case S_IFSOCK:
		return "a socket";
	default:
		return "a device";
	}
}

static int check_blob(int fd, uint64_t size_bytes, struct err *err)
{
	struct stat st;
	int r = sys_fstat(fd, &st);

	if (r < 0)
		return err_errno(err, r, "fstat");
	if (!S_ISREG(st.st_mode))
		return err_set(err, -EINVAL, "is %s, not a regular file",
			       kind_of(st.st_mode));
	if ((uint64_t)st.st_size != size_bytes)
		return err_set(err, -EBADMSG,
			       "has %" PRIu64 " bytes, the manifest says %" PRIu64,
			       (uint64_t)st.st_size, size_bytes);
	return 0;
}

const char *store_blob_path(const struct digest *digest,
			    char ret_path[STORE_BLOB_PATH_SIZE])
{
	memcpy(ret_path, BLOBS, sizeof(BLOBS));
	digest_hex(digest, ret_path + strlen(BLOBS));
	return ret_path;
}

const char *store_image_path(const struct digest *id,
			     char ret_path[STORE_IMAGE_PATH_SIZE])
{
	memcpy(ret_path, IMAGES, sizeof(IMAGES));
	digest_hex(id, ret_path + strlen(IMAGES));
	return ret_path;
}

/* One that was flashed as a volume of its own: what is behind it there is nobody's. */
static int open_volume(const struct digest *digest, uint64_t size_bytes, struct err *err)
{
	char name[sizeof("sha256-") + DIGEST_HEX_SIZE] = "sha256-";
	int fd;

	digest_hex(digest, name + strlen(name));
	fd = ubi_open(name, size_bytes, err);
	return fd == -ENOENT ? err_set(err, fd, "not in the store") : fd;
}

int store_open_blob(int store, const struct digest *digest, uint64_t size_bytes,
		    struct err *err)
{
	char path[STORE_BLOB_PATH_SIZE];
	__fd int fd = path_open_own(store, store_blob_path(digest, path), O_RDONLY, 0);
	int r;

	if (fd == -ENOENT)
		return open_volume(digest, size_bytes, err);
	if (fd == -ELOOP)
		return err_set(err, fd, "is a symbolic link, not a regular file");
	/* What open says of a socket, and of a device on a store mounted nodev */
	if (fd == -ENXIO || fd == -EACCES)
		return err_set(err, fd,
			       "can't be opened: not a regular file, or no permission");
	if (fd < 0)
		return err_errno(err, fd, "open");
	r = check_blob(fd, size_bytes, err);
	if (r < 0)
		return r;
	return TAKE_FD(fd);
}

int store_read_file(int dir, const char *name, char *buf, size_t room, size_t *ret_size,
		    struct err *err)
{
	__fd int fd = path_open_own_file(dir, name, NULL, err);
	ssize_t size;

	if (fd < 0)
		return fd;
	size = fd_read_file(fd, buf, room);
	if (size == -EFBIG)
		return err_set(err, -EFBIG, "%s: longer than %zu bytes", name, room);
	if (size < 0)
		return err_errno(err, (int)size, "%s", name);
	*ret_size = (size_t)size;
	return 0;
}

static int check_id(const char *bytes, size_t size, const struct digest *id,
		    struct err *err)
{
	struct digest digest;
	int r = sha256_of(bytes, size, &digest);

	if (r < 0)
		return err_errno(err, r, "manifest: sha256");
	if (!digest_equal(&digest, id))
		return err_set(err, -EBADMSG,
			       "manifest: changed, its sha256 is %.12s and not the id",
			       DIGEST_HEX(&digest));
	return 0;
}

/* What is read of an image, until all of it is in the caller's structures. */
static PAGE_ALIGNED struct {
	char manifest[MANIFEST_MAX_SIZE], signatures[SIGNATURE_MAX_SIZE];
	struct signature_file file;
} room;

void store_give_back(void)
{
	page_give_back(&room, sizeof(room));
}

/* The signature first: nothing else of the bytes is looked at before it holds. */
int store_check_image(const char *manifest, size_t manifest_size, const char *signatures,
		      size_t signatures_size, const struct keyring *ring,
		      uint32_t threshold, struct manifest *ret_manifest,
		      struct key_signers *ret_signers, struct err *err)
{
	int r = signature_file_parse(signatures, signatures_size, &room.file, err);

	if (r == 0)
		r = key_verify(manifest, manifest_size, &room.file, ring, threshold,
			       ret_signers, err);
	if (r < 0)
		return err_wrap(err, r, "manifest.sig");
	r = manifest_parse(manifest, manifest_size, ret_manifest, err);
	return r < 0 ? err_wrap(err, r, "manifest") : 0;
}

int store_load_member(int store, const struct manifest *set, size_t index,
		      struct manifest *ret_manifest, struct err *err)
{
	const struct manifest_member *member = &set->members[index];
	struct digest digest;
	__fd int fd = store_open_blob(store, &member->digest, member->size_bytes, err);
	int r;

	if (fd < 0)
		return fd;
	r = fd_pread_all(fd, room.manifest, member->size_bytes, 0);
	if (r == 0)
		r = sha256_of(room.manifest, member->size_bytes, &digest);
	if (r < 0)
		return err_errno(err, r, "reading it");
	if (!digest_equal(&digest, &member->digest))
		return err_set(err, -EBADMSG,
			       "changed, its sha256 is not what its name says");
	r = manifest_parse(room.manifest, member->size_bytes, ret_manifest, err);
	return r < 0 ? r : set_check_member(set, index, ret_manifest, err);
}

int store_load_image(int store, const struct digest *id, const struct keyring *ring,
		     uint32_t threshold, struct manifest *ret_manifest,
		     struct key_signers *ret_signers, struct err *err)
{
	char name[STORE_IMAGE_PATH_SIZE];
	size_t manifest_size, signatures_size;
	int r;

	r = check_dir(store, store_image_path(id, name), err);
	if (r < 0)
		return r;
	__fd int dir = path_open_own(store, name, O_PATH | O_DIRECTORY, 0);

	if (dir < 0)
		return err_errno(err, dir, "images/%.12s", DIGEST_HEX(id));
	r = store_read_file(dir, "manifest", room.manifest, sizeof(room.manifest),
			    &manifest_size, err);
	if (r < 0)
		return r;
	r = check_id(room.manifest, manifest_size, id, err);
	if (r < 0)
		return r;
	r = store_read_file(dir, "manifest.sig", room.signatures, sizeof(room.signatures),
			    &signatures_size, err);
	if (r == -ENOENT)
		return err_set(err, -ENOKEY, "not signed: there is no manifest.sig");
	if (r < 0)
		return r;
	return store_check_image(room.manifest, manifest_size, room.signatures,
				 signatures_size, ring, threshold, ret_manifest,
				 ret_signers, err);
}
