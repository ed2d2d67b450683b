/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every state that a device can get into by installs, boots, crashes and rot, in any
 * order: a walk over all of them, through select.c, decide.c, transition.c and record.c
 * as they are, with the power failing, and sectors tearing or refusing, at every write of
 * the record. And the same walk with one rule broken, which must be noticed.
 */
#include <stdlib.h>

#include "boot/decide.h"

/* The real one by another name, so that select.c can be given a wrong one. */
void real_decide(const struct decide *d, struct decision *ret_decision);
#define decide_next(d, ret) real_decide(d, ret)
#include "../../src/boot/decide.c"
#undef decide_next

#include "unit/model-steps.h"
#include "unit/model-walk.h"

void decide_next(const struct decide *d, struct decision *ret_decision)
{
	rules->decide(d, ret_decision);
}

/* --- the walk -------------------------------------------------------------------------
 */

static void add_beginnings(bool factory)
{
	struct world w = { .factory = factory, .images = 1 << 2, .confirmed = 1 << 2 };

	add(&w, walk.count); /* a store that was just made, without a record */
	w.images = w.confirmed = (uint8_t)((1 << (images + 1)) - 2);
	add(&w, walk.count);
	w.images = 0;
	w.confirmed = 1 << 2;
	w.seq = 1;
	w.current = 2;
	for (int i = 0; i < RECORD_COPIES; i++)
		w.copies[i] = (struct copy){ .kind = COPY_WHOLE, .seq = 1, .current = 2 };
	add(&w, walk.count);
	for (int i = 0; i < RECORD_COPIES; i++)
		w.copies[i].kind = COPY_NEWER;
	add(&w, walk.count);
}

static void show_copy(const struct copy *c)
{
	print_error("%c %d: %d %d %d, %d of %d%s, floor %d | ", "-WBN"[c->kind], c -> seq,
		    c -> current, c -> previous, c -> candidate, c -> left, c -> initial,
		    c -> spent ? " spent" : "", c->floor);
}

/* How it came to that. */
static void show(size_t index)
{
	const struct world *w = &walk.worlds[index];

	if (index != walk.parents[index])
		show(walk.parents[index]);
	show_copy(&w->copies[0]);
	show_copy(&w->copies[1]);
	print_error("images %x, runs %d, starts %d, excused %d\n", w->images, w->running,
		    w->starts, w->excused);
}

#define COMPLETE(rule, with) ((rule) = (rule) ? (rule) : (with))

static void complete_rules(struct rules *r)
{
	COMPLETE(r->decide, real_decide);
	COMPLETE(r->confirm, transition_confirm);
	COMPLETE(r->rollback, transition_rollback);
	COMPLETE(r->reboot, transition_reboot);
	COMPLETE(r->reset, transition_reset);
	COMPLETE(r->newest, record_newest);
	COMPLETE(r->first, record_first);
}

