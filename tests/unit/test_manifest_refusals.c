/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes.h"

#include "manifest-lines.h"

static void whole_files(void **state)
{
	static const struct {
		const char *text, *words;
		int result;
	} cases[] = {
		{ "", "line 1: must be `lamina 1`", -EBADMSG },
		{ "lamina 1", "line 1: does not end in a line feed", -EBADMSG },
		{ "lamina\n", "line 1: must be `lamina 1`", -EBADMSG },
		{ "lamina 01\n", "line 1: must be `lamina 1`", -EBADMSG },
		{ "lamina 1 \n", "line 1: ends with a space", -EBADMSG },
		{ "Lamina 1\n", "line 1: must be `lamina 1`", -EBADMSG },
		{ "\xef\xbb\xbflamina 1\n", "line 1: byte 0xef is not printable ASCII",
		  -EBADMSG },
		{ "lamina 2\n", "line 1: version 2 of the format is not known here",
		  -EPROTONOSUPPORT },
		{ "lamina 0\n", "line 1: version 0 of the format is not known here",
		  -EPROTONOSUPPORT },
		{ "lamina 1\n", "name is missing", -EBADMSG },
		{ "lamina 1\nlamina 1\n", "line 2: unknown key `lamina`", -EBADMSG },
		{ "lamina 1\n\n", "line 2: is empty", -EBADMSG },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;

		assert_refused(manifest_parse(cases[i].text, strlen(cases[i].text),
					      &manifest, &err),
			       cases[i].result, err, cases[i].words);
	}
}

/* Of a later version: whatever it has that nobody knows here is no damage. */
static void a_later_level(void **state)
{
	static const char words[] = "min-init: the image asks for feature level 99, this "
				    "is 4: it takes a newer version of Lamina";
	static const char *const lines[] = {
		"network bridge",   "run hibernate", "upper nfs",
		"volume /data nfs", "arch vax",	     "health interval=never",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct err err = ERR_INIT;
		size_t size = with(lines[i]);
		char *level = strstr(text, "min-init 1\n");

		assert_int_equal(manifest_parse(text, size, &manifest, &err), -EBADMSG);
		memmove(level + 11, level + 10, size - (size_t)(level + 10 - text));
		memcpy(level, "min-init 99\n", 12);
		assert_refused(manifest_parse(text, size + 1, &manifest, &err), -ENOTSUP,
			       err, words);
		/* a line without its end is damage, whatever it asks for */
		level = strstr(text, "min-init 99\n");
		assert_int_equal(manifest_parse(text, (size_t)(level + 11 - text),
						&manifest, &err),
				 -EBADMSG);
	}
}

static void missing_keys(void **state)
{
	static const char *const required[] = { "name", "serial",   "compatible",
						"arch", "min-init", "layer",
						"arg" };

	(void)state;
	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
		struct err err = ERR_INIT;
		char key[16], words[64], *line, *rest;
		size_t size = with("version 1");

		(void)snprintf(key, sizeof(key), "\n%s ", required[i]);
		line = strstr(text, key) + 1;
		rest = strchr(line, '\n') + 1;
		memmove(line, rest, strlen(rest) + 1);
		size -= (size_t)(rest - line);
		(void)snprintf(words, sizeof(words), "%s is missing", required[i]);
		assert_refused(manifest_parse(text, size, &manifest, &err), -EBADMSG, err,
			       words);
	}
}

static void keys(void **state)
{
	(void)state;
	REFUSE({ "nam a", "line 2: unknown key `nam`" },
	       { "Name a", "line 2: unknown key `Name`" },
	       { A64 " b", "line 2: unknown key `" A16 A16 "`" },
	       { "name a\nname a", "line 3: name: stands there twice" },
	       { "serial 1\nserial 2", "line 3: serial: stands there twice" },
	       { "run exec\nrun exec", "line 3: run: stands there twice" },
	       { "upper none\nupper none", "line 3: upper: stands there twice" });
}

