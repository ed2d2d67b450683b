/* SPDX-License-Identifier: Apache-2.0 */
/* A container's start: what its process finds, and that one which fails says why and is
 * gone. */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/sys.h"
#include "container/join.h"
#include "container/start.h"
#include "fake/fake.h"

static struct manifest manifest;
static const struct identity app = { .uid = 7, .gid = 8, .home = "/" };
static struct environment environment = { .env = { "PATH=/bin", NULL } };
static struct container container;
static int read_end;
static bool as_child, asks_for_more;

static void setup(void)
{
	int ends[2];

	fake_reset();
	fake_text("@proc:self/oom_score_adj", "-1000");
	fake_text("@proc:kcore", "the memory");
	fake_text("@proc:sysrq-trigger", "");
	fake_dir("@proc:scsi");
	fake_dir("@proc:sys/kernel");
	fake_dir("@sysfs:firmware/acpi");
	fake_dir("@sysfs:devices/system/cpu/cpu0");
	fake_dir("@sysfs:devices/system/cpu/cpu1/thermal_throttle");
	fake_dir("@sysfs:fs/cgroup");
	fake_text("@cgroup2:app/cgroup.procs", "");
	fake_boot();
	fake_dir("/root");
	fake_dir("/run/lamina/net");
	assert_int_equal(sys_mount("none", "/root", "tmpfs", 0, NULL), 0);
	assert_int_equal(sys_mount("none", "/sys/fs/cgroup", "cgroup2", 0, NULL), 0);
	fake_dir("/root/etc");
	fake_text("/root/etc/hosts", "");
	fake_text("/root/bin/app", "#!/bin/sh\n");
	fake_config.can_pivot = true;
	fake_config.forks = as_child;
	manifest_init(&manifest);
	manifest.name = "demo";
	manifest.args[0] = "/bin/app";
	manifest.args[1] = "one";
	manifest.cwd = "/srv/deep";
	manifest.arch = "amd64";
	assert_int_equal(sys_pipe2(ends, O_CLOEXEC), 0);
	read_end = ends[0];
	container = (struct container){
		.manifest = &manifest,
		.identity = &app,
		.environment = &environment,
		.program = "/bin/app",
		.hostname = "thing",
		.root = "/root",
		.net = "/run/lamina/net",
		.cgroup = sys_openat(AT_FDCWD, "/sys/fs/cgroup/app",
				     O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0),
		.output = ends[1],
		.errors = ends[1],
	};
	assert_true(container.cgroup >= 0);
}

static int start(struct err *err)
{
	int report = -EBADF;
	pid_t pid = container_start(&container, &report, err);

	fd_close(report);
	return pid;
}

/* FAKE_EXECED, or FAKE_EXITED with what it said of it. */
static enum fake_end start_child(struct container_report *ret_said, int *ret_status)
{
	struct err err = ERR_INIT;
	enum fake_end end = fake_run(start, &err, ret_status);
	const void *piped;
	size_t size;

	if (end != FAKE_EXITED)
		return end;
	piped = fake_piped(&size);
	assert_int_equal(size, sizeof(*ret_said));
	memcpy(ret_said, piped, size);
	return end;
}

static void assert_started(void)
{
	struct container_report said = { .err = ERR_INIT };
	int status = 0;

	if (start_child(&said, &status) != FAKE_EXECED)
		fail_msg("%d: %s", status, said.err.text);
}

static void assert_refused(int number, int status, const char *words)
{
	struct container_report said = { .err = ERR_INIT };
	int value = 0;

	assert_int_equal(start_child(&said, &value), FAKE_EXITED);
	assert_string_equal(said.err.text, words);
	assert_int_equal(said.result, number);
	assert_int_equal(value, status);
	assert_string_equal(fake_executed(), "");
}

