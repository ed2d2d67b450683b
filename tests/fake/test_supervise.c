/* SPDX-License-Identifier: Apache-2.0 */
/* Process 1's loop beside an application: what it makes of deaths, signals and time. */
#include <fcntl.h>
#include <sys/reboot.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/sys.h"
#include "fake/machine.h"
#include "fake/records.h"
#include "init/report.h"
#include "init/supervise/command.h"
#include "supervise/health.h"
#include "supervise/member.h"

static int polls, ends_after;
static uint64_t ends_ms;
static bool ended;
static void (*at_poll)(void);

static void turn(void)
{
	polls++;
	if (at_poll)
		at_poll();
	if (ended || (polls != ends_after && (!ends_ms || fake_now_ms() < ends_ms)))
		return;
	ended = true;
	fake_signal(SIGTERM);
}

static void supervised(const char *lines)
{
	plain_machine();
	machine.run = lines;
	machine.min_init = 2;
	polls = ends_after = 0;
	ends_ms = 0;
	ended = false;
	at_poll = NULL;
}

static enum fake_end boot_it(int *ret_value)
{
	struct err err = ERR_INIT;
	enum fake_end end;

	fake_config.can_pivot = true;
	fake_config.on_poll = turn;
	end = fake_run(boot, &err, ret_value);
	if (end == FAKE_RETURNED)
		fail_msg("%d: %s\n%s", *ret_value, err.text, fake_console());
	return end;
}

#define PLAIN "arg /bin/app\nrun supervise\nstop-timeout 1\n"

static void ends_in_order(void **state)
{
	int value = -1;

	(void)state;
	supervised(PLAIN);
	ends_after = 1;
	setup();
	assert_int_equal(boot_it(&value), FAKE_REBOOTED);
	assert_int_equal(value, RB_AUTOBOOT);
	assert_true(fake_called("kill"));
	assert_non_null(strstr(fake_console(), "lamina-init: reboot\n"));
	assert_non_null(strstr(fake_console(), "thermostat: does not stop: killed"));
}

static char group[256];

/* While it runs: at the end the file system goes. */
static void read_group(void)
{
	static const char *const files[] = { "memory.max", "memory.oom.group", "pids.max",
					     "cpu.max" };
	char path[64];

	group[0] = '\0';
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		const char *text;

		(void)snprintf(path, sizeof(path), "/sys/fs/cgroup/app/%s", files[i]);
		text = fake_text_of(path);
		strcat(strcat(group, text ? text : "-"), "|");
	}
}

static void limited(const char *lines, const char *expected)
{
	int value = -1;

	supervised(lines);
	ends_after = 1;
	at_poll = read_group;
	setup();
	assert_int_equal(boot_it(&value), FAKE_REBOOTED);
	assert_string_equal(group, expected);
}

static void limits(void **state)
{
	(void)state;
	limited(PLAIN "memory 32m\npids 20\ncpu 150%\n", "33554432|1|20|150000 100000|");
	limited(PLAIN, "-|-|512|-|");
	limited(PLAIN "pids 0\n", "-|-|-|-|");
}

/* What is in a tmpfs outlasts a restart, and counts. */
static void sizes_in_memory(void **state)
{
	(void)state;
	limited(PLAIN "memory 32m\n", "33554432|1|512|-|");
	assert_true(fake_called("size=16777216,nr_inodes=4160"));
	limited(PLAIN "memory 32m\nvolume /tmp tmpfs\nvolume /srv tmpfs size=1m\n",
		"33554432|1|512|-|");
	assert_true(fake_called("size=8388608,nr_inodes=2112"));
	assert_false(fake_called("size=16777216"));
	limited(PLAIN "upper tmpfs size=1m\nmemory 32m\nvolume /srv tmpfs nr_inodes=9\n",
		"33554432|1|512|-|");
	assert_true(fake_called("size=16777216"));
	assert_false(fake_called("nr_inodes=4160"));
	limited(PLAIN "memory 8g\n", "8589934592|1|512|-|");
	assert_false(fake_called("nr_inodes"));
	limited(PLAIN, "-|-|512|-|");
	assert_false(fake_called("nr_inodes"));
}

/* The image before could still be started: no program is, and the reason names the option. */
static void lacks(const char *lines, const char *controllers, bool filters,
		  const char *words)
{
	struct err err = ERR_INIT;
	int value = 0;

	supervised(lines);
	setup();
	fake_config.can_pivot = true;
	fake_config.no_filters = !filters;
	fake_text("@cgroup2:cgroup.controllers", controllers);
	assert_int_equal(fake_run(boot, &err, &value), FAKE_RETURNED);
	if (!strstr(fake_console(), words) && !strstr(err.text, words))
		fail_msg("%s\n%s", err.text, fake_console());
	assert_string_equal(fake_executed(), "");
	assert_false(fake_called("clone"));
}

