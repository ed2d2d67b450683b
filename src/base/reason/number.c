/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <errno.h>
#include <stdio.h>

/* The words of all errors are 2 KiB. The text lasts until the next call. */
const char *err_reason(int r)
{
	static char text[24];
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
		(void)snprintf(text, sizeof(text), "error %d", number);
		return text;
	}
}
