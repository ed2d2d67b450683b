/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reason.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#ifndef ENOTSUPP
#define ENOTSUPP 524 /* the kernel's own, which drivers let out */
#endif

/* What file systems, disks, their keys and execve say, and musl has no words for. */
static const struct {
	unsigned short number;
	char words[26];
} words[] = {
	{ EBADE, "Reserved for another host" },
	{ ENOPKG, "Package not installed" },
	{ EREMCHG, "Remote address changed" },
	{ ELIBBAD, "Interpreter is no program" },
	{ EUSERS, "Too many users" },
	{ EUCLEAN, "Structure needs cleaning" },
	{ EREMOTEIO, "Remote I/O error" },
	{ EHWPOISON, "Hardware error in memory" },
	{ ENOTSUPP, "Operation not supported" },
};

const char *reason_of_kernel(int number)
{
	static char unknown[24];
	const char *text;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (words[i].number == number)
			return words[i].words;
	}
	text = strerror(number);
	/* musl says the same of 0 and of all that it does not know */
	if (strcmp(text, strerror(0)) != 0 && strncmp(text, "Unknown", 7) != 0)
		return text;
	(void)snprintf(unknown, sizeof(unknown), "error %d", number);
	return unknown;
}
