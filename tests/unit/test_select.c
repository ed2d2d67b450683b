/* SPDX-License-Identifier: Apache-2.0 */
/* From a store to an image, over a directory: what is told and what is written. */
#include <errno.h>

#include "boot/transition.h"
#include "format/arch.h"
#include "slot/select.h"
#include "slot/state.h"
#include "unit/record.h"
#include "unit/signed.h"

static struct settings settings;
static struct select_image image;
static char said[2048], fallen[512];
static int opened; /* how often the store was made writable */
static int writable_r;

static int make_writable(void *context, bool writable, struct err *err)
{
	(void)context;
	opened += writable;
	return writable && writable_r < 0 ? err_set(err, writable_r, "no writing") : 0;
}

static void say(void *context, const char *text)
{
	size_t used = strlen(said);

	(void)context;
	(void)snprintf(said + used, sizeof(said) - used, "%s\n", text);
}

static void note_fall(void *context, const struct digest *id, const char *why)
{
	char hex[DIGEST_HEX_SIZE];

	(void)context;
	(void)snprintf(fallen, sizeof(fallen), "%s: %s", digest_hex(id, hex), why);
}

static const struct select_ops ops = {
	.writable = make_writable,
	.say = say,
	.fell = note_fall,
};

static struct select new_select(void)
{
	said[0] = '\0';
	opened = 0;
	return (struct select){
		.settings = &settings, .ops = &ops, .store = tree_fd, .factory = -EBADF
	};
}

static int start(void **state)
{
	memset(&settings, 0, sizeof(settings));
	settings.keyring = *ring;
	settings.policy.threshold = 1;
	settings.policy.tries = 2;
	strcpy(settings.policy.compatible, "acme,thermostat");
	writable_r = 0;
	return tree_new(state);
}

#define BLOBS "blobs/sha256/"

/* An image with that serial and a layer of its own. Its id, in static memory. */
static const char *put(int serial)
{
	static char ids[4][DIGEST_HEX_SIZE];
	static unsigned int next;
	char text[1024], dir[128], layer[65], blob[128], *id = ids[next++ % 4];
	static const char bytes[8192];

	(void)snprintf(layer, sizeof(layer), "%064d", serial);
	(void)snprintf(
		text, sizeof(text),
		"lamina 1\nname thermostat\nserial %d\ncompatible acme,thermostat\n"
		"arch " ARCH "\nmin-init 1\nlayer sha256:%s size 8192 data 4096 "
		"verity %s\narg /bin/sh\nrun exec\n",
		serial, layer, layer);
	put_image(text, id, dir);
	(void)snprintf(blob, sizeof(blob), BLOBS "%s", layer);
	tree_bytes(blob, bytes, sizeof(bytes), 0644);
	return id;
}

static void remove_layer(int serial)
{
	char blob[128];

	(void)snprintf(blob, sizeof(blob), BLOBS "%064d", serial);
	tree_unlink(blob);
}

static void set_id(struct digest *ret_id, const char *hex)
{
	assert_int_equal(digest_parse(hex, strlen(hex), ret_id), 0);
}

static void write_state(struct record *record)
{
	struct err err = ERR_INIT;
	int fd = state_open(tree_fd, NULL, true, &err);

	if (fd == -ENOENT)
		fd = state_create(tree_fd, &err);
	assert_true(fd >= 0);
	assert_tells(state_write(fd, record, &err), 0, err, "");
	(void)close(fd);
}

static struct record read_state(void)
{
	struct state_copies copies;
	struct record record;
	struct err err = ERR_INIT;
	int fd = state_open(tree_fd, NULL, false, &err);

	assert_true(fd >= 0);
	assert_int_equal(state_read(fd, &record, &copies, &err), 0);
	assert_true(copies.copies[0] == 0 && copies.copies[1] == 0);
	(void)close(fd);
	return record;
}

