/* SPDX-License-Identifier: Apache-2.0 */
/* A set of images: each member is a part of one boot. */
#include <sys/reboot.h>

#include "base/sys.h"
#include "fake/machine.h"
#include "init/supervise/app.h"

static const char *of_web = ""; /* lines of that member */
static const char *awaited;	/* on the console; then the device is told to reboot */
static uint64_t awaited_ms;
static bool ended;

static void turn(void)
{
	if (ended || !strstr(fake_console(), awaited))
		return;
	ended = true;
	awaited_ms = fake_now_ms();
	fake_signal(SIGTERM);
}

static char lines[1024], last_member[128];

/* Adds the member @name, of so many of the image's layers, to the set's lines. */
static void put_member(const char *name, int layers, const char *more)
{
	char layer[2][256], text[2048], hex[DIGEST_HEX_SIZE];
	struct digest digest;
	size_t used = strlen(lines);

	put_layer_in(STORE, layer[0], sizeof(layer[0]), 0);
	put_layer_in(STORE, layer[1], sizeof(layer[1]), 1);
	(void)snprintf(text, sizeof(text),
		       "lamina 1\nname app\nserial 1\ncompatible acme,thermostat\n"
		       "arch " ARCH "\nmin-init 2\n%s%sarg /bin/app\nrun supervise\n"
		       "stop-timeout 1\nconfine no\n%s",
		       layer[0], layers > 1 ? layer[1] : "", more);
	assert_int_equal(sha256_of(text, strlen(text), &digest), 0);
	digest_hex(&digest, hex);
	(void)snprintf(last_member, sizeof(last_member), STORE "blobs/sha256/%s", hex);
	fake_text(last_member, text);
	(void)snprintf(lines + used, sizeof(lines) - used,
		       "member %s sha256:%s size %zu\n", name, hex, strlen(text));
}

static void set_of(const char *needs)
{
	plain_machine();
	put_device();
	(void)strcpy(lines, "run set\n");
	put_member("broker", 1, "volume /data persist\n");
	put_member("web", 2, of_web);
	(void)strcat(lines, needs);
	machine.run = lines;
	machine.min_init = 3;
	(void)put_image();
	awaited = "2 members";
	ended = false;
}

static enum fake_end boot_it(struct err *err)
{
	int value = -1;

	*err = (struct err)ERR_INIT;
	fake_config.can_pivot = true;
	fake_config.on_poll = turn;
	return fake_run(boot, err, &value);
}

static size_t place_of(const char *text)
{
	const char *at = strstr(fake_console(), text);

	if (!at)
		fail_msg("the console has no '%s': %s", text, fake_console());
	return (size_t)(at - fake_console());
}

static int calls_of(const char *call)
{
	int found = 0;

	for (int n = 1; n <= fake_calls(); n++)
		found += strncmp(fake_call(n), call, strlen(call)) == 0;
	return found;
}

/* Each layer is there once; who needs another ends before it. */
static void both_run(void **state)
{
	struct err err;

	(void)state;
	set_of("needs web broker\nshare broker:/data web:/shared ro\n");
	awaited =
		"web: waits no longer"; /* nobody tells here that a program was executed */
	assert_int_equal(boot_it(&err), FAKE_REBOOTED);
	(void)place_of("2 members, 2 layers");
	assert_int_equal(calls_of("mkdirat /.lamina/layers/"), 2);
	assert_int_equal(calls_of("mkdirat /.lamina/root/"), 2);
	assert_true(calls_of("mkdirat volumes") == 0 ||
		    calls_of("openat thermostat+broker"));
	assert_true(place_of("web: does not stop: killed") <
		    place_of("broker: does not stop: killed"));
}

/* The broker never ends, so that what waits for its end waits as long as anything may. */
static void nothing_waits_for_ever(void **state)
{
	struct err err;

	(void)state;
	set_of("needs web broker done\n");
	awaited = "web: waits no longer for what it needs";
	assert_int_equal(boot_it(&err), FAKE_REBOOTED);
	assert_in_range(awaited_ms, 30000, 31000);
	(void)place_of("web: does not stop: killed");
}

enum plant {
	LINK_OUT,
	LINK_UP,
	FIFO,
	FILE_THERE,
	PLANTS,
};

static void plant(const char *path, enum plant what)
{
	switch (what) {
	case LINK_OUT:
		fake_link(path, "/etc");
		break;
	case LINK_UP:
		fake_link(path, "../../../images");
		break;
	case FIFO:
		fake_fifo(path);
		break;
	default:
		fake_text(path, "a file");
	}
}

/* What a member did to its own files that are kept is no other's harm: whatever is in the way of
 * what another shares with it is told, and passed over. */
static void a_share_whose_place_is_taken(void **state)
{
	(void)state;
	for (enum plant what = 0; what < PLANTS; what++) {
		struct err err;

		of_web = "volume /data persist\n";
		set_of("share broker:/data web:/data/sub\nshare broker:/data web:/shared\n");
		of_web = "";
		plant(STORE "volumes/thermostat+web/data/sub", what);
		assert_int_equal(boot_it(&err), FAKE_REBOOTED);
		(void)place_of("passed over: share: /data/sub: ");
		(void)place_of("2 members, 2 layers");
	}
}

/* What no member can do to its volume, and a stranger can: the set doesn't start, nothing is
 * followed, and it says whose volume it is. But what is no directory is a volume of a limited size, whatever
 * the image says: one that can't be mounted is passed over. */
static void a_volume_is_replaced(void **state)
{
	static const char *const places[] = { "volumes/thermostat+web/data",
					      "volumes/thermostat+web" };
	bool sizes = false;

#ifdef CONFIG_LAMINA_VOLUME_SIZE
	sizes = true;
#endif
	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		for (enum plant what = 0; what < PLANTS; what++) {
			char path[160];
			struct err err;

			of_web = "volume /data persist\n";
			set_of("share broker:/data web:/shared\n");
			of_web = "";
			(void)snprintf(path, sizeof(path), STORE "%s", places[i]);
			plant(path, what);
			if (i == 0 && what >= FIFO && sizes) {
				assert_int_equal(boot_it(&err), FAKE_REBOOTED);
				(void)place_of("passed over: volume /data: ");
				continue;
			}
			assert_int_equal(boot_it(&err), FAKE_RETURNED);
			assert_non_null(strstr(err.text, "member web: volume /data: "));
		}
	}
}

static void a_member_that_was_changed(void **state)
{
	struct err err;

	(void)state;
	set_of("");
	fake_text(last_member, "");
	assert_int_equal(boot_it(&err), FAKE_RETURNED);
	assert_non_null(strstr(err.text, "member web (sha256:"));
	assert_non_null(strstr(err.text, "has 0 bytes, the manifest says "));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_run),
		cmocka_unit_test(nothing_waits_for_ever),
		cmocka_unit_test(a_share_whose_place_is_taken),
		cmocka_unit_test(a_volume_is_replaced),
		cmocka_unit_test(a_member_that_was_changed),
	};

	return cmocka_run_group_tests(tests, make_key, NULL);
}
