/* SPDX-License-Identifier: Apache-2.0 */
/* The whole boot against the fake kernel: what is refused, what is left behind. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/reboot.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "base/sys.h"
#include "fake/fake.h"
#include "format/verity.h"
#include "init/arch.h"
#include "init/boot.h"
#include "init/console.h"
#include "init/early.h"
#include "init/failure.h"
#include "trust/digest.h"
#include "trust/key.h"
#include "trust/private-key.h"

#define STORE "@/dev/vda:"
#define LAYER_BYTES 8192
#define LAYERS 2

/* What a test changes before it makes the machine. */
static struct machine {
	const char *policy;  /* lines more */
	const char *cmdline;
	const char *manifest; /* lines more */
	const char *run;
} machine;

static struct private_key key;
static struct keyring ring;

static int make_key(void **state)
{
	(void)state;
	if (trust_start(NULL) < 0 || private_key_new(&key, NULL) < 0)
		return -1;
	ring.count = 1;
	memcpy(ring.keys[0].point, key.point, sizeof(key.point));
	return key_id(key.point, ring.keys[0].id);
}

static void plain_machine(void)
{
	machine = (struct machine){ .policy = "", .cmdline = "quiet\n", .manifest = "",
				    .run = "arg /bin/app\narg one\nrun exec\n" };
}

static void put_initramfs(void)
{
	char text[2048];

	(void)snprintf(text, sizeof(text),
		       "store /dev/vda\ncompatible acme,thermostat\nstore-timeout 1\n%s",
		       machine.policy);
	fake_text("/etc/lamina/policy", text);
	assert_true(keyring_write(&ring, text, sizeof(text)) > 0);
	fake_text("/etc/lamina/keyring", text);
	fake_text("/init", "this program");
	fake_text("@proc:cmdline", machine.cmdline);
}

/* Writes a layer's line to @text and its blob to the store. */
static void put_layer(char *text, size_t size, int n)
{
	uint8_t bytes[LAYER_BYTES], digest[DIGEST_SIZE];
	char blob[DIGEST_HEX_SIZE], path[128];

	memset(bytes, 'a' + n, sizeof(bytes));
	assert_int_equal(digest_of(bytes, sizeof(bytes), digest), 0);
	str_hex_encode(digest, DIGEST_SIZE, blob);
	(void)snprintf(path, sizeof(path), STORE "blobs/sha256/%s", blob);
	fake_bytes(path, bytes, sizeof(bytes));
	(void)snprintf(text, size, "layer sha256:%s size %d data %d verity %s\n", blob,
		       LAYER_BYTES, LAYER_BYTES - VERITY_BLOCK, blob);
}

static void put_image(void)
{
	static struct signature_file signatures;
	char layers[LAYERS][256], text[4096], path[160], id[DIGEST_HEX_SIZE];
	uint8_t digest[DIGEST_SIZE];

	for (int i = 0; i < LAYERS; i++)
		put_layer(layers[i], sizeof(layers[i]), i);
	(void)snprintf(text, sizeof(text),
		       "lamina 1\nname thermostat\nversion 1.4.2\nserial 17\n"
		       "compatible acme,thermostat\narch " ARCH "\nmin-init 1\n%s%s%s%s",
		       layers[0], layers[1], machine.manifest, machine.run);
	assert_int_equal(digest_of(text, strlen(text), digest), 0);
	str_hex_encode(digest, DIGEST_SIZE, id);
	(void)snprintf(path, sizeof(path), STORE "images/%s/manifest", id);
	fake_text(path, text);
	assert_int_equal(private_key_sign(&key, text, strlen(text), &signatures.lines[0], NULL), 0);
	signatures.count = 1;
	assert_true(signature_file_write(&signatures, text, sizeof(text)) > 0);
	(void)snprintf(path, sizeof(path), STORE "images/%s/manifest.sig", id);
	fake_text(path, text);
}

