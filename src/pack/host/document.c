/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/host/document.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

int document_print(json_t *json)
{
	char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;

	json_decref(json);
	if (!text)
		return -ENOMEM;
	puts(text);
	free(text);
	return 0;
}
