/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <errno.h>
#include <string.h>

const char *err_reason(int r)
{
	int number = r < 0 ? -r : r;

	switch (number) {
	case ENOKEY:
		return "no such key";
	case EKEYREJECTED:
		return "bad signature";
	case EBADMSG:
		return "malformed";
	case ESTALE:
		return "below the rollback floor";
	default:
		return strerror(number);
	}
}
