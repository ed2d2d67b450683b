/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every state that a device with two boot slots can get into by installs, boots, confirms,
 * crashes and kernels that never come, with the power failing at every durable write of
 * laminactl, the loader and init: a walk over all of them, through select.c, decide.c,
 * transition.c and record-slot.c as they are. And the same with one rule broken, which must
 * be noticed.
 */
#include "boot/decide.h"

/* The real one by another name, so that select.c can be given a wrong one. */
void real_decide(const struct decide *d, struct decision *ret_decision);
#define decide_next(d, ret) real_decide(d, ret)
#include "../../src/boot/decide.c"
#undef decide_next

#include "unit/model-slots.h"
#include "unit/model-walk.h"

void decide_next(const struct decide *d, struct decision *ret_decision)
{
	rules->decide(d, ret_decision);
}

static void go_off(void)
{
	world->kernel = world->slot = world->running = 0;
}

static void power_off(void)
{
	go_off();
	world->resets = 0;
	for (int i = 0; i < 2 && machine->forgets; i++)
		world->said[i].once = 0;
	if (machine->forgets)
		world->valid |= (uint8_t)((world->valid >> 1 | world->valid >> 2) & 9);
}

/* Of each try, the boot that asks for it and the one that comes to nothing. */
#define MOST_RESETS (2 * TRIES)

static void reset(void)
{
	go_off();
	world->resets++;
	must(world->resets <= MOST_RESETS, "endless resets");
}

/* --- booting --------------------------------------------------------------------------
 */

static enum boot_slot other(enum boot_slot slot)
{
	return slot == BOOT_SLOT_A ? BOOT_SLOT_B : BOOT_SLOT_A;
}

static void count_start(void)
{
	world->starts++;
	must(world->starts <= TRIES + world->spent, "started too often");
}

static void load(void)
{
	struct said said = read_said();
	enum boot_slot slot = said.usual;

	if (said.once) {
		write_said(said.usual, 0);
		slot = said.once;
	}
	if (!world->slots[slot - BOOT_SLOT_A])
		slot = other(slot);
	must(world->slots[slot - BOOT_SLOT_A], "no slot starts");
	world->slot = (uint8_t)slot;
	world->kernel = world->slots[slot - BOOT_SLOT_A];
	if (!violated && machine->dead == world->kernel) {
		if (machine->kernel_of[world->candidate] == world->kernel)
			count_start();
		reset();
	}
}

static int make_writable(void *context, bool writable, struct err *err)
{
	(void)context, (void)writable, (void)err;
	return 0;
}

static void say(void *context, const char *text)
{
	(void)context, (void)text;
}

static struct select open_select(void)
{
	static const struct select_ops ops = { .writable = make_writable, .say = say };
	struct select select = {
		.settings = &settings, .ops = &ops, .store = FD_NONE, .factory = -EBADF
	};

	settings.boot_id = boot_ids[world->kernel];
	assert_int_equal(select_open(&select, NULL), 0);
	return select;
}

/* Init runs laminactl. */
static void tell_loader(enum decide_act act, enum boot_slot home)
{
	struct said said = read_said();

	if (act == DECIDE_BOUNCE)
		write_said(said.usual, (uint8_t)home);
	else
		write_said((uint8_t)home, said.once);
}

/* @refused: the loader couldn't be told of another kernel. */
static bool is_up(const struct select_image *image, bool refused)
{
	uint8_t number = number_of(&image->id);

	must(machine->kernel_of[number] == world->kernel, "an image on a foreign kernel");
	must(image->slot != DECIDE_PREVIOUS || world->rotten || refused,
	     "a good current image is passed over");
	if (image->slot == DECIDE_CANDIDATE) {
		count_start();
		if (pick(2)) /* it can't be built */
			return false;
		world->running = number;
	}
	world->resets = 0;
	return true;
}

static void init(void)
{
	static struct select_image image;
	struct select select = open_select();
	struct err err = ERR_INIT;
	bool refused = false;

	while (!violated && select_next(&select, &image, &err) == 0) {
		if (select.act == DECIDE_START) {
			if (is_up(&image, refused))
				return;
			select_fell(&select, &image, -EINVAL, &err);
		} else if (machine->refuses && pick(2)) {
			select_refused(&select);
			refused = true;
		} else {
			tell_loader(select.act, select.home);
			assert_true(select_told(&select));
			break;
		}
	}
	if (refused) /* for how long, is the loader's to say */
		go_off();
	else
		reset();
}

