/* SPDX-License-Identifier: Apache-2.0 */
#include "slot/confirm.h"

#include <errno.h>

#include "base/fd.h"
#include "base/str.h"
#include "boot/transition.h"
#include "slot/change.h"
#include "slot/fall.h"
#include "store/store.h"

/* An image that can't be read can't be gone back to either: it sets no floor. */
static uint64_t serial_of(const struct confirm *confirm, int store,
			  const struct digest *id)
{
	const struct settings *settings = confirm->settings;

	if (!digest_is_set(id))
		return 0;
	if (store_load_image(store, id, &settings->keyring, settings->policy.threshold,
			     confirm->scratch, NULL, NULL) < 0)
		return 0;
	return confirm->scratch->serial;
}

/* Never past the serial of the image that runs: it would be refused at the next boot. */
static uint64_t floor_for(const struct confirm *confirm, const struct change *change)
{
	enum policy_raise raise = confirm->settings->policy.raise_floor;
	uint64_t previous, running;

	if (raise == POLICY_RAISE_NO)
		return 0;
	running = serial_of(confirm, change->store, &confirm->running);
	if (raise == POLICY_RAISE_CURRENT)
		return running;
	previous = serial_of(confirm, change->store, &change->record->current);
	return previous < running ? previous : running;
}

static int confirm_change(const struct confirm *confirm, struct change *change,
			  struct err *err)
{
	uint64_t floor = floor_for(confirm, change);
	int r = transition_confirm(change->record, &confirm->running, floor, err);

	return r < 0 ? r : change_write(change, err);
}

static int fall_change(const struct confirm *confirm, struct change *change,
		       struct err *err)
{
	if (!digest_equal(&change->record->candidate, &confirm->running))
		return err_set(err, -EPERM, "the image that runs is not the candidate");
	transition_fall(change->record, confirm->reason);
	fall_tell(change->store, confirm->settings, confirm->scratch, confirm->why,
		  confirm->check, change->record);
	return change_write(change, err);
}

static int reboot_change(const struct confirm *confirm, struct change *change,
			 struct err *err)
{
	const struct record *record = change->record;
	int r;

	if (!transition_reboot(change->record, &confirm->running)) {
		if (!record->reboot_spent || !digest_is_set(&confirm->running) ||
		    !digest_equal(&record->candidate, &confirm->running))
			return 0;
		return err_set(
			err, -EALREADY,
			"the one free reboot is spent: this start counts (%u of %u left)",
			(unsigned int)record->tries_left,
			(unsigned int)record->tries_initial);
	}
	r = change_write(change, err);
	return r < 0 ? r : 1;
}

static int run(const struct confirm *confirm,
	       int (*what)(const struct confirm *confirm, struct change *change,
			   struct err *err),
	       struct err *err)
{
	struct change change = {
		.path = confirm->store,
		.device = confirm->device,
		.settings = confirm->settings,
		.rest = confirm->rest,
	};
	int r = change_begin(&change, err);

	if (r == 0)
		r = what(confirm, &change, err);
	/* that the store stays writable takes nothing from what is on the disk now */
	(void)change_end(&change, NULL);
	return r;
}

int confirm_running(const struct confirm *confirm, struct err *err)
{
	return run(confirm, confirm_change, err);
}

int confirm_fall(const struct confirm *confirm, struct err *err)
{
	return run(confirm, fall_change, err);
}

int confirm_reboot(const struct confirm *confirm, struct err *err)
{
	return run(confirm, reboot_change, err);
}
