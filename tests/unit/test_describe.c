/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes.h"

#include <errno.h>

#include "pack/cmd/describe.h"
#include "pack/cmd/describe/config.h"

static struct source sources[2];
static struct describe_options options;
static struct manifest manifest;
static char text[MANIFEST_MAX_SIZE];
static struct err err;

/* As the device would read it: one line of a manifest in what was written. */
#define assert_line(line) assert_non_null(strstr(text, "\n" line "\n"))
#define assert_no_line(line) assert_null(strstr(text, "\n" line))

static void add(struct source_texts *texts, const char *item)
{
	assert_int_equal(source_texts_add(texts, item), 0);
}

/* An option of pack, as if it stood alone. */
#define say(key, text)                                                \
	do {                                                          \
		source_texts_done(&options.keys[MANIFEST_KEY_##key]); \
		add(&options.keys[MANIFEST_KEY_##key], text);         \
	} while (0)
#define say_nothing(key) source_texts_done(&options.keys[MANIFEST_KEY_##key])

/* An image that lacks nothing. */
static int start(void **state)
{
	(void)state;
	say(compatible, "acme,box");
	say(name, "box");
	say(arch, "arm64");
	add(&sources[0].config.entrypoint, "/init");
	return 0;
}

static int end(void **state)
{
	(void)state;
	for (size_t i = 0; i < MANIFEST_KEYS; i++)
		source_texts_done(&options.keys[i]);
	source_texts_done(&options.entrypoint);
	source_texts_done(&options.cmd);
	source_done(&sources[0]);
	source_done(&sources[1]);
	return 0;
}

static bool privileges_said;

static void describe(void)
{
	struct import_layer layer = { .blob = { .size_bytes = 8192,
						.data_bytes = 4096 } };
	const struct import_result result = { .layers = &layer, .count = 1 };
	int size;

	err = (struct err)ERR_INIT;
	if (describe_image(sources, 2, &options, &manifest, &privileges_said, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(describe_layers(&result, &manifest, &err), 0);
	size = manifest_write(&manifest, text, sizeof(text) - 1, &err);
	if (size < 0)
		fail_msg("%s", err.text);
	text[size] = '\0';
}

static void refuse(const char *words)
{
	err = (struct err)ERR_INIT;
	assert_int_equal(
		describe_image(sources, 2, &options, &manifest, &privileges_said, &err),
		-EINVAL);
	if (!strstr(err.text, words))
		assert_string_equal(err.text, words);
}

static void label(const char *key, const char *value)
{
	add(&sources[0].config.labels, key);
	add(&sources[0].config.labels, value);
}

static void the_least(void **state)
{
	(void)state;
	describe();
	assert_line("name box");
	assert_line("serial 1");
	assert_line("arch arm64");
	assert_line("compatible acme,box");
	assert_line("arg /init");
	assert_line("run exec");
	assert_line("upper tmpfs");
	assert_int_equal(manifest.layers[0].size_bytes, 8192);
}

static void what_nobody_says(void **state)
{
	(void)state;
	source_texts_done(&sources[0].config.entrypoint);
	refuse("what should the image run?");
	say_nothing(compatible);
	refuse("which devices is it for?");
	say_nothing(name);
	refuse("what is the image's name?");
}

static void names(void **state)
{
	(void)state;
	say_nothing(name);
	assert_int_equal(source_set(&sources[1].name, "-Acme/Thermostat App_2"), 0);
	describe();
	assert_line("name acme-thermostat-app_2");
	label("org.lamina.name", "labelled");
	describe();
	assert_line("name labelled");
	say(name, "Upper");
	refuse("name 'Upper': must match");
}

static void the_option_then_the_label_then_the_config(void **state)
{
	(void)state;
	assert_int_equal(source_set(&sources[0].version, "tag"), 0);
	describe();
	assert_line("version tag");
	label("org.lamina.version", "1.2");
	label("org.lamina.serial", "7");
	label("org.lamina.run", "supervise");
	label("org.lamina.upper", "persist");
	describe();
	assert_line("version 1.2");
	assert_line("serial 7");
	assert_no_line("run exec");
	assert_line("upper persist");
	say(version, "3");
	say(serial, "0");
	say(run, "exec");
	say(upper, "none");
	describe();
	assert_line("version 3");
	assert_line("serial 0");
	assert_line("run exec");
	assert_line("upper none");
}

static void program(const char *name)
{
	source_texts_done(&sources[0].config.entrypoint);
	add(&sources[0].config.entrypoint, name);
	describe();
}

/* Images are supervised, unless they bring the init of a machine. */
static void how_it_is_run(void **state)
{
	static const char *const inits[] = { "/sbin/init", "init",
					     "/lib/systemd/systemd" };

	(void)state;
	program("/usr/sbin/nginx");
	assert_line("run exec");
	assert_no_line("restart always");
	assert_no_line("net * dhcp");
	sources[0].config.image = true;
	program("/usr/sbin/nginx");
	assert_line("run supervise");
	assert_line("min-init 2");
	assert_line("restart always");
	assert_line("exhausted reboot");
	assert_line("stop-timeout 10");
	assert_line("net * dhcp");
	program("/init"); /* a container's, such as s6-overlay's */
	assert_line("run supervise");
	for (size_t i = 0; i < sizeof(inits) / sizeof(inits[0]); i++) {
		program(inits[i]);
		assert_line("run exec");
		assert_line("min-init 1");
	}
	say(restart, "no");
	refuse("--restart goes with --run supervise");
	say(run, "supervise");
	describe();
	assert_line("restart no");
	sources[0].config.image = false;
}

static void network(void **state)
{
	(void)state;
	sources[0].config.image = true;
	program("/usr/sbin/nginx");
	assert_no_line("needs network");
	label("org.lamina.net", "eth0 dhcp\neth1 static 192.0.2.7/24");
	describe();
	assert_line("net eth0 dhcp\nnet eth1 static 192.0.2.7/24");
	say(net, "none");
	say(needs, "network");
	describe();
	assert_line("net none\nneeds network");
	say(net, "* static 192.0.2.7/24");
	refuse("net '* static 192.0.2.7/24': must be MATCH dhcp");
	sources[0].config.image = false;
}

static void confinement(void **state)
{
	(void)state;
	sources[0].config.image = true;
	program("/usr/sbin/nginx");
	assert_line("confine yes");
	assert_line("new-privileges yes");
	assert_false(privileges_said);
	label("org.lamina.new-privileges", "no");
	label("org.lamina.cap-add", "CAP_NET_ADMIN\nsys_time");
	say(cap_drop, "Cap_Chown");
	say(confine, "no");
	describe();
	assert_line("confine no\ncap-add NET_ADMIN\ncap-add SYS_TIME\ncap-drop CHOWN\n"
		    "new-privileges no");
	assert_true(privileges_said);
	say(cap_drop, "ROOT");
	refuse("cap-drop 'ROOT': must be a capability's name without CAP_, or ALL");
	sources[0].config.image = false;
}

static void systemd_supervised(void **state)
{
	(void)state;
	say(arg, "/lib/systemd/systemd");
	describe();
	assert_line("run exec");
	assert_no_line("systemd yes");
	say(run, "supervise");
	describe();
	assert_line("systemd yes");
	assert_line("stop-signal SIGRTMIN+3");
	say(arg, "/sbin/init");
	describe();
	assert_line("systemd yes");
	say(arg, "/init");
	describe();
	assert_no_line("systemd yes");
	say(stop_signal, "SIGTERM");
	say(systemd, "no");
	describe();
	assert_line("systemd no");
	assert_line("stop-signal SIGTERM");
}

static void health_checks(void **state)
{
	(void)state;
	say(run, "supervise");
	describe();
	assert_no_line("unhealthy restart");
	add(&sources[0].config.health, "/bin/well");
	assert_int_equal(source_set(&sources[0].config.health_times, "interval=7"), 0);
	describe();
	assert_line("health interval=7 timeout=30 start=0 start-interval=5 retries=3");
	assert_line("health-arg /bin/well");
	assert_line("unhealthy restart");
	/* a check every week, and one more than a day by a digit */
	assert_int_equal(
		source_set(&sources[0].config.health_times,
			   "interval=604800 timeout=86400 start=86401 retries=9"),
		0);
	describe();
	assert_line("health interval=86400 timeout=86400 start=86400 start-interval=5 "
		    "retries=9");
	label("org.lamina.health", "retries=2 curl -f localhost");
	describe();
	assert_line("health interval=30 timeout=30 start=0 start-interval=5 retries=2");
	assert_line("health-arg /bin/sh\nhealth-arg -c\nhealth-arg curl -f localhost");
	say(health, "none");
	describe();
	assert_no_line("unhealthy restart");
	say(health_arg, "/bin/other");
	describe();
	assert_line("health-arg /bin/other");
	say(health, "interval=0 x");
	refuse("health 'interval=0': takes interval=");
}

static void labels_that_mean_nothing(void **state)
{
	(void)state;
	label("org.lamina.serial", "seven");
	refuse("serial 'seven': must be a number of 0 to 2^63-1");
	say(serial, "1");
	label("org.lamina.run", "twice");
	refuse("run 'twice': must be exec, supervise or set");
	say(run, "exec");
	label("org.lamina.upper", "disk");
	refuse("upper 'disk': must be tmpfs, persist or none");
	say(upper, "none,size=1m");
	refuse("upper 'none,size=1m': only tmpfs takes options");
}

static void several_devices_in_a_label(void **state)
{
	(void)state;
	say_nothing(compatible);
	label("org.lamina.compatible", "acme,a  acme,b");
	describe();
	assert_line("compatible acme,a\ncompatible acme,b");
}

static void a_label_of_several_lines(void **state)
{
	(void)state;
	label("org.lamina.inject", "/etc/hostname\n/etc/a b");
	label("org.lamina.volume", "/var/b=tmpfs,size=1m\n/data");
	add(&sources[0].config.volumes, "/var/b");
	describe();
	assert_line("volume /data persist\nvolume /var/b tmpfs size=1m\n"
		    "inject /etc/hostname\ninject /etc/a b");
	say(volume, "/var/b");
	say(inject, "/etc/c");
	describe();
	assert_line("volume /data persist\nvolume /var/b persist\ninject /etc/c");
}

static void programs_as_engines_have_them(void **state)
{
	struct source_config *config = &sources[0].config;

	(void)state;
	add(&config->cmd, "-v");
	describe();
	assert_line("arg /init\narg -v");
	add(&options.cmd, "-q");
	describe();
	assert_line("arg /init\narg -q");
	assert_no_line("arg -v");
	add(&options.entrypoint, "/other");
	describe();
	assert_line("arg /other\narg -q");
	say(arg, "/all");
	describe();
	assert_line("arg /all");
	assert_no_line("arg -q");
}

static void an_entrypoint_drops_the_images_cmd(void **state)
{
	(void)state;
	add(&sources[0].config.cmd, "-v");
	add(&options.entrypoint, "/other");
	describe();
	assert_line("arg /other");
	assert_no_line("arg -v");
}

/* Of two configs the later one; Entrypoint and Cmd go together. */
static void the_later_config_wins(void **state)
{
	(void)state;
	add(&sources[0].config.cmd, "-v");
	add(&sources[0].config.env, "A=1");
	assert_int_equal(source_set(&sources[0].config.user, "7"), 0);
	add(&sources[1].config.cmd, "/late");
	add(&sources[1].config.env, "B=2");
	describe();
	assert_line("arg /late");
	assert_no_line("arg /init");
	assert_no_line("arg -v");
	assert_line("env B=2");
	assert_no_line("env A=1");
	assert_line("user 7");
}

static void variables(void **state)
{
	(void)state;
	add(&sources[0].config.env, "A=1");
	add(&sources[0].config.env, "B=1");
	add(&sources[0].config.env, "LONE");
	add(&sources[0].config.env, "=x");
	add(&options.keys[MANIFEST_KEY_env], "AB=2");
	add(&options.keys[MANIFEST_KEY_env], "A=3");
	describe();
	assert_line("env A=3\nenv B=1\nenv AB=2");
	assert_no_line("env LONE");
	assert_no_line("env =x");
	add(&options.keys[MANIFEST_KEY_env], "naked");
	refuse("env 'naked': must be NAME=value");
	for (int i = 0; i < MANIFEST_MAX_ENV; i++) {
		char entry[16];

		(void)snprintf(entry, sizeof(entry), "N%d=", i);
		add(&sources[0].config.env, entry);
	}
	refuse("263 environment variables, and a manifest has at most 256: a script that "
	       "the image starts with can set the others");
}

static void directories_and_signals(void **state)
{
	static const char *const spelled[][2] = {
		{ "15", "SIGTERM" },	     { "TERM", "SIGTERM" },
		{ "SIGINT", "SIGINT" },	     { "37", "SIGRTMIN+3" },
		{ "sigterm", "SIGTERM" },    { "Quit", "SIGQUIT" },
		{ "RTMIN+3", "SIGRTMIN+3" }, { "sigrtmin", "SIGRTMIN" },
		{ "RTMAX", "SIGRTMIN+30" },  { "SIGRTMAX-27", "SIGRTMIN+3" },
		{ "IOT", "SIGABRT" },	     { "SIGIO", "SIGPOLL" }
	};

	(void)state;
	say(cwd, "srv//./app/");
	describe();
	assert_line("cwd /srv/app");
	assert_no_line("stop-signal SIGTERM"); /* run exec */
	say(run, "supervise");
	for (size_t i = 0; i < sizeof(spelled) / sizeof(spelled[0]); i++) {
		say(stop_signal, spelled[i][0]);
		describe();
		assert_string_equal(manifest.stop_signal, spelled[i][1]);
	}
	say(stop_signal, "SIGNONE");
	refuse("the stop signal 'SIGNONE' is none to stop by");
	say(stop_signal, "65");
	refuse("'65'");
	say(stop_signal, "RTMAX-31");
	refuse("'RTMAX-31'");
	/* what an image says and no device can do is left out, and told */
	say_nothing(stop_signal);
	assert_int_equal(source_set(&sources[0].config.stop_signal, "SIGSTOP"), 0);
	describe();
	assert_no_line("stop-signal SIGSTOP");
	assert_int_equal(source_set(&sources[0].config.stop_signal, "int"), 0);
	describe();
	assert_line("stop-signal SIGINT");
	say(cwd, "/a/../..");
	refuse("the working directory '/a/../..'");
	/* an image's is cleaned as engines do it */
	say_nothing(cwd);
	assert_int_equal(source_set(&sources[0].config.cwd, "a/../../srv/./x/../y/"), 0);
	describe();
	assert_line("cwd /srv/y");
	assert_int_equal(source_set(&sources[0].config.cwd, "/a/.."), 0);
	describe();
	assert_string_equal(manifest.cwd, "/");
}

static void volumes(void **state)
{
	(void)state;
	add(&sources[0].config.volumes, "/var/b");
	add(&sources[0].config.volumes, "/var/a/");
	add(&options.keys[MANIFEST_KEY_volume], "/var/b=tmpfs,size=1m");
	add(&options.keys[MANIFEST_KEY_volume], "/c=tmpfs");
	describe();
	assert_line(
		"volume /c tmpfs\nvolume /var/a persist\nvolume /var/b tmpfs size=1m");
	add(&options.keys[MANIFEST_KEY_volume], "/c=disk");
	refuse("volume '/c=disk': must be persist or tmpfs");
	say_nothing(volume);
	add(&options.keys[MANIFEST_KEY_volume], "c");
	refuse("volume 'c': must be an absolute path");
}

/* Each of these is in somebody's Dockerfile. */
static void volumes_that_an_image_imagines(void **state)
{
	static const char *const left_out[] = {
		"/run",		 "/run/lock", "/tmp",	    "/sys/fs/cgroup", "/",
		"/dev/shm/../x", "/dev/shm",  "/proc",	    "[\"/a\"",	      "['/b']",
		"\"/c\"",	 "/d/..",     "/var/run/e",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++)
		add(&sources[0].config.volumes, left_out[i]);
	describe();
	assert_no_line("volume");
	add(&sources[0].config.volumes, "srv//data/");
	add(&sources[0].config.volumes, "/a=b");
	add(&sources[0].config.volumes, "../x/../d");
	describe();
	assert_line("volume /a=b persist\nvolume /d persist\nvolume /srv/data persist");
	/* somebody who asks for it gets it, or why not */
	say(volume, "/tmp=tmpfs");
	describe();
	assert_line("volume /tmp tmpfs");
	say(volume, "/run");
	refuse("must be tmpfs");
}

static void users_as_engines_read_them(void **state)
{
	static const char *const spelled[][2] = {
		{ "app:", "app" }, { ":app", "0:app" },	  { ":50", "0:50" },
		{ "7:", "7" },	   { "7", "7" },	  { ":", NULL },
		{ "0000", "0" },   { "+5:+050", "5:50" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(spelled) / sizeof(spelled[0]); i++) {
		assert_int_equal(source_set(&sources[0].config.user, spelled[i][0]), 0);
		describe();
		assert_string_equal(manifest.user, spelled[i][1] ? spelled[i][1] : "0:0");
	}
}

static void an_entrypoint_that_is_taken_back(void **state)
{
	(void)state;
	source_texts_done(&sources[0].config.entrypoint);
	add(&sources[0].config.entrypoint, "");
	add(&sources[0].config.cmd, "/bin/server");
	describe();
	assert_line("arg /bin/server");
	assert_int_equal(manifest.arg_count, 1);
	source_texts_done(&sources[0].config.cmd);
	refuse("what should the image run?");
}

static void tags_as_versions(void **state)
{
	char tag[129], expected[80] = "version ";

	(void)state;
	memset(tag, 't', 128);
	tag[128] = '\0';
	memset(expected + 8, 't', 64);
	assert_int_equal(source_set(&sources[0].version, tag), 0);
	describe();
	assert_non_null(strstr(text, expected));
	assert_null(strstr(
		text,
		"version ttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt"));
	assert_int_equal(source_set(&sources[0].version, "_1.2_b"), 0);
	describe();
	assert_line("version 1.2_b");
	assert_int_equal(source_set(&sources[0].version, "__"), 0);
	describe();
	assert_no_line("version");
	say(version, "_1.2");
	refuse("version '_1.2': must match");
}

static void processors(void **state)
{
	(void)state;
	assert_string_equal(describe_arch("x86_64"), "amd64");
	assert_string_equal(describe_arch("armv7l"), "arm");
	assert_null(describe_arch("mips"));
	say(arch, "mips");
	refuse("'mips' is no architecture that devices have");
	say_nothing(arch);
	assert_int_equal(source_set(&sources[0].config.arch, "riscv64"), 0);
	describe();
	assert_line("arch riscv64");
}

static void more_layers_than_may_be(void **state)
{
	const struct import_result result = { .count = MANIFEST_MAX_LAYERS + 1 };

	(void)state;
	assert_int_equal(describe_layers(&result, &manifest, &err), -E2BIG);
	assert_non_null(strstr(err.text, "--merge"));
}

#define describe_test(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		describe_test(how_it_is_run),
		describe_test(network),
		describe_test(confinement),
		describe_test(systemd_supervised),
		describe_test(health_checks),
		describe_test(the_least),
		describe_test(what_nobody_says),
		describe_test(names),
		describe_test(the_option_then_the_label_then_the_config),
		describe_test(labels_that_mean_nothing),
		describe_test(several_devices_in_a_label),
		describe_test(a_label_of_several_lines),
		describe_test(programs_as_engines_have_them),
		describe_test(an_entrypoint_drops_the_images_cmd),
		describe_test(the_later_config_wins),
		describe_test(variables),
		describe_test(directories_and_signals),
		describe_test(volumes),
		describe_test(volumes_that_an_image_imagines),
		describe_test(users_as_engines_read_them),
		describe_test(an_entrypoint_that_is_taken_back),
		describe_test(tags_as_versions),
		describe_test(processors),
		describe_test(more_layers_than_may_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
