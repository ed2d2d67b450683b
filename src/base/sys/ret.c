/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sys/ret.h"

long ret_of(long said)
{
	return said < 0 ? -errno : said;
}
