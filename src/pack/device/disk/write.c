/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/device/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "block/find/text.h"
#include "pack/host/tool.h"

#define MIB ((uint64_t)1 << 20)
#define INODES_MAX ((uint64_t)1 << 24) /* a check reads them all */

struct job {
	const struct disk *disk;
	int fd, store;	 /* both at TOOL_FIRST_FD or above */
	uint64_t offset; /* of the file system */
	uint64_t size_bytes;
	struct disk_table table;
	char file[PATH_FD_SIZE];
	char time[40];
};

/* A version 8 UUID of the seed; @which keeps a disk's UUIDs apart. */
static void make_uuid(const struct disk *disk, const char *which, uint8_t ret_uuid[16])
{
	struct sha256 digest;
	struct digest hash = { 0 };

	(void)sha256_start(&digest);
	(void)sha256_add(&digest, disk->seed.bytes, sizeof(disk->seed.bytes));
	(void)sha256_add(&digest, which, strlen(which));
	(void)sha256_finish(&digest, &hash);
	hash.bytes[6] = (uint8_t)(0x80 | (hash.bytes[6] & 0x0f));
	hash.bytes[8] = (uint8_t)(0x80 | (hash.bytes[8] & 0x3f));
	memcpy(ret_uuid, hash.bytes, 16);
}

static void spell_uuid(const struct disk *disk, const char *which,
		       char ret_text[TEXT_UUID_SIZE])
{
	uint8_t uuid[16];

	make_uuid(disk, which, uuid);
	text_uuid(uuid, ret_text);
}

/* The first line of what a program said that isn't its name and version. 1 if there is
 * one. */
