/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/device/empty.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/le.h"
#include "base/path.h"
#include "pack/device/disk.h"
#include "pack/host/epoch.h"
#include "pack/host/scratch.h"
#include "pack/host/tool.h"

#define BLOCK 4096
#define BLOCKS 2048 /* with a journal of 1024, the least that mke2fs makes */
#define HEAD 24
#define ENTRY (8 + BLOCK)

/* One for all devices, where nobody sees it: inside. */
#define UUID "6c616d69-6e61-8000-8000-656e63727970"

/* An inode for 32 KiB, also of what it grows by: their tables are what growing writes. Room for
 * the descriptors of 256 GiB; beyond that the kernel moves them. */
#define INODES "4096"
#define EXTENDED                                                                    \
	"hash_seed=" UUID ",root_owner=0:0,lazy_itable_init=0,lazy_journal_init=0," \
	"resize=67108864"

static int make(int fd, struct err *err)
{
	char file[PATH_FD_SIZE], time[40];
	const char *const argv[] = { "mke2fs", "-q",   "-F", "-t",	    "ext4",
				     "-b",     "4096", "-I", "256",	    "-N",
				     INODES,   "-m",   "0",  "-e",	    "remount-ro",
				     "-U",     UUID,   "-O", DISK_FEATURES, "-E",
				     EXTENDED, file,   NULL };
	const char *const env[] = { time, "MKE2FS_SKIP_PROGRESS=1", NULL };
	const struct tool_options run = { .argv = argv, .env = env, .keep_fd = fd };

	(void)path_of_fd(file, fd);
	(void)snprintf(time, sizeof(time), "E2FSPROGS_FAKE_TIME=%" PRIu32, epoch_time());
	if (ftruncate(fd, (off_t)BLOCKS * BLOCK) < 0)
		return err_errno(err, -errno, "mke2fs");
	return tool_run(&run, err);
}

static bool is_empty(const uint8_t block[BLOCK])
{
	static const uint8_t zeros[BLOCK];

	return memcmp(block, zeros, BLOCK) == 0;
}

/* Returns how many bytes of @ret_bytes are used, or -errno. */
static int list(int fd, uint8_t *ret_bytes)
{
	size_t count = 0;

	memcpy(ret_bytes, "lamblk1\n", 8);
	for (uint64_t i = 0; i < BLOCKS; i++) {
		uint8_t *entry = ret_bytes + HEAD + count * ENTRY;
		int r = fd_pread_all(fd, entry + 8, BLOCK, i * BLOCK);

		if (r < 0)
			return r;
		le_put(entry, i, 8);
		count += !is_empty(entry + 8);
	}
	le_put(ret_bytes + 8, BLOCKS, 8);
	le_put(ret_bytes + 16, count, 8);
	return (int)(HEAD + count * ENTRY);
}

int empty_add(struct cpio *cpio, struct err *err)
{
	__fd int scratch = scratch_open(err);
	__fd int fd =
		scratch < 0 ? scratch : fcntl(scratch, F_DUPFD_CLOEXEC, TOOL_FIRST_FD);
	uint8_t *bytes = malloc(HEAD + (size_t)BLOCKS * ENTRY);
	int r;

	if (scratch < 0) {
		free(bytes);
		return scratch;
	}
	r = fd < 0 ? err_errno(err, -errno, "mke2fs") : 0;
	if (r == 0 && !bytes)
		r = err_errno(err, -ENOMEM, "mke2fs");
	if (r == 0)
		r = make(fd, err);
	if (r == 0) {
		r = list(fd, bytes);
		if (r < 0)
			(void)err_errno(err, r, "mke2fs");
	}
	if (r > 0)
		r = cpio_add_file(cpio, "etc/lamina/ext4", 0644, bytes, (size_t)r, err);
	free(bytes);
	return r;
}
