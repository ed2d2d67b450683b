/* SPDX-License-Identifier: Apache-2.0 */
/* The whole boot against the fake kernel: what is refused, what is left behind. */
#include <fcntl.h>
#include <linux/mount.h>
#include <signal.h>

#include "base/sys.h"
#include "fake/machine.h"
#include "init/pid1/console.h"
#include "init/pid1/early.h"

static void to_the_program(void **state)
{
	(void)state;
	plain_machine();
	setup();
	assert_boots();
	assert_string_equal(fake_executed(), "/bin/app one");
	assert_non_null(strstr(fake_console(), "lamina-init: thermostat 1.4.2 ("));
	assert_non_null(strstr(fake_console(), ", 2 layers, verity, signed by "));
	assert_string_equal(fake_type_of("/"), "overlay");
	assert_string_equal(fake_type_of("/dev"), "devtmpfs");
	assert_string_equal(fake_type_of("/run"), "tmpfs");
	assert_false(fake_exists("/init"));
	assert_string_equal(fake_text_of("/run/lamina/log"), fake_console());
	assert_non_null(strstr(fake_text_of("/run/lamina/image"), "\nguard=verity\n"));
	assert_non_null(strstr(fake_text_of("/run/lamina/image"), "\nstore=read-only\n"));
}

/* Consoles and comfort; undoing; and the freeing of an initramfs that nobody sees any
 * more. */
static bool forgives(const char *call)
{
	static const char *const always[] = {
		"openat /dev/console",
		"write, openat /dev/console",
		"dup3",
		"setsid",
		"ioctl 0x540e, openat /dev/console",
		"fchownat ",
		"madvise ",
		"umount2",
		/* then the program is looked at only */
		"pipe2",
		"fork",
		"read, pipe2",
		"waitpid",
		"kill",
		"pivot_root",
		"mkdirat bin",
		/* what can't be looked at is as if nothing were in the way */
		"fstatat dev",
		"fstatat proc",
		"fstatat sys",
		"fstatat run",
		"openat2 policy",
		"openat2 keyring",
		"openat /bin/laminactl",
		"write, openat2 policy",
		"write, openat2 keyring",
		"openat /run/lamina/log",
		"write, openat /run/lamina/log",
		"openat2 boot",
		"write, openat2 boot",
		"fstatat /dev",
		"fstatat /proc",
		"fstatat /sys",
		"fstatat /run",
	};
	static const char *const copying[] = { "openat /etc/lamina/",
					       "read, openat /etc/lamina/" };
	static const char *const freeing[] = { "fstatfs", "getdents64", "openat2",
					       "fchdir", "unlinkat" };

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
		if (strncmp(call, always[i], strlen(always[i])) == 0)
			return true;
	}
	for (size_t i = 0; fake_called("mkdirat bin") && i < 2; i++) {
		if (strncmp(call, copying[i], strlen(copying[i])) == 0)
			return true;
	}
	for (size_t i = 0;
	     fake_called("chroot .") && i < sizeof(freeing) / sizeof(freeing[0]); i++) {
		if (strncmp(call, freeing[i], strlen(freeing[i])) == 0)
			return true;
	}
	return strcmp(call, "fstatat /") == 0;
}

static void setup_mounted(void)
{
	setup();
	fake_boot();
}

static void every_call_fails_once(void **state)
{
	(void)state;
	plain_machine();
	machine.manifest = "volume /data persist\nvolume /tmp tmpfs size=1m\n"
			   "inject /etc/hostname\nuser app\ncwd /srv\n";
	assert_true(sweep_boot(setup_mounted, forgives, NULL) > 100);
	machine.manifest = "upper persist\nuser app\n";
	assert_true(sweep_boot(setup_mounted, forgives, NULL) > 100);
}

/* /dev and the like, where they are not mounted yet. */
static void every_early_call_fails_once(void **state)
{
	int n = 0;

	(void)state;
	plain_machine();
	do {
		struct err err = ERR_INIT;
		int r;

		setup();
		fake_fail(++n, EDOM);
		r = early_mounts(&err);
		if (r == 0)
			assert_true(!fake_failed() || forgives(fake_call(n)));
		else
			assert_int_equal(r, -EDOM);
		assert_true(r == 0 || err.text[0] == '/');
		assert_null(fake_leaks());
	} while (fake_failed());
	assert_true(n > 30);
	assert_int_equal(fake_mounts(), 4);
	/* what is mounted stays as it is */
	fake_fail(0, 0);
	assert_int_equal(early_mounts(NULL), 0);
	assert_int_equal(fake_mounts(), 4);
}

