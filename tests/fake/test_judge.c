/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which image starts when blobs of sets are gone, torn or changed, in every combination there is:
 * the candidate and the current image are sets that share a member, the one before is a plain
 * image. select.c, rank.c and store.c as they are, over a store in the fake kernel; and the same
 * with one rule broken, which must be noticed. test_decide-model.c takes "whole or not" for
 * granted, and walks through all that follows from it.
 */
#include "fake/store.h"
#include "slot/select.h"
#include "slot/state.h"
#include "store/store.h"

/* The real ones by other names, so that judge.c can be given wrong ones. */
static int open_blob(int store, const struct digest *digest, uint64_t size_bytes,
		     struct err *err);
static int load_member(int store, const struct manifest *set, size_t index,
		       struct manifest *ret_manifest, struct err *err);
#define store_open_blob(...) open_blob(__VA_ARGS__)
#define store_load_member(...) load_member(__VA_ARGS__)
#include "../../src/store/judge.c"
#undef store_open_blob
#undef store_load_member

struct rules {
	const char *name;
	bool any_size;	  /* a blob's size is not compared */
	bool unread;	  /* members' manifests aren't read */
	bool one_for_all; /* but the first */
	bool unhashed;	  /* they are parsed without being hashed */
	const char *violates;
};

static const struct rules *rules;
static const char *violated;

static void must(bool holds, const char *what)
{
	if (!holds && !violated)
		violated = what;
}

/* Of whatever size it is. */
static int open_any(int store, const struct digest *digest)
{
	char path[160], hex[DIGEST_HEX_SIZE];

	(void)snprintf(path, sizeof(path), "blobs/sha256/%s", digest_hex(digest, hex));
	return sys_openat(store, path, O_RDONLY | O_CLOEXEC, 0);
}

static int open_blob(int store, const struct digest *digest, uint64_t size_bytes,
		     struct err *err)
{
	int fd = rules->any_size ? open_any(store, digest) : -ENOENT;

	return fd < 0 ? store_open_blob(store, digest, size_bytes, err) : fd;
}

static int load_member(int store, const struct manifest *set, size_t index,
		       struct manifest *ret_manifest, struct err *err)
{
	const struct manifest_member *member = &set->members[index];
	static char text[MANIFEST_MAX_SIZE];
	__fd int fd = -EBADF;

	if (rules->unread)
		return 0;
	if (rules->one_for_all)
		index = 0;
	if (!rules->unhashed)
		return store_load_member(store, set, index, ret_manifest, err);
	fd = store_open_blob(store, &member->digest, member->size_bytes, err);
	if (fd < 0)
		return fd;
	(void)fd_pread_all(fd, text, member->size_bytes, 0);
	return manifest_parse(text, member->size_bytes, ret_manifest, err);
}

/* --- the store ------------------------------------------------------------------------
 */

enum what {
	WHOLE,
	MISSING,
	CHANGED, /* of its size */
	TORN,
	WHATS,
};

static struct test_image first; /* the previous one: a plain image */

enum {
	BASE,	 /* a layer of all three */
	BROKERS, /* of the member that both sets have */
	OLD_WEBS,
	NEW_WEBS,
	BROKER,
	OLD_WEB,
	NEW_WEB,
	BLOBS,
};

static enum what whats[BLOBS];

static const struct test_layer *blob(int which)
{
	const struct test_layer *const all[] = {
		[BASE] = &old.layers[0],     [BROKERS] = &old.layers[1],
		[OLD_WEBS] = &old.layers[2], [NEW_WEBS] = &new.layers[2],
		[BROKER] = &old.members[0],  [OLD_WEB] = &old.members[1],
		[NEW_WEB] = &new.members[1],
	};

	return all[which];
}

/* Of a manifest, so that it still is one. */
static void change(const struct test_layer *layer, uint8_t *bytes)
{
	char *program = memmem(bytes, layer->size, "/bin/app", 8);

	memcpy(bytes, layer->bytes, layer->size);
	program = memmem(bytes, layer->size, "/bin/app", 8);
	if (program)
		program[5] = 'z';
	else
		bytes[77] ^= 1;
}

static void put_blob(int which)
{
	const struct test_layer *layer = blob(which);
	static uint8_t bytes[65536];
	char path[160];

	(void)snprintf(path, sizeof(path), "/store/blobs/sha256/%s", layer->hex);
	switch (whats[which]) {
	case MISSING:
		assert_int_equal(sys_unlinkat(AT_FDCWD, path, 0), 0);
		break;
	case CHANGED:
		change(layer, bytes);
		fake_bytes(path, bytes, layer->size);
		break;
	case TORN:
		fake_bytes(path, layer->bytes, layer->size / 2);
		break;
	default:
		break;
	}
}

static void put_record(void)
{
	__fd int store = store_open("/store", NULL);
	__fd int fd = state_create(store, NULL);
	struct record record = { .current = old.digest,
				 .candidate = new.digest,
				 .previous = first.digest,
				 .tries_left = 3,
				 .tries_initial = 3 };

	assert_int_equal(state_write(fd, &record, NULL), 0);
}

static void set_up(void)
{
	setup_shared();
	put_image("/store", &new);
	put_image("/store", &first);
	put_record();
	for (int i = 0; i < BLOBS; i++)
		put_blob(i);
}

/* --- what must follow -----------------------------------------------------------------
 */

/* A layer's bytes are the kernel's to look at, when each is read. */
static bool holds(int which)
{
	return whats[which] == WHOLE || (whats[which] == CHANGED && which < BROKER);
}

