/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest-lines.h"

static void uppers(void **state)
{
	static const char size[] = "line 2: upper: size= must be 1% to 100%, or bytes "
				   "with k, m, g or nothing";
	static const char inodes[] = "line 2: upper: nr_inodes= must be 1 to 2147483647";
	static const char only[] =
		"line 2: upper: tmpfs takes size= and nr_inodes= only here";

	(void)state;
	REFUSE({ "upper", "line 2: upper: value missing" },
	       { "upper ext4", "line 2: upper: must be tmpfs, persist or none" },
	       { "upper none size=1", "line 2: upper: only tmpfs takes options" },
	       { "upper persist size=1", "line 2: upper: only tmpfs takes options" },
	       { "upper tmpfs  size=1", "line 2: two spaces between words" },
	       { "upper tmpfs size=1 size=1",
		 "line 2: upper: an option stands there twice" },
	       { "upper tmpfs size=1,nr_inodes=1",
		 "line 2: upper: options are separated by spaces" },
	       { "upper tmpfs size=1,",
		 "line 2: upper: options are separated by spaces" },
	       { "upper tmpfs size", only }, { "upper tmpfs size=", only },
	       { "upper tmpfs mode=0755", only }, { "upper tmpfs exec", only },
	       { "upper tmpfs size=0", size }, { "upper tmpfs size=00", size },
	       { "upper tmpfs size=01", size }, { "upper tmpfs size=k", size },
	       { "upper tmpfs size=%", size }, { "upper tmpfs size=0%", size },
	       { "upper tmpfs size=101%", size }, { "upper tmpfs size=1%k", size },
	       { "upper tmpfs size=1K", size }, { "upper tmpfs size=1t", size },
	       { "upper tmpfs size=9223372036854775808", size },
	       { "upper tmpfs size=9007199254740992k", size },
	       { "upper tmpfs size=8796093022208m", size },
	       { "upper tmpfs size=8589934592g", size },
	       { "upper tmpfs nr_inodes=0", inodes },
	       { "upper tmpfs nr_inodes=1k", inodes },
	       { "upper tmpfs nr_inodes=2147483648", inodes });
	ACCEPT("upper none", "upper persist", "upper tmpfs",
	       "upper tmpfs nr_inodes=2147483647", "upper tmpfs nr_inodes=1 size=1",
	       "upper tmpfs size=1%", "upper tmpfs size=100%",
	       "upper tmpfs size=9223372036854775807",
	       "upper tmpfs size=9007199254740991k", "upper tmpfs size=8796093022207m",
	       "upper tmpfs size=8589934591g");
}

static void volumes(void **state)
{
	static const char places[] =
		"line 2: volume: must not be / or /run, nor in /proc, "
		"/sys, /dev or /run/lamina";
	static const char mode[] =
		"line 2: volume: mode= must be four octal digits, at most 3777";
	static const char room[] = "line 2: volume: size= must be 16m or more";
	static const char others[] =
		"line 2: volume: persist takes noexec, ro, fresh and size= only";

	(void)state;
	REFUSE({ "volume", "line 2: volume: value missing" },
	       { "volume /a", "line 2: volume: value missing" },
	       { "volume /a disk", "line 2: volume: must be persist or tmpfs" },
	       { "volume /a persist size=1", room },
	       { "volume /a persist size=50%", room },
	       { "volume /a persist size=16383k", room },
	       { "volume /a persist size=16m size=17m",
		 "line 2: volume: an option stands there twice" },
	       { "volume /a persist size=", others },
	       { "volume /a persist nr_inodes=1", others },
	       { "volume /a persist row", others },
	       { "volume /a persist ro,noexec",
		 "line 2: volume: options are separated by spaces" },
	       { "volume /a persist ro noexec ro",
		 "line 2: volume: an option stands there twice" },
	       { "volume /a tmpfs noexec",
		 "line 2: volume: tmpfs takes size=, nr_inodes= and mode= only" },
	       { "volume /a tmpfs mode=700", mode },
	       { "volume /a tmpfs mode=07000", mode },
	       { "volume /a tmpfs mode=0788", mode },
	       { "volume /a tmpfs mode=4755", mode },
	       { "volume a persist", "line 2: volume: must be an absolute path" },
	       { "volume / persist", places }, { "volume /run/lamina tmpfs", places },
	       { "volume /run/lamina/x tmpfs", places }, { "volume /proc tmpfs", places },
	       { "volume /sys/kernel tmpfs", places },
	       { "volume /dev/shm/a tmpfs", places },
	       { "volume /a persist\nvolume /a tmpfs",
		 "line 3: volume: stands there already" },
	       { "volume /a/b persist\nvolume /a tmpfs",
		 "line 3: volume: would hide a volume that stands before it" },
	       { "inject /a\nvolume /a/b tmpfs",
		 "line 3: volume: an injected file is in the way of a volume" },
	       { "min-init 2\nvolume /dev/shm persist",
		 "line 3: volume: is memory, not kept: must be tmpfs" },
	       { "volume /run persist",
		 "line 2: volume: is memory, not kept: must be tmpfs" },
	       { "volume /a b tmpfs", "line 2: volume: must be persist or tmpfs" });
	ACCEPT("volume /a persist\nvolume /a/b tmpfs", "volume /a tmpfs mode=3777",
	       "volume /run/secrets tmpfs", "volume /run/laminar tmpfs",
	       "volume /devices tmpfs", "volume /dev/shm tmpfs",
	       "min-init 1\nvolume /dev/shm persist",
	       "min-init 2\nvolume /run tmpfs size=1m", "inject /run/x",
	       "volume /a persist\nvolume /ab persist",
	       "volume /a%20b tmpfs mode=0000 size=1k", "volume /a persist fresh",
	       "volume /a persist size=16m", "volume /a persist ro size=1g noexec",
	       "volume /a tmpfs size=1g", "volume /a persist ro noexec");
	assert_true(manifest_volume_has(&manifest.volumes[0], "ro"));
	assert_true(manifest_volume_has(&manifest.volumes[0], "noexec"));
	assert_false(manifest_volume_has(&manifest.volumes[0], "fresh"));
	assert_false(manifest_volume_has(&manifest.volumes[0], "no"));
	assert_int_equal(manifest_volume_size(&manifest.volumes[0]), 0);
	ACCEPT("volume /a persist ro size=1g noexec");
	assert_int_equal(manifest_volume_size(&manifest.volumes[0]), 1 << 30);
	assert_true(manifest_volume_has(&manifest.volumes[0], "noexec"));
	ACCEPT("volume /a tmpfs size=1g");
	assert_int_equal(manifest_volume_size(&manifest.volumes[0]), 0);
}

