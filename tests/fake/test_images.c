/* SPDX-License-Identifier: Apache-2.0 */
/* What it costs that a store has many images: so many times what it costs with few. */
#include "ctl/status.h"
#include "fake/machine.h"
#include "init/show.h"

#define RUN "/run/lamina/"

/* A store of @count signed images, and no record: then everybody looks at all of them. */
static void put_images(int count)
{
	plain_machine();
	fake_reset();
	put_initramfs();
	fake_text(RUN "policy", fake_text_of("/etc/lamina/policy"));
	fake_text(RUN "keyring", fake_text_of("/etc/lamina/keyring"));
	for (int i = 0; i < count; i++) {
		machine.serial = 1 + i;
		(void)put_image_in(RUN "store/");
	}
}

static int calls_of_status(int count)
{
	static struct status status;
	static struct ctl ctl;
	struct err err = ERR_INIT;
	int before;

	put_images(count);
	ctl = (struct ctl){ .run = "/run/lamina" };
	before = fake_calls();
	assert_int_equal(status_read(&ctl, &status, &err), 0);
	assert_int_equal(status.next, DECIDE_CANDIDATE);
	assert_int_equal(status.slots[DECIDE_CANDIDATE].serial, count);
	return fake_calls() - before;
}

static int calls_of_plan(int count)
{
	static const struct show_files files = { RUN "policy", RUN "keyring",
						 RUN "store" };
	struct err err = ERR_INIT;
	int before;

	put_images(count);
	before = fake_calls();
	assert_int_equal(show_plan(&files, &err), 0);
	return fake_calls() - before;
}

static void many_images(void **state)
{
	(void)state;
	assert_true(calls_of_status(50) > 50);
	assert_in_range(calls_of_status(200), 200, 4 * calls_of_status(50));
	assert_in_range(calls_of_plan(200), 200, 4 * calls_of_plan(50));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_images),
	};

	return cmocka_run_group_tests(tests, make_key, NULL);
}