static void boot(void **state)
{
	static const char id[] = "line 2: boot: its id must be 1 to 64 of [A-Za-z0-9._-]";

	(void)state;
	REFUSE({ "boot", "line 2: boot: value missing" },
	       { "boot a b/c",
		 "line 2: boot: must be sha256: and 64 lower-case hex digits" },
	       { "boot a/b " BLOB " size 1", id }, { "boot %20 " BLOB " size 1", id },
	       { "boot a" A64 " " BLOB " size 1", id },
	       { "boot a", "line 2: boot: value missing" },
	       { "boot a sha256:" A64, "line 2: boot: value missing" },
	       { "boot a " BLOB, "line 2: boot: value missing" },
	       { "boot a " BLOB " data 1", "line 2: boot: `size` is missing" },
	       { "boot a " BLOB " size", "line 2: boot: value missing" },
	       { "boot a " BLOB " size -1",
		 "line 2: boot: size: must be a number of 0 to 2^63-1" },
	       { "boot a " BLOB " size 9223372036854775808",
		 "line 2: boot: size: must be a number of 0 to 2^63-1" },
	       { "boot a " BLOB " size 0", "line 2: boot: its blob is empty" },
	       { "boot a " BLOB " size 1 x", "line 2: boot: has words after its size" },
	       { "boot a " BLOB " size 1\nboot a " BLOB " size 1",
		 "line 3: boot: stands there twice" });
	ACCEPT("boot a " BLOB " size 1", "boot " A64 " " BLOB " size 9223372036854775807",
	       "boot A-Z_0.9 " BLOB " size 4096");
}

static void single_texts(void **state)
{
	static const char name_words[] =
		"line 2: name: must match [a-z0-9][a-z0-9._-]{0,62}";
	static const char version_words[] =
		"line 2: version: must match [A-Za-z0-9][A-Za-z0-9._~:+-]{0,63}";

	(void)state;
	REFUSE({ "name", name_words }, { "name A", name_words },
	       { "name .a", name_words }, { "name a/b", name_words },
	       { "name a%25", name_words }, { "name " A64, name_words },
	       { "version", version_words }, { "version 1 2", version_words },
	       { "version -1", version_words }, { "version " A64 "a", version_words },
	       { "name %61", "line 2: name: is not spelled with %XX as it should be" },
	       { "arch x86_64", "line 2: arch: must be amd64, arm64, arm or riscv64" },
	       { "arch", "line 2: arch: must be amd64, arm64, arm or riscv64" });
	ACCEPT("name a._-z", "name " A16 A16 A16 "aaaaaaaaaaaaaaa", "version " A64,
	       "arch arm", "arch riscv64", "arch arm64");
}

static void numbers(void **state)
{
	static const char words[] = "line 2: serial: must be a number of 0 to 2^63-1";

	(void)state;
	REFUSE({ "serial", words }, { "serial -1", words }, { "serial +1", words },
	       { "serial 01", words }, { "serial 1 2", words }, { "serial 0x1", words },
	       { "serial 9223372036854775808", words },
	       { "serial 18446744073709551617", words },
	       { "min-init 0", "line 2: min-init: must be a number of 1 to 2^63-1" });
	ACCEPT("serial 9223372036854775807");
	assert_true(manifest.serial == INT64_MAX);
	ACCEPT("min-init 9223372036854775807");
}