static void what_it_finds(void **state)
{
	static const char *const nodes[] = { "null", "zero",   "full", "random",
					     "tty",  "stdout", "ptmx", "urandom" };
	char path[64];

	(void)state;
	as_child = true;
	setup();
	assert_started();
	assert_string_equal(fake_executed(), "/bin/app one");
	assert_true(fake_called("clone 0x2c020000"));
	fake_mounts_as_written("container");
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		(void)snprintf(path, sizeof(path), "/dev/%s", nodes[i]);
		assert_true(fake_exists(path));
	}
	assert_string_equal(fake_text_of("/etc/hostname"), "thing\n");
	assert_non_null(strstr(fake_text_of("/etc/hosts"), "127.0.0.1\tlocalhost\n"));
	assert_non_null(strstr(fake_text_of("/etc/hosts"), "\tthing\n"));
	assert_true(fake_exists("/srv/deep"));
	assert_true(fake_called("sethostname thing"));
	assert_true(fake_called("setrlimit 7 1024 524288"));
	assert_true(fake_called("setrlimit 4 0 0"));
	assert_true(fake_called("setsid"));
	assert_true(fake_called("close_range 3 4294967295 0x4"));
	assert_true(fake_called("setresuid 7 0"));
	assert_true(fake_called("capset 0"));
	/* nothing of init's own is there */
	assert_false(fake_exists("/root"));
	assert_null(fake_leaks());
}

static void alone(void **state)
{
	(void)state;
	as_child = true;
	setup();
	manifest.network = 1;
	assert_started();
	assert_true(fake_called("clone 0x6c020000"));
	assert_true(fake_called("ioctl 0x8914, socket"));
	assert_null(fake_leaks());
}

static void for_systemd(void **state)
{
	(void)state;
	as_child = true;
	setup();
	manifest.systemd = 1;
	assert_started();
	assert_string_equal(fake_type_of("/run"), "tmpfs");
	assert_string_equal(fake_type_of("/run/lock"), "tmpfs");
	assert_string_equal(fake_type_of("/tmp"), "tmpfs");
	assert_int_equal(fake_attrs_of("/run") & MOUNT_ATTR_NOEXEC, 0);
	assert_int_equal(fake_attrs_of("/sys/fs/cgroup") & MOUNT_ATTR_RDONLY, 0);
	assert_true(fake_exists("/run/lamina/net"));
	setup();
	assert_started();
	assert_true(fake_attrs_of("/sys/fs/cgroup") & MOUNT_ATTR_RDONLY);
	assert_false(fake_exists("/run/lock"));
}

/* The first call that begins with @part, and a word ends there; 0: there was none. */
static int when(const char *part)
{
	for (int n = 1; n <= fake_calls(); n++) {
		size_t size = strlen(part);
		const char *call = fake_call(n);

		if (strncmp(call, part, size) == 0 && (!call[size] || call[size] == ' '))
			return n;
	}
	return 0;
}

/* What is not among the eleven goes, while the process still may take it away. */
static void confined(void **state)
{
	static const struct identity root = { .home = "/" };
	char call[32];

	(void)state;
	as_child = true;
	setup();
	container.identity = &root;
	assert_started();
	for (int cap = 0; cap <= 40; cap++) {
		(void)snprintf(call, sizeof(call), "prctl 24 %d", cap);
		assert_int_equal(when(call) == 0, 0x800405fbULL >> cap & 1);
	}
	assert_true(when("prctl 24 40") < when("setresuid 0 0"));
	assert_true(when("setresuid 0 0") < when("capset 0x800405fb"));
	assert_true(when("capset 0x800405fb") < when("prctl 38 1"));
	assert_true(when("prctl 38 1") < when("execve"));
	setup();
	manifest.cap_adds[manifest.cap_add_count++] = "SYS_ADMIN";
	manifest.new_privileges = 1;
	container.identity = &root;
	assert_started();
	assert_false(fake_called("prctl 24 21"));
	assert_true(fake_called("capset 0x802405fb"));
	assert_false(fake_called("prctl 38"));
	/* a filter is the last, and takes a capability where it may be left again */
	setup();
	manifest.syscalls = "0-2,4";
	assert_started();
	assert_true(when("prctl 38 1") < when("seccomp 1 4"));
	assert_true(when("seccomp 1 4") < when("execve"));
	assert_true(fake_called("capset 0"));
	setup();
	manifest.syscalls = "0-2,4";
	manifest.new_privileges = 1;
	assert_started();
	assert_true(fake_called("capset 0x200000"));
	assert_true(when("capset") < when("seccomp 1 4"));
	setup();
	manifest.confine = 0;
	manifest.syscalls = "0";
	assert_started();
	assert_false(fake_called("seccomp"));
	assert_false(fake_called("prctl"));
	assert_false(fake_called("capset"));
}

static unsigned int is_fixed(const char *path)
{
	return fake_attrs_of(path) & MOUNT_ATTR_RDONLY;
}