static void boot(void)
{
	if (setjmp(power_cut)) {
		power_off();
		return;
	}
	load();
	if (!violated && world->kernel)
		init();
}

/* --- what the device is told while it runs --------------------------------------------
 */

static void put_home(struct record *record, uint8_t number, enum boot_slot slot)
{
	struct digest id = id_of_number(number);

	record_slot_put(record, &id, slot, &boot_hashes[machine->kernel_of[number]]);
}

static void put_kernel(const void *what)
{
	const uint8_t *slot_and_kernel = what;

	world->slots[slot_and_kernel[0] - BOOT_SLOT_A] = slot_and_kernel[1];
}

/* The other slot gets the kernel; no candidate is to be there meanwhile. False: it is the
 * current image's way back. */
static bool write_slot(struct record *record, uint8_t kernel, enum boot_slot slot)
{
	uint8_t its = machine->kernel_of[world->current];
	uint8_t torn[] = { (uint8_t)slot, 0 }, whole[] = { (uint8_t)slot, kernel };

	if (world->slots[slot - BOOT_SLOT_A] == kernel)
		return true;
	if (its != world->kernel && world->slots[slot - BOOT_SLOT_A] == its)
		return false;
	if (digest_is_set(&record->candidate))
		(void)transition_install(record, &record->current, TRIES, NULL);
	if (!rules->unmarked)
		record_slot_clear(record, slot);
	(void)state_write(FD_NONE, record, NULL);
	write_said(world->slot, 0);
	durable(put_kernel, torn);
	durable(put_kernel, whole);
	return true;
}

static void install(uint8_t number)
{
	struct record record = read_record();
	struct digest id = id_of_number(number);
	uint8_t kernel = machine->kernel_of[number];
	enum boot_slot home = world->slot;

	if (!kernel || (number == world->current && !world->candidate))
		return;
	if (kernel != world->kernel) {
		home = rules->overwrite ? home : other(home);
		if (!write_slot(&record, kernel, home))
			return;
	}
	if (machine->kernel_of[world->current] == world->kernel)
		put_home(&record, world->current, world->slot);
	if (transition_install(&record, &id, TRIES, NULL) < 0)
		return;
	put_home(&record, number, home);
	(void)state_write(FD_NONE, &record, NULL);
}

/* False: it can't be. */
static bool move_default(enum boot_slot home)
{
	if (home == BOOT_SLOT_NONE)
		return true;
	if (machine->refuses && pick(2))
		return false;
	tell_loader(DECIDE_REPAIR, home);
	return true;
}

/* The loader first: where it can't be told, nothing has happened. */
static void settle(struct record *record)
{
	enum boot_slot home = record_slot(record, &record->current);
	uint8_t before = world->current;
	bool told = rules->record_first || move_default(home);

	if (told)
		(void)state_write(FD_NONE, record, NULL);
	if (rules->record_first)
		told = move_default(home);
	must(told || world->current == before, "what was told to have failed counts");
}

static void confirm(void)
{
	struct record record = read_record();
	struct digest running = id_of_number(world->running);

	if (transition_confirm(&record, &running, 0, NULL) == 0) {
		settle(&record);
		world->running = 0;
	}
}

static void reject(struct record *record)
{
	if (transition_reject(record, NULL) == 0)
		(void)state_write(FD_NONE, record, NULL);
	world->running = 0;
}

static void roll_back(void)
{
	struct record record = read_record();

	if (world->candidate) {
		reject(&record);
	} else if (world->previous &&
		   record_slot(&record, &record.previous) == BOOT_SLOT_NONE &&
		   machine->kernel_of[world->previous] != world->kernel) {
		install(world->previous); /* and it is tried */
	} else if (transition_rollback(&record, 0, NULL) == 0) {
		settle(&record);
	}
}

/* A candidate with another kernel is armed before; one that runs gets its try back. */
static void go_down(void)
{
	struct record record = read_record();
	struct digest running = id_of_number(world->running);
	enum boot_slot home = record_slot(&record, &record.candidate);

	if (transition_reboot(&record, &running))
		(void)state_write(FD_NONE, &record, NULL);
	if (world->candidate && home != BOOT_SLOT_NONE &&
	    machine->kernel_of[world->candidate] != world->kernel &&
	    transition_arm(&record, NULL) == 0) {
		(void)state_write(FD_NONE, &record, NULL);
		tell_loader(DECIDE_BOUNCE, home);
	}
	go_off();
}

