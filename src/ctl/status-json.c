/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "ctl/status.h"

static void running_json(struct out *out, const struct status *status)
{
	if (!digest_is_set(&status->running)) {
		json_text(out, "running", NULL);
		return;
	}
	json_open(out, "running", '{');
	json_text(out, "id", DIGEST_HEX(&status->running));
	json_text(out, "slot", status->running_slot[0] ? status->running_slot : NULL);
	json_close(out, '}');
}

static void app_object(struct out *out, const struct status *status)
{
	if (!status->has_app) {
		json_text(out, "app", NULL);
		return;
	}
	json_open(out, "app", '{');
	if (status->app.members > 1) {
		json_text(out, "member", status->app.name);
		json_number(out, "members", status->app.members);
	}
	app_json(out, &status->app);
	json_close(out, '}');
}

static void next_json(struct out *out, const struct status *status)
{
	if (status->next == DECIDE_NONE) {
		json_text(out, "next", NULL);
		return;
	}
	json_open(out, "next", '{');
	json_text(out, "slot", decide_slot_name(status->next));
	if (status->next < STATUS_SLOTS)
		json_text(out, "id", DIGEST_HEX(&status->slots[status->next].id));
	else
		json_text(out, "id", NULL);
	json_close(out, '}');
}

static void slot_json(struct out *out, const struct status *status, enum decide_slot slot)
{
	if (!digest_is_set(&status->slots[slot].id)) {
		json_text(out, decide_slot_name(slot), NULL);
		return;
	}
	json_open(out, decide_slot_name(slot), '{');
	facts_json(out, &status->slots[slot]);
	if (slot == DECIDE_CANDIDATE) {
		json_number(out, "triesLeft", status->record.tries_left);
		json_number(out, "tries", status->record.tries_initial);
	}
	json_close(out, '}');
}

static void failed_json(struct out *out, const struct status *status)
{
	const struct record *record = &status->record;
	const struct record_words *words = &status->failed;
	const char *why = words->why[0] ? words->why : status->failed_why.text;

	if (!digest_is_set(&record->failed)) {
		json_text(out, "failed", NULL);
		return;
	}
	json_open(out, "failed", '{');
	json_text(out, "id", DIGEST_HEX(&record->failed));
	json_text(out, "name", words->name[0] ? words->name : NULL);
	json_text(out, "version", words->version[0] ? words->version : NULL);
	json_text(out, "reason", record_reason_words(record->reason));
	json_text(out, "why", why[0] ? why : NULL);
	json_text(out, "check", words->check[0] ? words->check : NULL);
	json_close(out, '}');
}

static void notes_json(struct out *out, const struct status *status)
{
	const char *at = status->notes;

	json_open(out, "without", '[');
	while (*at) {
		size_t size = strcspn(at, "\n");
		struct err line = ERR_INIT;

		(void)err_set(&line, 0, "%.*s", (int)size, at);
		json_text(out, NULL, line.text);
		at += size + (at[size] == '\n');
	}
	json_close(out, ']');
}

static void record_json(struct out *out, const struct status *status)
{
	json_open(out, "record", '{');
	json_bool(out, "valid", status->record_r == 0);
	json_open(out, "copies", '[');
	for (int i = 0; status->has_copies && i < RECORD_COPIES; i++)
		json_text(out, NULL, status_copy_name(status->copies.copies[i]));
	json_close(out, ']');
	if (status->has_file && !status->has_copies)
		json_text(out, "reason", status_record_reason(status));
	json_number(out, "writes", status->record.seq);
	json_number(out, "candidatesStarted", status->record.boots);
	json_close(out, '}');
}

static void floor_json(struct out *out, const struct status *status)
{
	json_open(out, "floor", '{');
	json_number(out, "serial", status->floor);
	json_text(out, "level", status_floor_level(status));
	json_close(out, '}');
}

static void space_json(struct out *out, const struct status *status)
{
	json_open(out, "space", '{');
	json_number(out, "free", status->free_bytes);
	json_number(out, "size", status->size_bytes);
	json_close(out, '}');
}

void status_json(struct out *out, const struct status *status)
{
	const struct record *record = &status->record;

	json_text(out, "state",
		  digest_is_set(&record->candidate) ? "trying"
		  : digest_is_set(&record->current) ? "confirmed"
						    : "empty");
	running_json(out, status);
	app_object(out, status);
	next_json(out, status);
	for (enum decide_slot slot = 0; slot < STATUS_SLOTS; slot++)
		slot_json(out, status, slot);
	status_boot_json(out, status);
	notes_json(out, status);
	failed_json(out, status);
	json_number(out, "refused", status->refused);
	floor_json(out, status);
	record_json(out, status);
	status_channels_json(out, status);
	space_json(out, status);
}