static int first_words(int errors, const char *program, char *ret_text, size_t size)
{
	char all[4096], *save = NULL;
	ssize_t n = pread(errors, all, sizeof(all) - 1, 0);

	all[n > 0 ? n : 0] = '\0';
	for (char *line = strtok_r(all, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		size_t name = strlen(program);

		if (strncmp(line, program, name) == 0 && line[name] == ' ' &&
		    line[name + 1] >= '0' && line[name + 1] <= '9')
			continue;
		(void)snprintf(ret_text, size, "%s", line);
		return 1;
	}
	return 0;
}

/* Runs one of them. What it says on stderr is a failure, whatever its exit status:
 * debugfs goes on after errors and then exits with 0. */
static int run_program(const struct job *job, const char *const *argv, int in_fd,
		       struct err *err)
{
	const char *const env[] = { job->time, "MKE2FS_SKIP_PROGRESS=1", NULL };
	__fd int errors = tool_file("", 0);
	char words[160];
	const struct tool_options run = { .argv = argv,
					  .env = env,
					  .in_fd = in_fd,
					  .err_fd = errors,
					  .keep_fd = job->fd };
	int r;

	if (errors < 0)
		return err_errno(err, errors, "%s", argv[0]);
	r = tool_run(&run, err);
	if (r < 0 && r != -EIO)
		return r;
	if (first_words(errors, argv[0], words, sizeof(words)))
		return err_set(err, -EIO, "%s: %s", argv[0], words);
	return r;
}

/* The store is the last one. A partition's UUID comes of its label, that of the store's of
 * none: it has always been so. */
static int write_table(struct job *job, struct err *err)
{
	struct disk_table *table = &job->table;

	for (size_t i = 0; i < table->count; i++)
		make_uuid(job->disk, table->partitions[i].label,
			  table->partitions[i].uuid);
	table->partitions[table->count++] = (struct disk_partition){
		.start_bytes = job->offset,
		.size_bytes = job->size_bytes,
		.label = job->disk->label,
	};
	make_uuid(job->disk, "disk", table->uuid);
	make_uuid(job->disk, "partition", table->partitions[table->count - 1].uuid);
	return disk_table_write(job->fd, table, err);
}

/* Bytes for each inode. */
static uint64_t inode_ratio(uint64_t size)
{
	uint64_t ratio = 16384;

	while (size / ratio > INODES_MAX)
		ratio *= 2;
	return ratio;
}

static int make_fs(const struct job *job, struct err *err)
{
	char uuid[TEXT_UUID_SIZE], seed[TEXT_UUID_SIZE], extended[256], size[32];
	char ratio[32];
	const char *const argv[] = { "mke2fs",
				     "-q",
				     "-F",
				     "-t",
				     "ext4",
				     "-b",
				     "4096",
				     "-I",
				     "256",
				     "-i",
				     ratio,
				     "-m",
				     "0",
				     "-e",
				     "remount-ro",
				     "-U",
				     uuid,
				     "-L",
				     job->disk->label,
				     "-O",
				     DISK_FEATURES,
				     "-E",
				     extended,
				     job->file,
				     size,
				     NULL };

	spell_uuid(job->disk, "file system", uuid);
	spell_uuid(job->disk, "hash seed", seed);
	(void)snprintf(ratio, sizeof(ratio), "%" PRIu64, inode_ratio(job->size_bytes));
	/* the file is a hole: discard, which makes it one, is told that it reads as zeros,
	 * and then neither inode tables nor journal are written */
	(void)snprintf(
		extended, sizeof(extended),
		"hash_seed=%s,root_owner=0:0,lazy_itable_init=0,lazy_journal_init=1,"
		"discard,offset=%" PRIu64,
		seed, job->offset);
	(void)snprintf(size, sizeof(size), "%" PRIu64 "k", job->size_bytes / 1024);
	return run_program(job, argv, 0, err);
}

/* Checks the file system too: debugfs is a tool for repairs, not known for its care. */
static int check_fs(const struct job *job, struct err *err)
{
	char place[PATH_FD_SIZE + 40];
	const char *const argv[] = { "e2fsck", "-f", "-n", place, NULL };

	(void)snprintf(place, sizeof(place), "%s?offset=%" PRIu64, job->file,
		       job->offset);
	return run_program(job, argv, 0, err);
}

static int fill_fs(const struct job *job, const struct disk_tree *tree, struct err *err)
{
	char place[PATH_FD_SIZE + 40];
	const char *const argv[] = { "debugfs", "-w", "-f", "-", place, NULL };
	__fd int in = tool_file("", 0);
	FILE *script;
	int r;

	if (in < 0)
		return err_errno(err, in, "debugfs");
	(void)snprintf(place, sizeof(place), "%s?offset=%" PRIu64, job->file,
		       job->offset);
	script = fdopen(dup(in), "w");
	if (!script)
		return err_errno(err, -errno, "debugfs");
	r = disk_tree_script(tree, job->store, script, err);
	if (fclose(script) != 0 && r == 0)
		r = err_errno(err, -errno, "debugfs");
	if (r == 0 && lseek(in, 0, SEEK_SET) < 0)
		r = err_errno(err, -errno, "debugfs");
	return r < 0 ? r : run_program(job, argv, in, err);
}

/* Room for the files, for the next version of them, for inodes (1/64) and the journal; and for
 * what volumes reserve. */
static uint64_t default_size(uint64_t bytes, uint64_t volume_bytes)
{
	uint64_t size =
		2 * bytes + bytes / 16 + 32 * MIB + volume_bytes + volume_bytes / 16;

	return (size + MIB - 1) / MIB * MIB;
}

static int lay_out(struct job *job, const struct disk_tree *tree, struct err *err)
{
	uint64_t bytes = disk_tree_bytes(tree), size = job->disk->size_bytes, given;
	uint64_t end =
		job->disk->fs_only ? 0 : MIB; /* the table's second copy is there */
	char need[16], have[16];
	int r = job->disk->fs_only ? 0
				   : disk_boot_lay_out(&job->disk->boot, &job->table,
						       &job->offset, err);

	if (r < 0)
		return r;
	if (size == 0)
		size = default_size(bytes, job->disk->volume_bytes) + job->offset + end;
	given = size;
	if (!job->disk->fs_only)
		size -= size % job->disk->sector_bytes;
	job->size_bytes =
		size > job->offset + end ? (size - job->offset - end) / 4096 * 4096 : 0;
	if (job->size_bytes < bytes + 4 * MIB)
		return err_set(err, -ENOSPC,
			       "%s is too small for a file system with %s in it",
			       str_size(given, have), str_size(bytes, need));
	job->table.disk_bytes = size;
	if (ftruncate(job->fd, (off_t)size) < 0)
		return err_errno(err, -errno, "disk");
	return 0;
}

int disk_write(const struct disk *disk, int fd, int store, const struct disk_tree *tree,
	       struct err *err)
{
	__fd int high = fcntl(fd, F_DUPFD_CLOEXEC, TOOL_FIRST_FD);
	__fd int files =
		fcntl(store, F_DUPFD, TOOL_FIRST_FD); /* for debugfs to read from */
	struct job job = {
		.disk = disk,
		.fd = high,
		.store = files,
		.table = { .sector_bytes = disk->sector_bytes },
	};
	int r;

	if (high < 0 || files < 0)
		return err_errno(err, -errno, "disk");
	(void)path_of_fd(job.file, high);
	(void)snprintf(job.time, sizeof(job.time), "E2FSPROGS_FAKE_TIME=%" PRIu32,
		       disk->time);
	r = lay_out(&job, tree, err);
	if (r == 0)
		r = make_fs(&job, err);
	if (r == 0 && !disk->fs_only)
		r = write_table(&job, err);
	if (r == 0 && !disk->fs_only)
		r = disk_boot_write(&disk->boot, &job.table, high, err);
	if (r == 0)
		r = fill_fs(&job, tree, err);
	return r < 0 ? r : check_fs(&job, err);
}
