/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reason.h"

#include <stdio.h>

/* The words of all errors are 2 KiB. */
const char *reason_of_kernel(int number)
{
	static char text[24];

	(void)snprintf(text, sizeof(text), "error %d", number);
	return text;
}