/* What tells of the machine or changes it is not there, or can't be written. */
static void masked(void **state)
{
	(void)state;
	as_child = true;
	setup();
	assert_started();
	assert_null(fake_text_of("/proc/kcore")); /* it is the null device */
	assert_string_equal(fake_type_of("/proc/scsi"), "tmpfs");
	assert_string_equal(fake_type_of("/sys/firmware"), "tmpfs");
	assert_false(fake_exists("/sys/firmware/acpi"));
	assert_string_equal(fake_type_of("/sys/devices/system/cpu/cpu1/thermal_throttle"),
			    "tmpfs");
	assert_string_equal(fake_type_of("/sys/devices/system/cpu/cpu0"), "sysfs");
	assert_true(fake_exists("/proc/sys/kernel"));
	assert_true(is_fixed("/proc/sys"));
	assert_true(is_fixed("/proc/sysrq-trigger"));
	assert_false(is_fixed("/proc"));
	assert_true(is_fixed("/sys"));
	setup();
	manifest.sys = 1;
	assert_started();
	assert_false(is_fixed("/sys"));
	assert_false(fake_exists("/sys/firmware/acpi"));
	setup();
	manifest.confine = 0;
	assert_started();
	assert_string_equal(fake_text_of("/proc/kcore"), "the memory");
	assert_false(is_fixed("/sys"));
	assert_false(is_fixed("/proc/sys"));
	/* no link of anybody's is followed */
	setup();
	fake_link("@proc:keys", "/etc/hosts");
	assert_refused(-ELOOP, 126,
		       "/proc: hiding keys: Too many levels of symbolic links");
	setup();
	fake_link("@proc:irq", "/etc");
	assert_refused(-ELOOP, 126, "/proc: irq: Too many levels of symbolic links");
}

static void put_device(const char *path, mode_t mode, unsigned int minor)
{
	assert_int_equal(sys_mknodat(AT_FDCWD, path, mode | 0600, makedev(4, minor)), 0);
}

static void give(const char *line)
{
	setup();
	put_device("/dev/ttyS1", S_IFCHR, 65);
	fake_dir("/dev/net");
	put_device("/dev/net/tun", S_IFCHR, 200);
	put_device("/dev/sda", S_IFBLK, 1);
	fake_link("/dev/link", "/dev/ttyS1");
	manifest.devices[manifest.device_count++] = line;
}

static void assert_device(const char *path, mode_t mode, unsigned int minor)
{
	struct stat st;

	assert_int_equal(sys_fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_mode, S_IFCHR | mode);
	assert_int_equal(st.st_rdev, makedev(4, minor));
	assert_int_equal(st.st_uid, 7);
	assert_int_equal(st.st_gid, 8);
}

static void devices(void **state)
{
	(void)state;
	as_child = true;
	give("/dev/ttyS1 r");
	manifest.devices[manifest.device_count++] = "/dev/net/tun";
	assert_started();
	assert_device("/dev/ttyS1", 0440, 65);
	assert_device("/dev/net/tun", 0660, 200);
	assert_false(fake_exists("/dev/sda"));
	give("/dev/ttyS1 rw");
	assert_started();
	assert_device("/dev/ttyS1", 0660, 65);
	give("/dev/none");
	assert_refused(-ENOENT, 127, "/dev: device /dev/none: No such file or directory");
	give("/dev/sda");
	assert_refused(-ENOTSUP, 126,
		       "/dev: device /dev/sda: is a disk: what is on disks comes by "
		       "volumes");
	give("/dev/link");
	assert_refused(-ENODEV, 126, "/dev: device /dev/link: is no device");
}

static void put_control(void)
{
	fake_text("/run/lamina/control", "a socket");
	fake_text("/run/lamina/bin/laminactl", "");
	fake_dir("/run/lamina/logs");
	container.control = "/run/lamina/control";
}

/* What init's control shows, and that a link in the way leads nowhere. */
static void with_control(void **state)
{
	(void)state;
	as_child = true;
	setup();
	put_control();
	fake_link("/root/run/lamina/control", "/etc/hosts");
	assert_started();
	assert_string_equal(fake_text_of("/run/lamina/control"), "a socket");
	assert_true(fake_exists("/run/lamina/bin/laminactl"));
	assert_true(fake_attrs_of("/run/lamina/bin") & MOUNT_ATTR_RDONLY);
	assert_true(fake_attrs_of("/run/lamina/logs") & MOUNT_ATTR_NOEXEC);
	/* a log that the store keeps, and one that a reset took away */
	setup();
	put_control();
	manifest.log.persist_bytes = 65536;
	fake_text("/run/lamina/kept/demo/new", "a line");
	assert_started();
	assert_string_equal(fake_text_of("/run/lamina/kept/demo/new"), "a line");
	assert_true(fake_attrs_of("/run/lamina/kept") & MOUNT_ATTR_RDONLY);
	setup();
	put_control();
	manifest.log.persist_bytes = 65536;
	assert_started();
	assert_false(fake_exists("/run/lamina/kept/demo"));
	setup();
	assert_started();
	assert_false(fake_exists("/run/lamina/control"));
}