/* One boot: opens, and takes the first image there is. */
static void boot(struct select *select, enum decide_slot slot, const char *id)
{
	struct err err = ERR_INIT;

	*select = new_select();
	assert_tells(select_open(select, &err), 0, err, "");
	assert_tells(select_next(select, &image, &err), 0, err, "");
	assert_int_equal(image.slot, slot);
	assert_string_equal(DIGEST_HEX(&image.id), id);
}

static void a_store_just_made(void **state)
{
	struct select select;
	struct stat st;

	(void)state;
	boot(&select, DECIDE_CURRENT, put(1));
	assert_string_equal(said, "");
	assert_int_equal(opened, 0);
	assert_false(select.has_record);
	assert_true(fstatat(tree_fd, "state", &st, 0) < 0);
	assert_int_equal(image.store, tree_fd);
	assert_int_equal(image.signers.count, 1);
	assert_int_equal(image.manifest.serial, 1);
}

/* The highest one may never have been confirmed: it is tried, and falls. */
static void several_without_a_record(void **state)
{
	const char *one = put(1), *three = put(3), *two = put(2);
	char expected[160];
	struct select select;
	struct record record;

	(void)state;
	remove_layer(1);
	for (int left = 1; left >= 0; left--) {
		boot(&select, DECIDE_CANDIDATE, three);
		assert_int_equal(read_state().tries_left, left);
		assert_int_equal(opened, 1);
		assert_true(select.has_record);
	}
	boot(&select, DECIDE_CURRENT, two);
	(void)snprintf(expected, sizeof(expected),
		       "candidate image %.12s: tries used up after 2 starts\n", three);
	assert_string_equal(said, expected);
	(void)snprintf(expected, sizeof(expected), "%s: tries used up after 2 starts",
		       three);
	assert_string_equal(fallen, expected);
	assert_int_equal(read_state().reason, RECORD_REASON_TRIES);
	assert_int_equal(read_state().boots, 2);
	record = read_state();
	assert_false(digest_is_set(&record.previous));
	boot(&select, DECIDE_CURRENT, two);
	assert_int_equal(opened, 0);
	(void)one;
}

static void confirmed_images_are_not_counted(void **state)
{
	struct record record = record_of("----"), after;
	const char *one = put(1);
	struct select select;

	(void)state;
	(void)put(2);
	set_id(&record.current, one);
	write_state(&record);
	for (int i = 0; i < 20; i++) {
		boot(&select, DECIDE_CURRENT, one);
		assert_string_equal(said, "");
		assert_int_equal(opened, 0);
	}
	after = read_state();
	assert_int_equal(after.seq, record.seq);
}

/* A record with a current image of serial 1 and a candidate of serial 2. */
static struct record try_two(const char **ret_one, const char **ret_two)
{
	struct record record = record_of("----");

	*ret_one = put(1);
	*ret_two = put(2);
	set_id(&record.current, *ret_one);
	set_id(&record.candidate, *ret_two);
	record.tries_left = record.tries_initial = 2;
	write_state(&record);
	return record;
}

/* Makes one thing wrong with the image of serial 2. */
static void spoil(enum record_reason reason, const char *id)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "images/%s/manifest.sig", id);
	switch (reason) {
	case RECORD_REASON_SIGNATURE:
		tree_file(path, "sig 0123456789abcdef ecdsa-p256-sha256 MAYCAQECAQE=\n",
			  0644);
		break;
	case RECORD_REASON_INCOMPATIBLE:
		strcpy(settings.policy.compatible, "acme,kettle");
		break;
	case RECORD_REASON_FLOOR:
		settings.policy.floor = 3;
		break;
	case RECORD_REASON_MISSING:
		remove_layer(2);
		break;
	default:
		(void)snprintf(path, sizeof(path), BLOBS "%064d", 2);
		tree_file(path, "short", 0644);
	}
}

