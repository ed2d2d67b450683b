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