/* Its child is the program; the boot stories have the rest of it. */
static void with_a_reaper(void **state)
{
	(void)state;
	as_child = true;
	setup();
	manifest.init = 1;
	fake_config.as_rehearsed = true; /* that is, on the child's side */
	assert_started();
	assert_string_equal(fake_executed(), "/bin/app one");
	assert_true(fake_called("signalfd"));
	assert_true(fake_called("setresuid 7 0"));
}

/* The image is not ours: what it has where the kernel's things go is not followed. */
static void links_in_the_way(void **state)
{
	(void)state;
	as_child = true;
	setup();
	fake_link("/root/dev", "/srv");
	assert_refused(-ELOOP, 126, "/dev: not a directory in the image");
	setup();
	fake_link("/root/proc", "etc");
	assert_refused(-ELOOP, 126, "/proc: not a directory in the image");
	setup();
	fake_link("/root/etc/hosts", "/etc/other");
	fake_text("/root/etc/other", "untouched");
	assert_started();
	assert_string_equal(fake_text_of("/etc/other"), "untouched");
	/* what is no place for a file is no reason not to start */
	setup();
	fake_dir("/root/etc/hostname");
	fake_dir("/root/etc/resolv.conf");
	assert_started();
	assert_non_null(strstr(fake_text_of("/etc/hosts"), "localhost"));
	setup();
	assert_int_equal(sys_unlinkat(AT_FDCWD, "/root/etc/hosts", 0), 0);
	assert_int_equal(sys_unlinkat(AT_FDCWD, "/root/etc", AT_REMOVEDIR), 0);
	fake_text("/root/etc", "a file");
	assert_started();
}

static void files_of_the_owner(void **state)
{
	(void)state;
	as_child = true;
	setup();
	manifest.injects[manifest.inject_count++] = "/etc/hosts";
	fake_text("/root/etc/hosts", "192.0.2.1 mine\n");
	assert_started();
	assert_string_equal(fake_text_of("/etc/hosts"), "192.0.2.1 mine\n");
	/* it has none for this device */
	setup();
	manifest.injects[manifest.inject_count++] = "/etc/hosts";
	assert_started();
	assert_non_null(strstr(fake_text_of("/etc/hosts"), "localhost"));
	/* the second time, what the application made of them stays */
	setup();
	container.again = true;
	fake_text("/root/etc/hosts", "changed\n");
	assert_started();
	assert_string_equal(fake_text_of("/etc/hosts"), "changed\n");
}

/* Nothing is written there, and names are found all the same, at each start. */
static void files_of_a_read_only_root(void **state)
{
	(void)state;
	as_child = true;
	for (int again = 0; again < 2; again++) {
		setup();
		container.again = again;
		manifest.upper = MANIFEST_UPPER_NONE;
		fake_text("/root/etc/hosts", "the image's\n");
		assert_started();
		assert_non_null(strstr(fake_text_of("/etc/hosts"), "\tthing\n"));
		assert_false(fake_exists("/dev/hosts"));
		/* there is no place for it */
		assert_false(fake_exists("/etc/hostname"));
	}
}

static void programs_that_are_not_there(void **state)
{
	(void)state;
	as_child = true;
	setup();
	container.program = "/bin/none";
	assert_refused(-ENOENT, 127, "/bin/none: No such file or directory");
	setup();
	container.program = "/etc";
	assert_refused(-EACCES, 126, "/etc: Permission denied");
}

/* What a kernel may lack, and programs do without. */
static bool forgives(const char *call)
{
	return strstr(call, "close_range") || strstr(call, "/proc/sys/net/");
}

/* Each failure is told with its errno and words, and no program runs after it. Before the
 * new namespaces nothing is changed, so that nothing can be left. */