static void why_candidates_fall(void **state)
{
	static const struct {
		enum record_reason reason;
		const char *words;
	} cases[] = {
		{ RECORD_REASON_SIGNATURE, "manifest.sig: " },
		{ RECORD_REASON_INCOMPATIBLE, "acme,kettle" },
		{ RECORD_REASON_FLOOR, "serial 2 is below the rollback floor 3" },
		{ RECORD_REASON_MISSING,
		  "layer 0 (sha256:000000000000): not in the store" },
		{ RECORD_REASON_CORRUPT,
		  "layer 0 (sha256:000000000000): has 5 bytes, the manifest says 8192" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *one, *two;
		struct err err = ERR_INIT;
		struct select select = new_select();
		struct record record;

		if (i > 0)
			assert_int_equal(start(state), 0);
		record = try_two(&one, &two);
		spoil(cases[i].reason, two);
		select = new_select();
		assert_int_equal(select_open(&select, &err), 0);
		(void)select_next(&select, &image, &err);
		assert_non_null(strstr(said, "candidate image "));
		if (!strstr(said, cases[i].words))
			assert_string_equal(said, cases[i].words);
		record = read_state();
		assert_int_equal(record.reason, cases[i].reason);
		assert_false(digest_is_set(&record.candidate));
		assert_int_equal(record.boots, 0);
		assert_int_equal(opened, 1);
		if (i + 1 < sizeof(cases) / sizeof(cases[0]))
			assert_int_equal(tree_done(state), 0);
	}
}

static void assert_told(const char *name, const char *why)
{
	struct record record = read_state();
	struct record_words words;

	record_told(&record, &words);
	assert_string_equal(words.name, name);
	assert_string_equal(words.version, "");
	assert_string_equal(words.check, "");
	assert_string_equal(words.why, why);
}

/* Mounting it failed, after it was counted. */
static void a_candidate_that_can_t_be_built(void **state)
{
	struct err err = ERR_INIT, why;
	const char *one, *two;
	struct select select;
	char expected[160];

	(void)state;
	(void)try_two(&one, &two);
	boot(&select, DECIDE_CANDIDATE, two);
	(void)err_set(&why, 0, "layer 0: mount: Too many links");
	select_fell(&select, &image, -EMLINK, &why);
	assert_string_equal(said, "");
	assert_tells(select_next(&select, &image, &err), 0, err, "");
	assert_string_equal(DIGEST_HEX(&image.id), one);
	(void)snprintf(expected, sizeof(expected),
		       "candidate image %.12s: layer 0: mount: Too many links\n", two);
	assert_string_equal(said, expected);
	(void)snprintf(expected, sizeof(expected), "%s: layer 0: mount: Too many links",
		       two);
	assert_string_equal(fallen, expected);
	assert_int_equal(read_state().reason, RECORD_REASON_MOUNT);
	assert_told("thermostat", "layer 0: mount: Too many links");
	assert_int_equal(read_state().boots, 1);
	assert_int_equal(select_reason(-EBADMSG), RECORD_REASON_CORRUPT);
	assert_int_equal(select_reason(-EIO), RECORD_REASON_CORRUPT);
	assert_int_equal(select_reason(-ENOENT), RECORD_REASON_MOUNT);
}

static void a_watchdog_bit(void **state)
{
	struct err err = ERR_INIT;
	const char *one, *two;
	struct record record = try_two(&one, &two);
	struct select select = new_select();

	(void)state;
	record.tries_left = 0;
	write_state(&record);
	assert_int_equal(select_open(&select, &err), 0);
	select.decide.last_end = RECORD_REASON_WATCHDOG;
	assert_int_equal(select_next(&select, &image, &err), 0);
	assert_string_equal(DIGEST_HEX(&image.id), one);
	assert_int_equal(read_state().reason, RECORD_REASON_WATCHDOG);
	assert_told("thermostat", "after 2 starts");
}

/* Uncounted, nothing unconfirmed is started. */
static void a_store_that_can_t_be_written(void **state)
{
	const char *one, *two;
	struct select select;

	(void)state;
	(void)try_two(&one, &two);
	writable_r = -EROFS;
	boot(&select, DECIDE_CURRENT, one);
	assert_string_equal(said, "no writing\n");
	assert_int_equal(opened, 1);
	writable_r = 0;
	boot(&select, DECIDE_CANDIDATE, two);
}

static void pretending(void **state)
{
	struct err err = ERR_INIT;
	const char *one, *two;
	struct select select;
	struct record record = try_two(&one, &two);

	(void)state;
	select = new_select();
	select.pretend = true;
	assert_int_equal(select_open(&select, &err), 0);
	assert_int_equal(select_next(&select, &image, &err), 0);
	assert_string_equal(DIGEST_HEX(&image.id), two);
	assert_int_equal(opened, 0);
	assert_int_equal(read_state().seq, record.seq);
}

/* Previous, factory, nothing: each falls with its reason, the last one's is the error. */
static void one_after_the_other(void **state)
{
	struct record record = record_of("----");
	const char *one = put(1), *two = put(2), *three = put(3);
	struct err err = ERR_INIT;
	struct select select = new_select();
	char expected[640];

	(void)state;
	set_id(&record.current, two);
	set_id(&record.previous, one);
	record.floor = 9;
	write_state(&record);
	remove_layer(2);
	remove_layer(1);
	select.factory = tree_fd;
	assert_int_equal(select_open(&select, &err), 0);
	/* the record's floor is not the factory's */
	assert_int_equal(select_next(&select, &image, &err), 0);
	assert_int_equal(image.slot, DECIDE_FACTORY);
	assert_string_equal(DIGEST_HEX(&image.id), three);
	(void)snprintf(expected, sizeof(expected),
		       "current image %.12s: serial 2 is below the rollback floor 9\n"
		       "previous image %.12s: serial 1 is below the rollback floor 9\n",
		       two, one);
	assert_string_equal(said, expected);
	(void)err_set(&err, 0, "out of luck");
	select_fell(&select, &image, -EINVAL, &err);
	(void)snprintf(expected, sizeof(expected), "factory image %.12s: out of luck",
		       three);
	assert_refused(select_next(&select, &image, &err), -EINVAL, err, expected);
	assert_int_equal(opened, 0);
}

static void a_factory_that_comes_late(void **state)
{
	struct err err = ERR_INIT;
	struct select select = new_select();
	const char *one = put(1);

	(void)state;
	select.store = -EBADF;
	select.keep = true;
	select.decide.use = CMDLINE_USE_FACTORY;
	assert_refused(select_next(&select, &image, &err), -ENOENT, err,
		       "lamina.use=factory: there is no factory image");
	select.factory = tree_fd;
	assert_int_equal(select_next(&select, &image, &err), 0);
	assert_string_equal(DIGEST_HEX(&image.id), one);
	assert_int_equal(image.slot, DECIDE_FACTORY);
	assert_int_equal(image.store, tree_fd);
}

static void an_empty_factory(void **state)
{
	struct err err = ERR_INIT;
	struct select select = new_select();

	(void)state;
	tree_dir("images");
	select.store = -EBADF;
	select.factory = tree_fd;
	assert_refused(select_next(&select, &image, &err), -ENOENT, err,
		       "factory image: no image in images/");
	assert_refused(select_next(&select, &image, &err), -ENOENT, err,
		       "factory image: no image in images/");
}

static void lamina_use(void **state)
{
	struct err err = ERR_INIT;
	const char *one, *two;
	struct select select;

	(void)state;
	(void)try_two(&one, &two);
	select = new_select();
	select.decide.use = CMDLINE_USE_PREVIOUS;
	assert_int_equal(select_open(&select, &err), 0);
	assert_int_equal(select_next(&select, &image, &err), 0);
	assert_string_equal(DIGEST_HEX(&image.id), one);
	assert_int_equal(opened, 0);
	tree_unlink("state");
	remove_layer(2);
	select = new_select();
	select.decide.use = CMDLINE_USE_PREVIOUS;
	assert_int_equal(select_open(&select, &err), 0);
	assert_refused(select_next(&select, &image, &err), -ENOENT, err,
		       "lamina.use=previous: there is no previous image");
}

static void no_images(void **state)
{
	struct err err = ERR_INIT;
	struct select select = new_select();
	const char *one;

	(void)state;
	assert_int_equal(select_open(&select, &err), 0);
	assert_refused(select_next(&select, &image, &err), -ENOENT, err,
		       "not a store: there is no images directory");
	tree_dir("images");
	select = new_select();
	assert_int_equal(select_open(&select, &err), 0);
	assert_refused(select_next(&select, &image, &err), -ENOENT, err,
		       "no image in images/");
	one = put(1);
	remove_layer(1);
	select = new_select();
	assert_int_equal(select_open(&select, &err), 0);
	assert_tells(select_next(&select, &image, &err), -ENOENT, err,
		     one[0] ? "layer 0" : "");
	assert_memory_equal(err.text, "image ", 6);
	assert_string_equal(said, "");
}

/* Copies of the sector of @copy become @bytes, or rot. */
static void overwrite(int copy, const uint8_t *bytes)
{
	static const uint8_t rot[RECORD_SIZE] = "laminaAB";
	int fd = openat(tree_fd, "state", O_WRONLY);

	assert_int_equal(
		pwrite(fd, bytes ? bytes : rot, RECORD_SIZE, copy * RECORD_STRIDE),
		RECORD_SIZE);
	(void)close(fd);
}

static void rotten_copies(void **state)
{
	struct record record = record_of("----");
	const char *one = put(1);
	struct select select;

	(void)state;
	set_id(&record.current, one);
	record.floor = 1;
	write_state(&record);
	overwrite(1, NULL);
	boot(&select, DECIDE_CURRENT, one);
	assert_true(select.has_record && opened == 0);
	assert_string_equal(said, "");
	overwrite(0, NULL);
	boot(&select, DECIDE_CURRENT, one);
	assert_string_equal(said, "boot record: no copy is whole\n");
	assert_int_equal(opened, 1);
	assert_true(read_state().seq > 0);
	boot(&select, DECIDE_CURRENT, one);
	assert_true(select.has_record && opened == 0);
}

/* Of a store that was reset before an image came into it, say. */
static void a_record_that_names_nothing(void **state)
{
	struct record record = record_of("----");
	struct err err = ERR_INIT;
	struct select select;
	const char *two;

	(void)state;
	(void)put(1);
	two = put(2);
	record.floor = 2;
	write_state(&record);
	boot(&select, DECIDE_CURRENT, two);
	assert_string_equal(said, "boot record: it names no image\n");
	assert_int_equal(opened, 1);
	assert_true(read_state().floor == 2);
	boot(&select, DECIDE_CURRENT, two);
	assert_true(select.has_record && opened == 0);
	/* unless it is the factory's image that it means */
	write_state(&record);
	strcpy(settings.policy.factory, "/factory");
	select = new_select();
	assert_int_equal(select_open(&select, &err), 0);
	assert_true(select.has_record);
	assert_refused(select_next(&select, &image, &err), -ENOENT, err,
		       "no image to start");
	assert_int_equal(opened, 0);
}

/* As good as two rotten copies. */
static void what_can_t_be_a_record(void **state)
{
	const char *one = put(1), *two = put(2);
	struct digest id;
	struct select select;

	(void)state;
	for (int i = 0; i < 3; i++) {
		(void)unlinkat(tree_fd, "state", 0);
		if (i == 0)
			tree_file("state", "short", 0644);
		else if (i == 1)
			assert_int_equal(symlinkat("nowhere", tree_fd, "state"), 0);
		else
			assert_int_equal(mkfifoat(tree_fd, "state", 0600), 0);
		boot(&select, DECIDE_CANDIDATE, two);
		assert_string_equal(said,
				    "boot record: not a file of 8192 bytes or more\n");
		assert_int_equal(opened, 1);
		set_id(&id, one);
		assert_memory_equal(read_state().current.bytes, id.bytes, sizeof(id));
		boot(&select, DECIDE_CANDIDATE, two);
		assert_true(select.has_record);
	}
}

static void a_newer_record(void **state)
{
	uint8_t bytes[RECORD_SIZE], after[RECORD_SIZE];
	struct digest sum;
	const char *one, *two;
	struct select select;
	struct record record = try_two(&one, &two);
	int fd;

	(void)state;
	record.seq = 1000;
	record.floor = 1;
	record_encode(&record, bytes);
	bytes[8] = 2;
	assert_int_equal(sha256_of(bytes, RECORD_SUM_OFFSET, &sum), 0);
	memcpy(bytes + RECORD_SUM_OFFSET, &sum, RECORD_SUM_SIZE);
	overwrite(1, bytes);
	boot(&select, DECIDE_CURRENT, one);
	assert_true(select.keep && select.has_record);
	assert_true(select.decide.record.floor == 1);
	assert_string_equal(said, "boot record of version 2, 1 is understood\n");
	assert_int_equal(opened, 0);
	fd = openat(tree_fd, "state", O_RDONLY);
	assert_int_equal(pread(fd, after, RECORD_SIZE, RECORD_STRIDE), RECORD_SIZE);
	assert_memory_equal(after, bytes, RECORD_SIZE);
	(void)close(fd);
}

/* Its floor counts too: what it would refuse is not started. */
static void a_newer_record_s_floor(void **state)
{
	struct err err = ERR_INIT;
	struct record record = record_of("----");
	struct select select = new_select();
	uint8_t bytes[RECORD_SIZE];
	struct digest sum;

	(void)state;
	set_id(&record.current, put(1));
	write_state(&record);
	record.seq = 1000;
	record.floor = 2;
	record_encode(&record, bytes);
	bytes[8] = 9;
	assert_int_equal(sha256_of(bytes, RECORD_SUM_OFFSET, &sum), 0);
	memcpy(bytes + RECORD_SUM_OFFSET, &sum, RECORD_SUM_SIZE);
	overwrite(0, bytes);
	assert_int_equal(select_open(&select, &err), 0);
	assert_tells(select_next(&select, &image, &err), -ESTALE, err,
		     "serial 1 is below the rollback floor 2");
	/* nor where it names images that are not there */
	memset(&record.current, 0xab, DIGEST_SIZE);
	record_encode(&record, bytes);
	bytes[8] = 9;
	assert_int_equal(sha256_of(bytes, RECORD_SUM_OFFSET, &sum), 0);
	memcpy(bytes + RECORD_SUM_OFFSET, &sum, RECORD_SUM_SIZE);
	overwrite(0, bytes);
	select = new_select();
	assert_int_equal(select_open(&select, &err), 0);
	assert_tells(select_next(&select, &image, &err), -ESTALE, err,
		     "serial 1 is below the rollback floor 2");
	boot(&select, DECIDE_CURRENT, put(2));
	assert_int_equal(opened, 0);
}

/* The floor stays, and the next write names what is there. */
static void names_of_absent_images(void **state)
{
	struct record record = record_of("----"), now;
	struct select select;
	const char *two, *three;
	struct digest id;

	(void)state;
	(void)put(1);
	two = put(2);
	three = put(3);
	memset(&record.current, 0xab, DIGEST_SIZE);
	memset(&record.candidate, 0xcd, DIGEST_SIZE);
	record.tries_left = record.tries_initial = 2;
	record.floor = 2;
	write_state(&record);
	boot(&select, DECIDE_CANDIDATE, three);
	assert_string_equal(said, "boot record: it names no image that is there\n");
	set_id(&id, two);
	now = read_state();
	assert_true(digest_equal(&now.current, &id));
	assert_false(digest_is_set(&now.previous));
	assert_true(now.floor == 2);
	/* one of them is enough */
	set_id(&record.previous, two);
	write_state(&record);
	boot(&select, DECIDE_PREVIOUS, two);
	now = read_state();
	assert_true(digest_equal(&now.current, &record.current));
}

/* A floor that no image can reach is none that Lamina wrote. */
static void a_floor_past_all_serials(void **state)
{
	static const uint64_t floors[] = { 1ULL << 63, UINT64_MAX };
	struct record record = record_of("----");
	const char *one = put(1), *two = put(2);
	struct err err = ERR_INIT;
	struct select select;

	(void)state;
	set_id(&record.current, two);
	set_id(&record.previous, one);
	for (size_t i = 0; i < sizeof(floors) / sizeof(floors[0]); i++) {
		record.floor = floors[i];
		write_state(&record);
		boot(&select, DECIDE_CURRENT, two);
		assert_string_equal(said, "boot record: no serial is above its floor: "
					  "2 counts\n");
		assert_true(select.decide.record.floor == 2);
	}
	remove_layer(2);
	select = new_select();
	assert_int_equal(select_open(&select, &err), 0);
	assert_tells(select_next(&select, &image, &err), -ESTALE, err,
		     "serial 1 is below the rollback floor 2");
	/* who is current can't be told */
	memset(&record.current, 0xab, DIGEST_SIZE);
	write_state(&record);
	boot(&select, DECIDE_PREVIOUS, one);
}

/* What can't be read may say anything. */
static void an_unreadable_record(void **state)
{
	struct err err = ERR_INIT;
	struct select select = new_select();

	(void)state;
	(void)put(1);
	select.device = "/dev/null/nowhere";
	assert_int_equal(select_open(&select, &err), 0);
	assert_true(select.lost && !select.has_record && !select.decide.writable);
	assert_tells(select_next(&select, &image, &err), -ENOTDIR, err,
		     "no image of the store is started without its record: boot record: "
		     "Not a directory");
	select.factory = tree_fd;
	assert_int_equal(select_next(&select, &image, &err), 0);
	assert_int_equal(image.slot, DECIDE_FACTORY);
	assert_int_equal(opened, 0);
}

/* Only what has to be guessed needs all of them, and then the best ones are found. */
static void many_images(void **state)
{
	const char *three = put(3), *two = put(2);
	struct digest id;
	struct select select;
	char name[96];

	(void)state;
	for (size_t i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof(name), "images/%064zu", i);
		tree_dir(name);
	}
	boot(&select, DECIDE_CANDIDATE, three);
	set_id(&id, two);
	assert_memory_equal(read_state().current.bytes, id.bytes, sizeof(id));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, tree_done)
	const struct CMUnitTest tests[] = {
		TEST(a_store_just_made),
		TEST(several_without_a_record),
		TEST(confirmed_images_are_not_counted),
		TEST(why_candidates_fall),
		TEST(a_candidate_that_can_t_be_built),
		TEST(a_watchdog_bit),
		TEST(a_store_that_can_t_be_written),
		TEST(pretending),
		TEST(one_after_the_other),
		TEST(a_factory_that_comes_late),
		TEST(an_empty_factory),
		TEST(lamina_use),
		TEST(no_images),
		TEST(rotten_copies),
		TEST(a_record_that_names_nothing),
		TEST(what_can_t_be_a_record),
		TEST(a_newer_record),
		TEST(a_newer_record_s_floor),
		TEST(names_of_absent_images),
		TEST(a_floor_past_all_serials),
		TEST(an_unreadable_record),
		TEST(many_images),
	};

	return cmocka_run_group_tests(tests, image_make_key, NULL);
}
