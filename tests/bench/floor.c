/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor of the benchmark: the shortest /init that ends in the same mounts. Every name, size and
 * hash is compiled in (FLOOR_LAYERS, bottom first); nothing is searched, checked or explained, and
 * a failed call ends the run. With -DFLOOR_VERITY=0 the layers are mounted from the loop devices.
 */
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <linux/loop.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef FLOOR_VERITY
#define FLOOR_VERITY 1
#endif

struct floor_layer {
	const char *blob;
	uint64_t size, data;
	const char *root;
};

static const struct floor_layer layers[] = {
#include "floor-layers.h"
};

#define COUNT (sizeof(layers) / sizeof(layers[0]))

static void need(long r, const char *what)
{
	if (r >= 0)
		return;
	perror(what);
	sleep(1);
	_exit(1); /* panics the kernel, which ends the run */
}

#if FLOOR_VERITY
static void dm(unsigned long request, void *arg)
{
	static int control = -1;

	if (control < 0)
		need(control = open("/dev/mapper/control", O_RDWR | O_CLOEXEC),
		     "control");
	need(ioctl(control, request, arg), "device-mapper");
}

static void head(struct dm_ioctl *io, size_t size, unsigned int number)
{
	memset(io, 0, size);
	io->version[0] = 4;
	io->data_size = (uint32_t)size;
	io->data_start = sizeof(*io);
	sprintf(io->name, "floor%u", number);
}

static void map(const struct floor_layer *layer, unsigned int number, char *device)
{
	struct {
		struct dm_ioctl io;
		struct dm_target_spec spec;
		char params[512];
	} table;

	head(&table.io, sizeof(table.io), number);
	dm(DM_DEV_CREATE, &table.io);
	unsigned int minor = (unsigned int)(table.io.dev & 0xff) |
			     (unsigned int)(table.io.dev >> 12 & 0xfff00);

	memset(&table, 0, sizeof(table));
	head(&table.io, sizeof(table), number);
	table.io.target_count = 1;
	table.io.flags = DM_READONLY_FLAG;
	table.spec.length = layer->data / 512;
	strcpy(table.spec.target_type, "verity");
	snprintf(table.params, sizeof(table.params),
		 "1 %s %s 4096 4096 %llu %llu sha256 %s -", device, device,
		 (unsigned long long)(layer->data / 4096),
		 (unsigned long long)(layer->data / 4096 + 1), layer->root);
	dm(DM_TABLE_LOAD, &table);
	head(&table.io, sizeof(table.io), number);
	dm(DM_DEV_SUSPEND, &table.io);
	sprintf(device, "/dev/dm-%u", minor);
}
#endif

static void mount_layer(const struct floor_layer *layer, unsigned int number)
{
	struct loop_config config = { .block_size = 4096 };
	char path[128], device[32];
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), free_number, loop;

	snprintf(path, sizeof(path), "/store/blobs/sha256/%s", layer->blob);
	int file = open(path, O_RDONLY | O_CLOEXEC);

	need(file, path);
	need(free_number = ioctl(control, LOOP_CTL_GET_FREE), "loop-control");
	sprintf(device, "/dev/loop%d", free_number);
	need(loop = open(device, O_RDONLY | O_CLOEXEC), device);
	config.fd = (uint32_t)file;
	config.info.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR;
	need(ioctl(loop, LOOP_CONFIGURE, &config), "LOOP_CONFIGURE");
#if FLOOR_VERITY
	map(layer, number, device);
#endif
	snprintf(path, sizeof(path), "/work/%u", number);
	mkdir(path, 0755);
	need(mount(device, path, "squashfs", MS_RDONLY | MS_NODEV, NULL), path);
	close(loop);
	close(file);
	close(control);
}

/* lowerdir=199:...:0 relative to /work, and the upper on the tmpfs there */
static void stack(void)
{
	char options[4096] = "lowerdir=";
	size_t used = strlen(options);

	for (unsigned int i = COUNT; i-- > 0;)
		used += (size_t)sprintf(options + used, "%u%s", i, i ? ":" : "");
	mkdir("/work/up", 0755);
	mkdir("/work/up/upper", 0755);
	mkdir("/work/up/work", 0755);
	strcpy(options + used,
	       ",upperdir=up/upper,workdir=up/work,index=off,metacopy=off,"
	       "redirect_dir=nofollow,xino=off");
	need(chdir("/work"), "chdir");
	need(mount("overlay", "/root", "overlay", MS_NODEV, options), "overlay");
}

int main(void)
{
	static const char *const moved[] = { "dev", "proc", "sys", "run" };
	char *argv[] = { "/app", NULL }, *envp[] = { "PATH=/bin:/usr/bin", NULL };

	for (unsigned int i = 0; i < 4; i++) {
		static const char *const types[] = { "devtmpfs", "proc", "sysfs",
						     "tmpfs" };
		char path[8];

		sprintf(path, "/%s", moved[i]);
		mkdir(path, 0755);
		need(mount(types[i], path, types[i], 0, NULL) < 0 && i ? -1 : 0, path);
	}
	int console = open("/dev/console", O_RDWR);

	for (int fd = 0; fd < 3; fd++)
		dup2(console, fd);
	mkdir("/store", 0755);
	mkdir("/work", 0755);
	mkdir("/root", 0755);
	need(mount("/dev/vda1", "/store", "ext4",
		   MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL),
	     "store");
	need(mount("work", "/work", "tmpfs", 0, NULL), "work");
	for (unsigned int i = 0; i < COUNT; i++)
		mount_layer(&layers[i], i);
	stack();
	for (unsigned int i = 0; i < 4; i++) {
		char from[8], to[16];

		sprintf(from, "/%s", moved[i]);
		sprintf(to, "/root/%s", moved[i]);
		need(mount(from, to, NULL, MS_MOVE, NULL), to);
	}
	need(chdir("/root"), "root");
	need(mount(".", "/", NULL, MS_MOVE, NULL), "move root");
	need(chroot("."), "chroot");
	need(chdir("/"), "chdir");
	execve(argv[0], argv, envp);
	need(-1, argv[0]);
}