/* --- one step -------------------------------------------------------------------------
 */

enum event {
	CRASH,
	CUT,
	DOWN,
	CONFIRM,
	REJECT,
	ROLLBACK,
	INSTALL, /* and one for each image more */
	ROT = INSTALL + IMAGES,
};

/* Not the one that runs, and something must be left to start. */
static void rot(void)
{
	enum boot_slot bad = other(world->slot);

	if (machine->kernel_of[world->current] != world->kernel &&
	    machine->kernel_of[world->previous] != world->kernel)
		return;
	world->slots[bad - BOOT_SLOT_A] = 0;
	world->rotten = 1;
	go_off();
}

static void happen(enum event event)
{
	struct record record = read_record();

	if (event == CRASH)
		go_off();
	else if (event == CUT)
		power_off();
	else if (event == DOWN)
		go_down();
	else if (event == CONFIRM)
		confirm();
	else if (event == REJECT)
		reject(&record);
	else if (event == ROLLBACK)
		roll_back();
	else if (event == ROT)
		rot();
	else
		install((uint8_t)(event - INSTALL + 1));
}

static void step(void)
{
	enum event event;

	if (!world->kernel) {
		boot();
		return;
	}
	event = pick(machine->rots && !world->rotten ? ROT + 1 : ROT);
	if (setjmp(power_cut)) {
		power_off();
		return;
	}
	happen(event);
}

static void add_beginning(void)
{
	struct world w = { .current = 1,
			   .said = { { BOOT_SLOT_A, 0, 0 }, { BOOT_SLOT_A, 0, 0 } },
			   .slots = { machine->kernel_of[1], 0 },
			   .valid = 1 };
	struct record record;

	world = &w;
	record = read_record();
	if (!machine->unmarked)
		put_home(&record, 1, BOOT_SLOT_A);
	memcpy(w.words, record.reserved, WORDS);
	add(&w, walk.count);
}

static void show(size_t index)
{
	const struct world *w = &walk.worlds[index];

	if (index != walk.parents[index])
		show(walk.parents[index]);
	print_error("C%d P%d Z%d, %d of %d%s, %s%d repairs, said %d%d%d %d%d%d, slots %d "
		    "%d, kernel %d from %d, runs %d, starts %d, resets %d\n",
		    w->current, w->previous, w->candidate, w->left, w->initial,
		    w->spent ? " spent" : "", w->words[0] & 1 ? "armed, " : "",
		    w->words[1], w->said[0].usual, w->said[0].once, w->said[0].torn,
		    w->said[1].usual, w->said[1].once, w->said[1].torn, w->slots[0],
		    w->slots[1], w->kernel, w->slot, w->running, w->starts, w->resets);
}

static void walk_all(const struct rules *with, const struct machine *on)
{
	struct rules complete = *with;
	struct world w;

	if (!complete.decide)
		complete.decide = real_decide;
	rules = &complete;
	machine = on;
	violated = NULL;
	walk.count = walk.room = 0;
	make_room();
	add_beginning();
	for (size_t i = 0; i < walk.count && !violated; i++) {
		do {
			w = walk.worlds[i];
			world = &w;
			step();
			if (!w.candidate)
				w.starts = 0;
			walk.steps++;
			if (!violated)
				add(&w, i);
			else if (!rules->violates)
				show(i);
		} while (!violated && picks_next());
	}
	picks.depth = picks.used = 0;
}

/* --- the rules ------------------------------------------------------------------------
 */

static const struct machine machines[] = {
	{ .kernel_of = { 0, 1, 2, 3 } }, /* LAMINA_MODEL=one: this one */
	{ .kernel_of = { 0, 1, 2, 3 }, .forgets = true },
	{ .kernel_of = { 0, 1, 2, 3 }, .dead = 2 },
	{ .kernel_of = { 0, 1, 2, 1 }, .dead = 2, .forgets = true, .unmarked = true },
	{ .kernel_of = { 0, 1, 2 }, .refuses = true },
	{ .kernel_of = { 0, 1, 2 }, .rots = true },
	/* LAMINA_MODEL=all: these too */
	{ .kernel_of = { 0, 1, 2, 1 }, .refuses = true },
	{ .kernel_of = { 0, 1, 2, 3 }, .dead = 3, .refuses = true, .forgets = true },
	{ .kernel_of = { 0, 1, 2, 2 }, .rots = true },
};
#define QUICK 6
#define ALL (sizeof(machines) / sizeof(machines[0]))

