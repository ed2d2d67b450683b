/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/next.h"

#include "slot/select.h"

enum decide_slot next_slot(const struct facts *slots, const struct record *record,
			   bool has_factory, bool writable)
{
	struct decide now = {
		.record = *record,
		.has_factory = has_factory,
		.writable = writable,
	};
	struct decision decision;

	for (;;) {
		decide_next(&now, &decision);
		/* what the factory holds is judged by the boot alone */
		if (decision.slot >= DECIDE_FACTORY || slots[decision.slot].r == 0)
			return decision.slot;
		now.fallen[decision.slot] = select_reason(slots[decision.slot].r);
		if (decision.write)
			now.record = decision.record;
	}
}