static void paths(void **state)
{
	static const char places[] =
		"line 2: inject: must not be / or /run, nor in /proc, "
		"/sys, /dev or /run/lamina";

	(void)state;
	REFUSE({ "cwd", "line 2: cwd: must be an absolute path" },
	       { "cwd a", "line 2: cwd: must be an absolute path" },
	       { "cwd /a/", "line 2: cwd: has an empty component" },
	       { "cwd //", "line 2: cwd: has an empty component" },
	       { "cwd //a", "line 2: cwd: has an empty component" },
	       { "cwd /a//b", "line 2: cwd: has an empty component" },
	       { "cwd /.", "line 2: cwd: has . or .. in it" },
	       { "cwd /a/./b", "line 2: cwd: has . or .. in it" },
	       { "cwd /..", "line 2: cwd: has . or .. in it" },
	       { "cwd /a/../b", "line 2: cwd: has . or .. in it" },
	       { "cwd /a%0Ab", "line 2: cwd: has a control character in it" },
	       { "cwd /%7F", "line 2: cwd: has a control character in it" },
	       { "cwd /" A64 A64 A64 A64,
		 "line 2: cwd: has a component of more than 255 bytes" },
	       { "inject /", places }, { "inject /dev/null", places },
	       { "inject /run", places }, { "inject /dev/shm", places },
	       { "inject /run/lamina", places }, { "inject /proc", places },
	       { "inject /a\ninject /a",
		 "line 3: inject: is in the way of another injected file" },
	       { "inject /a/b\ninject /a",
		 "line 3: inject: is in the way of another injected file" },
	       { "inject /a\ninject /a/b",
		 "line 3: inject: is in the way of another injected file" },
	       { "volume /a tmpfs\ninject /a",
		 "line 3: inject: is in the way of a volume" },
	       { "volume /a/b tmpfs\ninject /a",
		 "line 3: inject: is in the way of a volume" });
	ACCEPT("cwd /", "cwd /...", "cwd /..a/.b", "cwd /a b/c",
	       "cwd /" A64 A64 A64 A16 A16 A16 "aaaaaaaaaaaaaaa",
	       "volume /a tmpfs\ninject /a/b", "inject /a/b\nvolume /a tmpfs",
	       "inject /runner", "cwd /gr%C3%BC%C3%9Fe");
}

/* 16 components of 255 bytes are 4096 with their slashes. */
static void long_paths(void **state)
{
	char line[4 + 4096 + 1] = "cwd ", *path = line + 4;
	struct err err = ERR_INIT;

	(void)state;
	for (int i = 0; i < 4096; i++)
		path[i] = i % 256 ? 'a' : '/';
	path[4096] = '\0';
	assert_refused(manifest_parse(text, with(line), &manifest, &err), -EBADMSG, err,
		       "line 2: cwd: is longer than 4095 bytes");
	path[4095] = '\0';
	assert_int_equal(manifest_parse(text, with(line), &manifest, &err), 0);
	assert_string_equal(manifest.cwd, path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uppers),
		cmocka_unit_test(volumes),
		cmocka_unit_test(paths),
		cmocka_unit_test(long_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