static void what_the_manifest_asks_for(void **state)
{
	struct stat st;

	(void)state;
	plain_machine();
	machine.manifest =
		"upper tmpfs size=50%\nvolume /data persist\nvolume /tmp/x tmpfs "
		"size=1m\n"
		"volume /dev/shm tmpfs\ninject /etc/hostname\ninject /etc/none\n"
		"user app\ncwd /srv/deep\n";
	setup();
	fake_text(STORE "inject/etc/hostname", "of the device");
	assert_boots();
	assert_string_equal(fake_text_of("/etc/hostname"), "of the device");
	assert_non_null(strstr(fake_text_of("/run/lamina/image"), "\nstore=writable\n"));
	assert_string_equal(fake_type_of("/data"), "ext4");
	assert_string_equal(fake_type_of("/tmp/x"), "tmpfs");
	assert_string_equal(fake_type_of("/dev/shm"), "tmpfs");
	assert_int_equal(sys_fstatat(AT_FDCWD, "/srv/deep", &st, 0), 0);
	assert_int_equal(st.st_uid, 7);
	assert_int_equal(st.st_gid, 8);
	assert_true(fake_exists("/run/lamina/private/store/volumes/thermostat/data"));
	assert_false(fake_exists("/etc/none"));
	assert_true(fake_called("setgroups 2"));
	assert_true(fake_called("setresgid 8"));
	assert_true(fake_called("setresuid 7"));
	/* the store's own mount is read-only again */
	assert_int_equal(sys_mkdirat(AT_FDCWD, "/run/lamina/private/store/x", 0700),
			 -EROFS);
	assert_int_equal(sys_mkdirat(AT_FDCWD, "/data/x", 0700), 0);
}

#define VOLUMES STORE "volumes/thermostat/"
#define KEPT "/run/lamina/private/store/volumes/thermostat/"

static void setup_first(void)
{
	setup_mounted();
	fake_text("@squashfs:data/conf/default", "shipped");
	fake_link("@squashfs:data/latest", "conf");
	fake_fifo("@squashfs:data/pipe");
}

static void setup_shipped(void)
{
	setup_first();
	/* what a power cut left */
	fake_text(VOLUMES "%new/deep/half", "hal");
}

/* A new volume begins with what the image has there; one that is there is left alone. */
static void what_a_new_volume_holds(void **state)
{
	(void)state;
	plain_machine();
	machine.manifest = "volume /data persist\n";
	setup_shipped();
	assert_boots();
	assert_string_equal(fake_text_of(KEPT "data/conf/default"), "shipped");
	assert_true(fake_exists(KEPT "data/pipe"));
	assert_false(fake_exists(KEPT "%new"));
	assert_true(fake_called("symlinkat latest"));
	assert_true(fake_called("fsetxattr user.fake"));
	assert_true(fake_called("sync"));
	setup_shipped();
	fake_text(VOLUMES "data/mine", "the user's");
	assert_boots();
	assert_false(fake_exists(KEPT "data/conf"));
	assert_string_equal(fake_text_of("/data/mine"), "the user's");
	machine.manifest = "volume /data persist fresh\n";
	setup_shipped();
	assert_boots();
	assert_false(fake_exists(KEPT "data/conf"));
	machine.manifest = "volume /data persist noexec ro\n";
	setup_shipped();
	assert_boots();
	assert_string_equal(fake_text_of("/data/conf/default"), "shipped");
	assert_int_equal(sys_mkdirat(AT_FDCWD, "/data/x", 0700), -EROFS);
	assert_true(fake_attrs_of("/data") & MOUNT_ATTR_NOEXEC);
	machine.manifest = "volume /data persist\n";
	setup_shipped();
	assert_boots();
	assert_false(fake_attrs_of("/data") & MOUNT_ATTR_NOEXEC);
	assert_true(fake_attrs_of("/data") & MOUNT_ATTR_NOSUID);
	assert_true(fake_attrs_of("/data") & MOUNT_ATTR_NODEV);
	assert_true(sweep_boot(setup_shipped, forgives, NULL) > 150);
}