static void what_the_kernel_lacks(void **state)
{
	(void)state;
	lacks(PLAIN, "cpu memory\n", true,
	      "pids: takes CONFIG_CGROUP_PIDS, which this kernel has not");
	lacks(PLAIN "memory 1m\npids 0\n", "cpu pids\n", true,
	      "memory: takes CONFIG_MEMCG, which this kernel has not");
	lacks(PLAIN "cpu 1%\n", "cpuset pids\n", true,
	      "cpu: takes CONFIG_CFS_BANDWIDTH, which this kernel has not");
	lacks(PLAIN "cpu 1%\npids 0\n", "", true,
	      "cpu: takes CONFIG_CGROUPS, which this kernel has not");
	lacks(PLAIN "syscalls 0-461\n", "pids\n", false,
	      "syscalls: takes CONFIG_SECCOMP_FILTER, which this kernel has not");
}

static pid_t last_child(void)
{
	int n = 1;

	while (fake_child(n + 1) > 0)
		n++;
	return fake_child(n);
}

static void die_at_once(void)
{
	if (polls == 1)
		fake_die(last_child(), 0x300);
}

static void dies_and_starts_again(void **state)
{
	int value = -1;

	(void)state;
	supervised(PLAIN);
	at_poll = die_at_once;
	ends_after = 3;
	setup();
	assert_int_equal(boot_it(&value), FAKE_REBOOTED);
	assert_non_null(strstr(fake_console(), "ended with status 3 after"));
	assert_non_null(strstr(fake_console(), "starts again in 100 ms"));
}

/* One signal for all of them, the application's among those of strangers. */
static void die_in_masses(void)
{
	if (polls != 1)
		return;
	for (int i = 0; i < 10000; i++)
		fake_die(i == 6789 ? last_child() : 100000 + i, 0x300);
}

static void ten_thousand_deaths(void **state)
{
	int value = -1, waits = 0;

	(void)state;
	supervised(PLAIN);
	at_poll = die_in_masses;
	ends_after = 3;
	setup();
	assert_int_equal(boot_it(&value), FAKE_REBOOTED);
	assert_non_null(strstr(fake_console(), "ended with status 3 after"));
	for (int i = 1; i <= fake_calls(); i++)
		waits += strcmp(fake_call(i), "waitpid -1") == 0;
	assert_in_range(waits, 10001, 10010);
}

/* The watchdog would reset it after 20 s: it is fed, for as long as it takes. */
static void feeds_the_watchdog(void **state)
{
	int value = -1;

	(void)state;
	supervised(PLAIN);
	machine.policy = "watchdog /dev/watchdog 20\n";
	ends_ms = 500000;
	setup();
	fake_watchdog(20, 60);
	assert_int_equal(boot_it(&value), FAKE_REBOOTED);
	assert_int_equal(value, RB_AUTOBOOT);
	assert_true(fake_now_ms() >= 500000);
	assert_true(fake_watchdog_runs());
}

/* One that goes on for longer than the policy's watchdog gives a candidate. */
static void watched_candidate(void)
{
	supervised(PLAIN);
	machine.policy = "watchdog /dev/watchdog 100\n";
	put_two(3);
	fake_watchdog(20, 30);
	ends_ms = 500000;
}

/* A candidate has no longer than the policy says, whoever feeds. */
static void a_candidate_has_its_time(void **state)
{
	int value = -1;

	(void)state;
	watched_candidate();
	assert_int_equal(boot_it(&value), FAKE_REBOOTED);
	assert_int_equal(value, 0);
	assert_in_range(fake_now_ms(), 70000, 140000);
}

/* Unless it is confirmed: then process 1 has all the time there is. */
static void confirm_late(void)
{
	if (fake_now_ms() >= 60000 && !fake_exists("/run/lamina/confirmed"))
		fake_text("/run/lamina/confirmed", "");
}

static void a_confirmed_candidate_runs_on(void **state)
{
	int value = -1;

	(void)state;
	watched_candidate();
	at_poll = confirm_late;
	assert_int_equal(boot_it(&value), FAKE_REBOOTED);
	assert_int_equal(value, RB_AUTOBOOT);
	assert_true(fake_now_ms() >= 500000);
}

static struct select_image image;

static int asked(bool manages, const char *const *words, char *ret_text, size_t size)
{
	static struct settings settings;
	static struct manifest manifest;
	static struct part part;
	static struct app app;
	const struct stage stage = { .settings = &settings, .image = &image };
	struct end end = { .stage = &stage };
	const struct command command = { .apps = &app, .count = 1, .end = &end };
	struct control_client client = { .fd = -EBADF, .manages = manages };
	const int streams[] = { 0, 1, 2 };
	const struct control_question question = { &client, words, streams };
	struct str text;

	manifest_init(&manifest);
	manifest.name = "demo";
	part = (struct part){ .name = manifest.name, .manifest = &manifest };
	app.container.manifest = &manifest;
	app.part = &part;
	str_init(&text, ret_text, size);
	return command_answer((void *)(uintptr_t)&command, &question, &text);
}

