/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The device's snprintf: text and whole numbers, 1 KiB instead of libc's 10 (and of 25 on arm64,
 * whose long double is all software). A device's program links it under libc's names; the
 * workstation's links libc's own.
 *
 * Knows %s %c %d %i %u %o %x %X %%, the flags '0', '-' and '#' (for x), width and precision (for s) as
 * digits or '*', and the lengths hh h l ll z j. Anything else ends the text with "%?";
 * tests/tree/formats.sh reads every format in the rooms of the device.
 */
#include <stdarg.h>
#include <stddef.h>

/* As vsnprintf(3): returns the length that the whole text has, always ends a buffer of @size 1
 * or more. */
int printf_text(char *buf, size_t size, const char *fmt, va_list ap);