/* No room for all of it: nothing of it is left to those who come after. */
static void what_a_full_store_keeps(void **state)
{
	struct err err = ERR_INIT;
	int r = 0, n = 1;

	(void)state;
	plain_machine();
	machine.manifest = "volume /data persist\n";
	setup_first();
	assert_boots();
	while (n < fake_calls() && !strstr(fake_call(n), "fsetxattr"))
		n++;
	setup_first();
	fake_fail(n, ENOSPC);
	assert_int_equal(fake_run(boot, &err, &r), FAKE_RETURNED);
	assert_int_equal(r, -ENOSPC);
	assert_true(fake_called("mkdirat %new"));
	assert_true(fake_called("unlinkat %new"));
}

/* An image into which nothing can be made. */
static void setup_read_only(void)
{
	static const char *const places[] = { "@squashfs:dev", "@squashfs:proc",
					      "@squashfs:sys", "@squashfs:run" };

	plain_machine();
	machine.manifest = "upper none\n";
	setup();
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		fake_dir(places[i]);
}

/* Every mount, with its flags, and whatever else a boot does that lasts, in its order. */
static void as_written(void **state)
{
	(void)state;
	plain_machine();
	machine.manifest = "upper tmpfs size=50%\nvolume /data persist\n"
			   "volume /tmp/x tmpfs size=1m\nvolume /dev/shm tmpfs\n"
			   "inject /etc/hostname\nuser app\n";
	setup();
	fake_text(STORE "inject/etc/hostname", "of the device");
	assert_boots();
	fake_as_written("boot");
	setup_read_only();
	assert_boots();
	fake_as_written("boot-read-only");
	/* on kernels before 6.8 */
	setup_read_only();
	fake_config.overlay = FAKE_OVERLAY_LEGACY;
	assert_boots();
	fake_as_written("boot-legacy");
}

/* What an application has left in its upper where the kernel's names belong, and where users
 * are looked up: the image starts, and nothing is gone. */
static void what_is_left_in_an_upper(void **state)
{
	(void)state;
	plain_machine();
	machine.manifest = "upper persist\n";
	setup();
	fake_text("@squashfs:dev", "mine");
	fake_text("@squashfs:dev.aside0", "mine, of another time");
	fake_link("@squashfs:proc", "../..");
	fake_fifo("@squashfs:sys");
	fake_dir("@squashfs:var/run");
	fake_link("@squashfs:run", "var/run");
	assert_boots();
	assert_string_equal(fake_text_of("/dev.aside1"), "mine");
	assert_true(fake_exists("/sys.aside0"));
	assert_string_equal(fake_type_of("/proc"), "proc");
	assert_string_equal(fake_type_of("/dev"), "devtmpfs");
	assert_string_equal(fake_type_of("/var/run"), "tmpfs");
	assert_non_null(strstr(fake_text_of("/var/run/lamina/notes"),
			       "/sys is no directory, and is now /sys.aside0\n"));
	/* without one nobody but the image can have put it there */
	machine.manifest = "";
	setup();
	fake_text("@squashfs:dev", "mine");
	assert_fails(-ENOTDIR, "/dev in the new root: Not a directory");
}

/* One directory up a link, and still in the image; another leads to where /run will be.
 */
static void links_of_the_image(void **state)
{
	(void)state;
	plain_machine();
	machine.manifest = "inject /var/conf/name\n";
	setup();
	fake_link("@squashfs:var/conf", "../../../../etc");
	fake_text(STORE "inject/var/conf/name", "injected");
	assert_boots();
	assert_string_equal(fake_text_of("/etc/name"), "injected");
	machine.manifest = "volume /var/run/app tmpfs\n";
	setup();
	fake_link("@squashfs:var/run", "/run");
	assert_fails(-EEXIST, "volume: /var/run/app: a link of the image leads nowhere");
	setup();
	fake_link("@squashfs:var/run", "/run");
	fake_dir("@squashfs:run");
	assert_fails(
		-EINVAL,
		"volume: /var/run/app: a link leads it to /run/app; name that instead");
}

