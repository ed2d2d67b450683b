/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/arrival.h"

#include <errno.h>

#include "ctl/guard.h"
#include "install/install.h"

/* Garbage makes room only where there is none: it may be layers of the next image. */
static int make_room(struct arrival *q, struct err *err)
{
	if (q->ctl->install.needed_bytes <= q->ctl->install.free_bytes)
		return 0;
	return gc_run(&q->gc, err); /* .also is the image that comes */
}

/* A store without a record gets one before it gets a second image: cut off in between,
 * the next boot would have to guess which of the two was ever confirmed. */
static int note_current(struct arrival *q, struct err *err)
{
	if (q->change->select.has_record || !digest_is_set(&q->change->record->current))
		return 0;
	return change_write(q->change, err);
}

/* In a process of its own: see arrival_write(). */
static int write_layers(void *context, uint64_t ret_counts[GUARD_COUNTS], struct err *err)
{
	struct arrival *q = context;
	int r;

	progress_init(&q->progress);
	progress_begin(&q->progress, "installing", q->ctl->install.manifest.name,
		       q->ctl->install.total_bytes);
	r = install_write(&q->ctl->install, err);
	progress_end(&q->progress);
	ret_counts[0] = q->ctl->install.written_bytes;
	ret_counts[1] = q->ctl->install.reused_layers;
	return r;
}

/* A download may take long, and be given up: the store is read-only again all the same. The
 * record names nothing that the disk could still fail to take. */
int arrival_write(struct arrival *q, struct err *err)
{
	struct install *install = &q->ctl->install;
	uint64_t counts[GUARD_COUNTS];
	int r = change_writable(q->change, err);

	if (r == 0)
		r = note_current(q, err);
	if (r == 0)
		r = make_room(q, err);
	if (r == 0)
		r = guard_run(write_layers, q, counts, err);
	if (r < 0)
		return r;
	install->written_bytes = counts[0];
	install->reused_layers = (size_t)counts[1];
	install->reused_bytes = install->total_bytes - install->written_bytes;
	return change_settle(q->change, err);
}

/* For the kernel that runs it is the slot that does, once that is in the record. */
int arrival_put_boot(struct arrival *q, struct err *err)
{
	const struct manifest_boot *boot = &q->ctl->install.manifest.boot;
	struct slots *slots = &q->slots;
	int r;

	if (!slots->loader.ops || !boot->id[0])
		return 0;
	if (slots_is_running(q->ctl, boot)) {
		r = slots_tell(q->ctl, slots, q->change->store, err);
		q->home = slots->runs;
		return r;
	}
	r = slots_put(q->ctl, slots, q->change, boot, &q->current_boot, err);
	q->home = slots_other(slots->runs);
	if (r >= 0)
		cmd_note("boot slot %s %s %s", boot_slot_name(q->home),
			 r ? "is written:" : "has it already:", boot->id);
	return r < 0 ? r : 0;
}

/* The current image's too: who has slots from now on had none to tell of before. */
static int note_homes(struct arrival *q, struct err *err)
{
	const struct install *install = &q->ctl->install;
	struct record *record = q->change->record;
	int r = 0;

	if (!q->home)
		return 0;
	if (q->current_boot.id[0] && slots_is_running(q->ctl, &q->current_boot))
		r = slots_note(record, &record->current, q->slots.runs, &q->current_boot,
			       err);
	if (r == 0)
		r = slots_note(record, &install->id, q->home, &install->manifest.boot,
			       err);
	/* the loader first: what it can't be told is an error then, and no half a change */
	return r == 0 && digest_equal(&record->current, &install->id)
		       ? loader_write(&q->slots.loader, q->home, BOOT_SLOT_NONE, err)
		       : r;
}

/* With nothing to fall back to, trying an image out protects nobody: it is current at
 * once. */
int arrival_flip(struct arrival *q, struct err *err)
{
	struct record *record = q->change->record;
	const struct policy *policy = &q->ctl->settings.policy;
	bool first = !digest_is_set(&record->current) &&
		     !digest_is_set(&record->previous) && !policy->factory[0];
	int r = transition_install(record, &q->ctl->install.id, (uint8_t)policy->tries,
				   err);

	if (r == 0 && first)
		r = transition_confirm(record, &q->ctl->install.id, 0, err);
	/* what was missing of it is there again; a record that was made up is written */
	if (r == -EEXIST && q->change->select.has_record && !q->home)
		return 0;
	if (r == -EEXIST)
		r = 0;
	if (r == 0)
		r = note_homes(q, err);
	return r < 0 ? r : change_write(q->change, err);
}
