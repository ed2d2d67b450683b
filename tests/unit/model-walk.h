/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* All that a struct world, which is defined before, can become: each once, and from which
 * other it came. No bytes between its fields. */
#include <stdlib.h>
#include <string.h>

static struct {
	struct world *worlds; /* in the order found */
	uint32_t *parents;    /* where each was found from */
	size_t count, room;
	uint32_t *table; /* index + 1 by hash; its size is twice the room */
	uint64_t steps;
} walk;

static size_t slot_of(const struct world *w)
{
	uint64_t hash = 0xcbf29ce484222325;
	const uint8_t *bytes = (const uint8_t *)w;
	size_t mask = 2 * walk.room - 1, at;

	for (size_t i = 0; i < sizeof(*w); i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3;
	at = (hash ^ hash >> 29) & mask;
	while (walk.table[at] &&
	       memcmp(&walk.worlds[walk.table[at] - 1], w, sizeof(*w)) != 0)
		at = (at + 1) & mask;
	return at;
}

static void make_room(void)
{
	walk.room = walk.room ? 2 * walk.room : 1024;
	walk.worlds = realloc(walk.worlds, walk.room * sizeof(*walk.worlds));
	walk.parents = realloc(walk.parents, walk.room * sizeof(*walk.parents));
	free(walk.table);
	walk.table = calloc(2 * walk.room, sizeof(*walk.table));
	assert_true(walk.worlds && walk.parents && walk.table);
	for (size_t i = 0; i < walk.count; i++)
		walk.table[slot_of(&walk.worlds[i])] = (uint32_t)i + 1;
}

static void add(const struct world *w, size_t parent)
{
	size_t at;

	if (walk.count == walk.room)
		make_room();
	at = slot_of(w);
	if (walk.table[at])
		return;
	walk.worlds[walk.count] = *w;
	walk.parents[walk.count] = (uint32_t)parent;
	walk.table[at] = (uint32_t)++walk.count;
}
