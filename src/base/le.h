/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Little-endian integers in bytes, at any alignment. */
#include <stdint.h>

static inline void le_put(uint8_t *at, uint64_t value, int count)
{
	for (int i = 0; i < count; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static inline uint64_t le_get(const uint8_t *at, int count)
{
	uint64_t value = 0;

	while (count-- > 0)
		value = value << 8 | at[count];
	return value;
}
