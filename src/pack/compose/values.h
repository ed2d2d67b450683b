/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Values as Compose spells them. Pure. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pack/source/source.h"

/* "1m30s" as 90. 0; -EINVAL; -ERANGE: no whole seconds, rounded up. */
int compose_duration(const char *text, uint64_t *ret_seconds);

/* "1_000", "0x10", "0o20" and "020" as YAML has them where it is @plain; else "16" alone. 0 or
 * -EINVAL. */
int compose_integer(const char *text, bool plain, int64_t *ret_value);

/* Is it without quotes a number, or true or false, that is written otherwise once it was read?
 * "1.0" is 1. */
bool compose_is_respelled(const char *text);

#define COMPOSE_SIZE_TEXT 24
/* "512MB" as the manifest's "512m", "1.5GiB" as bytes. 0 or -EINVAL. */
int compose_size(const char *text, char ret_text[COMPOSE_SIZE_TEXT]);

/* "0.5" as 50. 0 or -EINVAL. */
int compose_percent(const char *text, uint64_t *ret_percent);

/* "8000-8010" or one port. 0 or -EINVAL. */
int compose_ports(const char *text, size_t size, unsigned int *ret_first,
		  unsigned int *ret_last);

/* The words of a command as a shell takes them, quotes and backslashes gone; nothing else of a
 * shell is done. 0; -EINVAL: a quote without end; -ENOMEM. */
int compose_words(const char *text, struct source_texts *words);