static void supervision(void **state)
{
	static const char restart[] =
		"line 2: restart: must be always, no, on-failure or on-failure:N";
	static const char times[] = "line 2: restart: N must be a number of 1 to 2^63-1";
	static const char timeout[] =
		"line 2: stop-timeout: must be a number of 0 to 3600";
	static const char hostname[] =
		"line 2: hostname: must match [A-Za-z0-9][A-Za-z0-9.-]{0,62}";

	static const char log_size[] =
		"line 2: log: a size must be of 16k to 64m, in steps of 4k";
	static const char log_words[] =
		"line 2: log: takes size=N, console and persist=N, "
		"in this order";

	(void)state;
	REFUSE({ "log", "line 2: log: value missing" }, { "log quiet", log_words },
	       { "log size=", log_size }, { "log size=12k", log_size },
	       { "log size=17k", log_size }, { "log size=65m", log_size },
	       { "log size=1g", log_size }, { "log size=64k quiet", log_words },
	       { "log size=64k console console", log_words },
	       { "log persist=12k", log_size }, { "log size=64k persist=", log_size },
	       { "log persist=64k console", log_words },
	       { "log persist=64k size=64k", log_words },
	       { "log persist=64k persist=64k", log_words },
	       { "log size=64k\nrun exec", "log: goes with run supervise only" });
	ACCEPT("log size=64m");
	assert_int_equal(manifest.log.size_bytes, 64 << 20);
	assert_false(manifest.log.console);
	ACCEPT("log size=16384 console");
	assert_int_equal(manifest.log.size_bytes, 16384);
	assert_true(manifest.log.console);
	assert_int_equal(manifest.log.persist_bytes, 0);
	ACCEPT("log persist=1m");
	assert_int_equal(manifest.log.size_bytes, 256 << 10);
	assert_false(manifest.log.console);
	assert_int_equal(manifest.log.persist_bytes, 1 << 20);
	ACCEPT("log size=64k console persist=16k");
	assert_int_equal(manifest.log.persist_bytes, 16 << 10);
	REFUSE({ "restart", restart }, { "restart never", restart },
	       { "restart always:1", restart }, { "restart no:1", restart },
	       { "restart on-failure:", times }, { "restart on-failure:0", times },
	       { "restart on-failure:-1", times }, { "restart on-failure:01", times },
	       { "exhausted", "line 2: exhausted: must be reboot or stop" },
	       { "exhausted halt", "line 2: exhausted: must be reboot or stop" },
	       { "stop-timeout 3601", timeout }, { "stop-timeout", timeout },
	       { "hostname -a", hostname }, { "hostname a_b", hostname },
	       { "hostname " A64, hostname },
	       { "hostname a..b", "line 2: hostname: has nothing behind a dot" },
	       { "hostname a.", "line 2: hostname: has nothing behind a dot" },
	       { "run exec\nrestart always", "restart: goes with run supervise only" },
	       { "stop-timeout 1\nrun exec",
		 "stop-timeout: goes with run supervise only" });
	ACCEPT("restart on-failure:9223372036854775807");
	assert_true(manifest.restart_most == INT64_MAX);
	ACCEPT("restart on-failure");
	assert_int_equal(manifest.restart, MANIFEST_RESTART_ON_FAILURE);
	assert_int_equal(manifest.restart_most, 0);
	ACCEPT("restart no", "exhausted stop", "stop-timeout 0",
	       "hostname Thing-1.local");
	assert_string_equal(manifest.hostname, "Thing-1.local");
}

static void networks(void **state)
{
	static const char needs[] = "line 2: needs: must be network or, in a set, "
				    "MEMBER OTHER [started|healthy|done]";
	static const char net[] = "line 2: net: must be MATCH dhcp, MATCH static "
				  "ADDRESS/LENGTH... (not for *), local or none";

	(void)state;
	REFUSE({ "net", "line 2: net: value missing" }, { "net *", net },
	       { "net * static 192.0.2.7/24", net },
	       { "net * dhcp\nnet none", "line 3: net: none stands alone" },
	       { "net none\nnet * dhcp", "line 3: net: none stands alone" },
	       { "net * dhcp\nnet * dhcp hostname=a",
		 "line 3: net: stands there already" },
	       { "net local\nnet local", "line 3: net: stands there already" },
	       { "needs time", needs },
	       { "needs network now", "needs: must be network without run set" },
	       { "needs network\nneeds network", "line 3: needs: stands there already" },
	       { "run exec\nnet * dhcp", "net: goes with run supervise only" });
	ACCEPT("net none", "net local\nnet eth0 dhcp\nnet * dhcp", "needs network");
	assert_int_equal(manifest.need_count, 1);
	assert_string_equal(manifest.needs[0], "network");
}

static void compatibles(void **state)
{
	static const char words[] =
		"line 2: compatible: must match [A-Za-z0-9][A-Za-z0-9,._+/-]{0,126}";

	(void)state;
	REFUSE({ "compatible", words }, { "compatible ,a", words },
	       { "compatible a b", words }, { "compatible a%25", words },
	       { "compatible " A64 A64, words },
	       { "compatible a\ncompatible a",
		 "line 3: compatible: stands there already" });
	ACCEPT("compatible A,b._+/-c", "compatible " A64 A16 A16 A16 "aaaaaaaaaaaaaaa");
}

