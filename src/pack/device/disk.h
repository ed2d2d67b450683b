/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A disk with a store on it: an ext4 file system, by itself or in a GPT partition, made by
 * mke2fs and debugfs without root and without mounting. Times, UUIDs and the order of
 * everything are ours, so that the same store gives the same bytes.
 *
 * The files are written by debugfs: mke2fs -d would give them the builder's owner and times,
 * and inodes in the order in which the builder's disk happens to list them.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "format/manifest.h"
#include "store/store.h"
#include "trust/sha256.h"

#define DISK_NAME_SIZE 1024
#define DISK_LABEL_SIZE 17 /* ext4 has room for 16 characters */

/* Features by name: the defaults are the building distribution's, and change with it.
 * These are what every kernel since 3.18 mounts. No metadata_csum: with it, a superblock
 * of which the power let only one of two sectors be written is one that no kernel mounts,
 * and ext4 writes it outside of its journal whenever the store is made writable. */
#define DISK_FEATURES                                                                  \
	"none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_" \
	"bg,"                                                                          \
	"sparse_super,large_file,huge_file,dir_nlink,extra_isize"

struct disk_file {
	char *name;    /* owned; below the file system's root, parents before children */
	uint32_t mode; /* with the type: file, directory, symlink, fifo */
	uint64_t size_bytes;
	uint32_t uid, gid;
	int fd; /* where a file's bytes are, borrowed and inherited; -1: in the store */
};

/* What goes onto the disk. Starts zeroed. */
struct disk_tree {
	struct disk_file *files;
	size_t count;
};

/* Adds a name. 0, -ENOMEM, or -EINVAL for a name that debugfs can't be told. */
int disk_tree_add(struct disk_tree *tree, const char *name, uint32_t mode,
		  uint64_t size_bytes, struct err *err);
/* A file whose bytes are @fd's, which children inherit. 0 or as disk_tree_add(). */
int disk_tree_add_fd(struct disk_tree *tree, const char *name, int fd,
		     uint64_t size_bytes, struct err *err);
/* Whose the name is that was added last; otherwise it is root's. */
void disk_tree_own(struct disk_tree *tree, uint32_t uid, uint32_t gid);
void disk_tree_sort(struct disk_tree *tree);
void disk_tree_done(struct disk_tree *tree);
/* Bytes that the files take, in whole blocks. */
uint64_t disk_tree_bytes(const struct disk_tree *tree);
/* Writes debugfs's commands. @store is where it finds the files. 0 or -errno. */
int disk_tree_script(const struct disk_tree *tree, int store, FILE *script,
		     struct err *err);

struct disk_image {
	struct digest id;
	uint64_t serial;
	bool is_signed;
	struct manifest_boot boot; /* its id "": it runs on any kernel */
};

#define DISK_MAX_IMAGES ((size_t)64)

/* The images that go onto the disk. */
struct disk_images {
	struct disk_image images[DISK_MAX_IMAGES];
	size_t count;
	uint64_t volume_bytes; /* that the volumes of one of them reserve, at most */
};

/* What the boot record is to say: beginnings of ids, or NULL. */
struct disk_wish {
	const char *current, *candidate;
	unsigned int tries; /* of the candidate */
	bool slot_a;	    /* the first boot slot has the current image's boot blob */
};

/* The file `state`, RECORD_ROOM bytes of a record in both copies. Without a wish it is the
 * store's own; without that, the highest serial is current and the next one previous. An
 * fd the caller owns, which children inherit; -ENOENT, -ENOTUNIQ, -EINVAL for a wish that
 * can't be; -errno. */
int disk_record(int store, const struct disk_images *images, const struct disk_wish *wish,
		struct err *err);
/* Which of @images a record's file starts without a candidate; NULL: none of them. */
const struct disk_image *disk_record_current(int state, const struct disk_images *images);

enum disk_type {
	DISK_LINUX,    /* a file system of Linux' */
	DISK_RESERVED, /* nobody's but the device's: raw bytes */
	DISK_EFI,      /* where firmware looks for programs */
};

struct disk_partition {
	enum disk_type type;
	uint64_t start_bytes, size_bytes;
	const char *label; /* ASCII, below DISK_LABEL_SIZE */
	uint8_t uuid[16];
};

#define DISK_MAX_PARTITIONS 5

struct disk_table {
	struct disk_partition partitions[DISK_MAX_PARTITIONS];
	size_t count;
	uint8_t uuid[16];
	uint32_t sector_bytes; /* of the disk */
	uint32_t room;	       /* partitions that it has entries for; 0: 128 */
	uint64_t disk_bytes;   /* whole sectors */
};

/* Writes both copies of the table. 0 or -errno. */
int disk_table_write(int fd, const struct disk_table *table, struct err *err);

/* How a boot loader is told which of two slots it starts; lamina-policy(5). */
enum disk_loader {
	DISK_LOADER_NONE,
	DISK_LOADER_SECTOR,  /* by a partition that a script reads */
	DISK_LOADER_GRUBENV, /* the same, as GRUB's environment block */
	DISK_LOADER_EFI,     /* by UEFI's variables: nothing on the disk */
};

/* A program that a processor finds at a place of its own, before the partitions. */
struct disk_firmware {
	int fd; /* borrowed */
	uint64_t at_bytes, size_bytes;
};

#define DISK_MAX_FIRMWARE ((size_t)4)

/* What a boot loader starts from, before the store's partition. */
struct disk_boot {
	struct disk_firmware firmware[DISK_MAX_FIRMWARE];
	size_t firmware_count;
	int files;	      /* a file system that the loader reads, borrowed */
	uint64_t files_bytes; /* 0: no partition for it */
	enum disk_loader loader;
	uint64_t slot_bytes; /* of each; 0: twice the blob, 16 MiB at least */
	int fd;		     /* what the first one holds, borrowed */
	uint64_t blob_bytes;
};

/* Adds their partitions to @table, which has none and then leaves the firmware's place alone, and
 * says where the next one may start. 0; -ENOSPC when the blob is larger than a slot; -EINVAL for
 * firmware where something else has to be. */
int disk_boot_lay_out(const struct disk_boot *boot, struct disk_table *table,
		      uint64_t *ret_end, struct err *err);
/* Writes the firmware, the first slot and what the loader reads. 0 or -errno. */
int disk_boot_write(const struct disk_boot *boot, const struct disk_table *table, int fd,
		    struct err *err);

struct disk {
	uint64_t size_bytes;   /* of the file; 0: what it takes, and as much again */
	uint64_t volume_bytes; /* room besides, where there is no such size */
	uint32_t sector_bytes; /* of the device: 512 or 4096 */
	const char *label;     /* of the partition and of the file system */
	bool fs_only;	       /* no partition table */
	struct disk_boot boot; /* partitions before the store's */
	struct digest seed;    /* the UUIDs are derived from it */
	uint32_t time;	       /* of everything in the file system, not 0 */
};

/* Writes the disk to the empty file @fd. @store is a directory. 0; -ENOSPC when disk->size_bytes
 * is too small; -ENOENT for a program that isn't installed; -ECHILD with what a program said;
 * -errno. */
int disk_write(const struct disk *disk, int fd, int store, const struct disk_tree *tree,
	       struct err *err);