static void never_writes_through_a_link(void **state)
{
	(void)state;
	plain_machine();
	machine.manifest = "inject /etc/hostname\n";
	setup();
	fake_text("@squashfs:etc/other", "untouched");
	fake_link("@squashfs:etc/hostname", "other");
	fake_text(STORE "inject/etc/hostname", "of the device");
	/* a template is merged: the link replaces the file that put_container() made */
	assert_boots();
	assert_string_equal(fake_text_of("/etc/other"), "untouched");
	assert_string_equal(fake_text_of("/etc/hostname"), "of the device");
}

/* What only the disk says can't make the kernel panic, or look for ever. */
static void hostile_file_systems(void **state)
{
	(void)state;
	plain_machine();
	setup();
	assert_boots();
	assert_true(fake_called("fsconfig errors=remount-ro, fsopen ext4"));
	setup();
	fake_config.dir_bytes = UINT64_C(1) << 40;
	assert_fails(-EFBIG, "store /dev/vda: .: a directory of 1048576 MiB, too large");
	assert_false(fake_called("getdents64, openat2 images"));
}

/* What is in the way in a volume costs what belongs there, and no boot. Nothing of it is
 * touched. */
static void what_volumes_hold(void **state)
{
	static const char notes[] = "volume: /data/sub: Not a directory\n"
				    "inject: /data/conf: Not a directory\n"
				    "inject /data/name: Is a directory\n"
				    "working directory /data/work: Not a directory\n";

	(void)state;
	plain_machine();
	machine.manifest = "upper tmpfs\nvolume /data persist\nvolume /data/sub persist\n"
			   "inject /data/conf/x\ninject /data/name\ninject /data/good\n"
			   "cwd /data/work\n";
	setup();
	fake_text(STORE "volumes/thermostat/data/sub", "the user's");
	fake_text(STORE "volumes/thermostat/data/conf", "the user's");
	fake_text(STORE "volumes/thermostat/data/work", "the user's");
	fake_text(STORE "volumes/thermostat/data/name/x", "the user's");
	fake_text(STORE "volumes/thermostat/data/good", "the user's");
	fake_text(STORE "inject/data/conf/x", "of the device");
	fake_text(STORE "inject/data/name", "of the device");
	fake_text(STORE "inject/data/good", "of the device");
	assert_boots();
	assert_string_equal(fake_text_of("/run/lamina/notes"), notes);
	assert_non_null(
		strstr(fake_console(), ": passed over: volume: /data/sub: Not a"));
	assert_string_equal(fake_text_of("/data/sub"), "the user's");
	assert_string_equal(fake_text_of("/data/conf"), "the user's");
	assert_string_equal(fake_text_of("/data/work"), "the user's");
	assert_string_equal(fake_text_of("/data/name/x"), "the user's");
	assert_string_equal(fake_text_of("/data/good"), "of the device");
	/* in the image it is the image's fault */
	machine.manifest = "upper tmpfs\nvolume /data persist\ncwd /etc/hostname\n";
	setup();
	assert_fails(-ENOTDIR, "working directory /etc/hostname: Not a directory");
}

/* What the kernel says of the program counts, while everything can be put back. */
static void rehearsed(void **state)
{
	(void)state;
	plain_machine();
	machine.manifest = "user app\n";
	setup();
	fake_config.execve_r = EACCES;
	assert_fails(-EACCES,
		     "program: /bin/app: the kernel does not start it for user 7: "
		     "Permission denied");
	assert_string_equal(fake_type_of("/dev"), "devtmpfs");
	assert_false(fake_called("mount . at /") || fake_called("chroot"));
	/* words of our own where there are some */
	machine.run = "arg /bin/script\nrun exec\n";
	setup();
	fake_text("@squashfs:bin/script", "#!/bin/none\n");
	fake_config.execve_r = ENOENT;
	assert_fails(-ENOENT, "program: /bin/script: its interpreter /bin/none: No such");
	machine.run = "arg nowhere\nrun exec\n";
	setup();
	assert_fails(-ENOENT, "program: nowhere: not in PATH (/usr/local/sbin:");
	/* it ends where there is no errno any more */
	plain_machine();
	setup();
	fake_config.execve_signal = SIGSEGV;
	assert_fails(-ENOEXEC, "program: /bin/app: ended by signal 11 as it started");
	/* the next of PATH, as execvp goes on */
	machine.run = "arg app\narg one\nrun exec\n";
	setup();
	fake_empty("@squashfs:usr/bin/app", 0644);
	assert_boots();
	assert_string_equal(fake_executed(), "/bin/app one");
}

