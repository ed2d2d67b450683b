/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A FAT file system with one file in it, EFI/BOOT/NAME: what firmware starts of a partition
 * that has no entry of its own. Microsoft's "FAT: General Overview of On-Disk Format". All of
 * it is a function of the file, and the whole file lies in one piece.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/le.h"
#include "pack/device/bootblob.h"

#define FATS 2
#define ROOT_ENTRIES 512
#define ENTRY_SIZE 32
#define DIRECTORIES 2	 /* EFI and BOOT, a cluster each */
#define FAT16_LEAST 4085 /* clusters; with fewer it is FAT12 */
#define FAT16_MOST 65524
#define CLUSTER_MOST 64 /* sectors */
#define DAY_ONE 0x0021	/* 1980-01-01 */
#define IS_DIRECTORY 0x10
#define IS_LABEL 0x08
#define LABEL "LAMINA BOOT"

struct fat {
	uint32_t sector, cluster; /* bytes */
	uint32_t clusters;	  /* in all */
	uint32_t fat_sectors;	  /* of each of the two */
	uint32_t file_clusters;
	const struct bootblob_file *file;
};

/* The smallest clusters that are few enough; always so many that it is FAT16. */
static int lay_out(struct fat *fat)
{
	uint64_t need = 0;

	for (uint32_t n = 1; n <= CLUSTER_MOST; n *= 2) {
		fat->cluster = n * fat->sector;
		need = (fat->file->size + fat->cluster - 1) / fat->cluster;
		if (need + DIRECTORIES <= FAT16_MOST)
			break;
	}
	if (need + DIRECTORIES > FAT16_MOST)
		return -EFBIG;
	fat->file_clusters = (uint32_t)need;
	fat->clusters = fat->file_clusters + DIRECTORIES;
	if (fat->clusters < FAT16_LEAST + 16)
		fat->clusters = FAT16_LEAST + 16;
	fat->fat_sectors = ((fat->clusters + 2) * 2 + fat->sector - 1) / fat->sector;
	return 0;
}

static uint32_t root_sectors(const struct fat *fat)
{
	return ROOT_ENTRIES * ENTRY_SIZE / fat->sector;
}

/* Where cluster @number is; the first one is 2. */
static uint64_t cluster_at(const struct fat *fat, uint32_t number)
{
	uint64_t first = 1 + (uint64_t)FATS * fat->fat_sectors + root_sectors(fat);

	return first * fat->sector + (uint64_t)(number - 2) * fat->cluster;
}

static int write_head(const struct fat *fat, int fd)
{
	uint64_t sectors = cluster_at(fat, fat->clusters + 2) / fat->sector;
	uint8_t head[512] = { 0xeb, 0x3c, 0x90, 'L', 'A', 'M', 'I', 'N', 'A' };

	head[9] = head[10] = ' ';
	le_put(head + 11, fat->sector, 2);
	head[13] = (uint8_t)(fat->cluster / fat->sector);
	le_put(head + 14, 1, 2); /* sectors before the first FAT */
	head[16] = FATS;
	le_put(head + 17, ROOT_ENTRIES, 2);
	le_put(head + 19, sectors < 0x10000 ? sectors : 0, 2);
	head[21] = 0xf8; /* no floppy disk */
	le_put(head + 22, fat->fat_sectors, 2);
	le_put(head + 24, 32, 2);
	le_put(head + 26, 64, 2);
	le_put(head + 32, sectors < 0x10000 ? 0 : sectors, 4);
	head[36] = 0x80;
	head[38] = 0x29; /* the three fields below are there */
	le_put(head + 39, 0x4c616d69, 4);
	memcpy(head + 43, LABEL, 11);
	memcpy(head + 54, "FAT16   ", 8);
	le_put(head + 510, 0xaa55, 2);
	return fd_pwrite_all(fd, head, sizeof(head), 0);
}

static int write_fats(const struct fat *fat, int fd)
{
	size_t size = (size_t)fat->fat_sectors * fat->sector;
	uint8_t *table = calloc(1, size);
	uint32_t first = 2 + DIRECTORIES;
	int r = 0;

	if (!table)
		return -ENOMEM;
	le_put(table, 0xfff8, 2);
	for (uint32_t i = 1; i < first; i++)
		le_put(table + 2 * (size_t)i, 0xffff, 2);
	for (uint32_t i = 0; i < fat->file_clusters; i++)
		le_put(table + 2 * (size_t)(first + i),
		       i + 1 < fat->file_clusters ? first + i + 1 : 0xffff, 2);
	for (uint32_t i = 0; r == 0 && i < FATS; i++)
		r = fd_pwrite_all(fd, table, size, fat->sector + i * (uint64_t)size);
	free(table);
	return r;
}

static void put_entry(uint8_t *at, const char *name, uint8_t kind, uint32_t cluster,
		      size_t size)
{
	memcpy(at, name, 11);
	at[11] = kind;
	le_put(at + 16, DAY_ONE, 2);
	le_put(at + 18, DAY_ONE, 2);
	le_put(at + 24, DAY_ONE, 2);
	le_put(at + 26, cluster, 2);
	le_put(at + 28, size, 4);
}

/* A directory below the root begins with itself and the one above, where 0 is the root. */
static int write_directory(const struct fat *fat, int fd, uint32_t number, uint32_t above,
			   const char *name, uint8_t kind, size_t size)
{
	uint8_t entries[3 * ENTRY_SIZE] = { 0 };

	put_entry(entries, ".          ", IS_DIRECTORY, number, 0);
	put_entry(entries + ENTRY_SIZE, "..         ", IS_DIRECTORY, above, 0);
	put_entry(entries + 2 * ENTRY_SIZE, name, kind,
		  kind == 0 && size == 0 ? 0 : number + 1, size);
	return fd_pwrite_all(fd, entries, sizeof(entries), cluster_at(fat, number));
}

static int write_root(const struct fat *fat, int fd)
{
	uint8_t entries[2 * ENTRY_SIZE] = { 0 };

	put_entry(entries, LABEL, IS_LABEL, 0, 0);
	put_entry(entries + ENTRY_SIZE, "EFI        ", IS_DIRECTORY, 2, 0);
	return fd_pwrite_all(fd, entries, sizeof(entries),
			     fat->sector * (1 + (uint64_t)FATS * fat->fat_sectors));
}

int bootblob_fat(const char *name, const struct bootblob_file *file,
		 uint32_t sector_bytes, int fd, struct err *err)
{
	struct fat fat = { .sector = sector_bytes, .file = file };
	int r = lay_out(&fat);

	if (r == 0)
		r = write_head(&fat, fd);
	if (r == 0)
		r = write_fats(&fat, fd);
	if (r == 0)
		r = write_root(&fat, fd);
	if (r == 0)
		r = write_directory(&fat, fd, 2, 0, "BOOT       ", IS_DIRECTORY, 0);
	if (r == 0)
		r = write_directory(&fat, fd, 3, 2, name, 0, file->size);
	if (r == 0)
		r = fd_pwrite_all(fd, file->bytes, file->size, cluster_at(&fat, 4));
	if (r == 0 && ftruncate(fd, (off_t)cluster_at(&fat, fat.clusters + 2)) < 0)
		r = -errno;
	return r < 0 ? err_errno(err, r, "FAT file system") : 0;
}
