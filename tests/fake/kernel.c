/* SPDX-License-Identifier: Apache-2.0 */
/* The machine: made, described, and looked at. */
#include "fake/kernel.h"
#include "base/le.h"
#include "init/vault/template.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ioctl.h>
#include <mtd/ubi-user.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/le.h"
#include "base/sys.h"
#include "fake/calls.h"
#include "init/vault/template.h"

struct kernel *kernel;
struct fake_config fake_config;

/* Everything is dropped at once, so that a run may end in the middle. */
static struct chunk {
	struct chunk *next;
	char bytes[];
} * chunks;

void *fake_alloc(size_t size)
{
	struct chunk *chunk = calloc(1, sizeof(*chunk) + size);

	if (!chunk)
		fake_bug("no memory");
	chunk->next = chunks;
	chunks = chunk;
	return chunk->bytes;
}

static void free_all(void)
{
	while (chunks) {
		struct chunk *chunk = chunks;

		chunks = chunk->next;
		free(chunk);
	}
}

void fake_bug(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	abort();
}

/* --- content
 * -------------------------------------------------------------------------------- */

static struct node *child_dir(struct node *dir, const char *name, size_t size)
{
	char text[256];
	struct node *child;

	(void)snprintf(text, sizeof(text), "%.*s", (int)size, name);
	child = node_child(dir, text);
	return child ? child : node_new(dir, text, S_IFDIR | 0755);
}

/* The node of a test's path, a new one: in the mounted tree, or in content to be mounted.
 */
static struct node *place_node(const char *path, mode_t mode)
{
	struct place at = kernel->root;
	struct node *old;
	const char *slash;

	if (path[0] == '@') {
		size_t size = strcspn(path + 1, ":");

		at = (struct place){ NULL, child_dir(kernel->templates, path + 1, size) };
		path += 1 + size + 1;
	}
	while ((slash = strchr(path, '/'))) {
		struct mount *over;

		if (slash != path)
			at.node = child_dir(at.node, path, (size_t)(slash - path));
		while (at.mount && (over = mounted_at(at)))
			at = (struct place){ over, over->root };
		path = slash + 1;
	}
	old = node_child(at.node, path);
	if (old && S_ISDIR(old->mode) && S_ISDIR(mode))
		return old;
	if (old)
		node_unlink(old);
	return node_new(at.node, path, mode);
}

void fake_dir(const char *path)
{
	(void)place_node(path, S_IFDIR | 0755);
}

void fake_bytes(const char *path, const void *bytes, size_t size)
{
	/* everything may be executed, so that a test can run what it likes */
	node_set_data(place_node(path, S_IFREG | 0755), bytes, size);
}

const uint8_t *fake_template(void)
{
	enum {
		BLOCK = FAKE_TEMPLATE_BLOCK
	};
	static uint8_t bytes[24 + 2 * (8 + BLOCK)] = "lamblk1\n";

	le_put(bytes + 8, 8, 8);
	le_put(bytes + 16, 2, 8);
	memset(bytes + 24 + 8, 'x', BLOCK);
	le_put(bytes + 24 + 8 + BLOCK, 4, 8);
	memset(bytes + 24 + 8 + BLOCK + 8, 'y', BLOCK);
	fake_bytes(TEMPLATE_FILE, bytes, sizeof(bytes));
	return bytes;
}

void fake_text(const char *path, const char *text)
{
	fake_bytes(path, text, strlen(text));
}

void fake_link(const char *path, const char *target)
{
	node_set_data(place_node(path, S_IFLNK | 0777), target, strlen(target));
}

void fake_empty(const char *path, unsigned int mode)
{
	(void)place_node(path, S_IFREG | mode);
}

void fake_fifo(const char *path)
{
	(void)place_node(path, S_IFIFO | 0644);
}

static void device(const char *path, mode_t type, enum device kind)
{
	place_node(path, type | 0600)->device = kind;
}

void fake_device(const char *path, enum device kind)
{
	device(path, S_IFCHR, kind);
}

/* As the running kernel would: in what is mounted of this type already, too. */
static void everywhere(const char *type, const char *rel, const void *bytes, size_t size,
		       enum device kind)
{
	const char *number_text = kind == VOLUME ? strchr(rel, '_') : NULL;
	int number = number_text ? atoi(number_text + 1) : 0;
	char path[256];

