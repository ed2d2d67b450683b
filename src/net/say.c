/* SPDX-License-Identifier: Apache-2.0 */
#include "net/say.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/fd.h"
#include "base/str.h"
#include "net/service.h"

void say_line(const char *fmt, ...)
{
	char line[256], text[256];
	struct str s;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	str_init(&s, line, sizeof(line));
	str_addf(&s, SERVICE_NAME ": %s\n", text);
	(void)fd_write_all(2, line, s.used);
}
