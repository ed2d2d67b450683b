/* SPDX-License-Identifier: Apache-2.0 */
/* The boot slots of a device: what the medium has in them, and what the loader says. */
#include "base/str.h"
#include "ctl/status.h"

/* Every image that asks for a kernel, in its slot or, where the record knows none, in both: what
 * the medium has, not what was once written there. */
void status_boot_read(const struct ctl *ctl, struct status *status)
{
	struct status_boot *boot = &status->boot;

	boot->kernel = ctl->boot_id[0] ? ctl->boot_id : NULL;
	boot->r = slots_open(ctl, &boot->slots, &boot->err);
	if (boot->r == 0 && boot->slots.loader.ops)
		boot->r = loader_read(&boot->slots.loader, &boot->words, &boot->err);
	if (boot->r < 0 || !boot->slots.loader.ops)
		return;
	for (size_t i = 0; i < BOOT_SLOTS; i++) {
		for (enum decide_slot image = 0; image < STATUS_SLOTS; image++) {
			const struct facts *facts = &status->slots[image];
			const struct manifest_boot *wanted = &facts->boot;
			enum boot_slot home = record_slot(&status->record, &facts->id);
			int r = 0;

			if (wanted->id[0] && (!home || home == BOOT_SLOT_A + i))
				r = slots_holds(&boot->slots, BOOT_SLOT_A + i, wanted,
						&boot->err);
			if (r < 0)
				boot->bad[i] = r;
			boot->holds[i] |= (uint8_t)((r > 0) << image);
		}
	}
}

static void slot_line(struct out *out, const struct status_boot *boot, size_t i)
{
	const char *comma = "";

	out_addf(out, "slot %s     ", boot_slot_name(BOOT_SLOT_A + i));
	for (enum decide_slot image = 0; image < STATUS_SLOTS; image++) {
		if (!(boot->holds[i] & 1U << image))
			continue;
		out_addf(out, "%s%s", comma, decide_slot_name(image));
		comma = ", ";
	}
	if (boot->bad[i] < 0)
		out_addf(out, "%s", err_reason(boot->bad[i]));
	else if (!boot->holds[i])
		out_add(out, "the kernel of none of these images");
	out_add(out, "\n");
}

void status_boot_text(struct out *out, const struct status *status)
{
	const struct status_boot *boot = &status->boot;

	if (boot->kernel)
		out_addf(out, "kernel     %s\n", boot->kernel);
	if (boot->r == 0 && !boot->slots.loader.ops)
		return;
	out_add(out, "loader     ");
	if (boot->r < 0)
		out_clean(out, boot->err.text);
	else
		out_addf(out, "%s: slot %s", boot->slots.loader.ops->name,
			 boot_slot_name(boot->words.usual));
	if (boot->r == 0 && boot->words.once)
		out_addf(out, ", once %s", boot_slot_name(boot->words.once));
	out_add(out, "\n");
	for (size_t i = 0; boot->r == 0 && i < BOOT_SLOTS; i++)
		slot_line(out, boot, i);
}

static void slot_object(struct out *out, const struct status_boot *boot, size_t i)
{
	json_open(out, boot_slot_name(BOOT_SLOT_A + i), '{');
	json_text(out, "device", boot->slots.loader.slots[i]);
	json_open(out, "holds", '[');
	for (enum decide_slot image = 0; image < STATUS_SLOTS; image++)
		if (boot->holds[i] & 1U << image)
			json_text(out, NULL, decide_slot_name(image));
	json_close(out, ']');
	if (boot->bad[i] < 0)
		json_text(out, "reason", err_reason(boot->bad[i]));
	json_close(out, '}');
}

static void slot_text(struct out *out, const char *key, enum boot_slot slot)
{
	json_text(out, key, slot ? boot_slot_name(slot) : NULL);
}

void status_boot_json(struct out *out, const struct status *status)
{
	const struct status_boot *boot = &status->boot;

	json_text(out, "kernel", boot->kernel);
	if (boot->r == 0 && !boot->slots.loader.ops) {
		json_text(out, "loader", NULL);
		return;
	}
	json_open(out, "loader", '{');
	if (boot->r < 0) {
		json_text(out, "reason", boot->err.text);
	} else {
		json_text(out, "kind", boot->slots.loader.ops->name);
		slot_text(out, "default", boot->words.usual);
		slot_text(out, "once", boot->words.once);
		for (size_t i = 0; i < BOOT_SLOTS; i++)
			slot_object(out, boot, i);
	}
	json_close(out, '}');
}
