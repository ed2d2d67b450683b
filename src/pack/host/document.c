/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/host/document.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/utf8.h"

/* JSON takes DEL and C1 in a text as they are, and a terminal for commands. */
static void print(const char *text)
{
	const char *at = text;

	while (*at) {
		const char *from = at;
		int32_t code = utf8_next(&at);

		if (code > ' ' && utf8_is_control(code))
			printf("\\u%04x", (unsigned int)code);
		else
			(void)fwrite(from, 1, (size_t)(at - from), stdout);
	}
	putchar('\n');
}

int document_print(json_t *json)
{
	char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;

	json_decref(json);
	if (!text)
		return -ENOMEM;
	print(text);
	free(text);
	return 0;
}
