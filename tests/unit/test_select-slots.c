/* SPDX-License-Identifier: Apache-2.0 */
/* Boots of a device with boot slots: which kernel the loader is asked for, and that this is
 * written down before. The table is test_decide.c's. */
#include "unit/selecting.h"

#include <fcntl.h>
#include <unistd.h>

static const char *one, *two; /* current, for kernel a in slot a; candidate, for b in b */

static void put_slot(struct record *record, const struct digest *id, enum boot_slot slot,
		     const char *boot)
{
	struct digest hash;

	assert_int_equal(sha256_of(boot, strlen(boot), &hash), 0);
	record_slot_put(record, id, slot, &hash);
}

/* A boot with kernel @id. */
static struct select boot_of(const char *id)
{
	settings.policy.boot_loader = POLICY_LOADER_EFI;
	settings.boot_id = id;
	return new_select();
}

static void put_device(uint8_t tries, bool armed)
{
	struct record record = record_of("----");

	one = put_for(1, "a");
	two = put_for(2, "b");
	set_id(&record.current, one);
	set_id(&record.candidate, two);
	record.tries_left = tries;
	record.tries_initial = 2;
	record_arm(&record, armed);
	put_slot(&record, &record.current, BOOT_SLOT_A, "a");
	put_slot(&record, &record.candidate, BOOT_SLOT_B, "b");
	write_state(&record);
}

static void assert_asks(struct select *select, enum decide_act act, enum decide_slot slot,
			enum boot_slot home)
{
	struct err err = ERR_INIT;

	assert_tells(select_open(select, &err), 0, err, "");
	assert_tells(select_next(select, &image, &err), 0, err, "");
	assert_int_equal(select->act, act);
	assert_int_equal(image.slot, slot);
	if (act != DECIDE_START)
		assert_int_equal(select->home, home);
}

static void the_other_kernel_is_asked_for(void **state)
{
	struct select select = boot_of("a");
	struct record record;

	(void)state;
	put_device(2, false);
	assert_asks(&select, DECIDE_BOUNCE, DECIDE_CANDIDATE, BOOT_SLOT_B);
	assert_string_equal(DIGEST_HEX(&image.id), two);
	record = read_state();
	assert_int_equal(record.tries_left, 1);
	assert_true(record_is_armed(&record));
	/* its init finds that counted */
	select = boot_of("b");
	assert_asks(&select, DECIDE_START, DECIDE_CANDIDATE, 0);
	record = read_state();
	assert_int_equal(record.tries_left, 1);
	assert_false(record_is_armed(&record));
	/* it ended; the last try never comes there */
	select = boot_of("a");
	assert_asks(&select, DECIDE_BOUNCE, DECIDE_CANDIDATE, BOOT_SLOT_B);
	select = boot_of("a");
	assert_asks(&select, DECIDE_START, DECIDE_CURRENT, 0);
	assert_non_null(strstr(said, ": boot: never reached init after 2 starts"));
	record = read_state();
	assert_int_equal(record.reason, RECORD_REASON_BOOT);
	assert_false(digest_is_set(&record.candidate));
}

/* Its own init says what is wrong with it, and the way back is the current one's kernel. */
static void a_candidate_that_falls_on_its_kernel(void **state)
{
	struct select select = boot_of("b");
	struct record record;

	(void)state;
	put_device(1, true);
	remove_layer(2);
	assert_asks(&select, DECIDE_REPAIR, DECIDE_CURRENT, BOOT_SLOT_A);
	record = read_state();
	assert_int_equal(record.reason, RECORD_REASON_MISSING);
	assert_int_equal(record_repairs(&record), 0);
	/* once it was told */
	assert_true(select_told(&select));
	record = read_state();
	assert_int_equal(record.reason, RECORD_REASON_MISSING);
	assert_int_equal(record_repairs(&record), 1);
	select = boot_of("a");
	assert_asks(&select, DECIDE_START, DECIDE_CURRENT, 0);
	record = read_state();
	assert_int_equal(record_repairs(&record), 0);
	assert_int_equal(opened, 1);
	/* and from then on nothing is written */
	select = boot_of("a");
	assert_asks(&select, DECIDE_START, DECIDE_CURRENT, 0);
	assert_int_equal(opened, 0);
}

