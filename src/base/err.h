/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A failure is a negative errno for the code and a text for people. The text lives in the
 * caller's memory and grows outwards: "image 3f2a: layer 2: verity: root hash does not match".
 * Every function takes a NULL err, which then only loses the text.
 */
#include <stddef.h>

struct err {
	char text[256]; /* always ended; cut in its middle ("...") when too long */
};

#define ERR_INIT           \
	{                  \
		.text = "" \
	}

/* Sets the text. Returns @r, so that `return err_set(err, -EINVAL, "...")` reads well. */
int err_set(struct err *err, int r, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Sets the text to "what: strerror(-r)". Returns @r. */
int err_errno(struct err *err, int r, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "what: " before the text that is there; without one, acts as err_errno(). Returns @r. */
int err_wrap(struct err *err, int r, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The words for errno values that Lamina gives a meaning of its own (-ENOKEY, -EKEYREJECTED,
 * -EBADMSG, -ESTALE), for the rest strerror() or, with CONFIG_LAMINA_ERROR_NUMBERS, the
 * number. @r may have either sign. The text lasts until the next call. */
const char *err_reason(int r);
