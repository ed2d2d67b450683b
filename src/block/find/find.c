/* SPDX-License-Identifier: Apache-2.0 */
#include "block/find.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/clock.h"
#include "base/dir.h"
#include "base/fd.h"
#include "base/str.h"
#include "base/sys.h"
#include "block/backing.h"
#include "block/find/device.h"
#include "block/find/superblock.h"
#include "block/ubi.h"
#include "format/policy.h"

static const struct timespec find_pause = { .tv_nsec = 15 * 1000 * 1000 };

struct find {
	enum policy_source kind;
	const char *value;
	bool disks_only, explain;
	unsigned int answers;	     /* of this look */
	char path[DEVICE_PATH_SIZE]; /* of the first that answered */
	char other[DEVICE_PATH_SIZE];
	struct str seen;
	char seen_text[160];
};

/* Each of these: 1 when the device answers to the value, 0 when not, or -errno when it
 * could not be asked. */

static int answers_partlabel(const struct device *device, const char *value)
{
	struct gpt_entry entry;
	bool ascii = true;
	int r;

	/* the kernel's copy of the label has '!' for what isn't ASCII */
	for (const char *c = value; *c; c++)
		ascii = ascii && (unsigned char)*c < 0x80;
	if (device->label[0] && ascii)
		return strcmp(device->label, value) == 0;
	r = device_partition(device, &entry);
	if (r < 0)
		return r == -ENOENT || r == -EBADMSG ? 0 : r;
	return strcmp(entry.label, value) == 0;
}

static int answers_partuuid(const struct device *device, const char *value)
{
	struct gpt_entry entry;
	int r = device_partition(device, &entry);

	if (r < 0)
		return r == -ENOENT || r == -EBADMSG ? 0 : r;
	return strcasecmp(entry.uuid, value) == 0;
}

