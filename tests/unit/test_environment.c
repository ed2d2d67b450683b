/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes.h"
#include "container/environment.h"

static struct manifest manifest;
static struct environment environment;
static const struct identity identity = { .uid = 7, .home = "/home/app" };

static size_t count(void)
{
	size_t n = 0;

	while (environment.env[n])
		n++;
	return n;
}

static void nothing_given(void **state)
{
	(void)state;
	manifest_init(&manifest);
	environment_make(&manifest, &identity, NULL, &environment);
	assert_int_equal(count(), 3);
	assert_string_equal(environment_get(&environment, "HOME"), "/home/app");
	assert_string_equal(environment_get(&environment, "TERM"), "linux");
	assert_non_null(strstr(environment_get(&environment, "PATH"), ":/sbin:/bin"));
	assert_null(environment_get(&environment, "HOM"));
	assert_null(environment_get(&environment, "HOMES"));
}

static void the_image_s_own_come_first(void **state)
{
	(void)state;
	manifest_init(&manifest);
	manifest.env[0] = "HOMES=many";
	manifest.env[1] = "HOME=/mine";
	manifest.env[2] = "PATH=";
	manifest.env[3] = NULL;
	manifest.env_count = 3;
	environment_make(&manifest, &identity, NULL, &environment);
	assert_int_equal(count(), 4);
	assert_string_equal(environment.env[0], "HOMES=many");
	assert_string_equal(environment_get(&environment, "HOME"), "/mine");
	assert_string_equal(environment_get(&environment, "PATH"), "");
	assert_string_equal(environment.env[3], "TERM=linux");
}

static void as_many_as_a_manifest_holds(void **state)
{
	(void)state;
	manifest_init(&manifest);
	for (size_t i = 0; i < MANIFEST_MAX_ENV; i++)
		manifest.env[i] = "A=b";
	manifest.env_count = MANIFEST_MAX_ENV;
	environment_make(&manifest, &identity, NULL, &environment);
	assert_int_equal(count(), MANIFEST_MAX_ENV + 3);
}

static void the_longest_home(void **state)
{
	struct identity far = identity;

	(void)state;
	manifest_init(&manifest);
	memset(far.home, 'h', sizeof(far.home) - 1);
	far.home[sizeof(far.home) - 1] = '\0';
	environment_make(&manifest, &far, NULL, &environment);
	assert_string_equal(environment_get(&environment, "HOME"), far.home);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_given),
		cmocka_unit_test(the_image_s_own_come_first),
		cmocka_unit_test(as_many_as_a_manifest_holds),
		cmocka_unit_test(the_longest_home),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
