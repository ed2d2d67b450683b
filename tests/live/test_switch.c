/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/switch.h"

#include <dirent.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include "block/loop.h"
#include "live/files.h"
#include "stack/mount.h"

/*
 * A root to leave: FIRST is a tmpfs with an initramfs' files in a directory, a bind mount
 * of a directory beside it (same st_dev!), and a work mount with the new root, also
 * tmpfs.
 */
#define FIRST LIVE_SCRATCH "/first"
#define ROOT FIRST "/initramfs"

static void mount_at(const char *type, const char *target)
{
	make_dir(target);
	if (mount(type, target, type, 0, NULL) < 0)
		live_fail(__FILE__, __LINE__, "%s: %s", target, strerror(errno));
}

static void make_first_root(const char *root)
{
	char path[200];
	static const char *const dirs[] = { "/etc", "/etc/deep", "/etc/deep/er",
					    "/bound" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", root, dirs[i]);
		make_dir(path);
	}
	(void)snprintf(path, sizeof(path), "%s/init", root);
	put(path, "program");
	(void)snprintf(path, sizeof(path), "%s/etc/deep/er/file", root);
	put(path, "secret");
	(void)snprintf(path, sizeof(path), "%s/link", root);
	LIVE_TRUE(symlink("/outside", path) == 0);
	(void)snprintf(path, sizeof(path), "%s/bound", root);
	LIVE_TRUE(mount(FIRST "/outside", path, NULL, MS_BIND, NULL) == 0);
	static const char *const kernel[][2] = {
		{ "proc", "proc" }, { "sysfs", "sys" },	 { "tmpfs", "dev" },
		{ "tmpfs", "run" }, { "tmpfs", "work" },
	};
	for (size_t i = 0; i < sizeof(kernel) / sizeof(kernel[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", root, kernel[i][1]);
		mount_at(kernel[i][0], path);
	}
	(void)snprintf(path, sizeof(path), "%s/run/kept", root);
	put(path, "kept");
	(void)snprintf(path, sizeof(path), "%s/work/root", root);
	mount_at("tmpfs", path);
	(void)snprintf(path, sizeof(path), "%s/work/root/new", root);
	put(path, "new");
	/* a link of the image's: the move must end inside it */
	(void)snprintf(path, sizeof(path), "%s/work/root/var", root);
	make_dir(path);
	(void)snprintf(path, sizeof(path), "%s/work/root/run", root);
	LIVE_TRUE(symlink("/var/run", path) == 0);
	(void)snprintf(path, sizeof(path), "%s/work/root/var/run", root);
	make_dir(path);
}

static int entries(int dir)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), count = 0;
	DIR *list = fdopendir(copy);

	LIVE_TRUE(list != NULL);
	while (readdir(list))
		count++;
	closedir(list);
	return count - 2;
}

static void switch_and_check(int old, int outside)
{
	struct err err = ERR_INIT;
	char cwd[64];

	(void)LIVE_GOOD(switch_move_mounts("/work/root", &err), &err);
	(void)LIVE_GOOD(switch_root("/work/root", &err), &err);
	LIVE_TRUE(getcwd(cwd, sizeof(cwd)) && strcmp(cwd, "/") == 0);
	LIVE_TRUE(holds("/new", "new") && holds("/var/run/kept", "kept"));
	LIVE_TRUE(access("/proc/self/mountinfo", F_OK) == 0 &&
		  access("/sys/class", F_OK) == 0);
	LIVE_TRUE(entries(old) == 0);
	LIVE_TRUE(entries(outside) == 1);
	LIVE_TRUE(mounts_below("work") == 0 && mounts_below("bound") == 0);
}

static void prepare_first(void)
{
	mount_at("tmpfs", FIRST);
	make_dir(FIRST "/outside");
	put(FIRST "/outside/sentinel", "alive");
	make_dir(ROOT);
}

/* "/" is a directory, not a mount: it can't be pivoted, as the kernel's first root can't.
 */
static void switch_by_moving(void)
{
	int old, outside;

	prepare_first();
	make_first_root(ROOT);
	old = open(ROOT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	outside = open(FIRST "/outside", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	LIVE_TRUE(chroot(ROOT) == 0 && chdir("/") == 0);
	switch_and_check(old, outside);
}

static void switch_by_pivoting(void)
{
	int old, outside;

	prepare_first();
	mount_at("tmpfs", ROOT);
	make_first_root(ROOT);
	old = open(ROOT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	outside = open(FIRST "/outside", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	LIVE_TRUE(chdir(ROOT) == 0);
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		live_skip("this root can't be pivoted: %s", strerror(errno));
	LIVE_TRUE(umount2(".", MNT_DETACH) == 0 && chdir("/") == 0);
	switch_and_check(old, outside);
}

/* Only memory is freed: a root on anything else keeps its files. */
static void switch_keeps_a_disk(void)
{
	struct err err = ERR_INIT;
	char path[BACKING_PATH_SIZE];
	int loop, file, old;

	live_need_loop();
	mount_at("tmpfs", FIRST);
	make_dir(ROOT);
	if (access(live_fixture("ext4.img"), F_OK) != 0)
		live_skip("no ext4.img");
	file = open(live_fixture("ext4.img"), O_RDONLY | O_CLOEXEC);
	loop = live_loop(file, 32 << 20, path);
	if (mount_new("ext4", path, "ro", 1, ROOT, &err) < 0)
		live_skip("%s", err.text);
	old = open(ROOT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	LIVE_TRUE(entries(old) == 1);
	mount_at("tmpfs", ROOT "/lost+found");
	put(ROOT "/lost+found/new", "new");
	LIVE_TRUE(chroot(ROOT) == 0 && chdir("/") == 0);
	(void)LIVE_GOOD(switch_root("/lost+found", &err), &err);
	LIVE_TRUE(holds("/new", "new") && entries(old) == 1);
	close(loop);
}

static void switch_puts_back_what_it_moved(void)
{
	struct err err = ERR_INIT;

	prepare_first();
	make_first_root(ROOT);
	/* /run ends in a file: the fourth move fails */
	LIVE_TRUE(unlink(ROOT "/work/root/run") == 0);
	put(ROOT "/work/root/run", "a file");
	LIVE_TRUE(chroot(ROOT) == 0 && chdir("/") == 0);
	LIVE_BAD(switch_move_mounts("/work/root", &err), ENOTDIR, &err, "/run");
	LIVE_TRUE(access("/proc/self/mountinfo", F_OK) == 0 &&
		  access("/sys/class", F_OK) == 0);
	LIVE_TRUE(access("/work/root/proc/self", F_OK) < 0);
	LIVE_BAD(switch_root("/etc", &err), EINVAL, &err, "/etc");
	LIVE_TRUE(holds("/etc/deep/er/file", "secret"));
}

int main(int argc, char **argv)
{
	static const struct live_test tests[] = {
		LIVE_TEST(switch_by_moving),
		LIVE_TEST(switch_by_pivoting),
		LIVE_TEST(switch_keeps_a_disk),
		LIVE_TEST(switch_puts_back_what_it_moved),
		{ NULL, NULL },
	};

	return live_main(tests, argc, argv);
}