static void layers(void **state)
{
	static const char hash[] =
		"line 2: layer: must be sha256: and 64 lower-case hex digits";
	static const char root[] =
		"line 2: layer: must be verity and 64 lower-case hex digits";
	static const char number[] =
		"line 2: layer: size: must be a number of 0 to 2^63-1";
	static const char *const good[] = { LAYER "\n" LAYER, NULL };

	(void)state;
	REFUSE({ "layer", "line 2: layer: value missing" }, { "layer sha256:", hash },
	       { "layer " ROOT " size 8192 data 4096 verity " ROOT, hash },
	       { "layer sha512:" ROOT " size 8192 data 4096 verity " ROOT, hash },
	       { "layer " BLOB "0 size 8192 data 4096 verity " ROOT, hash },
	       { "layer SHA256:" ROOT " size 8192 data 4096 verity " ROOT, hash },
	       { "layer sha256:F" A16 A16 A16 "aaaaaaaaaaaaaaa size 8192", hash },
	       { "layer " BLOB, "line 2: layer: value missing" },
	       { "layer " BLOB " data 4096 size 8192 verity " ROOT,
		 "line 2: layer: `size` is missing" },
	       { "layer " BLOB " size", "line 2: layer: value missing" },
	       { "layer " BLOB " size x", number },
	       { "layer " BLOB " size 08192", number },
	       { "layer " BLOB " size 9223372036854775808", number },
	       { "layer " BLOB " size 8192 verity", "line 2: layer: `data` is missing" },
	       { "layer " BLOB " size 8192 data 4096 root " ROOT,
		 "line 2: layer: `verity` is missing" },
	       { "layer " BLOB " size 8192 data 4096", "line 2: layer: value missing" },
	       { "layer " BLOB " size 8192 data 4096 verity",
		 "line 2: layer: value missing" },
	       { "layer " BLOB " size 8192 data 4096 verity " BLOB, root },
	       { LAYER " x", "line 2: layer: has words after the root hash" },
	       { "layer " BLOB " size 8192  data 4096 verity " ROOT,
		 "line 2: two spaces between words" },
	       { "layer " BLOB " size 8192 data 4097 verity " ROOT,
		 "line 2: layer: data 4097 is no multiple of 4096" },
	       { "layer " BLOB " size 8193 data 4096 verity " ROOT,
		 "line 2: layer: size 8193 does not fit data 4096, which makes 8192" },
	       { LAYER "\nlayer " BLOB " size 16384 data 8192 verity " ROOT,
		 "line 3: layer: contradicts the line of the same blob" },
	       { LAYER "\nlayer " BLOB " size 8192 data 4096 verity " OTHER,
		 "line 3: layer: contradicts the line of the same blob" });
	accept_all(good);
}

static void programs(void **state)
{
	static const char user[] = "line 2: user: must be NAME or ID, and :NAME or :ID "
				   "where there is a group";

	(void)state;
	REFUSE({ "arg", "line 2: arg: the first names the program" },
	       { "arg  x", "line 2: two spaces after the key" },
	       { "env", "line 2: env: must be NAME=value" },
	       { "env A", "line 2: env: must be NAME=value" },
	       { "env =a", "line 2: env: must be NAME=value" },
	       { "env A=1\nenv A=2", "line 3: env: the same name stands there already" },
	       { "env A=%00", "line 2: env: is not spelled with %XX as it should be" },
	       { "user", user }, { "user a:", user }, { "user :a", user },
	       { "user a:b:c", user }, { "user a b", user }, { "user -1", user },
	       { "user 01", user }, { "user 4294967295", user },
	       { "user 0:4294967295", user }, { "user 4294967296", user },
	       { "user a/b", user }, { "user " A64 "a", user },
	       { "stop-signal", "line 2: stop-signal: is no signal to stop by" },
	       { "stop-signal 15", "line 2: stop-signal: is no signal to stop by" },
	       { "run", "line 2: run: must be exec, supervise or set" },
	       { "run exec ", "line 2: ends with a space" },
	       { "run exec x", "line 2: run: must be exec, supervise or set" },
	       { "source", "line 2: source: value missing" });
	ACCEPT("env A=1\nenv AB=2", "env A==", "user 4294967294:4294967294", "user 0",
	       "user " A64 ":" A64, "user www-data", "user a.b_c$:0", "user 1000abc",
	       "stop-signal SIGKILL", "arg a\narg");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_files),	cmocka_unit_test(a_later_level),
		cmocka_unit_test(missing_keys), cmocka_unit_test(keys),
		cmocka_unit_test(boot),		cmocka_unit_test(single_texts),
		cmocka_unit_test(numbers),	cmocka_unit_test(compatibles),
		cmocka_unit_test(layers),	cmocka_unit_test(programs),
		cmocka_unit_test(supervision),	cmocka_unit_test(networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
