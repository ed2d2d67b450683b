/* SPDX-License-Identifier: Apache-2.0 */
#include "store/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/sys.h"
#include "trust/sha256.h"

static uint8_t block[VAULT_STRIDE];

static int sum(const uint8_t bytes[VAULT_HEAD_SIZE], struct digest *ret_sum)
{
	return sha256_of(bytes, VAULT_SUM_OFFSET, ret_sum);
}

static int read_copy(int fd, int i, struct vault_copy *ret_copy)
{
	struct digest wanted;
	int r = fd_pread_all(fd, block, VAULT_HEAD_SIZE, (uint64_t)i * VAULT_STRIDE);

	if (r == 0)
		r = sum(block, &wanted);
	if (r < 0)
		return r;
	ret_copy->r = vault_decode(block, &ret_copy->head);
	if (ret_copy->r == 0 && !ret_copy->head.erased &&
	    memcmp(wanted.bytes, block + VAULT_SUM_OFFSET, VAULT_SUM_SIZE) != 0)
		ret_copy->r = -EBADMSG;
	return 0;
}

/* Some file systems leave their first sectors alone. */
static int check_untouched(int fd, struct vault *vault)
{
	int r = 0;

	for (uint64_t at = 0; r == 0 && at < VAULT_DATA; at += sizeof(block)) {
		r = fd_pread_all(fd, block, sizeof(block), at);
		if (r == 0 && !vault_untouched(block, sizeof(block)))
			vault->is = VAULT_IS_OTHER;
	}
	return r;
}

int vault_read(int fd, struct vault *ret_vault, struct err *err)
{
	int r = 0;

	for (int i = 0; r == 0 && i < VAULT_HEADS; i++)
		r = read_copy(fd, i, &ret_vault->copies[i]);
	if (r == 0)
		ret_vault->is = vault_judge(ret_vault->copies, &ret_vault->head);
	if (r == 0 && ret_vault->copies[0].r == -ENODATA &&
	    ret_vault->copies[1].r == -ENODATA)
		r = check_untouched(fd, ret_vault);
	return r < 0 ? err_errno(err, r, "reading its head") : 0;
}

static int put(int fd, int i)
{
	int r = fd_pwrite_all(fd, block, VAULT_HEAD_SIZE, (uint64_t)i * VAULT_STRIDE);

	return r < 0 ? r : sys_fsync(fd);
}

static int write_copy(int fd, int i, const struct vault_head *head)
{
	struct digest hash;
	int r;

	vault_encode(head, block);
	r = sum(block, &hash);
	if (r < 0)
		return r;
	memcpy(block + VAULT_SUM_OFFSET, hash.bytes, VAULT_SUM_SIZE);
	return put(fd, i);
}

static bool is_so(const struct vault_copy *copy, const struct vault_head *head)
{
	return copy->r == 0 && !copy->head.erased &&
	       memcmp(copy->head.salt, head->salt, VAULT_SALT_SIZE) == 0 &&
	       memcmp(copy->head.check, head->check, VAULT_CHECK_SIZE) == 0;
}

int vault_write(int fd, const struct vault *vault, const struct vault_head *head,
		struct err *err)
{
	int r = 0;

	for (int i = 0; r == 0 && i < VAULT_HEADS; i++)
		if (!is_so(&vault->copies[i], head))
			r = write_copy(fd, i, head);
	return r < 0 ? err_errno(err, r, "writing its head") : 0;
}

int vault_random(void *ret_bytes, size_t size)
{
	/* it waits until the kernel has some */
	__fd int fd = sys_openat(AT_FDCWD, "/dev/random", O_RDONLY | O_CLOEXEC, 0);

	return fd < 0 ? fd : fd_pread_all(fd, ret_bytes, size, 0);
}

int vault_erase(int fd)
{
	int r = 0, left = 0;

	/* one of ours, by its first word */
	for (int i = 0; r == 0 && i < VAULT_HEADS; i++) {
		r = fd_pread_all(fd, block, VAULT_HEAD_SIZE, (uint64_t)i * VAULT_STRIDE);
		if (memcmp(block, VAULT_ERASED, 7) == 0)
			left = 2 * VAULT_HEADS;
	}
	while (r == 0 && left-- > 0) {
		r = vault_random(block, VAULT_HEAD_SIZE);
		memcpy(block, VAULT_ERASED, sizeof(VAULT_ERASED));
		if (r == 0)
			r = put(fd, !(left & 1));
	}
	return r;
}
