/* SPDX-License-Identifier: Apache-2.0 */
/* What jansson's own configure would find out on a Linux with musl. Names are jansson's. */
#pragma once
#define HAVE_ATOMIC_BUILTINS 1
#define HAVE_CLOSE 1
#define HAVE_FCNTL_H 1
#define HAVE_GETPID 1
#define HAVE_GETTIMEOFDAY 1
#define HAVE_OPEN 1
#define HAVE_READ 1
#define HAVE_SCHED_H 1
#define HAVE_STDINT_H 1
#define HAVE_SYNC_BUILTINS 1
#define HAVE_SYS_STAT_H 1
#define HAVE_SYS_TIME_H 1
#define HAVE_SYS_TYPES_H 1
#define HAVE_UNISTD_H 1
#define INITIAL_HASHTABLE_ORDER 3
#define USE_URANDOM 1

/* It tells loops by the addresses of what it prints, as %p, which the program's own printf (base/printf.c) has not. */
#include <stdio.h>
#define snprintf(text, size, format, ...) \
	snprintf(text, size, (format)[1] == 'p' ? "%zx" : (format), __VA_ARGS__)

/* Nobody here asks for a fraction, but a stranger's JSON may have one: it is passed over. musl's strtod() computes in
 * long double, which an ARM of 64 bits has no instructions for. */
#include <stdlib.h>
#include <string.h>
static inline double json_pass_fraction(const char *text, char **ret_end)
{
	*ret_end = (char *)text + strspn(text, "+-.0123456789Ee");
	return 0;
}
#define strtod json_pass_fraction
