/* SPDX-License-Identifier: Apache-2.0 */
/* Updates of a store on a small disk that is full, and trees made to hurt whoever removes
 * them. */
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include "install/reset.h"
#include "live/update.h"

static void mount_disk(const char *fixture)
{
	char command[128];

	live_need_loop();
	make_dir(STORE);
	close(live_copy(fixture));
	(void)snprintf(command, sizeof(command),
		       "mount -t ext4 -o loop %s " STORE " && rmdir " STORE "/lost+found",
		       fixture);
	if (system(command) != 0)
		live_skip("no ext4 on a loop device here");
}

static uint64_t free_blocks(void)
{
	struct statvfs st;

	LIVE_TRUE(statvfs(STORE, &st) == 0);
	return st.f_bavail;
}

/* Leaves @left blocks: large pieces first, then single blocks. */
static void fill_disk(uint64_t left)
{
	static char block[65536];
	__fd int fd =
		open(STORE "/ballast", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	struct statvfs st;

	LIVE_TRUE(fd >= 0 && statvfs(STORE, &st) == 0);
	while (free_blocks() > left + 64 && write(fd, block, sizeof(block)) > 0)
		(void)fsync(fd);
	while (free_blocks() > left && write(fd, block, st.f_bsize) > 0)
		(void)fsync(fd);
	if (free_blocks() > left)
		live_fail(__FILE__, __LINE__, "%llu blocks are left, not %llu",
			  (unsigned long long)free_blocks(), (unsigned long long)left);
}

static void empty_disk(void)
{
	(void)system("rm -rf " STORE "/ballast*; sync");
}

/* The space goes after the check, as when somebody else fills the disk meanwhile. */
static int write_on_full(uint64_t left, struct err *err)
{
	__fd int source = open_bundle(&images[2]);
	__fd int store = store_open(STORE, err);
	int r = check(store, source, err);

	if (r < 0)
		return r;
	fill_disk(left);
	return install_write(&install, err);
}

static void full_disk(void)
{
	struct err err = ERR_INIT;
	__fd int source = -EBADF;
	__fd int store = -EBADF;
	__fd int state = -EBADF;

	mount_disk("store.img");
	make_images(1 << 20);
	update_whole(&images[0]);
	update_whole(&images[1]);
	for (uint64_t left = 0; left < 250; left += left < 2 ? 1 : 99) {
		LIVE_BAD(write_on_full(left, &err), ENOSPC, &err, "layer 1");
		check_store();
		check_tidy(1);
		/* nothing that writes the record or frees space needs any */
		store = store_open(STORE, &err);
		state = state_open(store, NULL, true, &err);
		(void)LIVE_GOOD(flip(state, &images[left % 2], &err), &err);
		(void)LIVE_GOOD(collect(store, state, &err), &err);
		(void)LIVE_GOOD(reset_run(store, NULL, &err), &err);
		check_store();
		source = open_bundle(&images[2]);
		LIVE_BAD(check(store, source, &err), ENOSPC, &err, " are free");
		fd_close(TAKE_FD(source));
		fd_close(TAKE_FD(state));
		fd_close(TAKE_FD(store));
		empty_disk();
	}
	update_whole(&images[2]);
	check_store();
	check_tidy(0);
}

static void no_inodes(void)
{
	struct err err = ERR_INIT;
	char name[64];
	__fd int source = -EBADF;
	__fd int store = -EBADF;

	mount_disk("few-inodes.img");
	make_images(1 << 20);
	update_whole(&images[0]);
	update_whole(&images[1]);
	store = store_open(STORE, &err);
	source = open_bundle(&images[2]);
	(void)LIVE_GOOD(check(store, source, &err), &err);
	for (int i = 0;; i++) {
		(void)snprintf(name, sizeof(name), STORE "/ballast%d", i);
		int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

		if (fd < 0)
			break;
		close(fd);
	}
	LIVE_BAD(install_write(&install, &err), ENOSPC, &err, "layer 1");
	check_store();
	LIVE_TRUE(lseek(source, 0, SEEK_SET) == 0);
	LIVE_BAD(check(store, source, &err), ENOSPC, &err, "more files");
	fd_close(TAKE_FD(store));
	empty_disk();
	update_whole(&images[2]);
	check_store();
	check_tidy(0);
}

static void make_deep(const char *top, int depth)
{
	int at = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; i < depth; i++) {
		int below;

		LIVE_TRUE(at >= 0 && mkdirat(at, "d", 0700) == 0);
		(void)mkdirat(at, "0", 0700);
		(void)symlinkat("/", at, "link");
		below = openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(at);
		at = below;
	}
	close(at);
}