static void put_container(void)
{
	Elf64_Ehdr program;

	memset(&program, 0, sizeof(program));
	memcpy(program.e_ident, ELFMAG, SELFMAG);
	program.e_ident[EI_CLASS] = ELFCLASS64;
	fake_bytes("@squashfs:bin/app", &program, sizeof(program));
	fake_text("@squashfs:etc/passwd", "root:x:0:0::/root:/bin/sh\napp:x:7:8::/home:/bin/sh\n");
	fake_text("@squashfs:etc/group", "root:x:0:\nmore:x:9:app\n");
	fake_text("@squashfs:etc/hostname", "of the image");
}

static void setup(void)
{
	static const char disk[65536];

	fake_reset();
	put_initramfs();
	fake_disk("vda", NULL, "DEVNAME=vda\nDEVTYPE=disk\n", disk, sizeof(disk));
	put_image();
	put_container();
}

static int boot(struct err *err)
{
	return boot_run(err);
}

static void assert_boots(void)
{
	struct err err = ERR_INIT;
	int r = 0;

	if (fake_run(boot, &err, &r) != FAKE_EXECED)
		fail_msg("%d: %s", r, err.text);
	assert_null(fake_leaks());
}

static void assert_fails(int number, const char *words)
{
	struct err err = ERR_INIT;
	int r = 0;

	assert_int_equal(fake_run(boot, &err, &r), FAKE_RETURNED);
	if (!strstr(err.text, words))
		assert_string_equal(err.text, words);
	assert_int_equal(r, number);
	assert_null(fake_leaks());
	assert_int_equal(fake_mounts(), 4);
}

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
	assert_non_null(strstr(fake_text_of("/run/lamina/image"), "\nguard=verity\n"));
	assert_non_null(strstr(fake_text_of("/run/lamina/boot"), " init\n"));
	assert_non_null(strstr(fake_text_of("/run/lamina/boot"), " run\n"));
}

/* Consoles and comfort; undoing; and the freeing of an initramfs that nobody sees any more. */
static bool forgives(const char *call)
{
	static const char *const always[] = {
		"openat /dev/console", "write, openat /dev/console", "dup3", "setsid",
		"ioctl 0x540e, openat /dev/console", "fchownat ", "umount2", "pivot_root",
		"openat2 boot", "write, openat2 boot", "fstatat /dev", "fstatat /proc",
		"fstatat /sys", "fstatat /run",
	};
	static const char *const freeing[] = { "fstatfs", "getdents64", "openat2", "fchdir",
					       "unlinkat" };

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
		if (strncmp(call, always[i], strlen(always[i])) == 0)
			return true;
	}
	for (size_t i = 0; fake_called("chroot .") && i < sizeof(freeing) / sizeof(freeing[0]); i++) {
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
	static const struct fake_sweep sweep = {
		.setup = setup_mounted,
		.run = boot,
		.names = "/dev|/proc|/sys|/run|policy|keyring|store|image|lamina",
		.forgives = forgives,
		.no_return = "mount . at /",
	};

	(void)state;
	plain_machine();
	machine.manifest = "upper persist\nvolume /data persist\nvolume /tmp tmpfs size=1m\n"
			   "inject /etc/hostname\nuser app\ncwd /srv\n";
	assert_true(fake_sweep(&sweep) > 100);
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
	machine.manifest = "upper tmpfs size=50%\nvolume /data persist\nvolume /tmp/x tmpfs size=1m\n"
			   "volume /dev/shm tmpfs\ninject /etc/hostname\ninject /etc/none\n"
			   "user app\ncwd /srv/deep\n";
	setup();
	fake_text(STORE "inject/etc/hostname", "of the device");
	assert_boots();
	assert_string_equal(fake_text_of("/etc/hostname"), "of the device");
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

/* One directory up a link, and still in the image; another leads to where /run will be. */
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
	assert_fails(-EINVAL, "volume: /var/run/app: a link leads it to /run/app; name that instead");
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
		{ "threshold 2\n", "", NULL, -EKEYREJECTED, "manifest.sig: " },
		{ "", "user nobody-here\n", NULL, -ENOENT,
		  "user nobody-here: no user nobody-here in /etc/passwd of the image" },
		{ "", "upper none\ncwd /srv\n", NULL, -EROFS, "working directory: /srv: Read-only" },
		{ "", "", "arg /bin/none\nrun exec\n", -ENOENT,
		  "program: /bin/none: No such file or directory" },
		{ "", "", "arg /etc\nrun exec\n", -EACCES, "program: /etc: Permission" },
		{ "", "", "arg /bin/app\nrun supervise\n", -ENOTSUP, "run supervise: not in" },
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
	put_layer(line, sizeof(line), 1);
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
	assert_fails(-ENOTSUP, "no dm-verity in this kernel");
	assert_false(fake_called("loop"));
}

