/* SPDX-License-Identifier: Apache-2.0 */
/* Where volumes and injected files go, whatever links and rights are in the way. */
#include <fcntl.h>
#include <sys/stat.h>

#include "base/sys.h"
#include "fake/machine.h"

/* /run moves into the new root: what is to be there must be in it before. */
static void beside_what_moves(void **state)
{
	(void)state;
	plain_machine();
	machine.manifest = "inject /run/name\ncwd /run\n";
	setup();
	fake_text(STORE "inject/run/name", "injected");
	assert_boots();
	assert_string_equal(fake_text_of("/run/name"), "injected");
	machine.manifest = "inject /var/run/name\n";
	setup();
	fake_link("@squashfs:var/run", "../run");
	fake_dir("@squashfs:run");
	fake_text(STORE "inject/var/run/name", "injected");
	assert_fails(-EINVAL, "inject: /var/run: a link leads it to /run; name that");
	machine.manifest = "volume /state persist\n";
	setup();
	fake_link("@squashfs:state", "/dev");
	fake_dir("@squashfs:dev");
	assert_fails(-EINVAL, "volume: /state: a link leads it to /dev; name that");
	machine.manifest = "volume /state/all persist\n";
	setup();
	fake_link("@squashfs:state/all", "..");
	assert_fails(-EINVAL, "volume: /state/all: a link leads it to /");
}

/* Whoever writes the store plants links in a volume; the image trusts its own /etc. */
static void links_in_volumes(void **state)
{
	static const char *const places[] = {
		"volume /data/sub tmpfs\n",
		"volume /data/sub persist\n",
		"inject /data/sub/hostname\n",
		"inject /conf/sub/hostname\n",
	};

	(void)state;
	plain_machine();
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		char manifest[128];

		(void)snprintf(manifest, sizeof(manifest), "volume /data persist\n%s",
			       places[i]);
		machine.manifest = manifest;
		setup();
		fake_link("@squashfs:conf", "/data");
		fake_link(STORE "volumes/thermostat/data/sub", "/etc");
		fake_text(STORE "inject/data/sub/hostname", "planted");
		fake_text(STORE "inject/conf/sub/hostname", "planted");
		assert_boots();
		assert_non_null(strstr(fake_text_of("/run/lamina/notes"),
				       "/sub: a link in a circle, or in a volume\n"));
		assert_string_equal(fake_text_of("/etc/hostname"), "of the image");
		assert_string_equal(fake_type_of("/etc"), "overlay");
	}
	/* the application may have links there */
	machine.manifest = "volume /data persist\ncwd /data/sub\n";
	setup();
	fake_link(STORE "volumes/thermostat/data/sub", "/etc");
	assert_boots();
	assert_string_equal(fake_text_of("/data/sub/hostname"), "of the image");
}

/* What a volume was made as, it stays: data of years is in it. */
static void a_volume_that_gets_a_size(void **state)
{
	(void)state;
	plain_machine();
	machine.manifest = "volume /data persist size=16m\n";
	setup();
	fake_text(STORE "volumes/thermostat/data/mine", "the user's");
	assert_boots();
	assert_string_equal(fake_text_of("/data/mine"), "the user's");
	assert_non_null(strstr(fake_text_of("/run/lamina/notes"),
			       "volume /data: it was made without a size\n"));
}

/* No rights for a stranger's bytes. */
static void injected_over_setuid(void **state)
{
	struct stat st;

	(void)state;
	plain_machine();
	machine.manifest = "inject /etc/hostname\n";
	setup();
	fake_empty("@squashfs:etc/hostname", 06751);
	fake_text(STORE "inject/etc/hostname", "of the device");
	assert_boots();
	assert_int_equal(sys_fstatat(AT_FDCWD, "/etc/hostname", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0751);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(beside_what_moves),
		cmocka_unit_test(links_in_volumes),
		cmocka_unit_test(a_volume_that_gets_a_size),
		cmocka_unit_test(injected_over_setuid),
	};

	return cmocka_run_group_tests(tests, make_key, NULL);
}