static void sweep_child(int least)
{
	int n = 0;
	bool failed;

	as_child = true;
	do {
		struct container_report said = { .err = ERR_INIT };
		enum fake_end end;
		const char *call;
		int status = 0;

		setup();
		if (asks_for_more) {
			put_control();
			manifest.systemd = manifest.init = manifest.network = 1;
			manifest.syscalls = "0-461";
			put_device("/dev/ttyS1", S_IFCHR, 65);
			manifest.devices[manifest.device_count++] = "/dev/ttyS1 r";
			fake_config.as_rehearsed = true;
		}
		fake_fail(++n, EDOM);
		end = start_child(&said, &status);
		failed = fake_failed() != NULL;
		call = failed ? fake_failed() : "";
		if (end == FAKE_EXECED) {
			if (failed && !forgives(call))
				fail_msg("%s: the failure was lost", call);
			continue;
		}
		if (end == FAKE_RETURNED) { /* no process was made */
			assert_int_equal(status, -EDOM);
			assert_false(fake_called("fsopen"));
			continue;
		}
		if (said.result != -EDOM || !said.err.text[0])
			fail_msg("%s: said %d, `%s'", call, said.result, said.err.text);
		assert_int_equal(status, 126);
		assert_string_equal(fake_executed(), "");
	} while (failed);
	assert_true(n > least);
}

static void every_call_fails_once(void **state)
{
	(void)state;
	sweep_child(80);
}

/* The same with all that an image may ask for. */
static void every_call_of_more_fails_once(void **state)
{
	(void)state;
	asks_for_more = true;
	sweep_child(140);
	asks_for_more = false;
}

static int start_there(struct err *err)
{
	int r = start(err);

	fd_close(container.cgroup);
	fd_close(container.output);
	fd_close(read_end);
	return r;
}

/* Of process 1 itself: a pipe and a process are all it makes. */
static void every_call_of_the_parent_fails_once(void **state)
{
	const struct fake_sweep sweep = {
		.setup = setup,
		.run = start_there,
		.names = "pipe|namespaces",
	};

	(void)state;
	as_child = false;
	assert_int_equal(fake_sweep(&sweep), 2);
}

static int join(struct err *err)
{
	static const char *const args[] = { "/bin/app", NULL };
	const struct container_joiner joiner = { .args = args,
						 .input = -EBADF,
						 .output = container.output,
						 .errors = container.errors };

	return container_join(&container, 7, &joiner, err);
}

/* What it said before it ended. */
static const char *joined(void)
{
	static char text[200];
	struct err err = ERR_INIT;
	const void *piped;
	size_t size;
	int status = 0;

	assert_int_equal(fake_run(join, &err, &status), FAKE_EXITED);
	piped = fake_piped(&size);
	assert_true(size > 0 && size < sizeof(text));
	memcpy(text, piped, size);
	assert_int_equal(text[size - 1], '\n');
	text[size - 1] = '\0';
	assert_int_equal(status, strstr(text, "No such file") ? 127 : 126);
	return text;
}

/* Into the application's group, or below it where that takes none, and nowhere else. */
static void joins_its_group(void **state)
{
	(void)state;
	as_child = true;
	setup();
	assert_string_equal(joined(), "the application is only being started");
	assert_string_equal(fake_text_of("/sys/fs/cgroup/app/cgroup.procs"), "0");
	setup();
	fake_text("/sys/fs/cgroup/app/lamina/cgroup.procs", "");
	assert_int_equal(sys_unlinkat(container.cgroup, "cgroup.procs", 0), 0);
	assert_string_equal(joined(), "the application is only being started");
	assert_string_equal(fake_text_of("/sys/fs/cgroup/app/lamina/cgroup.procs"), "0");
	setup();
	assert_int_equal(sys_unlinkat(container.cgroup, "cgroup.procs", 0), 0);
	fake_text("/sys/fs/cgroup/app/lamina", "in the way");
	assert_string_equal(joined(), "the application's cgroup: Not a directory");
	as_child = false;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_finds),
		cmocka_unit_test(joins_its_group),
		cmocka_unit_test(alone),
		cmocka_unit_test(for_systemd),
		cmocka_unit_test(confined),
		cmocka_unit_test(masked),
		cmocka_unit_test(devices),
		cmocka_unit_test(with_control),
		cmocka_unit_test(with_a_reaper),
		cmocka_unit_test(links_in_the_way),
		cmocka_unit_test(files_of_the_owner),
		cmocka_unit_test(files_of_a_read_only_root),
		cmocka_unit_test(programs_that_are_not_there),
		cmocka_unit_test(every_call_fails_once),
		cmocka_unit_test(every_call_of_more_fails_once),
		cmocka_unit_test(every_call_of_the_parent_fails_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