#define ASKED(manages, ...) \
	asked(manages, (const char *const[]){ __VA_ARGS__, NULL }, text, sizeof(text))

/* What a peer says that is no laminactl of ours. */
static void questions(void **state)
{
	char text[1024];

	(void)state;
	fake_reset();
	fake_boot();
	assert_int_equal(ASKED(false, "ps"), 0);
	assert_non_null(strstr(text, "name=demo\n"));
	assert_int_equal(ASKED(false, "stop"), -EACCES);
	assert_int_equal(ASKED(false, "ctl", "status"), -EACCES);
	assert_int_equal(ASKED(true, "frob"), -ENOTSUP);
	assert_int_equal(ASKED(true, ""), -ENOTSUP);
	assert_int_equal(ASKED(true, "exec", "/bin/sh"), -EPERM);
	assert_string_equal(text, "the policy has no `allow exec`");
	/* also of a set of one, the first word is the member */
	image.manifest.run = MANIFEST_RUN_SET;
	assert_int_equal(ASKED(true, "exec", "/bin/sh"), -EINVAL);
	assert_string_equal(text, "there is no '/bin/sh', say which: demo");
	assert_int_equal(ASKED(true, "exec", "demo"), -EINVAL);
	assert_string_equal(text, "which program? CMD is missing behind NAME");
	assert_int_equal(ASKED(true, "exec", "demo", "/bin/sh"), -EPERM);
	assert_int_equal(ASKED(true, "terminal", "TERM=x", "/bin/sh"), -EINVAL);
	image.manifest.run = MANIFEST_RUN_SUPERVISE;
	assert_int_equal(ASKED(true, "ctl"), -EINVAL);
	assert_int_equal(ASKED(false, "ctl", "reset", "--yes"), -EACCES);
	assert_int_equal(ASKED(true, "ctl", "reboot"), -EINVAL);
	assert_int_equal(ASKED(true, "ctl", "--store=/", "confirm"), -EINVAL);
	assert_int_equal(ASKED(true, "ctl", "confirm", "--store", "/"), -EINVAL);
	assert_int_equal(ASKED(true, "ctl", "confirm", "--sto=/"), -EINVAL);
	assert_int_equal(ASKED(true, "ctl", "install", "-", "--policy=/x"), -EINVAL);
	assert_int_equal(ASKED(true, "ctl", "install", "root"), -EINVAL);
	assert_int_equal(ASKED(true, "ctl", "verify", "/etc"), -EINVAL);
	assert_int_equal(ASKED(true, "ctl", "install", "-", "--called", "/x"), -EINVAL);
	assert_string_equal(text, "not from here");
	assert_false(fake_called("fork"));
	assert_int_equal(ASKED(true, "ctl", "install", "-", "--dry-run", "--called=/x"),
			 1);
	assert_true(fake_called("fork"));
	/* nobody else could, where there is no shell around the application */
	assert_int_equal(ASKED(true, "ctl", "reset", "--yes", "--factory"), 1);
}

/* Whoever of a set is not well, and that may well be on purpose: the check is the first one's,
 * which is not confined perhaps. */
static void confirms_beside_the_first(void **state)
{
	const struct member well = { .state = MEMBER_RUNNING },
			    unwell = { .state = MEMBER_WAITING };
	const struct health health = { .wanted = false };
	const struct report_app apps[] = { { "db", 11, &well, &health },
					   { "web", 22, &unwell, &health } };
	char name[REPORT_NAME_SIZE];
	int run;

	(void)state;
	fake_reset();
	fake_boot();
	fake_dir("/run/lamina");
	run = sys_openat(AT_FDCWD, "/run/lamina", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	assert_true(run >= 0);
	assert_int_equal(report_apps(run, apps, 2, 2, 1), 0);
	assert_int_equal(report_first_pid(run), 11);
	report_app_name(run, name);
	assert_string_equal(name, "web");
	fd_close(run);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(questions),
		cmocka_unit_test(confirms_beside_the_first),
		cmocka_unit_test(ends_in_order),
		cmocka_unit_test(limits),
		cmocka_unit_test(sizes_in_memory),
		cmocka_unit_test(what_the_kernel_lacks),
		cmocka_unit_test(dies_and_starts_again),
		cmocka_unit_test(ten_thousand_deaths),
		cmocka_unit_test(feeds_the_watchdog),
		cmocka_unit_test(a_candidate_has_its_time),
		cmocka_unit_test(a_confirmed_candidate_runs_on),
	};

	return cmocka_run_group_tests(tests, make_key, NULL);
}