	(void)snprintf(path, sizeof(path), "@%s:%s", type, rel);
	fake_bytes(path, bytes, size);
	for (struct mount *mount = kernel->mounts; mount; mount = mount->next) {
		if (strcmp(mount->fs->type, type) == 0)
			node_merge(mount->root, node_child(kernel->templates, type),
				   mount->fs);
	}
	if (kind == NO_DEVICE)
		return;
	struct node *node = place_node(path, (kind == VOLUME ? S_IFCHR : S_IFBLK) | 0600);

	node->device = kind;
	node->number = number;
	node_set_data(node, bytes, size);
	for (struct mount *mount = kernel->mounts; mount; mount = mount->next) {
		struct node *file = strcmp(mount->fs->type, type) == 0
					    ? node_child(mount->root, rel)
					    : NULL;

		if (!file)
			continue;
		file->mode = node->mode;
		file->device = kind;
		file->number = node->number;
	}
}

void fake_disk(const char *name, const char *parent, const char *uevent,
	       const void *bytes, size_t size)
{
	char rel[160], where[100], text[32], target[128];

	/* /sys/class/block/vda1 -> ../../devices/vda/vda1, whose ".." is the disk */
	(void)snprintf(where, sizeof(where), "%s%s%s", parent ? parent : "",
		       parent ? "/" : "", name);
	(void)snprintf(rel, sizeof(rel), "@sysfs:class/block/%s", name);
	(void)snprintf(target, sizeof(target), "../../devices/%s", where);
	fake_link(rel, target);
	(void)snprintf(rel, sizeof(rel), "devices/%s/size", where);
	(void)snprintf(text, sizeof(text), "%zu\n", size / 512);
	everywhere("sysfs", rel, text, strlen(text), NO_DEVICE);
	(void)snprintf(rel, sizeof(rel), "devices/%s/uevent", where);
	everywhere("sysfs", rel, uevent, strlen(uevent), NO_DEVICE);
	everywhere("devtmpfs", name, bytes, size, DISK);
}

static void volume_attribute(const char *name, const char *attribute, const char *text)
{
	char rel[160];

	(void)snprintf(rel, sizeof(rel), "class/ubi/%s/%s", name, attribute);
	everywhere("sysfs", rel, text, strlen(text), NO_DEVICE);
	(void)snprintf(rel, sizeof(rel), "dev/char/%d:%d/%s", VOLUME,
		       atoi(strchr(name, '_') + 1), attribute);
	everywhere("sysfs", rel, text, strlen(text), NO_DEVICE);
}

void fake_volume(const char *name, const char *volume, const void *bytes, size_t size)
{
	char text[160];

	(void)snprintf(text, sizeof(text), "%s\n", volume);
	volume_attribute(name, "name", text);
	(void)snprintf(text, sizeof(text), "MAJOR=1\nMINOR=1\nDEVNAME=%s\n", name);
	volume_attribute(name, "uevent", text);
	(void)snprintf(text, sizeof(text), "%zu\n", size / FAKE_ERASEBLOCK);
	volume_attribute(name, "reserved_ebs", text);
	(void)snprintf(text, sizeof(text), "%d\n", FAKE_ERASEBLOCK);
	volume_attribute(name, "usable_eb_size", text);
	volume_attribute(name, "upd_marker", "0\n");
	everywhere("devtmpfs", name, bytes, size, VOLUME);
}

int volume_ioctl(struct node *node, unsigned long request, const void *arg)
{
	struct node *disk;
	char name[32];

	if (request == UBI_IOCVOLUP) {
		node->to_come = (uint64_t) * (const int64_t *)arg;
		node->come = 0;
		memset(node->data, 0xff, node->size);
		return 0;
	}
	if (request != UBI_IOCVOLCRBLK && request != UBI_IOCVOLRMBLK)
		return -ENOTTY;
	if (fake_config.no_ubiblock)
		return -ENOSYS;
	(void)snprintf(name, sizeof(name), "ubiblock%s", node->name + strlen("ubi"));
	disk = node_child(node->parent, name);
	if (request == UBI_IOCVOLCRBLK && disk)
		return -EEXIST;
	if (request == UBI_IOCVOLRMBLK)
		return disk ? dev_remove(disk) : -ENODEV;
	everywhere("devtmpfs", name, node->data, node->size, DISK);
	return 0;
}

/* "/dev/vda:blobs/x": what a test has put there before, or NULL. */
static struct node *content_node(const char *path)
{
	struct node *node = kernel->templates;
	size_t size = strcspn(path, ":");

