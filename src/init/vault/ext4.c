/* SPDX-License-Identifier: Apache-2.0 */
#include "init/vault/ext4.h"

#include <linux/magic.h>
#include <sys/ioctl.h>

#include "base/fd.h"
#include "base/le.h"
#include "base/sys.h"

#define RESIZE _IOW('f', 16, uint64_t) /* EXT4_IOC_RESIZE_FS */
#define HEAD 1024		       /* where its superblock is */
#define HEAD_SIZE 0x154

uint64_t ext4_bytes(int fd)
{
	uint8_t head[HEAD_SIZE];
	uint64_t blocks, bits;

	if (fd_pread_all(fd, head, sizeof(head), HEAD) < 0 ||
	    le_get(head + 0x38, 2) != EXT4_SUPER_MAGIC)
		return 0;
	blocks = le_get(head + 4, 4) | le_get(head + 0x150, 4) << 32;
	bits = 10 + (le_get(head + 0x18, 4) & 7);
	return blocks > UINT64_MAX >> bits ? UINT64_MAX : blocks << bits;
}

int ext4_grow(int dir, uint64_t size_bytes)
{
	uint64_t blocks = size_bytes / EXT4_BLOCK;

	return sys_ioctl(dir, RESIZE, &blocks);
}
