/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What can happen next to a world of test_decide-model.c, and what must hold then. */
#include "unit/model-store.h"

static struct settings settings;
static unsigned int images; /* how many there are, at most MAX_IMAGES */
static uint8_t last_fall;   /* the reason that a fallen candidate must get; 0: any */

static int make_writable(void *context, bool writable, struct err *err)
{
	(void)context;
	(void)writable;
	(void)err;
	return 0;
}

static void say(void *context, const char *text)
{
	(void)context;
	(void)text;
}

static const struct select_ops ops = { .writable = make_writable, .say = say };

static struct select open_select(enum cmdline_use use)
{
	struct select select = { .settings = &settings,
				 .ops = &ops,
				 .store = FD_STORE,
				 .factory = world->factory ? FD_FACTORY : -EBADF,
				 .decide = { .use = use } };
	struct err err;

	assert_int_equal(select_open(&select, &err), 0);
	return select;
}

static void turn_off(void)
{
	world->running = 0;
	is_late = false;
}

/* --- booting --------------------------------------------------------------------------
 */

/* What the record says to whoever reads it. */
static void check_record(const struct select *select)
{
	const struct record *record = &select->decide.record;
	uint8_t current = number_of(&record->current);

	if (select->has_record) {
		must(short_of(record->seq) >= world->seq,
		     "an acknowledged write is lost");
		must(current == world->current || world->unsure >> current & 1,
		     "an acknowledged confirm is lost");
		must(record->floor >= world->floor, "the floor went down");
		must(world->factory || !newest_copy(world) || /* a newer version */
			     !names_nothing(newest_copy(world)),
		     "a record that names nothing hides what is in the store");
		return;
	}
	/* Nothing whole was left: two sectors rotted, or none was written. Or it names no
	 * image, and nothing but its floor counts. */
	must(!newest_copy(world) ||
		     (names_nothing(newest_copy(world)) && !world->factory),
	     "a whole copy is passed over");
	if (!newest_copy(world)) {
		world->seq = world->floor = world->unsure = 0;
		world->current = current;
	}
	must(record->floor >= world->floor, "the floor went down");
	world->starts = world->excused = 0;
	/* nobody knows any more, unless an older copy comes back */
	if (!world->confirmed || newest_copy(world))
		world->confirmed |=
			(uint8_t)(1 << current | 1 << number_of(&record->previous));
}

static bool fits(const struct select *select, const struct digest *id)
{
	uint8_t number = number_of(id);

	return number && number >= select->decide.record.floor &&
	       (!(looked_at >> number & 1) || found_whole >> number & 1);
}

/* Nothing was started: then there was nothing. @broken: slots that could not be built. */
static void check_nothing(const struct select *select, unsigned int broken)
{
	const struct decide *d = &select->decide;

	if (d->use == CMDLINE_USE_DEFAULT) {
		must(broken >> DECIDE_CANDIDATE & 1 || !d->writable ||
			     d->record.tries_left == 0 ||
			     !fits(select, &d->record.candidate),
		     "a good candidate is passed over");
		must(broken >> DECIDE_CURRENT & 1 || !fits(select, &d->record.current),
		     "a good current image is passed over");
	}
	must(d->use == CMDLINE_USE_FACTORY || broken >> DECIDE_PREVIOUS & 1 ||
		     !fits(select, &d->record.previous),
	     "a good previous image is passed over");
	must(broken >> DECIDE_FACTORY & 1 || !world->factory,
	     "a good factory image is passed over");
}

static void check_candidate(const struct select *select, uint8_t number)
{
	last_fall = 0;
	world->starts++;
	world->running = number;
	must(number == number_of(&select->decide.record.candidate), "another candidate");
	must(select->decide.use == CMDLINE_USE_DEFAULT, "lamina.use starts a candidate");
	must(world->starts <= settings.policy.tries + 1, "started too often");
}

static void check_start(const struct select *select, const struct select_image *image)
{
	uint8_t number = number_of(&image->id);

	must(number == FACTORY ? world->factory : found_whole >> number & 1,
	     "an image that is not whole is started");
	must(number == FACTORY || number >= world->floor, "below the floor");
	if (image->slot == DECIDE_CANDIDATE)
		check_candidate(select, number);
	else
		must(number == FACTORY || world->confirmed >> number & 1,
		     "an image that was never confirmed is started uncounted");
}

/* A boot changes nothing but the candidate's part of a record, and where there is no
 * candidate nothing at all. */
static void check_untouched(const struct world *before)
{
	const struct copy *was = newest_copy(before), *is = newest_copy(world);

	if (before->copies[0].kind == COPY_NEWER || before->copies[1].kind == COPY_NEWER)
		must(memcmp(before->copies, world->copies, sizeof(before->copies)) == 0,
		     "a newer record is touched");
	if (!was || !is || (names_nothing(was) && !world->factory))
		return;
	must(is->current == was->current && is->previous == was->previous &&
		     is->floor == was->floor,
	     "a boot changes more than the candidate");
	must(was->candidate ||
		     memcmp(before->copies, world->copies, sizeof(before->copies)) == 0,
	     "confirmed images are counted");
}

/* Unless the image itself was found wanting. */
static void check_reason(const struct select *select)
{
	const struct record *record = &select->decide.record;

	if (last_fall && select->decide.writable &&
	    select->decide.use == CMDLINE_USE_DEFAULT &&
	    !digest_is_set(&record->candidate) &&
	    !(looked_at >> number_of(&record->failed) & 1))
		must(record->reason == last_fall, "not the reason");
}

