/* SPDX-License-Identifier: Apache-2.0 */
#include "install/unbundle.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "base/sys.h"
#include "format/ustar.h"
#include "store/store.h"
#include "trust/sha256.h"

#define OCI_MAX_SIZE (1 << 20) /* of the OCI manifest and of the index */
#define MAX_OCI_BLOBS 64
#define BLOB "it" /* the caller says which one */

/* Reads exactly @size bytes from where @fd stands; -EBADMSG when there are fewer, -ENODATA when
 * there are none. */
static int take(int fd, void *buf, size_t size)
{
	char *at = buf;

	while (size > 0) {
		ssize_t n = sys_read(fd, at, size);

		if (n == -EINTR)
			continue;
		if (n < 0)
			return (int)n;
		if (n == 0)
			return at == buf ? -ENODATA : -EBADMSG;
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

/* @name is BLOB where the text needs no name in front. */
static int failed(int r, const char *name, struct err *err)
{
	if (r == -EBADMSG || r == -ENODATA)
		r = err_set(err, -EBADMSG, "the bundle ends in the middle of it");
	else
		r = err_errno(err, r, "reading the bundle");
	return strcmp(name, BLOB) == 0 ? r : err_wrap(err, r, "%s", name);
}

static int parse_entry(const uint8_t block[USTAR_BLOCK], const char *name,
		       struct ustar_entry *ret_entry, struct err *err)
{
	int r = ustar_parse(block, ret_entry, err);

	if (r < 0)
		return err_wrap(err, r, "where %s should be", name);
	if (r == 0)
		return err_set(err, -EBADMSG, "the end where %s should be", name);
	return 0;
}

/* Reads the header where @name should be. */
static int take_entry(int fd, const char *name, struct ustar_entry *ret_entry,
		      struct err *err)
{
	uint8_t block[USTAR_BLOCK];
	int r = take(fd, block, sizeof(block));

	return r < 0 ? failed(r, name, err) : parse_entry(block, name, ret_entry, err);
}

static int check_name(const struct ustar_entry *entry, const char *expected,
		      const char *name, struct err *err)
{
	if (strcmp(entry->name, expected) == 0)
		return 0;
	return err_set(err, -EBADMSG, "'%.80s' where %s should be", entry->name, name);
}

static int take_padding(int fd, uint64_t size_bytes, const char *name, struct err *err)
{
	uint8_t padding[USTAR_BLOCK];
	size_t size = (size_t)(ustar_padded(size_bytes) - size_bytes);
	int r = take(fd, padding, size);

	if (r < 0)
		return failed(r, name, err);
	for (size_t i = 0; i < size; i++)
		if (padding[i])
			return err_set(err, -EBADMSG, "%s: bytes after its end", name);
	return 0;
}

static int take_text(int fd, const char *name, uint64_t size_bytes, void *buf,
		     size_t room, struct err *err)
{
	int r;

	if (size_bytes > room || size_bytes == 0)
		return err_set(err, -EBADMSG, "%s: %s", name,
			       size_bytes ? "larger than it may be" : "is empty");
	r = take(fd, buf, (size_t)size_bytes);
	if (r < 0)
		return failed(r, name, err);
	r = take_padding(fd, size_bytes, name, err);
	return r < 0 ? r : (int)size_bytes;
}

int unbundle_manifest(int fd, void *buf, size_t room, struct err *err)
{
	static const char name[] = "manifest";
	uint8_t block[USTAR_BLOCK];
	struct ustar_entry entry;
	int r = take(fd, block, sizeof(block));

	if (r == -ENODATA)
		return err_set(err, -EBADMSG, "empty");
	if (r == -EBADMSG)
		return err_set(err, r, "not a bundle");
	if (r < 0)
		return failed(r, name, err);
	r = parse_entry(block, name, &entry, err);
	if (r == 0)
		r = check_name(&entry, name, name, err);
	if (r < 0)
		return err_wrap(err, r, "not a bundle");
	return take_text(fd, name, entry.size_bytes, buf, room, err);
}

int unbundle_signature(int fd, void *buf, size_t room, struct unbundle_texts *ret_texts,
		       struct err *err)
{
	static const char *const names[] = { "without", DELTAS_NAME, "manifest.sig" };
	char *const texts[] = { ret_texts->without, ret_texts->deltas };
	static const size_t rooms[] = { sizeof(ret_texts->without),
					sizeof(ret_texts->deltas) };
	size_t *const sizes[] = { &ret_texts->without_size, &ret_texts->deltas_size };
	struct ustar_entry entry;
	int r = take_entry(fd, names[2], &entry, err);

	for (size_t i = 0; r == 0 && i < 2; i++) {
		*sizes[i] = 0;
		if (strcmp(entry.name, names[i]) != 0)
			continue;
		r = take_text(fd, names[i], entry.size_bytes, texts[i], rooms[i], err);
		if (r < 0)
			return r;
		*sizes[i] = (size_t)r;
		r = take_entry(fd, names[2], &entry, err);
	}
	if (r == 0)
		r = check_name(&entry, names[2], names[2], err);
	return r < 0 ? r : take_text(fd, names[2], entry.size_bytes, buf, room, err);
}

int unbundle_blob(int fd, const struct manifest_blob *blob, struct err *err)
{
	char path[STORE_BLOB_PATH_SIZE];
	struct ustar_entry entry;
	int r = take_entry(fd, BLOB, &entry, err);

	if (r == 0)
		r = check_name(&entry, store_blob_path(blob->digest, path), BLOB, err);
	if (r < 0)
		return r;
	if (entry.size_bytes != blob->size_bytes)
		return err_set(err, -EBADMSG,
			       "has %" PRIu64 " bytes, the manifest says %" PRIu64,
			       entry.size_bytes, blob->size_bytes);
	return 0;
}

int unbundle_read(int fd, void *buf, size_t size, struct err *err)
{
	int r = take(fd, buf, size);

	return r < 0 ? failed(r, BLOB, err) : 0;
}

int unbundle_end(int fd, const struct manifest_blob *blob, struct err *err)
{
	return take_padding(fd, blob->size_bytes, BLOB, err);
}

int unbundle_skip(int fd, const struct manifest_blob *blob, uint64_t *ret_offset,
		  struct err *err)
{
	int r = unbundle_blob(fd, blob, err);
	struct stat st;
	int64_t at;

	if (r < 0)
		return r;
	at = sys_lseek(fd, (int64_t)ustar_padded(blob->size_bytes), SEEK_CUR);
	r = at < 0 ? (int)at : sys_fstat(fd, &st);
	if (r == 0 && st.st_size < at)
		r = -EBADMSG;
	if (r < 0)
		return failed(r, BLOB, err);
	*ret_offset = (uint64_t)at - ustar_padded(blob->size_bytes);
	return 0;
}

/* Reads an entry's bytes for their hash alone. */
static int hash_data(int fd, const char *name, uint64_t size_bytes,
		     struct digest *ret_hash, struct err *err)
{
	uint8_t buf[4096];
	struct sha256 sha;
	int r = sha256_start(&sha);

	for (uint64_t left = size_bytes; r == 0 && left > 0;) {
		size_t part = left < sizeof(buf) ? (size_t)left : sizeof(buf);

		r = take(fd, buf, part);
		if (r < 0)
			return failed(r, name, err);
		r = sha256_add(&sha, buf, part);
		left -= part;
	}
	if (r == 0)
		r = sha256_finish(&sha, ret_hash);
	return r < 0 ? err_errno(err, r, "sha256") : 0;
}

/* A small entry that a device has no use for but its hash. */
static int take_small(int fd, const char *name, struct ustar_entry *ret_entry,
		      struct digest *ret_hash, struct err *err)
{
	int r = take_entry(fd, name, ret_entry, err);

	if (r < 0)
		return r;
	if (ret_entry->size_bytes == 0 || ret_entry->size_bytes > OCI_MAX_SIZE)
		return err_set(err, -EBADMSG, "%s: %s", name,
			       ret_entry->size_bytes ? "larger than it may be"
						     : "is empty");
	r = hash_data(fd, name, ret_entry->size_bytes, ret_hash, err);
	return r < 0 ? r : take_padding(fd, ret_entry->size_bytes, name, err);
}

/* The manifest once more. */
static int take_manifest(int fd, const struct digest *id, struct err *err)
{
	static const char name[] = "the manifest as a blob";
	char wanted[STORE_BLOB_PATH_SIZE];
	struct digest hash;
	struct ustar_entry entry;
	int r = take_small(fd, name, &entry, &hash, err);

	if (r < 0)
		return r;
	r = check_name(&entry, store_blob_path(id, wanted), name, err);
	if (r == 0 && !digest_equal(&hash, id))
		return err_set(err, -EBADMSG, "%s: its sha256 is not its name", name);
	return r;
}

/* A few blobs, the OCI manifest last: what they are is other people's. */
static int take_blobs(int fd, struct err *err)
{
	static const char name[] = "OCI manifest", layout[] = "oci-layout";
	char wanted[STORE_BLOB_PATH_SIZE];
	struct digest hash;
	struct ustar_entry entry;

	for (int count = 0; count < MAX_OCI_BLOBS; count++) {
		int r = take_small(fd, count ? layout : name, &entry, &hash, err);

		if (r == 0 && count && strcmp(entry.name, layout) == 0)
			return 0;
		if (r == 0)
			r = check_name(&entry, store_blob_path(&hash, wanted),
				       count ? layout : name, err);
		if (r < 0)
			return r;
	}
	return err_set(err, -EBADMSG, "more blobs than a bundle may have");
}

static int take_index(int fd, struct err *err)
{
	static const char name[] = "index.json";
	struct digest hash;
	struct ustar_entry entry;
	int r = take_small(fd, name, &entry, &hash, err);

	return r < 0 ? r : check_name(&entry, name, name, err);
}

/* Two blocks of zeros, and nothing more. */
static int take_end(int fd, struct err *err)
{
	uint8_t blocks[2 * USTAR_BLOCK], more;
	ssize_t n;
	int r = take(fd, blocks, sizeof(blocks));

	if (r < 0)
		return failed(r, "end of the bundle", err);
	for (size_t i = 0; i < sizeof(blocks); i++)
		if (blocks[i])
			return err_set(err, -EBADMSG, "an entry after the bundle's last");
	do
		n = sys_read(fd, &more, 1);
	while (n == -EINTR);
	if (n < 0)
		return err_errno(err, (int)n, "end of the bundle");
	return n == 0 ? 0 : err_set(err, -EBADMSG, "bytes after the bundle's end");
}

int unbundle_tail(int fd, const struct digest *id, struct err *err)
{
	int r = take_manifest(fd, id, err);

	if (r == 0)
		r = take_blobs(fd, err);
	if (r == 0)
		r = take_index(fd, err);
	return r < 0 ? r : take_end(fd, err);
}