/* All that follows from the beginnings, or up to the first violation. */
static void walk_all(const struct rules *with, bool factory)
{
	struct rules complete = *with;
	struct world w;

	complete_rules(&complete);
	strcpy(settings.policy.factory, factory ? "/factory" : "");
	rules = &complete;
	world = &w;
	violated = NULL;
	walk.count = walk.room = 0;
	make_room();
	add_beginnings(factory);
	for (size_t i = 0; i < walk.count && !violated; i++) {
		do {
			w = walk.worlds[i];
			is_late = false;
			step();
			normalise(&w);
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

static const struct rules real = { .name = "the rules" };

static const struct {
	unsigned int images, tries;
	enum policy_raise raise;
	bool factory;
} walks[] = {
	{ 2, 3, POLICY_RAISE_CURRENT, false }, /* LAMINA_MODEL=one: this one */
	{ 3, 1, POLICY_RAISE_NO, true },
	{ 2, 2, POLICY_RAISE_PREVIOUS, true },
	/* LAMINA_MODEL=all, which takes minutes: these too */
	{ 3, 1, POLICY_RAISE_PREVIOUS, false },
	{ 3, 1, POLICY_RAISE_CURRENT, true },
	{ 3, 2, POLICY_RAISE_NO, true },
	{ 3, 2, POLICY_RAISE_PREVIOUS, false },
	{ 3, 2, POLICY_RAISE_CURRENT, false },
	{ 3, 3, POLICY_RAISE_NO, false },
	{ 3, 3, POLICY_RAISE_PREVIOUS, true },
	{ 3, 3, POLICY_RAISE_CURRENT, false },
};
#define QUICK 3
#define ALL (sizeof(walks) / sizeof(walks[0]))

static void walk_one(const struct rules *with, size_t i)
{
	images = walks[i].images;
	settings.policy.tries = walks[i].tries;
	settings.policy.raise_floor = walks[i].raise;
	walk_all(with, walks[i].factory);
}

static void the_rules(void **state)
{
	const char *which = getenv("LAMINA_MODEL");
	size_t count = 0, last = QUICK;

	(void)state;
	walk.steps = 0;
	if (which)
		last = strcmp(which, "all") == 0 ? ALL : 1;
	for (size_t i = 0; i < last; i++) {
		walk_one(&real, i);
		if (violated)
			fail_msg("%s", violated);
		count += walk.count;
	}
	assert_true(count > last * 1000);
	print_message("%zu states, %llu steps\n", count, (unsigned long long)walk.steps);
}

/* --- mutants --------------------------------------------------------------------------
 */

static size_t newest_first(const struct record_copy copies[RECORD_COPIES])
{
	return RECORD_COPIES - 1 - record_first(copies);
}

static size_t always_the_first(const struct record_copy copies[RECORD_COPIES])
{
	(void)copies;
	return 0;
}

static size_t oldest(const struct record_copy copies[RECORD_COPIES])
{
	return copies[0].r == 0 && copies[1].r == 0 && copies[0].seq > copies[1].seq
		       ? 1
		       : record_newest(copies);
}

static void decide_uncounted(const struct decide *d, struct decision *ret_decision)
{
	real_decide(d, ret_decision);
	if (ret_decision->slot == DECIDE_CANDIDATE)
		ret_decision->record.tries_left++;
}

static void decide_counting_all(const struct decide *d, struct decision *ret_decision)
{
	real_decide(d, ret_decision);
	ret_decision->write |= d->writable && ret_decision->slot == DECIDE_CURRENT;
}

static void decide_for_previous(const struct decide *d, struct decision *ret_decision)
{
	real_decide(d, ret_decision);
	if (ret_decision->slot == DECIDE_CURRENT && ret_decision->write) {
		ret_decision->record.current = d->record.previous;
		set_number(&ret_decision->record.previous, 0);
	}
}

static void decide_heedless(const struct decide *d, struct decision *ret_decision)
{
	struct decide other = *d;

	other.use = CMDLINE_USE_DEFAULT;
	real_decide(&other, ret_decision);
}

static void decide_without_previous(const struct decide *d, struct decision *ret_decision)
{
	struct decide other = *d;

	other.fallen[DECIDE_PREVIOUS] = RECORD_REASON_CORRUPT;
	real_decide(&other, ret_decision);
}

/* A candidate without tries is given one more, if nothing says why it ended. */
static void decide_kindly(const struct decide *d, struct decision *ret_decision)
{
	struct decide other = *d;

	if (digest_is_set(&d->record.candidate) && d->record.tries_left == 0 &&
	    d->last_end == RECORD_REASON_NONE)
		other.record.tries_left = 1;
	real_decide(&other, ret_decision);
}

static int confirm_without_floor(struct record *record, const struct digest *running,
				 uint64_t floor, struct err *err)
{
	(void)floor;
	return transition_confirm(record, running, 0, err);
}

static int rollback_to_candidate(struct record *record, uint64_t serial, struct err *err)
{
	struct digest id;

	id = record->candidate;
	if (digest_is_set(&id))
		return transition_confirm(record, &id, 0, err);
	return transition_rollback(record, serial, err);
}

static int reboot_again_and_again(struct record *record, const struct digest *running)
{
	int r = transition_reboot(record, running);

	record->reboot_spent = false;
	return r;
}

static void reset_all(struct record *record, bool factory)
{
	transition_reset(record, factory);
	record->floor = 0;
}

static const struct rules mutants[] = {
	{ "one copy only", .one_copy = true,
	  .violates = "an acknowledged write is lost" },
	{ "the newest copy first", .first = newest_first,
	  .violates = "a write leaves no whole copy" },
	{ "always copy 0 first", .first = always_the_first,
	  .violates = "a write leaves no whole copy" },
	{ "the older copy counts", .newest = oldest,
	  .violates = "confirmed images are counted" },
	{ "a start is counted late", .late_start = true,
	  .violates = "an acknowledged write is lost" },
	{ "an answer before the flush", .late_answer = true,
	  .violates = "an image that was never confirmed is started uncounted" },
	{ "one copy passes for two", .fail_lightly = true,
	  .violates = "an acknowledged write is lost" },
	{ "a second image before the record", .blind_install = true,
	  .violates = "an image that was never confirmed is started uncounted" },
	{ "starts aren't counted", .decide = decide_uncounted,
	  .violates = "started too often" },
	{ "one try more", .decide = decide_kindly, .violates = "started too often" },
	{ "confirmed images are counted", .decide = decide_counting_all,
	  .violates = "confirmed images are counted" },
	{ "a fall takes the current along", .decide = decide_for_previous,
	  .violates = "an image that was never confirmed is started uncounted" },
	{ "lamina.use is passed over", .decide = decide_heedless,
	  .violates = "lamina.use starts a candidate" },
	{ "the previous image is forgotten", .decide = decide_without_previous,
	  .violates = "a good previous image is passed over" },
	{ "confirm forgets the floor", .confirm = confirm_without_floor,
	  .violates = "the floor went down" },
	{ "rollback confirms", .rollback = rollback_to_candidate,
	  .violates = "an image that was never confirmed is started uncounted" },
	{ "every reboot is given back", .reboot = reboot_again_and_again,
	  .violates = "started too often" },
	{ "reset lowers the floor", .reset = reset_all,
	  .violates = "the floor went down" },
};

/* Each is found by one of the walks, by what it breaks; in the first it shows soonest. */
static void every_mutant(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mutants) / sizeof(mutants[0]); i++) {
		violated = NULL;
		for (size_t j = 0; !violated && j < QUICK; j++)
			walk_one(&mutants[i], j);
		must_violate(mutants[i].name, mutants[i].violates);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rules),
		cmocka_unit_test(every_mutant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