/* Uncounted nobody is asked; and one who can't be asked costs a try and nothing more. */
static void what_can_not_be_asked(void **state)
{
	struct select select = boot_of("a");
	struct err err = ERR_INIT;
	struct record record;

	(void)state;
	put_device(2, false);
	writable_r = -EROFS;
	assert_asks(&select, DECIDE_START, DECIDE_CURRENT, 0);
	writable_r = 0;
	select = boot_of("a");
	assert_asks(&select, DECIDE_BOUNCE, DECIDE_CANDIDATE, BOOT_SLOT_B);
	select_refused(&select);
	assert_int_equal(select_next(&select, &image, &err), 0);
	assert_int_equal(select.act, DECIDE_START);
	assert_int_equal(image.slot, DECIDE_CURRENT);
	record = read_state();
	assert_int_equal(record.tries_left, 1);
	assert_true(digest_is_set(&record.candidate));
	/* on a third kernel, with the current one's out of reach, nothing is left */
	select = boot_of("c");
	assert_asks(&select, DECIDE_BOUNCE, DECIDE_CANDIDATE, BOOT_SLOT_B);
	select_refused(&select);
	assert_tells(select_next(&select, &image, &err), -ENOENT, err,
		     "no image to start");
}

/* Where no slot is known to have its kernel, the manifest says that this is none. */
static void in_no_slot(void **state)
{
	struct select select = boot_of("a");
	struct record record = record_of("----");

	(void)state;
	one = put_for(1, "a");
	two = put_for(2, "b");
	set_id(&record.current, one);
	set_id(&record.candidate, two);
	record.tries_left = record.tries_initial = 2;
	write_state(&record);
	assert_asks(&select, DECIDE_START, DECIDE_CURRENT, 0);
	assert_non_null(strstr(said, "boot: the image is for b, this kernel is a"));
	assert_int_equal(read_state().reason, RECORD_REASON_SLOT);
	/* words about slots without a policy that has them are not heard */
	put_device(2, false);
	select = boot_of("a");
	settings.policy.boot_loader = POLICY_LOADER_NONE;
	assert_asks(&select, DECIDE_START, DECIDE_CURRENT, 0);
	assert_int_equal(read_state().reason, RECORD_REASON_INCOMPATIBLE);
}

/* What an init does that can't read the candidate's manifest, or doesn't know its key: its
 * own init will. */
static void a_candidate_for_a_later_init(void **state)
{
	struct select select = boot_of("a");
	static char text[256];

	(void)state;
	put_device(2, false);
	(void)snprintf(text, sizeof(text), "images/%s/manifest.sig", two);
	tree_file(text, "nobody's\n", 0644);
	assert_asks(&select, DECIDE_BOUNCE, DECIDE_CANDIDATE, BOOT_SLOT_B);
}

/* --- a key and a floor that come with the update ---------------------------------------
 */

static struct private_key next_key;
static struct settings before, after; /* what either initramfs brings */

/* Image @id is signed by image_key; now by the next one, too. */
static void sign_by_both(const char *id)
{
	char path[160], text[SIGNATURE_MAX_SIZE], manifest[1024];
	static struct signature_file file;
	size_t size;
	int fd;

	(void)snprintf(path, sizeof(path), "images/%s/manifest", id);
	fd = openat(tree_fd, path, O_RDONLY);
	size = (size_t)read(fd, manifest, sizeof(manifest));
	(void)close(fd);
	assert_int_equal(
		private_key_sign(&image_key, manifest, size, &file.lines[0], NULL), 0);
	assert_int_equal(
		private_key_sign(&next_key, manifest, size, &file.lines[1], NULL), 0);
	file.count = 2;
	assert_true(signature_file_write(&file, text, sizeof(text)) > 0);
	(void)snprintf(path, sizeof(path), "images/%s/manifest.sig", id);
	tree_file(path, text, 0644);
}

