/* SPDX-License-Identifier: Apache-2.0 */
/* Disks, loop devices and dm-verity. */
#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <linux/loop.h>
#include <mtd/ubi-user.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "fake/kernel.h"

#define LOOPS ((int)(sizeof(kernel->loops) / sizeof(kernel->loops[0])))
#define MAPS ((int)(sizeof(kernel->maps) / sizeof(kernel->maps[0])))

/* devtmpfs makes and removes the nodes of devices, wherever it is mounted */
static struct node *dev_directory(void)
{
	struct node *content = node_child(kernel->templates, "devtmpfs");

	for (struct mount *mount = kernel->mounts; mount; mount = mount->next) {
		if (strcmp(mount->fs->type, "devtmpfs") == 0)
			return mount->root;
	}
	return content;
}

static struct node *dev_node(const char *stem, enum device device, int number)
{
	struct node *dir = dev_directory(), *node;
	char name[32];

	(void)snprintf(name, sizeof(name), "%s%d", stem, number);
	node = node_child(dir, name);
	if (!node)
		node = node_new(dir, name, S_IFBLK | 0600);
	node->device = device;
	node->number = number;
	return node;
}

int dev_open(struct node *node)
{
	if (node->device == LOOP)
		kernel->loops[node->number].users++;
	if (node->device == WATCHDOG)
		dog_open();
	if (node->device == DM) {
		if (!kernel->maps[node->number].live)
			return -ENXIO;
		kernel->maps[node->number].users++;
	}
	return 0;
}

static void map_free(struct mapping *map)
{
	if (map->below)
		dev_close(map->below);
	if (map->next)
		dev_close(map->next);
	if (map->node)
		node_unlink(map->node);
	memset(map, 0, sizeof(*map));
}

void dev_close(struct node *node)
{
	if (node->device == LOOP && --kernel->loops[node->number].users == 0 &&
	    kernel->loops[node->number].bound) {
		/* LO_FLAGS_AUTOCLEAR */
		kernel->loops[node->number].bound = false;
		fs_put(kernel->loops[node->number].file->fs);
	}
	if (node->device == WATCHDOG)
		dog_close();
	if (node->device == DM) {
		struct mapping *map = &kernel->maps[node->number];

		if (--map->users == 0 && map->deferred)
			map_free(map);
	}
}

/* Of a volume's: nothing is mapped of it. */
int dev_remove(struct node *disk)
{
	for (int i = 0; i < MAPS; i++) {
		if (kernel->maps[i].below == disk)
			return -EBUSY;
	}
	for (struct mount *mount = kernel->mounts; mount; mount = mount->next) {
		if (mount->fs->device == disk)
			return -EBUSY;
	}
	node_unlink(disk);
	return 0;
}

static struct node *bytes_of(const struct node *node)
{
	if (node->device == LOOP)
		return kernel->loops[node->number].bound
			       ? kernel->loops[node->number].file
			       : NULL;
	if (node->device == DM)
		return bytes_of(kernel->maps[node->number].below);
	return (struct node *)(uintptr_t)node;
}

uint64_t dev_size(const struct node *node)
{
	const struct node *bytes = bytes_of(node);

	return bytes ? bytes->size : 0;
}

/* No bit is changed on the way: ciphers are the kernel's. */
int64_t dev_write(struct node *node, const void *buf, size_t size, uint64_t offset)
{
	struct node *bytes = bytes_of(node);
	const struct mapping *map =
		node->device == DM ? &kernel->maps[node->number] : NULL;

	if (!bytes || (map && !map->writable) ||
	    (node->device != DM && node->device != LOOP))
		return -EPERM;
	offset += map ? map->at : 0;
	if (offset >= bytes->size)
		return -ENOSPC;
	if (size > bytes->size - offset)
		size = bytes->size - offset;
	memcpy(bytes->data + offset, buf, size);
	return (int64_t)size;
}

int64_t dev_read(struct node *node, void *buf, size_t size, uint64_t offset)
{
	const struct node *bytes = bytes_of(node);

	if (node->device == DM)
		offset += kernel->maps[node->number].at;
	if (node->device == VOLUME && node->come < node->to_come)
		return -EBADF;
	if (!bytes || offset >= bytes->size)
		return 0;
	if (node->device == DM && bytes->corrupt && offset + size > bytes->corrupt_from) {
		if (kernel->maps[node->number].panics)
			fake_bug("Kernel panic: dm-verity device corrupted");
		kernel->maps[node->number].damaged = true;
		return -EIO;
	}
	if (size > bytes->size - offset)
		size = bytes->size - offset;
	memcpy(buf, bytes->data + offset, size);
	return (int64_t)size;
}

