/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/cmd/look.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "pack/cmd/look/parts.h"

/* What an earlier image of that name has left in a persistent upper may be what is missing
 * here. */
void look_say(struct look *look, bool never, const char *words, ...)
{
	char text[TREE_PATH_SIZE + 512];
	va_list args;

	va_start(args, words);
	(void)vsnprintf(text, sizeof(text), words, args);
	va_end(args);
	look->tell(look->context,
		   never && look->manifest->upper != MANIFEST_UPPER_PERSIST, text);
}

int look_for_traps(const struct look_request *request, struct err *err)
{
	struct look *look;
	int r;

	if (!request->tree->lower)
		return 0;
	look = calloc(1, sizeof(*look));
	if (!look)
		return err_errno(err, -ENOMEM, "looking at the image");
	look->tree = request->tree;
	look->manifest = request->manifest;
	look->temp = request->temp;
	look->tell = request->tell;
	look->context = request->context;
	look_places(look);
	r = look_user(look, err);
	if (r == 0)
		look_programs(look);
	if (r == 0 && request->manifest->run == MANIFEST_RUN_SUPERVISE)
		look_privileges(look, request);
	free(look);
	return r;
}
