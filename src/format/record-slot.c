/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "format/record.h"

/* Offsets in the reserved bytes, as lamina-record(5) tells them. */
enum {
	AT_BOOT_FLAGS = 0,
	AT_REPAIRS = 1,
	AT_BOOTS = 2,	/* of each slot: the hash of its boot id */
	AT_PLACES = 18, /* three: where images' kernels are */
	AT_END = 42,
};

#define FLAG_ARMED 0x01
#define PLACE_SIZE 8 /* the slot, and the first bytes of the image's id */
#define BOOT_SIZE 8  /* the first bytes of a hash */

bool record_is_armed(const struct record *record)
{
	return digest_is_set(&record->candidate) &&
	       record->reserved[AT_BOOT_FLAGS] & FLAG_ARMED;
}

void record_arm(struct record *record, bool armed)
{
	uint8_t *flags = &record->reserved[AT_BOOT_FLAGS];

	*flags = (uint8_t)((*flags & ~FLAG_ARMED) | armed);
}

uint8_t record_repairs(const struct record *record)
{
	return record->reserved[AT_REPAIRS];
}

void record_set_repairs(struct record *record, uint8_t repairs)
{
	record->reserved[AT_REPAIRS] = repairs;
}

/* Where the hash of what @slot has begins. */
static size_t boot_at(enum boot_slot slot)
{
	return AT_BOOTS + (size_t)(slot - BOOT_SLOT_A) * BOOT_SIZE;
}

static bool is_of(const uint8_t *place, const struct digest *image)
{
	return place[0] != BOOT_SLOT_NONE &&
	       memcmp(place + 1, image->bytes, PLACE_SIZE - 1) == 0;
}

enum boot_slot record_slot(const struct record *record, const struct digest *image)
{
	for (size_t at = AT_PLACES; at < AT_END; at += PLACE_SIZE) {
		const uint8_t *place = record->reserved + at;

		if (is_of(place, image) && place[0] <= BOOT_SLOT_B)
			return place[0];
	}
	return BOOT_SLOT_NONE;
}

bool record_slot_holds(const struct record *record, enum boot_slot slot,
		       const struct digest *boot)
{
	return slot != BOOT_SLOT_NONE &&
	       memcmp(record->reserved + boot_at(slot), boot->bytes, BOOT_SIZE) == 0;
}

/* A place that nobody needs: the candidate's, should that be the only one. There are three,
 * and one that has none yet is to be the candidate itself. */
static uint8_t *find_place(struct record *record)
{
	uint8_t *found = NULL;

	for (size_t at = AT_PLACES; at < AT_END; at += PLACE_SIZE) {
		uint8_t *place = record->reserved + at;

		if (is_of(place, &record->current) || is_of(place, &record->previous))
			continue;
		if (!is_of(place, &record->candidate))
			return place;
		found = place;
	}
	return found;
}

void record_slot_clear(struct record *record, enum boot_slot slot)
{
	memset(record->reserved + boot_at(slot), 0, BOOT_SIZE);
	for (size_t at = AT_PLACES; at < AT_END; at += PLACE_SIZE)
		if (record->reserved[at] == slot)
			memset(record->reserved + at, 0, PLACE_SIZE);
}

void record_slot_put(struct record *record, const struct digest *image,
		     enum boot_slot slot, const struct digest *boot)
{
	uint8_t *place;

	if (!record_slot_holds(record, slot, boot))
		record_slot_clear(record, slot);
	for (size_t at = AT_PLACES; at < AT_END; at += PLACE_SIZE)
		if (is_of(record->reserved + at, image))
			memset(record->reserved + at, 0, PLACE_SIZE);
	memcpy(record->reserved + boot_at(slot), boot->bytes, BOOT_SIZE);
	place = find_place(record);
	place[0] = (uint8_t)slot;
	memcpy(place + 1, image->bytes, PLACE_SIZE - 1);
}