static void not_rehearsed(void **state)
{
	static const char words[] =
		"rehearsal: ptrace: Operation not permitted; the program is looked at only";

	(void)state;
	plain_machine();
	setup();
	fake_config.no_trace = EPERM;
	assert_boots();
	assert_non_null(strstr(fake_console(), words));
	machine.run = "arg /bin/none\nrun exec\n";
	setup();
	fake_config.no_trace = EPERM;
	assert_fails(-ENOENT, "program: /bin/none: No such file");
	assert_non_null(strstr(fake_console(), words));
}

/* The child: as the user, in the root and the directory, and never untraced. */
static void the_rehearsal_itself(void **state)
{
	struct err err = ERR_INIT;
	int r = 0, n = 0, first = 0, calls;

	(void)state;
	plain_machine();
	machine.manifest = "user app\ncwd /srv\n";
	setup();
	fake_config.as_rehearsed = true;
	assert_int_equal(fake_run(boot, &err, &r), FAKE_EXECED);
	assert_string_equal(fake_executed(), "/bin/app one");
	assert_true(fake_called("setgroups 2") && fake_called("setresgid 8"));
	assert_true(fake_called("setresuid 7"));
	calls = fake_calls();
	for (n = 1; n <= calls; n++) {
		if (strcmp(fake_call(n), "ptrace") == 0)
			first = n;
	}
	assert_true(first > 0);
	for (n = first; n <= calls; n++) {
		setup();
		fake_config.as_rehearsed = true;
		fake_fail(n, EDOM);
		if (fake_run(boot, &err, &r) == FAKE_EXITED)
			assert_true(n == calls || !fake_called("execve"));
		else /* no look at the program, but the kernel's */
			assert_true(strstr(fake_call(n), "openat /bin/app") ||
				    strstr(fake_call(n), "pread"));
	}
}

/* A program that the kernel does not take after all: only root can obey on-failure. */
static void root_again_after_execve(void **state)
{
	struct err err = ERR_INIT;
	int r = 0, n;

	(void)state;
	plain_machine();
	machine.manifest = "user app\n";
	setup();
	assert_boots();
	n = fake_calls();
	assert_non_null(strstr(fake_call(n), "execve"));
	setup();
	fake_fail(n, ENOEXEC);
	assert_int_equal(fake_run(boot, &err, &r), FAKE_RETURNED);
	assert_int_equal(r, -ENOEXEC);
	assert_true(fake_called("setresuid 7 0"));
	assert_true(fake_called("setresuid 0 0"));
}

/* A label is whatever somebody wrote to a disk: 0x9b, even within UTF-8, is a command to
 * some terminals. */
static void labels_on_the_console(void **state)
{
	(void)state;
	plain_machine();
	machine.policy = "allow store\n";
	machine.cmdline = "lamina.store=PARTLABEL=\xc3\x9b[2J\x9b[2J\x1b[2J\n";
	setup();
	{
		struct err err = ERR_INIT;
		int r;

		assert_int_equal(fake_run(boot, &err, &r), FAKE_RETURNED);
		console_say("%s", err.text);
	}
	assert_non_null(strstr(fake_console(), "PARTLABEL=??[2J?[2J?[2J: "));
}

/* One that asks for an init which can't. */
#ifdef CONFIG_LAMINA_SUPERVISE
#define SUPERVISE                                                 \
	{                                                         \
		"", "", "arg /bin/app\nrun supervise\n", -EINVAL, \
			"run supervise: takes min-init 2"         \
	}
#else
#define SUPERVISE                                                  \
	{                                                          \
		"", "", "arg /bin/app\nrun supervise\n", -ENOTSUP, \
			"run supervise: this build can't"          \
	}
#endif