/* --- UBI
 * ----------------------------------------------------------------------------------- */

/* Wherever it is said to belong. */
ssize_t volume_write(struct node *node, const void *buf, size_t size)
{
	if (node->come == node->to_come)
		return -EPERM;
	if (size > node->to_come - node->come)
		size = (size_t)(node->to_come - node->come);
	memcpy(node->data + node->come, buf, size);
	node->come += size;
	return (ssize_t)size;
}

/* --- loop
 * ----------------------------------------------------------------------------------- */

int loop_control(unsigned long request, unsigned long arg)
{
	(void)arg;
	if (request != LOOP_CTL_GET_FREE)
		return -ENOSYS;
	for (int i = 0; i < LOOPS; i++) {
		if (kernel->loops[i].bound)
			continue;
		(void)dev_node("loop", LOOP, i);
		return i;
	}
	return -ENOSPC;
}

int loop_ioctl(struct node *node, unsigned long request, void *arg)
{
	const struct loop_config *config = arg;
	struct fd *fd;

	if (request != LOOP_CONFIGURE)
		return -ENOTTY;
	if (kernel->busy_loops < fake_config.busy_loops) {
		kernel->busy_loops++;
		return -EBUSY;
	}
	fd = fd_get((int)config->fd);
	if (!fd || fd->kind != FD_FILE || !S_ISREG(fd->place.node->mode))
		return -EBADF;
	if (config->info.lo_flags & LO_FLAGS_DIRECT_IO && fake_config.no_direct_io)
		return -EINVAL;
	if (!(config->info.lo_flags & LO_FLAGS_AUTOCLEAR) ||
	    (!(config->info.lo_flags & LO_FLAGS_READ_ONLY) &&
	     (fd->flags & O_ACCMODE) == O_RDONLY))
		fake_bug("loop: without autoclear, or writable over what is not");
	if (kernel->loops[node->number].bound)
		return -EBUSY;
	kernel->loops[node->number].bound = true;
	kernel->loops[node->number].file = fd->place.node;
	fs_get(fd->place.node->fs);
	return 0;
}

/* --- device-mapper
 * -------------------------------------------------------------------------- */

static struct mapping *map_named(const char *name)
{
	for (int i = 0; i < MAPS; i++) {
		if (kernel->maps[i].used && strcmp(kernel->maps[i].name, name) == 0)
			return &kernel->maps[i];
	}
	return NULL;
}

static int map_create(struct dm_ioctl *head)
{
	if (map_named(head->name))
		return -EBUSY;
	/* numbers past 255, so that the encoding of dev counts */
	for (int i = 300; i < MAPS; i++) {
		struct mapping *map = &kernel->maps[i];

		if (map->used)
			continue;
		map->used = true;
		(void)snprintf(map->name, sizeof(map->name), "%s", head->name);
		head->dev = (uint64_t)(i & 0xff) | 253 << 8 | (uint64_t)(i & ~0xff) << 12;
		return 0;
	}
	return -ENOSPC;
}

static int load_crypt(struct mapping *map, const struct dm_target_spec *spec,
		      const char *params)
{
	unsigned long long at;
	char key[129], device[64];
	unsigned int sector;
	struct place below;
	int r;

	if (sscanf(params, "aes-xts-plain64 %128s 0 %63s %llu 1 sector_size:%u", key,
		   device, &at, &sector) != 4 ||
	    strlen(key) != 128 || sector != 4096 || spec->length % 8)
		return -EINVAL;
	r = walk_existing(AT_FDCWD, device, 0, &below);
	if (r < 0 || dev_size(below.node) < (at + spec->length) * 512)
		return r < 0 ? -ENODEV : -EINVAL;
	r = dev_open(below.node);
	if (r < 0)
		return r;
	map->next = below.node;
	map->sectors = spec->length;
	map->at = at * 512;
	map->writable = true;
	return 0;
}

