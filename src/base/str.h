/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Text in fixed memory: a builder that never overflows, and strict readers of the few
 * encodings the formats use. Readers accept one spelling of a value only.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Builds text in the caller's buffer. Once full, it stays full and says so at the end. */
struct str {
	char *buf;
	size_t size; /* of buf, the ending NUL included */
	size_t used; /* without the NUL */
	bool full;
};

/* Starts an empty text in @buf; @size is at least 1. */
void str_init(struct str *s, char *buf, size_t size);
void str_add(struct str *s, const char *text);
void str_add_bytes(struct str *s, const char *bytes, size_t count);
void str_addf(struct str *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* 0, or -ENAMETOOLONG when something did not fit. */
int str_done(const struct str *s);

/* The value of a lower-case digit, or -1. */
int str_hex_digit(char c);

/* Writes 2 * @count lower-case digits and a NUL to @ret_text. */
void str_hex_encode(const uint8_t *bytes, size_t count, char *ret_text);
/* Reads exactly 2 * @count lower-case digits of a text of @size bytes. 0 or -EBADMSG. */
int str_hex_decode(const char *text, size_t size, uint8_t *ret_bytes, size_t count);

/* Reads a decimal number without sign, leading zero or blank, at most 2^63-1.
 * 0, -EBADMSG, or -ERANGE. */
int str_number(const char *text, size_t size, uint64_t *ret_value);

/* The same, behind it one of the letters @units for 2^10, 2^20 and so on, or nothing. */
int str_size_parse(const char *text, size_t size, const char *units, uint64_t *ret_value);

/* RFC 4648 base64 with padding. Writes at most @room bytes. Returns the count, -EBADMSG for
 * anything but the one spelling (stray bits included), or -ENOBUFS. */
int str_base64_decode(const char *text, size_t size, uint8_t *ret_bytes, size_t room);
/* Writes 4 * ceil(@count / 3) characters and a NUL. */
void str_base64_encode(const uint8_t *bytes, size_t count, char *ret_text);

/* "/a//b/./c/" as "a/b/c", "/" as ".": a name below a root. Refuses "..".
 * 0, -EINVAL or -ENAMETOOLONG. */
int str_below_root(const char *path, char *ret_rel, size_t size);

/* "1.5 MiB" and the like, for people; @ret_text has 16 bytes. Returns it. */
const char *str_size(uint64_t bytes, char *ret_text);
