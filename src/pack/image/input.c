/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/image/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "trust/key.h"
#include "trust/private-key.h"

#define PEM_SIZE 8192 /* most bytes of a file with a key in PEM */

int input_read(const char *path, void *ret_bytes, size_t room, struct err *err)
{
	__fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t size;

	if (fd < 0)
		return err_errno(err, -errno, "%s", path);
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		return err_set(err, -EISDIR, "%s: is a directory", path);
	size = fd_read_file(fd, ret_bytes, room);
	if (size == -EFBIG)
		return err_set(err, -EFBIG, "%s: larger than %zu bytes", path, room);
	return size < 0 ? err_errno(err, (int)size, "%s", path) : (int)size;
}

int input_private_key(const char *path, struct private_key *ret_key, struct err *err)
{
	char pem[PEM_SIZE];
	int size = input_read(path, pem, sizeof(pem), err), r;

	if (size < 0)
		return size;
	r = private_key_read_pem(pem, (size_t)size, ret_key, err);
	explicit_bzero(pem, sizeof(pem));
	return r < 0 ? err_wrap(err, r, "%s", path) : 0;
}

static int ring_add(struct keyring *ring, const struct key_line *key)
{
	if (keyring_find(ring, key->id))
		return 0;
	if (ring->count == KEYRING_MAX_KEYS)
		return -E2BIG;
	ring->keys[ring->count++] = *key;
	return 0;
}

int input_add_key(struct keyring *ring, const char *path, struct err *err)
{
	char pem[PEM_SIZE];
	struct key_line key;
	int size = input_read(path, pem, sizeof(pem), err);
	int r;

	if (size < 0)
		return size;
	r = public_key_read_pem(pem, (size_t)size, &key, err);
	if (r < 0)
		return err_wrap(err, r, "%s", path);
	r = ring_add(ring, &key);
	if (r == -E2BIG)
		return err_set(err, r, "%s: more than %d keys", path, KEYRING_MAX_KEYS);
	return r;
}

static int read_keyring(const char *path, struct keyring *ret_ring, struct err *err)
{
	char text[KEYRING_MAX_SIZE];
	int r = input_read(path, text, sizeof(text), err);

	if (r < 0)
		return r;
	r = keyring_parse(text, (size_t)r, ret_ring, err);
	if (r == 0)
		r = key_check_ring(ret_ring, err);
	return r < 0 ? err_wrap(err, r, "%s", path) : 0;
}

int input_keyring(struct keyring *ring, const char *path, struct err *err)
{
	struct keyring more;
	int r = read_keyring(path, &more, err);

	for (size_t i = 0; r == 0 && i < more.count; i++)
		r = ring_add(ring, &more.keys[i]);
	if (r == -E2BIG)
		return err_set(err, r, "%s: more than %d keys", path, KEYRING_MAX_KEYS);
	return r;
}