static int map_load(struct mapping *map, struct dm_ioctl *head)
{
	const struct dm_target_spec *spec = (void *)((char *)head + head->data_start);
	const char *params = (const char *)(spec + 1);
	char device[64], second[64], root[65], salt[8];
	unsigned int version, block, hash_block;
	unsigned long long blocks, start;
	struct place at;
	int r;

	if (strcmp(spec->target_type, "crypt") == 0)
		return load_crypt(map, spec, params);
	if (head->target_count != 1 || strcmp(spec->target_type, "verity") != 0 ||
	    fake_config.no_verity || !(head->flags & DM_READONLY_FLAG))
		return -EINVAL;
	if (sscanf(params, "%u %63s %63s %u %u %llu %llu sha256 %64s %7s", &version,
		   device, second, &block, &hash_block, &blocks, &start, root, salt) != 9)
		return -EINVAL;
	if (version != 1 || block != 4096 || hash_block != 4096 ||
	    strcmp(device, second) != 0 || strlen(root) != 64 || strcmp(salt, "-") != 0 ||
	    spec->length != blocks * 8 || start != blocks + 1)
		return -EINVAL;
	r = walk_existing(AT_FDCWD, device, 0, &at);
	if (r < 0 || dev_size(at.node) < blocks * 4096)
		return r < 0 ? -ENODEV : -EINVAL;
	r = dev_open(at.node);
	if (r < 0)
		return r;
	if (map->next)
		dev_close(map->next);
	map->next = at.node;
	map->sectors = spec->length;
	map->next_panics = strstr(params, " - 1 panic_on_corruption") != NULL;
	return 0;
}

static int map_resume(struct mapping *map, const struct dm_ioctl *head)
{
	if (head->flags & DM_SUSPEND_FLAG || (!map->next && !map->live))
		return -EINVAL;
	if (map->next) {
		if (map->below)
			dev_close(map->below);
		map->below = map->next;
		map->next = NULL;
		map->panics = map->next_panics;
		map->damaged = false;
	}
	map->live = true;
	map->node = dev_node("dm-", DM, (int)(map - kernel->maps));
	return 0;
}

static int map_remove(struct mapping *map, const struct dm_ioctl *head)
{
	if (map->users == 0) {
		map_free(map);
		return 0;
	}
	if (!(head->flags & DM_DEFERRED_REMOVE))
		return -EBUSY;
	map->deferred = true;
	return 0;
}

static int map_status(const struct mapping *map, struct dm_ioctl *head)
{
	struct dm_target_spec *spec = (void *)((char *)head + head->data_start);

	head->target_count = map->live;
	(void)strcpy((char *)(spec + 1), map->damaged ? "C"
					 : fake_config.verity_says
						 ? fake_config.verity_says
						 : "V");
	return 0;
}

int dm_control(unsigned long request, void *arg)
{
	struct dm_ioctl *head = arg;
	struct mapping *map = map_named(head->name);

	if (head->version[0] != 4 || head->version[1] != 0)
		fake_bug("device-mapper: interface version %u.%u", head->version[0],
			 head->version[1]);
	if (request == DM_GET_TARGET_VERSION)
		return fake_config.no_verity ? -EINVAL : 0;
	if (request == DM_DEV_CREATE)
		return map_create(head);
	if (!map)
		return -ENXIO;
	switch (request) {
	case DM_TABLE_LOAD:
		return map_load(map, head);
	case DM_DEV_SUSPEND:
		return map_resume(map, head);
	case DM_TABLE_STATUS:
		return map_status(map, head);
	case DM_DEV_REMOVE:
		return map_remove(map, head);
	default:
		return -ENOTTY;
	}
}

int fake_panics(void)
{
	int count = 0;

	for (int i = 0; i < MAPS; i++)
		count += kernel->maps[i].used && kernel->maps[i].panics;
	return count;
}

/* What nothing uses any more and yet is there. */
const char *dev_leaks(void)
{
	static char text[200];

	for (int i = 0; i < MAPS; i++) {
		const struct mapping *map = &kernel->maps[i];

		if (map->used && (!map->deferred || map->users == 0)) {
			(void)snprintf(text, sizeof(text), "mapping %s", map->name);
			return text;
		}
	}
	for (int i = 0; i < LOOPS; i++) {
		if (kernel->loops[i].bound && kernel->loops[i].users == 0) {
			(void)snprintf(text, sizeof(text), "loop device %d", i);
			return text;
		}
	}
	return NULL;
}