/* The blobs of it, in the order in which they are looked for. */
static const int of_new[] = { BASE, BROKERS, NEW_WEBS, BROKER, NEW_WEB, -1 };
static const int of_old[] = { BASE, BROKERS, OLD_WEBS, BROKER, OLD_WEB, -1 };
static const int of_first[] = { BASE, -1 };

static bool is_good(const int *blobs)
{
	while (*blobs >= 0 && holds(*blobs))
		blobs++;
	return *blobs < 0;
}

/* All are looked for before members are read. */
static enum record_reason reason_of(const int *blobs)
{
	for (; *blobs >= 0; blobs++) {
		if (whats[*blobs] == MISSING)
			return RECORD_REASON_MISSING;
		if (whats[*blobs] == TORN)
			return RECORD_REASON_CORRUPT;
	}
	return RECORD_REASON_CORRUPT;
}

static int make_writable(void *context, bool writable, struct err *err)
{
	(void)context;
	(void)writable;
	(void)err;
	return 0;
}

static char said[2048];

static void say(void *context, const char *text)
{
	(void)context;
	(void)strncat(said, text, sizeof(said) - strlen(said) - 2);
	(void)strcat(said, "\n");
}

static int choose(struct select_image *image)
{
	static const struct select_ops ops = { .writable = make_writable, .say = say };
	struct err err = ERR_INIT;
	__fd int store = store_open("/store", &err);
	struct select select = { .settings = &image_settings,
				 .ops = &ops,
				 .store = store,
				 .factory = -EBADF };

	said[0] = '\0';
	assert_int_equal(select_open(&select, &err), 0);
	return select_next(&select, image, &err);
}

static struct record read_record(void)
{
	__fd int store = store_open("/store", NULL);
	__fd int fd = state_open(store, NULL, false, NULL);
	struct record record = { 0 };

	assert_int_equal(state_read(fd, &record, NULL, NULL), 0);
	return record;
}

static void check_record(void)
{
	struct record record = read_record();
	bool good = is_good(of_new);

	must(digest_equal(&record.current, &old.digest) &&
		     digest_equal(&record.previous, &first.digest),
	     "a boot changes more than the candidate");
	if (good) {
		must(record.tries_left == 2, "started and not counted");
		return;
	}
	must(!digest_is_set(&record.candidate) &&
		     digest_equal(&record.failed, &new.digest),
	     "a candidate that lacks something is kept");
	must(record.reason == reason_of(of_new), "not the reason");
}

static void check_one(void)
{
	static struct select_image image;
	int r;

	set_up();
	r = choose(&image);
	if (is_good(of_new))
		must(r == 0 && image.slot == DECIDE_CANDIDATE,
		     "a good candidate is passed over");
	else if (r == 0 && image.slot == DECIDE_CANDIDATE)
		must(false, "a candidate that is not whole is started");
	else if (is_good(of_old))
		must(r == 0 && image.slot == DECIDE_CURRENT,
		     "a good current set is passed over");
	else if (r == 0 && image.slot == DECIDE_CURRENT)
		must(false, "a current set that is not whole is started");
	else if (is_good(of_first))
		must(r == 0 && image.slot == DECIDE_PREVIOUS,
		     "a good previous image is passed over");
	else
		must(r < 0, "an image that is not whole is started");
	check_record();
	must(!fake_leaks(), "something is left open");
}

static int step(enum what *what, int which)
{
	/* what both sets and the image stand on needs no more than to be there or not */
	enum what last = which == BROKERS || which == OLD_WEBS ? CHANGED : WHATS;

	if (++*what < last)
		return true;
	*what = WHOLE;
	return false;
}

/* All combinations, or up to the first violation; how many. */
static int walk(const struct rules *with)
{
	int count = 0, i = 0;

	rules = with;
	violated = NULL;
	memset(whats, 0, sizeof(whats));
	while (i < BLOBS && !violated) {
		check_one();
		count++;
		for (i = 0; i < BLOBS && !step(&whats[i], i); i++)
			;
	}
	return count;
}

/* --- the rules and mutants ------------------------------------------------------------
 */

static void the_rules(void **state)
{
	static const struct rules real = { .name = "the rules" };
	int count = walk(&real);

	(void)state;
	if (violated)
		fail_msg("%s: %s", violated, said);
	assert_int_equal(count, 4 * 2 * 2 * 4 * 4 * 4 * 4);
}

static void every_mutant(void **state)
{
	static const struct rules mutants[] = {
		{ "sizes aren't compared", .any_size = true,
		  .violates = "a candidate that is not whole is started" },
		{ "members aren't read", .unread = true,
		  .violates = "a candidate that is not whole is started" },
		{ "the first member stands for all", .one_for_all = true,
		  .violates = "a current set that is not whole is started" },
		{ "members aren't hashed", .unhashed = true,
		  .violates = "a candidate that is not whole is started" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(mutants) / sizeof(mutants[0]); i++) {
		(void)walk(&mutants[i]);
		if (!violated || strcmp(violated, mutants[i].violates) != 0)
			fail_msg("%s: %s", mutants[i].name,
				 violated ? violated : "nothing is wrong with it");
	}
}

static int start_three(void **state)
{
	if (start_sets(state) < 0)
		return -1;
	image_layer(&first, 1, 4096);
	image_sign(&first, 1);
	from_directory = true;
	return 0;
}

static int stop_three(void **state)
{
	image_release(&first);
	return stop(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rules),
		cmocka_unit_test(every_mutant),
	};

	return cmocka_run_group_tests(tests, start_three, stop_three);
}
