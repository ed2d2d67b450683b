/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/slots.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "boot/transition.h"
#include "loader/partition.h"
#include "store/images.h"
#include "store/store.h"

static void show_progress(void *context, size_t size)
{
	progress_add(context, size);
}

static struct partition partition_of(const struct slots *slots, enum boot_slot slot)
{
	return (struct partition){ .path = slots->loader.slots[slot - BOOT_SLOT_A] };
}

int slots_open(const struct ctl *ctl, struct slots *ret_slots, struct err *err)
{
	const struct policy *policy = &ctl->settings.policy;
	int r = 0;

	*ret_slots = (struct slots){ .runs = BOOT_SLOT_NONE };
	if (policy->boot_loader && !ctl->store)
		r = loader_open(policy, &ret_slots->loader, err);
	return r < 0 ? err_wrap(err, r, "boot slots") : 0;
}

bool slots_is_running(const struct ctl *ctl, const struct manifest_boot *boot)
{
	return !boot->id[0] || strcmp(boot->id, ctl->boot_id) == 0;
}

int slots_check(const struct ctl *ctl, const struct manifest_boot *boot,
		struct slots *ret_slots, struct err *err)
{
	int r = slots_open(ctl, ret_slots, err);

	if (r < 0 || slots_is_running(ctl, boot) || ctl->store)
		return r;
	if (!ret_slots->loader.ops)
		return err_set(
			err, -ENOTSUP,
			"asks for the kernel %s, and the policy names no boot slots "
			"for one",
			boot->id);
	for (size_t i = 0; r == 0 && i < BOOT_SLOTS; i++)
		r = partition_check(ret_slots->loader.slots[i], boot->size, err);
	return r;
}

int slots_holds(const struct slots *slots, enum boot_slot slot,
		const struct manifest_boot *boot, struct err *err)
{
	const struct partition partition = partition_of(slots, slot);

	return partition_holds(&partition, &boot->blob, boot->size, err);
}

/* Which of them have what is known as the kernel that runs, a bit each. */
static int find_running(const struct ctl *ctl, const struct slots *slots, int store,
			struct err *err)
{
	static struct manifest manifest;
	struct images images;
	struct digest id;
	int found = 0, r = 0;

	images_init(&images, store);
	while (found == 0 && (r = images_next(&images, &id, err)) > 0) {
		if (store_load_image(store, &id, &ctl->settings.keyring,
				     ctl->settings.policy.threshold, &manifest, NULL,
				     NULL) < 0 ||
		    !manifest.boot.id[0] || !slots_is_running(ctl, &manifest.boot))
			continue;
		for (enum boot_slot slot = BOOT_SLOT_A; slot <= BOOT_SLOT_B; slot++) {
			r = slots_holds(slots, slot, &manifest.boot, err);
			if (r < 0)
				return r;
			found |= r ? slot : 0;
		}
	}
	return r < 0 ? r : found;
}

/* By what they hold; else as the firmware says; with both the same, by what the loader starts
 * when it isn't told otherwise. */
int slots_tell(const struct ctl *ctl, struct slots *slots, int store, struct err *err)
{
	const struct loader *loader = &slots->loader;
	struct loader_words words = { .usual = BOOT_SLOT_NONE };
	int found = find_running(ctl, slots, store, err), r = 0;

	if (found < 0)
		return found;
	slots->runs = found;
	if (found == BOOT_SLOT_A || found == BOOT_SLOT_B)
		return 0;
	slots->runs = loader->ops->runs ? loader->ops->runs(loader) : BOOT_SLOT_NONE;
	if (!slots->runs && found) {
		r = loader_read(loader, &words, err);
		slots->runs = words.usual;
	}
	if (r == 0 && !slots->runs)
		return err_set(
			err, -ENXIO,
			"which boot slot runs can't be told: no image of the store "
			"is for the kernel that is in one");
	return r;
}

/* The usual one is the one that runs, also where that took over from a bad one: until it is
 * whole, nothing is to start what is being written. */
static int prepare(const struct slots *slots, struct err *err)
{
	const struct loader *loader = &slots->loader;
	int r = 0;

	if (loader->ops->may_be_full)
		r = loader_write(loader, slots->runs, slots->runs, err);
	return r < 0 ? r : loader_write(loader, slots->runs, BOOT_SLOT_NONE, err);
}

static int write_slot(const struct slots *slots, enum boot_slot slot, int store,
		      const struct manifest_boot *boot, struct err *err)
{
	struct partition partition = partition_of(slots, slot);
	struct progress progress;
	__fd int blob = store_open_blob(store, &boot->blob, boot->size, err);
	int r;

	if (blob < 0)
		return err_wrap(err, blob, "boot %s", boot->id);
	partition.progress = show_progress;
	partition.context = &progress;
	progress_init(&progress);
	progress_begin(&progress, "writing boot slot", boot_slot_name(slot),
		       2 * boot->size);
	r = partition_write(&partition, blob, &boot->blob, boot->size, err);
	progress_end(&progress);
	return r < 0 ? err_wrap(err, r, "boot slot %s", boot_slot_name(slot)) : 1;
}

/* While a candidate runs from its own slot, the way back from it is in the other one. */
static int check_kept(const struct ctl *ctl, const struct slots *slots,
		      const struct manifest_boot *keep, struct err *err)
{
	enum boot_slot slot = slots_other(slots->runs);
	int r = slots_is_running(ctl, keep) ? 0 : slots_holds(slots, slot, keep, err);

	return r > 0 ? err_set(err, -EBUSY,
			       "boot slot %s is the current image's, and another one runs: "
			       "confirm it first",
			       boot_slot_name(slot))
		     : r;
}

static int forget(struct change *change, enum boot_slot slot, struct err *err)
{
	struct record *record = change->record;
	const struct record before = *record;

	record_slot_clear(record, slot);
	if (digest_is_set(&record->candidate))
		transition_forget(record);
	return memcmp(&before, record, sizeof(before)) == 0 ? 0
							    : change_write(change, err);
}

int slots_put(const struct ctl *ctl, struct slots *slots, struct change *change,
	      const struct manifest_boot *boot, const struct manifest_boot *keep,
	      struct err *err)
{
	int r = slots_tell(ctl, slots, change->store, err);
	enum boot_slot slot = slots_other(slots->runs);

	if (r == 0)
		r = slots_holds(slots, slot, boot, err);
	if (r != 0)
		return r < 0 ? r : 0;
	r = check_kept(ctl, slots, keep, err);
	if (r == 0)
		r = forget(change, slot, err);
	if (r == 0)
		r = prepare(slots, err);
	return r < 0 ? r : write_slot(slots, slot, change->store, boot, err);
}

int slots_settle(const struct ctl *ctl, const struct record *record,
		 const struct digest *image, struct err *err)
{
	enum boot_slot home = record_slot(record, image);
	struct slots slots;
	int r = home ? slots_open(ctl, &slots, err) : 0;

	if (r < 0 || !home || !slots.loader.ops)
		return r;
	return loader_write(&slots.loader, home, BOOT_SLOT_NONE, err);
}

int slots_note(struct record *record, const struct digest *image, enum boot_slot slot,
	       const struct manifest_boot *boot, struct err *err)
{
	struct digest hash;
	int r = sha256_of(boot->id, strlen(boot->id), &hash);

	if (r < 0)
		return err_errno(err, r, "sha256");
	record_slot_put(record, image, slot, &hash);
	return 0;
}
