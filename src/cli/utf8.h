/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Text from a stranger: what of it a terminal, or a reader of JSON, may have as it is. */
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* Takes the next character off *text. Its code point; 0 at the end; -1 for a byte that is
 * no UTF-8, which is passed over. */
int32_t utf8_next(const char **text);

/* C0, DEL or C1: what a terminal takes for a command. */
bool utf8_is_control(int32_t code);

/* Replaces what a terminal could take for a command, and what is no UTF-8, by '?', in
 * place. */
void utf8_clean(char *text);
