/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/host/epoch.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

uint32_t epoch_time(void)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	uint64_t value;

	if (!epoch || str_number(epoch, strlen(epoch), &value) < 0 || value == 0 ||
	    value > UINT32_MAX)
		return 1;
	return (uint32_t)value;
}
