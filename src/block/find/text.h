/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The texts in on-disk structures as the kernel's users write them. Pure. */
#include <stddef.h>
#include <stdint.h>

#define TEXT_UUID_SIZE 37

/* 16 bytes, as they stand, as 8-4-4-4-12 lower-case digits. */
void text_uuid(const uint8_t bytes[16], char ret_text[TEXT_UUID_SIZE]);

/* The bytes up to the first NUL. 0, or -ENAMETOOLONG with "" for what does not fit. */
int text_latin(const uint8_t *bytes, size_t count, char *ret_text, size_t size);

/* UTF-16LE up to the first 0 as UTF-8, half a pair as U+FFFD. 0 or -ENAMETOOLONG as
 * above. */
int text_utf16(const uint8_t *bytes, size_t units, char *ret_text, size_t size);
