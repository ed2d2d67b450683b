/* SPDX-License-Identifier: Apache-2.0 */
/* libc's names for some functions of texts, found before libc's archive. That has them fast for
 * long texts, in 1.4 KiB; a device's are lines of a manifest, and names. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

size_t strlen(const char *text)
{
	const char *at = text;

	while (*at)
		at++;
	return (size_t)(at - text);
}

char *strcpy(char *restrict to, const char *restrict from)
{
	return memcpy(to, from, strlen(from) + 1);
}

int strncmp(const char *a, const char *b, size_t size)
{
	for (; size > 0; size--, a++, b++) {
		if (*a != *b)
			return (unsigned char)*a - (unsigned char)*b;
		if (!*a)
			return 0;
	}
	return 0;
}

/* Of ASCII, as texts of devices are. */
static int lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : (unsigned char)c;
}

int strcasecmp(const char *a, const char *b)
{
	int first, second;

	do {
		first = lower(*a++);
		second = lower(*b++);
	} while (first && first == second);
	return first - second;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}

int memcmp(const void *first, const void *second, size_t size)
{
	const unsigned char *a = first, *b = second;

	for (; size > 0; size--, a++, b++) {
		if (*a != *b)
			return *a - *b;
	}
	return 0;
}

void *memchr(const void *bytes, int c, size_t size)
{
	const unsigned char *at = bytes;

	for (; size > 0; size--, at++) {
		if (*at == (unsigned char)c)
			return (void *)(size_t)at;
	}
	return NULL;
}

char *strchr(const char *text, int c)
{
	while (*text != (char)c) {
		if (!*text++)
			return NULL;
	}
	return (char *)(size_t)text;
}

char *strrchr(const char *text, int c)
{
	const char *at = text + strlen(text);

	while (*at != (char)c) {
		if (at == text)
			return NULL;
		at--;
	}
	return (char *)(size_t)at;
}

size_t strnlen(const char *text, size_t most)
{
	const char *end = memchr(text, 0, most);

	return end ? (size_t)(end - text) : most;
}

size_t strspn(const char *text, const char *among)
{
	size_t size = 0;

	while (text[size] && strchr(among, text[size]))
		size++;
	return size;
}

size_t strcspn(const char *text, const char *ends)
{
	size_t size = 0;

	while (!strchr(ends, text[size])) /* a text's own end is among them */
		size++;
	return size;
}

char *strstr(const char *text, const char *part)
{
	size_t size = strlen(part);

	for (; strncmp(text, part, size) != 0; text++)
		if (!*text)
			return NULL;
	return (char *)(uintptr_t)text;
}

char *getenv(const char *name)
{
	size_t size = strlen(name);

	for (char **at = environ; at && *at; at++)
		if (strncmp(*at, name, size) == 0 && (*at)[size] == '=')
			return *at + size + 1;
	return NULL;
}
