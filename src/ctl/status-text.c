/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "ctl/status.h"

static void label(struct out *out, const char *name)
{
	out_addf(out, "%-10s ", name);
}

static void state_line(struct out *out, const struct status *status)
{
	const struct record *record = &status->record;

	label(out, "state");
	if (digest_is_set(&record->candidate))
		out_addf(out, "trying, %u of %u tries left%s\n", record->tries_left,
			 record->tries_initial,
			 status->next == DECIDE_CANDIDATE
				 ? ""
				 : ", but the next boot doesn't try it");
	else
		out_add(out,
			digest_is_set(&record->current) ? "confirmed\n" : "no image\n");
}

/* What it was started as, and what became of it since. */
static void running_line(struct out *out, const struct status *status)
{
	const char *slot = status->running_slot;
	const char *now = ctl_slot_name(&status->record, &status->running);
	bool same = !now || !slot[0] || strcmp(now, slot) == 0;

	if (!digest_is_set(&status->running))
		return;
	label(out, "running");
	if (!same)
		out_addf(out, "%.12s (started as ", DIGEST_HEX(&status->running));
	out_clean(out, slot);
	if (same)
		out_addf(out, "%s%.12s\n", slot[0] ? " " : "",
			 DIGEST_HEX(&status->running));
	else if (strcmp(now, "failed") == 0)
		out_addf(out, "; %s)\n", record_reason_words(status->record.reason));
	else
		out_addf(out, "; now %s)\n", now);
}

static void app_line(struct out *out, const struct status *status)
{
	if (!status->has_app)
		return;
	label(out, "app");
	if (status->app.members > 1) {
		out_clean(out, status->app.name);
		out_addf(out, " of %" PRIu64 " members: ", status->app.members);
	}
	app_text(out, &status->app);
	out_add(out, "\n");
}

static void next_line(struct out *out, const struct status *status)
{
	const char *name = decide_slot_name(status->next);

	label(out, "next boot");
	out_add(out, name ? name : "nothing: no image would start");
	if (status->next < STATUS_SLOTS)
		out_addf(out, " %.12s", DIGEST_HEX(&status->slots[status->next].id));
	out_add(out, "\n");
}

static void add_after(struct out *out, const char *sign, const char *text)
{
	if (!text[0])
		return;
	out_add(out, sign);
	out_clean(out, text);
}

static void failed_line(struct out *out, const struct status *status)
{
	const struct record *record = &status->record;

	if (!digest_is_set(&record->failed))
		return;
	label(out, "failed");
	out_addf(out, "%.12s", DIGEST_HEX(&record->failed));
	add_after(out, " ", status->failed.name);
	add_after(out, " ", status->failed.version);
	out_addf(out, ": %s", status_failed_words(status));
	add_after(out, ": ",
		  status->failed.why[0] ? status->failed.why : status->failed_why.text);
	out_add(out, "\n");
	if (!status->failed.check[0])
		return;
	label(out, "");
	out_add(out, "its health check said last: ");
	out_clean(out, status->failed.check);
	out_add(out, "\n");
}

static void note_lines(struct out *out, const struct status *status)
{
	const char *at = status->notes;

	while (*at) {
		size_t size = strcspn(at, "\n");
		struct err line = ERR_INIT;

		label(out, "without");
		(void)err_set(&line, 0, "%.*s", (int)size, at);
		out_clean(out, line.text);
		out_add(out, "\n");
		at += size + (at[size] == '\n');
	}
}

static void refused_line(struct out *out, const struct status *status)
{
	if (status->refused == 0)
		return;
	label(out, "refused");
	out_addf(out,
		 "%zu image%s in the store, `laminactl list` tells: ", status->refused,
		 status->refused == 1 ? "" : "s");
	out_clean(out, status->refused_why.text);
	out_add(out, "\n");
}

static void floor_line(struct out *out, const struct status *status)
{
	label(out, "floor");
	if (status->floor == 0)
		out_add(out, "none\n");
	else
		out_addf(out, "serial %" PRIu64 ", of the %s\n", status->floor,
			 status_floor_level(status));
}

static void copies_line(struct out *out, const struct status *status)
{
	for (int i = 0; i < RECORD_COPIES; i++)
		out_addf(out, "%scopy %d %s", i ? ", " : "", i + 1,
			 status_copy_name(status->copies.copies[i]));
	if (status->record_r == 0 || status->record_r == -ENOTSUP)
		out_addf(out, "; %" PRIu64 " write%s, %u candidate%s started",
			 status->record.seq, status->record.seq == 1 ? "" : "s",
			 status->record.boots, status->record.boots == 1 ? "" : "s");
}

/* What a boot makes of it. */
static const char *record_fate(const struct status *status)
{
	if (status->record_r == 0)
		return "\n";
	if (status->record_r == -ENOTSUP)
		return ": only read, `laminactl reset --record` writes it anew\n";
	if (status->lost)
		return ": no image of the store is started without it\n";
	return status->writable ? ": the next boot makes one up\n" : "\n";
}

static void record_line(struct out *out, const struct status *status)
{
	label(out, "record");
	if (status->has_copies)
		copies_line(out, status);
	else
		out_addf(out, "%s", status->has_file ? "unreadable: " : "none");
	if (!status->has_copies && status->has_file)
		out_clean(out, status_record_reason(status));
	out_add(out, record_fate(status));
}

static void space_line(struct out *out, const struct status *status)
{
	char left[16], size[16];

	if (status->space_r < 0)
		return;
	label(out, "space");
	out_addf(out, "%s free of %s\n", str_size(status->free_bytes, left),
		 str_size(status->size_bytes, size));
}

void status_text(struct out *out, const struct status *status)
{
	state_line(out, status);
	running_line(out, status);
	app_line(out, status);
	next_line(out, status);
	for (enum decide_slot slot = 0; slot < STATUS_SLOTS; slot++) {
		if (!digest_is_set(&status->slots[slot].id))
			continue;
		label(out, decide_slot_name(slot));
		facts_text(out, &status->slots[slot]);
		out_add(out, "\n");
	}
	status_boot_text(out, status);
	note_lines(out, status);
	failed_line(out, status);
	refused_line(out, status);
	floor_line(out, status);
	record_line(out, status);
	status_channels_text(out, status);
	space_line(out, status);
}