static int read_superblocks(const struct device *device,
			    struct superblock found[SUPERBLOCK_TYPES])
{
	uint8_t bytes[SUPERBLOCK_SIZE];
	__fd int fd =
		sys_openat(AT_FDCWD, device->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
	ssize_t n = fd < 0 ? fd : sys_pread(fd, bytes, sizeof(bytes), 0);

	/* a device that is smaller has none */
	return n < 0 ? (int)n : (int)superblock_parse(bytes, (size_t)n, found);
}

static int answers_label(const struct device *device, const char *value)
{
	struct superblock found[SUPERBLOCK_TYPES];
	int count = read_superblocks(device, found);

	for (int i = 0; i < count; i++) {
		if (strcmp(found[i].label, value) == 0)
			return 1;
	}
	return count < 0 ? count : 0;
}

static int answers_uuid(const struct device *device, const char *value)
{
	struct superblock found[SUPERBLOCK_TYPES];
	int count = read_superblocks(device, found);

	for (int i = 0; i < count; i++) {
		if (strcasecmp(found[i].uuid, value) == 0)
			return 1;
	}
	return count < 0 ? count : 0;
}

static int answers_serial(const struct device *device, const char *value)
{
	char serial[128];
	int r = device_serial(device, serial, sizeof(serial));

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	return strcmp(serial, value) == 0;
}

#ifdef CONFIG_LAMINA_UBI
static int answers_ubi(const struct device *device, const char *value)
{
	return ubi_answers(device->label, value);
}
#endif

/* A path needs no asking: it is opened. */
static int (*const find_answers[])(const struct device *device, const char *value) = {
	[POLICY_SOURCE_PARTLABEL] = answers_partlabel,
	[POLICY_SOURCE_PARTUUID] = answers_partuuid,
	[POLICY_SOURCE_LABEL] = answers_label,
	[POLICY_SOURCE_UUID] = answers_uuid,
	[POLICY_SOURCE_SERIAL] = answers_serial,
	[POLICY_SOURCE_PATH] = NULL,
#ifdef CONFIG_LAMINA_UBI
	[POLICY_SOURCE_UBI] = answers_ubi,
#endif
};

/* For the message when time is up: "vda, vda1 (boot), vdb: Input/output error". */
static void note_seen(struct find *find, const char *name, const char *label, int r)
{
	str_addf(&find->seen, "%s%s", find->seen.used ? ", " : "", name);
	if (label[0])
		str_addf(&find->seen, " (%s)", label);
	if (r < 0)
		str_addf(&find->seen, ": %s", err_reason(r));
}

static bool is_ubi(const struct find *find)
{
	return UBI_BUILT_IN && find->kind == POLICY_SOURCE_UBI;
}

static bool is_virtual(const char *name)
{
	return strncmp(name, "loop", 4) == 0 || strncmp(name, "dm-", 3) == 0;
}

static void look_at(struct find *find, int sysfs, const char *name)
{
	struct device device;
	int r;

	if (is_ubi(find))
		r = ubi_read(sysfs, name, &device);
	else if (find->disks_only && is_virtual(name))
		r = 0;
	else
		r = device_read(sysfs, name, &device);
	if (r == 0)
		return;
	if (r < 0) {
		note_seen(find, name, "", r);
		return;
	}
	r = find_answers[find->kind] ? find_answers[find->kind](&device, find->value) : 0;
	note_seen(find, name, device.label, r);
	if (find->explain && device_has_bad_table(&device))
		str_add(&find->seen, ": GPT damaged, or for other sectors");
	if (r <= 0)
		return;
	memcpy(find->answers ? find->other : find->path, device.path,
	       sizeof(device.path));
	find->answers++;
}

static int look(struct find *find, struct err *err)
{
	const char *path = is_ubi(find) ? "/sys/class/ubi" : "/sys/class/block";
	__fd int sysfs =
		sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	const struct dirent *entry;
	struct dir list;
	int r;

	if (sysfs < 0)
		return err_errno(err, sysfs, "%s", path);
	find->answers = 0;
	str_init(&find->seen, find->seen_text, sizeof(find->seen_text));
	dir_init(&list, sysfs);
	while ((r = dir_next(&list, &entry)) > 0)
		look_at(find, sysfs, entry->d_name);
	return r < 0 ? err_errno(err, r, "%s", path) : 0;
}

/* Returns an fd of the found device, -EAGAIN when it isn't there (yet), or another
 * -errno. */
static int open_found(char path[BACKING_PATH_SIZE], struct err *err)
{
	__fd int fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
	const struct backing *backing = NULL;
	int r;

	if (fd == -ENOENT || fd == -ENXIO || fd == -ENOMEDIUM)
		return -EAGAIN;
	r = fd < 0 ? fd : backing_of_named(fd, &backing);
	if (r == -ENOTBLK)
		return err_set(err, -ENOTBLK, "%s: not a block device", path);
	if (r < 0)
		return err_errno(err, r, "%s", path);
	return backing->open(fd, 0, path, err);
}

/* One look. As open_found(). */
static int try(struct find *find, struct err *err)
{
	int r;

	if (find->kind == POLICY_SOURCE_PATH)
		return open_found(find->path, err);
	r = look(find, err);
	if (r == 0 && is_ubi(find) && !find->answers) {
		r = ubi_attach(find->value, err);
		if (r == 0)
			r = look(find, err);
	}
	if (r < 0)
		return r;
	if (find->answers > 1)
		return err_set(err, -ENOTUNIQ, "two devices answer: %s and %s",
			       find->path, find->other);
	return find->answers ? open_found(find->path, err) : -EAGAIN;
}

static int64_t now_ms(void)
{
	return (int64_t)(clock_now_us() / 1000);
}

static int give_up(struct find *find, uint32_t timeout_ms, struct err *err)
{
	char waited[24] = "";

	find->explain = true;
	(void)look(find, NULL);
	if (timeout_ms > 0)
		(void)snprintf(waited, sizeof(waited), " after %u.%u s",
			       timeout_ms / 1000, timeout_ms % 1000 / 100);
	return err_set(err, -ENXIO, "not there%s; %s: %s%s", waited,
		       is_ubi(find) ? "UBI volumes" : "block devices",
		       find->seen.used ? find->seen_text : "none",
		       find->seen.full ? ", ..." : "");
}

static int find_start(struct find *find, const char *source, struct err *err)
{
	int r = policy_source_parse(source, &find->kind, &find->value, err);

	if (r < 0) /* -EBADMSG is for files; this is an argument */
		return -EINVAL;
	str_init(&find->seen, find->seen_text, sizeof(find->seen_text));
	if (find->kind == POLICY_SOURCE_PATH &&
	    snprintf(find->path, sizeof(find->path), "%s", find->value) >=
		    (int)sizeof(find->path))
		return err_set(err, -EINVAL, "path too long");
	return 0;
}

int find_device(const char *source, uint32_t timeout_ms, char ret_path[64],
		struct err *err)
{
	struct find find = { .answers = 0 };
	int64_t start = now_ms();
	int r = find_start(&find, source, err);

	if (r < 0)
		return r;
	for (;;) {
		r = try(&find, err);
		if (r != -EAGAIN)
			break;
		if (now_ms() - start >= (int64_t)timeout_ms) {
			r = give_up(&find, timeout_ms, err);
			break;
		}
		(void)sys_nanosleep(&find_pause);
	}
	if (r < 0)
		return err_wrap(err, r, "%s", source);
	memcpy(ret_path, find.path, sizeof(find.path));
	return r;
}

int find_twin(const char *source, const char *path, struct err *err)
{
	struct find find = { .disks_only = true };

	if (find_start(&find, source, NULL) < 0 || find.kind == POLICY_SOURCE_PATH ||
	    look(&find, NULL) < 0 || find.answers == 0)
		return 0;
	if (find.answers == 1 && strcmp(find.path, path) == 0)
		return 0;
	if (find.answers > 1 && strcmp(find.path, path) == 0)
		memcpy(find.path, find.other, sizeof(find.path));
	return err_set(err, -ENOTUNIQ, "%s: two devices answer: %s and %s", source, path,
		       find.path);
}
