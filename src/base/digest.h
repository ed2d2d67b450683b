/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A SHA-256, of which trust/sha256.h makes one: what names blobs and images. Hex is for
 * people and for names of files.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_SIZE 32
#define DIGEST_HEX_SIZE 65 /* 64 lower-case digits and NUL */

struct digest {
	uint8_t bytes[DIGEST_SIZE]; /* all zeros: none */
};

/* Is it one? */
bool digest_is_set(const struct digest *digest);
bool digest_equal(const struct digest *a, const struct digest *b);

/* Writes the digits. Returns @ret_text. */
const char *digest_hex(const struct digest *digest, char ret_text[DIGEST_HEX_SIZE]);

/* The digits as an argument: they last until the call is over. */
struct digest_text {
	char hex[DIGEST_HEX_SIZE];
};
struct digest_text digest_text(const struct digest *digest);
#define DIGEST_HEX(digest) (digest_text(digest).hex)

/* Reads exactly 64 lower-case digits of a text of @size bytes. 0 or -EBADMSG. */
int digest_parse(const char *text, size_t size, struct digest *ret_digest);
