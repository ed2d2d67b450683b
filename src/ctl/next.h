/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the next boot would start, as far as it can be told before it: pure. */
#include <stdbool.h>

#include "boot/decide.h"
#include "ctl/facts.h"

/* @slots are by enum decide_slot, up to the previous image. @writable: a boot can write
 * the record. DECIDE_NONE: nothing would start. */
enum decide_slot next_slot(const struct facts *slots, const struct record *record,
			   bool has_factory, bool writable);
