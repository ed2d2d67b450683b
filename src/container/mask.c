/* SPDX-License-Identifier: Apache-2.0 */
#include "container/mask.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "container/process.h"
#include "container/show.h"
#include "stack/mount.h"

/* Docker's lists. */
static const char *const hidden_proc[] = {
	"acpi",		 "asound",	"interrupts", "kcore",	    "keys",
	"latency_stats", "sched_debug", "scsi",	      "timer_list", "timer_stats",
};
static const char *const hidden_sys[] = { "firmware", "devices/virtual/powercap" };
static const char *const fixed_proc[] = { "bus", "fs", "irq", "sys", "sysrq-trigger" };

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static int cover_file(int at, int null)
{
	char from[PATH_FD_SIZE], to[PATH_FD_SIZE];

	return sys_mount(path_of_fd(from, null), path_of_fd(to, at), NULL, MS_BIND, NULL);
}

static int cover_directory(int at, struct err *err)
{
	__fd int mount = mount_unattached("tmpfs", NULL, "mode=0755,size=4k,nr_inodes=1",
					  MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
						  MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
					  err);

	return mount < 0 ? mount : mount_move(mount, "", at, "");
}

static int hide(int parent, const char *name, int null, struct err *err)
{
	__fd int at = path_open_own(parent, name, O_PATH, 0);
	struct stat st;
	int r = at;

	if (at == -ENOENT)
		return 0;
	if (at >= 0)
		r = sys_fstat(at, &st);
	if (r >= 0)
		r = S_ISDIR(st.st_mode) ? cover_directory(at, err) : cover_file(at, null);
	return r < 0 ? err_errno(err, r, "hiding %s", name) : 0;
}

static int hide_all(int parent, const char *const *names, size_t count, int null,
		    struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++)
		r = hide(parent, names[i], null, err);
	return r;
}

/* How hot each processor is tells what is computed there. */
static int hide_heat(int sys, int null, struct err *err)
{
	char name[64];
	int r = 0;

	for (unsigned int cpu = 0; r == 0; cpu++) {
		(void)snprintf(name, sizeof(name), "devices/system/cpu/cpu%u", cpu);
		__fd int dir = path_open_own(sys, name, O_PATH | O_DIRECTORY, 0);

		if (dir == -ENOENT)
			break;
		r = dir < 0 ? err_errno(err, dir, "%s", name)
			    : hide(dir, "thermal_throttle", null, err);
	}
	return r;
}

static int fix(int proc, const char *name, struct err *err)
{
	__fd int at = path_open_own(proc, name, O_PATH, 0);
	char from[PATH_FD_SIZE], path[32];

	if (at == -ENOENT)
		return 0;
	if (at < 0)
		return err_errno(err, at, "%s", name);
	(void)snprintf(path, sizeof(path), "/%s", name);
	return show_over(proc, path_of_fd(from, at), at, path, MS_NOEXEC, err);
}

int mask_make(int proc, int sys, int dev, struct err *err)
{
	__fd int null = process_null(dev, O_PATH, err);
	int r = null < 0 ? null : 0;

	if (r == 0)
		r = hide_all(proc, hidden_proc, COUNT(hidden_proc), null, err);
	for (size_t i = 0; i < COUNT(fixed_proc) && r == 0; i++)
		r = fix(proc, fixed_proc[i], err);
	if (r < 0)
		return null < 0 ? null : err_wrap(err, r, "/proc");
	r = hide_all(sys, hidden_sys, COUNT(hidden_sys), null, err);
	if (r == 0)
		r = hide_heat(sys, null, err);
	return r < 0 ? err_wrap(err, r, "/sys") : 0;
}
