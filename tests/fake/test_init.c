/* SPDX-License-Identifier: Apache-2.0 */
/* The whole boot against the fake kernel: what is refused, what is left behind. */
#include <fcntl.h>

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
		"umount2",
		"pivot_root",
		"mkdirat bin",
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
	machine.manifest =
		"upper persist\nvolume /data persist\nvolume /tmp tmpfs size=1m\n"
		"inject /etc/hostname\nuser app\ncwd /srv\n";
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
	assert_true(fake_exists("/srv/deep"));
	assert_true(fake_exists("/run/lamina/store/volumes/thermostat/data"));
	assert_false(fake_exists("/etc/none"));
	assert_true(fake_called("setgroups 1"));
	assert_true(fake_called("setresgid 8"));
	assert_true(fake_called("setresuid 7"));
	/* the store's own mount is read-only again */
	assert_int_equal(sys_mkdirat(AT_FDCWD, "/run/lamina/store/x", 0700), -EROFS);
	assert_int_equal(sys_mkdirat(AT_FDCWD, "/data/x", 0700), 0);
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
		  "working directory: /srv: Read-only" },
		{ "", "", "arg /bin/none\nrun exec\n", -ENOENT,
		  "program: /bin/none: No such file or directory" },
		{ "", "", "arg /etc\nrun exec\n", -EACCES, "program: /etc: Permission" },
		{ "", "", "arg /bin/app\nrun supervise\n", -ENOTSUP,
		  "run supervise: no init does" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		plain_machine();
		machine.policy = cases[i].policy;
		machine.manifest = cases[i].manifest;
		if (cases[i].run)
			machine.run = cases[i].run;
		setup();
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
		cmocka_unit_test(links_of_the_image),
		cmocka_unit_test(never_writes_through_a_link),
		cmocka_unit_test(root_again_after_execve),
		cmocka_unit_test(labels_on_the_console),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(layers_that_are_not_right),
		cmocka_unit_test(command_lines),
	};

	return cmocka_run_group_tests(tests, make_key, NULL);
}
