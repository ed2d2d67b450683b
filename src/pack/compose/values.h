/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Values as Compose spells them. Pure. */
#include <stddef.h>
#include <stdint.h>

#include "pack/source/source.h"

/* "1m30s" as 90. 0; -EINVAL; -ERANGE: no whole seconds, rounded up. */
int compose_duration(const char *text, uint64_t *ret_seconds);

#define COMPOSE_SIZE_TEXT 24
/* "512MB" as the manifest's "512m". 0 or -EINVAL. */
int compose_size(const char *text, char ret_text[COMPOSE_SIZE_TEXT]);

/* "0.5" as 50. 0 or -EINVAL. */
int compose_percent(const char *text, uint64_t *ret_percent);

/* "8000-8010" or one port. 0 or -EINVAL. */
int compose_ports(const char *text, size_t size, unsigned int *ret_first,
		  unsigned int *ret_last);

/* The words of a command as a shell takes them, quotes and backslashes gone; nothing else of a
 * shell is done. 0; -EINVAL: a quote without end; -ENOMEM. */
int compose_words(const char *text, struct source_texts *words);
