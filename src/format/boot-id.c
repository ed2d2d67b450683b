/* SPDX-License-Identifier: Apache-2.0 */
#include "format/boot-id.h"

#include <errno.h>
#include <string.h>

const char *boot_slot_name(enum boot_slot slot)
{
	static const char names[][5] = { "none", "a", "b" };

	return names[slot];
}

bool boot_id_valid(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		char c = text[i], letter = (char)(c | 0x20);

		if ((letter < 'a' || letter > 'z') && (c < '0' || c > '9') && c != '.' &&
		    c != '_' && c != '-')
			return false;
	}
	return size > 0 && size < BOOT_ID_SIZE;
}

int boot_id_parse(const char *bytes, size_t size, char ret_id[BOOT_ID_SIZE],
		  struct err *err)
{
	if (size == 0 || bytes[size - 1] != '\n' || !boot_id_valid(bytes, size - 1))
		return err_set(err, -EBADMSG,
			       "must be one line of 1 to 64 of [A-Za-z0-9._-]");
	memcpy(ret_id, bytes, size - 1);
	ret_id[size - 1] = '\0';
	return 0;
}
