/* SPDX-License-Identifier: Apache-2.0 */
/* Boots with a record that the policy names and that is not there, or there twice: nothing
 * starts that it would have refused. */
#include "fake/machine.h"
#include "fake/records.h"

static uint8_t disk[RECORD_ROOM];
static char factory[DIGEST_HEX_SIZE];

#define STATE "state PARTLABEL=RECORD\n"

static void put_partition(const char *name, const void *bytes, size_t size)
{
	char uevent[64];

	(void)snprintf(uevent, sizeof(uevent), "DEVNAME=%s\nPARTN=1\nPARTNAME=RECORD\n",
		       name);
	fake_disk(name, NULL, uevent, bytes, size);
}

static void put_state_disk(const char *name)
{
	put_partition(name, disk, sizeof(disk));
}

/* Two images in the store; the record that counts is on another disk, and its floor is
 * above both. */
static void put_machine(void)
{
	plain_machine();
	machine.policy = STATE;
	put_two(3);
	stored.floor = 12;
	put_record();
	memcpy(disk, record_bytes, sizeof(disk));
	stored.floor = 0;
	put_record(); /* of nobody */
}

static void below_its_floor(void **state)
{
	(void)state;
	put_machine();
	put_state_disk("vdb");
	assert_fails(-ESTALE, "below the rollback floor 12");
	assert_false(fake_called("mount - at /run/lamina/private/store"));
}

static void missing(void **state)
{
	(void)state;
	put_machine();
	assert_fails(-ENXIO,
		     "no image of the store is started without its record: state: "
		     "PARTLABEL=RECORD: not there after 1.0 s; block devices: vda");
	assert_false(fake_called("pwrite"));
}

static void twice(void **state)
{
	(void)state;
	put_machine();
	put_state_disk("vdb");
	put_state_disk("vdc");
	assert_fails(-ENOTUNIQ,
		     "without its record: state: PARTLABEL=RECORD: two devices "
		     "answer: /dev/vdb and /dev/vdc");
	assert_false(fake_called("pwrite"));
}

static void put_twin(void)
{
	put_state_disk("vdc");
}

/* Its floor is none, so that the image would be started. */
static void put_good_machine(void)
{
	put_machine();
	memcpy(disk, record_bytes, sizeof(disk));
	put_state_disk("vdb");
	fake_config.busy_loops = 1;
}

/* The second one comes when the layers are being mounted. */
static void twice_and_late(void **state)
{
	const char *bytes;

	(void)state;
	put_good_machine();
	assert_boots();
	assert_runs("candidate", candidate);
	put_good_machine();
	fake_config.on_sleep = put_twin;
	assert_fails(-ENOTUNIQ,
		     "without its record: state: PARTLABEL=RECORD: two devices "
		     "answer: /dev/vdb and /dev/vdc");
	/* this start was counted, and nothing fell */
	bytes = fake_text_of("/dev/vdb");
	assert_non_null(bytes);
	assert_int_equal(record_decode((const uint8_t *)bytes, &stored, NULL), 0);
	assert_int_equal(stored.tries_left, 2);
	assert_true(digest_is_set(&stored.candidate) && !digest_is_set(&stored.failed));
}

/* A second store is a second record. */
static void store_twice_and_late(void **state)
{
	static const char empty[4096];

	(void)state;
	plain_machine();
	machine.store = "PARTLABEL=RECORD";
	put_two(3);
	put_partition("vda", empty, sizeof(empty));
	assert_boots();
	assert_runs("candidate", candidate);
	put_two(3);
	put_partition("vda", empty, sizeof(empty));
	fake_config.busy_loops = 1;
	fake_config.on_sleep = put_twin;
	assert_fails(-ENOTUNIQ,
		     "without its record: store: PARTLABEL=RECORD: two devices "
		     "answer: /dev/vda and /dev/vdc");
}

static void too_small(void **state)
{
	(void)state;
	put_machine();
	put_partition("vdb", disk, 512);
	assert_fails(-EIO, "without its record: boot record: copy ");
}

/* One that was never written is none: a device's first boot. */
static void blank(void **state)
{
	(void)state;
	put_machine();
	memset(disk, 0, sizeof(disk));
	put_state_disk("vdb");
	assert_boots();
	assert_runs("candidate", candidate);
	assert_non_null(strstr(fake_console(), "no boot record was ever written"));
}

/* The factory's image is no image of the store. */
static void the_factory_is_left(void **state)
{
	(void)state;
	put_machine();
	machine.policy = STATE "factory /factory\n";
	put_two(3);
	put_serial("/factory/", 12, factory);
	assert_boots();
	assert_runs("factory", factory);
	assert_non_null(strstr(fake_console(),
			       "without its record: state: PARTLABEL=RECORD: "
			       "not there"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(below_its_floor),
		cmocka_unit_test(missing),
		cmocka_unit_test(twice),
		cmocka_unit_test(twice_and_late),
		cmocka_unit_test(store_twice_and_late),
		cmocka_unit_test(too_small),
		cmocka_unit_test(blank),
		cmocka_unit_test(the_factory_is_left),
	};

	return cmocka_run_group_tests(tests, make_key, NULL);
}