static void command_lines(void **state)
{
	(void)state;
	plain_machine();
	machine.cmdline = "lamina.store=/dev/vdb lamina.debug\n";
	setup();
	assert_boots();
	assert_non_null(strstr(fake_console(), "lamina.store: the policy does not allow it; passed"));
	assert_null(strstr(fake_console(), "lamina-init: layer 0"));
	machine.policy = "allow store\n";
	setup();
	assert_fails(-ENXIO, "store /dev/vdb: ");
	machine.policy = "allow use\n";
	machine.cmdline = "lamina.use=previous";
	setup();
	assert_fails(-ENOTSUP, "lamina.use=previous: there is no previous image");
}

/* --- the end -------------------------------------------------------------------------------- */

static int fail_for_good(struct err *err)
{
	(void)err;
	failure_end();
}

static int sleeps;

static void leave_after_three(void)
{
	if (++sleeps == 3)
		sys_exit(99);
}

static void obeys_on_failure(void **state)
{
	static const struct {
		struct policy policy;
		int command;
		uint64_t ms;
		const char *words;
	} cases[] = {
		{ { .on_failure = POLICY_REBOOT, .on_failure_delay_s = 7 },
		  LINUX_REBOOT_CMD_RESTART, 7000, "rebooting in 7 s\n" },
		{ { .on_failure = POLICY_REBOOT }, LINUX_REBOOT_CMD_RESTART, 0, "rebooting\n" },
		{ { .on_failure = POLICY_POWEROFF }, LINUX_REBOOT_CMD_POWER_OFF, 0,
		  "powering off\n" },
		{ { .on_failure = POLICY_HALT }, (int)LINUX_REBOOT_CMD_HALT, 0, "halted\n" },
#ifndef CONFIG_LAMINA_RESCUE
		{ { .on_failure = POLICY_RESCUE }, (int)LINUX_REBOOT_CMD_HALT, 0,
		  "but this build has none\n" },
#endif
	};

	(void)state;
	plain_machine();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;
		int r = 0;

		setup();
		fake_boot();
		console_open();
		failure_obey(&cases[i].policy);
		assert_int_equal(fake_run(fail_for_good, &err, &r), FAKE_REBOOTED);
		assert_int_equal(r, cases[i].command);
		assert_true(fake_now_ms() >= cases[i].ms && fake_now_ms() < cases[i].ms + 10);
		assert_non_null(strstr(fake_console(), cases[i].words));
	}
}

/* PID 1 must not end, not even when nothing works any more. */
static void a_reboot_that_fails(void **state)
{
	static const enum policy_failure ways[] = { POLICY_REBOOT, POLICY_POWEROFF, POLICY_HALT };

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		const struct policy policy = { .on_failure = ways[i] };
		struct err err = ERR_INIT;
		int r = 0;

		setup();
		fake_boot();
		console_open();
		failure_obey(&policy);
		sleeps = 0;
		fake_config.on_sleep = leave_after_three;
		/* the call after what it says */
		fake_fail(2, EPERM);
		assert_int_equal(fake_run(fail_for_good, &err, &r), FAKE_EXITED);
		assert_int_equal(r, 99);
		assert_true(fake_called("reboot"));
		assert_non_null(strstr(fake_console(), "failed: Operation not permitted; the machine"));
	}
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
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(layers_that_are_not_right),
		cmocka_unit_test(command_lines),
		cmocka_unit_test(obeys_on_failure),
		cmocka_unit_test(a_reboot_that_fails),
	};

	return cmocka_run_group_tests(tests, make_key, NULL);
}
