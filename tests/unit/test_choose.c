/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "boot/choose.h"
#include "bytes.h"

static char ids[16][CHOOSE_ID_SIZE];

static void make_ids(void)
{
	for (int i = 0; i < 16; i++) {
		memset(ids[i], "0123456789abcdef"[i], CHOOSE_ID_SIZE - 1);
		ids[i][CHOOSE_ID_SIZE - 1] = '\0';
	}
}

static void the_only_one(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	make_ids();
	assert_refused(choose_image(ids, 1, CMDLINE_USE_DEFAULT, &err), 0, err, "");
}

static void none(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_refused(choose_image(ids, 0, CMDLINE_USE_DEFAULT, &err), -ENOENT, err,
		       "no image in images/");
}

static void several(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	make_ids();
	assert_refused(choose_image(ids, 2, CMDLINE_USE_DEFAULT, &err), -ENOTUNIQ, err,
		       "2 images and no boot record that says which one: 000000000000, "
		       "111111111111");
	assert_refused(
		choose_image(ids, 16, CMDLINE_USE_DEFAULT, &err), -ENOTUNIQ, err,
		"16 images and no boot record that says which one: 000000000000, "
		"111111111111, 222222222222, 333333333333, 444444444444, 555555555555, "
		"666666666666, 777777777777 and 8 more");
}

static void another_than_the_current(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	make_ids();
	assert_refused(choose_image(ids, 1, CMDLINE_USE_PREVIOUS, &err), -ENOTSUP, err,
		       "lamina.use=previous: there is no previous image");
	assert_refused(choose_image(ids, 1, CMDLINE_USE_FACTORY, &err), -ENOTSUP, err,
		       "lamina.use=factory: there is no factory image");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_only_one),
		cmocka_unit_test(none),
		cmocka_unit_test(several),
		cmocka_unit_test(another_than_the_current),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
