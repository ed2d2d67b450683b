/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reason.h"

#include <string.h>

const char *reason_of_kernel(int number)
{
	return strerror(number);
}
