/* SPDX-License-Identifier: Apache-2.0 */
/* Which kernel and initramfs a boot is of, and what that means to images that ask for one. */
#include "fake/machine.h"

#define BLOB "f527a6ecea31bb9e279d0c62e3807d1b5ea2d47653edff4c36eedd53c7f0c8cd"
#define ID_FILE "/etc/lamina/boot"

/* An image for kernel "new", on one whose file holds @id; NULL: without that. */
static void put_machine(const char *id)
{
	plain_machine();
	machine.min_init = 4;
	machine.manifest = "boot new sha256:" BLOB " size 4096\n";
	setup();
	if (id)
		fake_text(ID_FILE, id);
}

/* Its blob is nowhere in the store, and nobody asks for it. */
static void the_kernel_it_is_for(void **state)
{
	(void)state;
	put_machine("new\n");
	assert_boots();
	assert_string_equal(fake_executed(), "/bin/app one");
#ifdef CONFIG_LAMINA_UPDATE
	assert_string_equal(fake_text_of("/run/lamina/boot-id"), "new\n");
#endif
	/* one that asks for none runs on any */
	plain_machine();
	setup();
	fake_text(ID_FILE, "old\n");
	assert_boots();
}

static void another_kernel(void **state)
{
	(void)state;
	put_machine("old\n");
	assert_fails(-EINVAL, "boot: the image is for new, this kernel is old");
	assert_false(fake_called("execve"));
	put_machine(NULL);
	assert_fails(-EINVAL,
		     "boot: the image is for new, this kernel is without a boot id");
}

static void a_torn_id(void **state)
{
	static const char words[] =
		ID_FILE ": must be one line of 1 to 64 of [A-Za-z0-9._-]";
	char huge[256];

	(void)state;
	put_machine("ne");
	assert_fails(-EBADMSG, words);
	put_machine("");
	assert_fails(-EBADMSG, words);
	put_machine("new\nold\n");
	assert_fails(-EBADMSG, words);
	(void)snprintf(huge, sizeof(huge), "%0200d\n", 1);
	put_machine(huge);
	assert_fails(-EFBIG, ID_FILE ": File too large");
	assert_false(fake_called("execve"));
}

static void an_older_min_init(void **state)
{
	(void)state;
	plain_machine();
	machine.min_init = 3;
	machine.manifest = "boot new sha256:" BLOB " size 4096\n";
	setup();
	fake_text(ID_FILE, "new\n");
	assert_fails(-EINVAL, "boot: takes min-init 4 or more");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernel_it_is_for),
		cmocka_unit_test(another_kernel),
		cmocka_unit_test(a_torn_id),
		cmocka_unit_test(an_older_min_init),
	};

	return cmocka_run_group_tests(tests, make_key, NULL);
}