	while (node && size) {
		char name[256];

		(void)snprintf(name, sizeof(name), "%.*s", (int)size, path);
		node = node_child(node, name);
		path += size + (path[size] != '\0');
		size = strcspn(path, "/");
	}
	return node;
}

void fake_corrupt(const char *path)
{
	fake_corrupt_from(path, 0);
}

void fake_corrupt_from(const char *path, uint64_t offset)
{
	struct place at = { NULL, NULL };

	if (path[0] == '@')
		at.node = content_node(path + 1);
	else
		(void)walk_existing(AT_FDCWD, path, 0, &at);
	if (!at.node)
		fake_bug("%s: not there", path);
	at.node->corrupt = true;
	at.node->corrupt_from = offset;
}

/* --- reset
 * ---------------------------------------------------------------------------------- */

void fake_reset(void)
{
	struct fs *fs;

	free_all();
	fake_config = (struct fake_config){ .overlay = FAKE_OVERLAY_PLUS,
					    .free_blocks = 1 << 20,
					    .bad_flush = -1,
					    .bad_pread = -1 };
	call_reset();
	kernel = fake_alloc(sizeof(*kernel));
	kernel->templates = node_new(NULL, "", S_IFDIR | 0755);
	fs = fs_new("ramfs", "rootfs");
	kernel->first = mount_new_fs(fs, fs->root, 0);
	kernel->root = kernel->cwd = (struct place){ kernel->first, fs->root };
	fake_dir("/dev");
	fake_dir("/proc");
	fake_dir("/sys");
	fake_dir("/run");
	device("@devtmpfs:null", S_IFCHR, SINK);
	device("@devtmpfs:console", S_IFCHR, CONSOLE);
	device("@devtmpfs:kmsg", S_IFCHR, CONSOLE);
	device("@devtmpfs:loop-control", S_IFCHR, LOOP_CONTROL);
	device("@devtmpfs:mapper/control", S_IFCHR, DM_CONTROL);
	fake_text("@proc:cmdline", "\n");
	fake_text("@cgroup2:cgroup.controllers", "cpuset cpu io memory pids\n");
	fake_dir("@sysfs:class/block");
	fake_dir("@sysfs:fs/cgroup");
	device("/initial", S_IFCHR, SINK);
	for (int i = 0; i < 3; i++)
		(void)sys_openat(AT_FDCWD, "/initial", O_RDWR, 0);
	(void)sys_unlinkat(AT_FDCWD, "/initial", 0);
	call_reset();
}

void fake_boot(void)
{
	static const char *const mounts[][2] = {
		{ "devtmpfs", "/dev" },
		{ "proc", "/proc" },
		{ "sysfs", "/sys" },
		{ "tmpfs", "/run" },
	};

	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		if (sys_mount(NULL, mounts[i][1], mounts[i][0], 0, NULL) < 0)
			fake_bug("%s can't be mounted", mounts[i][1]);
	}
	call_reset();
}

/* --- what is there
 * -------------------------------------------------------------------------- */

static bool find(const char *path, struct place *ret_at)
{
	return walk_existing(AT_FDCWD, path, WALK_NOFOLLOW, ret_at) == 0;
}

bool fake_exists(const char *path)
{
	struct place at;

	return find(path, &at);
}

const char *fake_text_of(const char *path)
{
	struct place at;

	if (!find(path, &at) || !at.node->data)
		return NULL;
	at.node->data[at.node->size] = '\0';
	return at.node->data;
}

const char *fake_type_of(const char *path)
{
	struct place at;

	return find(path, &at) ? at.mount->fs->type : NULL;
}

unsigned int fake_attrs_of(const char *path)
{
	struct place at;

	return find(path, &at) ? at.mount->attrs : 0;
}

void fake_immutable(const char *path)
{
	struct place at;

	if (!find(path, &at))
		fake_bug("%s: not there", path);
	at.node->immutable = true;
}

int fake_mounts(void)
{
	int count = 0;

	for (struct mount *mount = kernel->mounts; mount; mount = mount->next)
		count += mount->parent != NULL;
	return count;
}

const char *fake_console(void)
{
	kernel->console[kernel->console_used] = '\0';
	return kernel->console;
}

const char *fake_leaks(void)
{
	static char text[200];

	for (int i = 3; i < MAX_FDS; i++) {
		if (kernel->fds[i].kind == FD_FREE)
			continue;
		(void)snprintf(text, sizeof(text), "descriptor %d of `%s'", i,
			       kernel->fds[i].what);
		return text;
	}
	return dev_leaks();
}