static void power_on(void)
{
	static struct select_image image;
	struct select select = open_select(pick(3));
	const struct record *record = &select.decide.record;
	unsigned int broken = 0;
	struct err err;

	check_record(&select);
	last_fall = 0;
	if (digest_is_set(&record->candidate) && record->tries_left == 0) {
		last_fall = pick(2) ? RECORD_REASON_WATCHDOG : RECORD_REASON_TRIES;
		if (last_fall == RECORD_REASON_WATCHDOG)
			select.decide.last_end = last_fall;
	}
	while (select_next(&select, &image, &err) == 0) {
		check_start(&select, &image);
		check_reason(&select);
		write_late();
		if (violated || image.slot != DECIDE_CANDIDATE || pick(2) == 0)
			return;
		/* it can't be built: never run, and counted all the same */
		must(!broken, "the same image twice");
		broken |= 1U << image.slot;
		world->running = 0;
		world->excused = 1;
		select_fell(&select, &image, -EINVAL, &err);
	}
	check_nothing(&select, broken);
	turn_off();
}

static void boot(void)
{
	struct world before = *world;

	is_booting = true;
	looked_at = found_whole = 0;
	if (setjmp(power_cut))
		turn_off();
	else
		power_on();
	check_untouched(&before);
}

/* --- what the device is told while it runs --------------------------------------------
 */

enum command {
	CRASH,
	REBOOT,
	CONFIRM,
	REJECT,
	ROLLBACK,
	RESET,
	RESET_FACTORY,
	INSTALL, /* and one for each image more */
	COMMANDS = INSTALL + MAX_IMAGES,
};

static uint64_t floor_asked(const struct record *record)
{
	switch (settings.policy.raise_floor) {
	case POLICY_RAISE_PREVIOUS:
		return number_of(&record->current) < world->running
			       ? number_of(&record->current)
			       : world->running;
	case POLICY_RAISE_CURRENT:
		return world->running;
	default:
		return 0;
	}
}

static int transition(enum command command, struct record *record)
{
	struct digest running, id;

	set_number(&running, world->running);
	switch (command) {
	case REBOOT:
		/* /run/lamina/image says as what it was started */
		return world->running && rules->reboot(record, &running) ? 0 : -ENOENT;
	case CONFIRM:
		return rules->confirm(record, &running, floor_asked(record), NULL);
	case REJECT:
		return transition_reject(record, NULL);
	case ROLLBACK:
		return rules->rollback(record, number_of(&record->previous), NULL);
	case RESET:
	case RESET_FACTORY:
		rules->reset(record, command == RESET_FACTORY);
		return 0;
	default:
		set_number(&id, (uint8_t)(command - INSTALL + 1));
		if (number_of(&id) < record->floor)
			return -ESTALE;
		return transition_install(record, &id, (uint8_t)settings.policy.tries,
					  NULL);
	}
}

/* The image comes before the record, and a record before a second image. */
static int put_image(enum command command, struct select *select)
{
	if (!select->has_record && !rules->blind_install &&
	    state_write(FD_STATE, &select->decide.record, NULL) < 0)
		return -EIO;
	touched = false;
	if (!newest_copy(world) || names_nothing(newest_copy(world)))
		world->images |= (uint8_t)(1 << (command - INSTALL + 1));
	if (pick(2))
		longjmp(power_cut, 1);
	return 0;
}

static void change(enum command command)
{
	struct select select = open_select(CMDLINE_USE_DEFAULT);
	struct record *record = &select.decide.record;
	uint64_t floor = floor_asked(record);

	check_record(&select);
	if (select.keep || transition(command, record) < 0)
		return;
	if (command >= INSTALL) {
		select = open_select(CMDLINE_USE_DEFAULT);
		if (put_image(command, &select) < 0)
			return;
		(void)transition(command, record);
	}
	if (command == CONFIRM)
		world->confirmed |= (uint8_t)(1 << world->running);
	if (state_write(FD_STATE, record, NULL) < 0 || command != CONFIRM)
		return;
	/* acknowledged */
	world->running = 0;
	if (floor > world->floor)
		world->floor = (uint8_t)floor;
}

static void crash(void)
{
	must(!world->running || world->starts <= settings.policy.tries || world->excused,
	     "crashed too often");
	turn_off();
}

static void tell(enum command command)
{
	is_booting = touched = false;
	if (command == REBOOT && world->running)
		world->excused = 1;
	if (command == CRASH || setjmp(power_cut)) {
		if (command < INSTALL || !touched)
			crash();
	} else {
		change(command);
		write_late();
		if (command == REBOOT)
			turn_off();
	}
	if (command < INSTALL || !touched)
		return;
	world->starts = world->excused = 0;
	turn_off();
}

/* --- one step -------------------------------------------------------------------------
 */

/* Whatever of the images is still whole then. */
static void rot(struct copy *copy)
{
	if (copy->kind != COPY_WHOLE)
		return;
	memset(copy, 0, sizeof(*copy));
	copy->kind = COPY_BROKEN;
	if (newest_copy(world))
		return;
	world->confirmed = 0;
	world->images = (uint8_t)(pick(1U << images) << 1);
}

static void step(void)
{
	unsigned int what = pick(1 + RECORD_COPIES + INSTALL + images);
	bool had_record = newest_copy(world) != NULL;
	bool named_nothing = had_record && names_nothing(newest_copy(world));

	if (what > 0 && what <= RECORD_COPIES) {
		if (!world->running) /* off first: that is a crash */
			rot(&world->copies[what - 1]);
		return;
	}
	if (what > 0)
		tell(what - 1 - RECORD_COPIES);
	else if (!world->running)
		boot();
	if (newest_copy(world) && names_nothing(newest_copy(world)) && !named_nothing)
		world->images = (uint8_t)(pick(1U << images) << 1);
	must(newest_copy(world) || !had_record, "a write leaves no whole copy");
}