static void what_is_refused(void **state)
{
	static const struct {
		const char *policy, *manifest, *run;
		int number;
		const char *words;
	} cases[] = {
		{ "compatible\n", "", NULL, -EBADMSG, "/etc/lamina/policy: line" },
		{ "floor 18\n", "", NULL, -ESTALE,
		  "serial 17 is below the rollback floor 18" },
		{ "threshold 2\n", "", NULL, -EINVAL,
		  "/etc/lamina/keyring: the policy asks for 2 keys, here are 1" },
		{ "", "user nobody-here\n", NULL, -ENOENT,
		  "user nobody-here: no user nobody-here in /etc/passwd of the image" },
		{ "", "upper none\ncwd /srv\n", NULL, -EROFS,
		  "working directory /srv: Read-only" },
		{ "", "", "arg /bin/none\nrun exec\n", -ENOENT,
		  "program: /bin/none: No such file or directory" },
		{ "", "", "arg /etc\nrun exec\n", -EACCES, "program: /etc: Permission" },
		SUPERVISE,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		plain_machine();
		machine.policy = cases[i].policy;
		machine.manifest = cases[i].manifest;
		if (cases[i].run)
			machine.run = cases[i].run;
		setup();
		fake_dir("@squashfs:dev");
		fake_dir("@squashfs:proc");
		fake_dir("@squashfs:sys");
		fake_dir("@squashfs:run");
		assert_fails(cases[i].number, cases[i].words);
		assert_false(fake_called("execve"));
	}
}

static void layers_that_are_not_right(void **state)
{
	char path[160], blob[DIGEST_HEX_SIZE], line[256];

	(void)state;
	plain_machine();
	setup();
	put_layer_in(STORE, line, sizeof(line), 1);
	memcpy(blob, line + strlen("layer sha256:"), 64);
	blob[64] = '\0';
	(void)snprintf(path, sizeof(path), STORE "blobs/sha256/%s", blob);
	fake_corrupt(path);
	assert_fails(-EBADMSG, "verity: root hash does not match");
	setup();
	fake_text(path, "short");
	assert_fails(-EBADMSG, "layer 1 (sha256:");
	assert_false(fake_called("LOOP") || fake_called("loop"));
	setup();
	fake_fifo(path);
	assert_fails(-EINVAL, "is a fifo, not a regular file");
	/* a word of the kernel command line can take dm-verity away */
	setup();
	fake_config.no_verity = true;
	assert_fails(-ENOTSUP, "no dm-verity in this kernel");
	assert_false(fake_called("loop"));
	machine.policy = "guard hash\n";
	setup();
	fake_config.no_verity = true;
#ifdef CONFIG_LAMINA_HASH_AT_BOOT
	static const char other[LAYER_BYTES];

	assert_boots();
	setup();
	fake_config.no_verity = true;
	fake_bytes(path, other, sizeof(other));
	assert_fails(-EBADMSG, "sha256 does not match");
#else
	assert_fails(-ENOTSUP, "no dm-verity in this kernel");
	assert_false(fake_called("loop"));
#endif
}

static void command_lines(void **state)
{
	(void)state;
	plain_machine();
	machine.cmdline = "lamina.store=/dev/vdb lamina.debug\n";
	setup();
	assert_boots();
	assert_non_null(strstr(fake_console(),
			       "lamina.store: the policy does not allow it; passed"));
	assert_null(strstr(fake_console(), "lamina-init: layer 0"));
	machine.policy = "allow store\n";
	setup();
	assert_fails(-ENXIO, "store /dev/vdb: ");
	machine.policy = "allow use\n";
	machine.cmdline = "lamina.use=previous";
	setup();
#ifdef CONFIG_LAMINA_UPDATE
	assert_fails(-ENOENT, "lamina.use=previous: there is no previous image");
#else
	assert_fails(-ENOTSUP, "lamina.use: there is no other image");
#endif
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(to_the_program),
		cmocka_unit_test(every_call_fails_once),
		cmocka_unit_test(every_early_call_fails_once),
		cmocka_unit_test(what_the_manifest_asks_for),
		cmocka_unit_test(what_a_new_volume_holds),
		cmocka_unit_test(what_a_full_store_keeps),
		cmocka_unit_test(as_written),
		cmocka_unit_test(what_is_left_in_an_upper),
		cmocka_unit_test(links_of_the_image),
		cmocka_unit_test(never_writes_through_a_link),
		cmocka_unit_test(hostile_file_systems),
		cmocka_unit_test(what_volumes_hold),
		cmocka_unit_test(rehearsed),
		cmocka_unit_test(not_rehearsed),
		cmocka_unit_test(the_rehearsal_itself),
		cmocka_unit_test(root_again_after_execve),
		cmocka_unit_test(labels_on_the_console),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(layers_that_are_not_right),
		cmocka_unit_test(command_lines),
	};

	return cmocka_run_group_tests(tests, make_key, NULL);
}