static const struct rules real = { .name = "the rules" };

static void the_rules(void **state)
{
	const char *which = getenv("LAMINA_MODEL");
	size_t count = 0, last = QUICK;

	(void)state;
	walk.steps = 0;
	if (which)
		last = strcmp(which, "all") == 0 ? ALL : 1;
	for (size_t i = 0; i < last; i++) {
		walk_all(&real, &machines[i]);
		if (violated)
			fail_msg("machine %zu: %s", i, violated);
		print_message("machine %zu: %zu states\n", i, walk.count);
		count += walk.count;
	}
	assert_true(count > last * 600);
	print_message("%zu states, %llu steps\n", count, (unsigned long long)walk.steps);
}

/* --- mutants --------------------------------------------------------------------------
 */

/* Whatever the loader starts, its default isn't put right. */
static void decide_without_repair(const struct decide *d, struct decision *ret_decision)
{
	struct decide other = *d;

	other.home[DECIDE_CURRENT] = BOOT_SLOT_NONE;
	real_decide(&other, ret_decision);
}

/* For ever, though the slot is bad. */
static void decide_repairing(const struct decide *d, struct decision *ret_decision)
{
	struct decide other = *d;

	record_set_repairs(&other.record, 0);
	real_decide(&other, ret_decision);
}

static void decide_uncounted(const struct decide *d, struct decision *ret_decision)
{
	real_decide(d, ret_decision);
	if (ret_decision->act == DECIDE_BOUNCE)
		ret_decision->record.tries_left++;
}

/* A start that the loader was asked for is counted by the kernel that it brings about. */
static void decide_counting_late(const struct decide *d, struct decision *ret_decision)
{
	real_decide(d, ret_decision);
	if (ret_decision->act == DECIDE_BOUNCE) {
		ret_decision->record.tries_left++;
		record_arm(&ret_decision->record, false);
	}
}

/* It starts what there is, on whatever kernel. */
static void decide_heedless(const struct decide *d, struct decision *ret_decision)
{
	struct decide other = *d;

	memset(other.foreign, 0, sizeof(other.foreign));
	real_decide(&other, ret_decision);
}

static const struct rules mutants[] = {
	{ "no repair", .decide = decide_without_repair,
	  .violates = "a good current image is passed over" },
	{ "repairs without end", .decide = decide_repairing,
	  .violates = "endless resets" },
	{ "the slot that runs is overwritten", .overwrite = true,
	  .violates = "no slot starts" },
	{ "a bounce isn't counted", .decide = decide_uncounted,
	  .violates = "started too often" },
	{ "a bounce is counted late", .decide = decide_counting_late,
	  .violates = "endless resets" },
	{ "foreign kernels are as good", .decide = decide_heedless,
	  .violates = "a good current image is passed over" },
	{ "the record before the loader", .record_first = true,
	  .violates = "what was told to have failed counts" },
	{ "one copy of what the loader goes by", .one_copy = true,
	  .violates = "what the loader was told and acknowledged is lost" },
	{ "the first copy first", .in_order = true,
	  .violates = "what the loader was told and acknowledged is lost" },
	{ "the record sends to a slot that is written", .unmarked = true,
	  .violates = "a good current image is passed over" },
};

/* Each is found on one of the machines, by what it breaks. */
static void every_mutant(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mutants) / sizeof(mutants[0]); i++) {
		violated = NULL;
		for (size_t j = 0; !violated && j < QUICK; j++)
			walk_all(&mutants[i], &machines[j]);
		must_violate(mutants[i].name, mutants[i].violates);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rules),
		cmocka_unit_test(every_mutant),
	};

	settings.policy.boot_loader = POLICY_LOADER_SECTOR;
	for (int i = 1; i <= KERNELS; i++)
		(void)sha256_of(boot_ids[i], strlen(boot_ids[i]), &boot_hashes[i]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