static void make_wide(const char *top, int count)
{
	char name[300];

	for (int i = 0; i < count; i++) {
		(void)snprintf(name, sizeof(name), "%s/%0*d", top, i % 2 ? 200 : 8, i);
		if (i % 3 == 0)
			make_dir(name);
		else if (i % 3 == 1)
			LIVE_TRUE(mknod(name, S_IFIFO | 0600, 0) == 0);
		else
			LIVE_TRUE(symlink("/mnt/store/inject", name) == 0);
	}
}

/* chattr(1)'s flags, on a file, a directory and one that may only be added to. */
static void make_fast(const char *top)
{
	static const unsigned int kinds[] = { FS_IMMUTABLE_FL, FS_APPEND_FL };
	char name[128];

	for (int i = 0; i < 4; i++) {
		unsigned int flags = 0;
		int fd;

		(void)snprintf(name, sizeof(name), "%s/fast-%d", top, i);
		make_dir(name);
		(void)strcat(name, "/in");
		put(name, "");
		if (i < 2)
			*strrchr(name, '/') = '\0';
		fd = open(name, O_RDONLY | O_CLOEXEC);
		LIVE_TRUE(fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0);
		flags |= kinds[i % 2];
		LIVE_TRUE(ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0);
		close(fd);
		LIVE_TRUE(i < 2 || (unlink(name) < 0 && errno == EPERM));
	}
}

/* It has moved with the directories above it. */
static void unmount_below(const char *path)
{
	char line[1024], point[512];
	FILE *file = fopen("/proc/self/mountinfo", "re");
	int count = 0;

	LIVE_TRUE(file != NULL);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%*s %*s %*s %*s %511s", point) != 1 ||
		    strncmp(point, path, strlen(path)) != 0)
			continue;
		LIVE_TRUE(umount2(point, 0) == 0);
		count++;
	}
	fclose(file);
	LIVE_TRUE(count == 1);
}

static void resets_hostile_trees(void)
{
	struct err err = ERR_INIT;
	__fd int store = -EBADF;

	mount_disk("many-inodes.img");
	make_dir(STORE "/volumes");
	make_dir(STORE "/volumes/app");
	make_dir(STORE "/upper");
	make_dir(STORE "/inject");
	put(STORE "/inject/file", "stays");
	make_deep(STORE "/volumes/app", 8000);
	make_wide(STORE "/upper", 9000);
	make_fast(STORE "/volumes/app");
	make_dir(STORE "/upper/mount");
	make_dir(STORE "/upper/mount/point");
	LIVE_TRUE(mount("tmpfs", STORE "/upper/mount/point", "tmpfs", 0, NULL) == 0);
	put(STORE "/upper/mount/point/file", "somebody else's");
	store = store_open(STORE, &err);
	LIVE_BAD(reset_run(store, NULL, &err), EBUSY, &err, "removing");
	unmount_below(STORE "/incoming");
	(void)LIVE_GOOD(reset_run(store, NULL, &err), &err);
	LIVE_TRUE(count_entries(STORE "/incoming") == 0);
	LIVE_TRUE(count_entries(STORE) == 2);
	LIVE_TRUE(holds(STORE "/inject/file", "stays"));
}

int main(int argc, char **argv)
{
	static const struct live_test tests[] = {
		LIVE_TEST(full_disk),
		LIVE_TEST(no_inodes),
		LIVE_TEST(resets_hostile_trees),
		{ 0 },
	};

	return live_main(tests, argc, argv);
}
