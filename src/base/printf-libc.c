/* SPDX-License-Identifier: Apache-2.0 */
/* libc's names for the device's printf: found before libc's archive, which then gives none. */
#include <stdio.h>

#include "base/printf.h"

int vsnprintf(char *restrict buf, size_t size, const char *restrict fmt, va_list ap)
{
	return printf_text(buf, size, fmt, ap);
}

int snprintf(char *restrict buf, size_t size, const char *restrict fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = printf_text(buf, size, fmt, ap);
	va_end(ap);
	return n;
}