/* Two devices in one: the initramfs of kernel a trusts the old key, and that of b only the
 * new one, above a floor that the old image is below of. */
static void put_change(uint8_t tries, bool armed)
{
	put_device(tries, armed);
	before = after = settings;
	assert_int_equal(private_key_new(0, &next_key, NULL), 0);
	after.keyring.count = 1;
	after.keyring.keys[0] = next_key.public;
	after.policy.floor = 2;
	sign_by_both(two);
}

static struct select boot_with(const struct settings *with, const char *id)
{
	settings = *with;
	return boot_of(id);
}

static void a_key_and_a_floor_change(void **state)
{
	struct select select;
	struct record record;
	struct err err = ERR_INIT;

	(void)state;
	put_change(2, false);
	/* the old keyring takes it by the old signature... */
	select = boot_with(&before, "a");
	assert_asks(&select, DECIDE_BOUNCE, DECIDE_CANDIDATE, BOOT_SLOT_B);
	/* ...and its own by the new one, which is the only one that this trusts */
	select = boot_with(&after, "b");
	assert_asks(&select, DECIDE_START, DECIDE_CANDIDATE, 0);
	assert_int_equal(image.signers.count, 1);
	assert_string_equal(image.signers.ids[0], next_key.public.id);
	/* it can't be built: the way back is the old kernel, whose keyring and floor take the
	 * old image; the new ones would not */
	select_fell(&select, &image, -EINVAL, &err);
	assert_int_equal(select_next(&select, &image, &err), 0);
	assert_int_equal(select.act, DECIDE_REPAIR);
	assert_int_equal(select.home, BOOT_SLOT_A);
	select = boot_with(&before, "a");
	assert_asks(&select, DECIDE_START, DECIDE_CURRENT, 0);
	assert_string_equal(DIGEST_HEX(&image.id), one);
	record = read_state();
	assert_false(digest_is_set(&record.candidate));
}

/* Confirmed, there is no way back that the new keyring doesn't take: neither by itself... */
static void what_a_new_key_no_longer_takes(void **state)
{
	struct select select;
	struct err err = ERR_INIT;
	struct digest running;
	struct record record;

	(void)state;
	put_change(1, true);
	select = boot_with(&after, "b");
	assert_asks(&select, DECIDE_START, DECIDE_CANDIDATE, 0);
	record = read_state();
	running = image.id;
	assert_int_equal(transition_confirm(&record, &running, 1, NULL), 0);
	write_state(&record);
	select = boot_with(&after, "b");
	assert_asks(&select, DECIDE_START, DECIDE_CURRENT, 0);
	/* ...nor when it is damaged: the previous image is the old kernel's to judge, and the
	 * loader isn't asked for it */
	remove_layer(2);
	select = boot_with(&after, "b");
	assert_tells(select_open(&select, &err), 0, err, "");
	assert_int_equal(select_next(&select, &image, &err), -ENOENT);
	/* an update with one signature is none for either of them */
	put_change(2, false);
	(void)private_key_new(0, &next_key, NULL);
	after.keyring.keys[0] = next_key.public;
	select = boot_with(&after, "b");
	assert_asks(&select, DECIDE_REPAIR, DECIDE_CURRENT, BOOT_SLOT_A);
	record = read_state();
	assert_int_equal(record.reason, RECORD_REASON_SIGNATURE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_other_kernel_is_asked_for, start,
						tree_done),
		cmocka_unit_test_setup_teardown(a_candidate_that_falls_on_its_kernel,
						start, tree_done),
		cmocka_unit_test_setup_teardown(what_can_not_be_asked, start, tree_done),
		cmocka_unit_test_setup_teardown(in_no_slot, start, tree_done),
		cmocka_unit_test_setup_teardown(a_candidate_for_a_later_init, start,
						tree_done),
		cmocka_unit_test_setup_teardown(a_key_and_a_floor_change, start,
						tree_done),
		cmocka_unit_test_setup_teardown(what_a_new_key_no_longer_takes, start,
						tree_done),
	};

	return cmocka_run_group_tests(tests, image_make_key, NULL);
}
