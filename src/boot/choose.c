/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/choose.h"

#include <errno.h>

#include "base/str.h"

/* As many as a message has room for. */
#define MAX_LISTED 8

static int refuse_several(const char (*ids)[CHOOSE_ID_SIZE], size_t count,
			  struct err *err)
{
	char list[MAX_LISTED * 14 + 32];
	struct str s;

	str_init(&s, list, sizeof(list));
	for (size_t i = 0; i < count && i < MAX_LISTED; i++)
		str_addf(&s, "%s%.12s", i ? ", " : "", ids[i]);
	if (count > MAX_LISTED)
		str_addf(&s, " and %zu more", count - MAX_LISTED);
	return err_set(err, -ENOTUNIQ,
		       "%zu images and no boot record that says which one: %s", count,
		       list);
}

int choose_image(const char (*ids)[CHOOSE_ID_SIZE], size_t count, enum cmdline_use use,
		 struct err *err)
{
	if (use == CMDLINE_USE_PREVIOUS)
		return err_set(err, -ENOTSUP,
			       "lamina.use=previous: there is no previous image");
	if (use == CMDLINE_USE_FACTORY)
		return err_set(err, -ENOTSUP,
			       "lamina.use=factory: there is no factory image");
	if (count == 0)
		return err_set(err, -ENOENT, "no image in images/");
	if (count > 1)
		return refuse_several(ids, count, err);
	return 0;
}
