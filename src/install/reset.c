/* SPDX-License-Identifier: Apache-2.0 */
#include "install/reset.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "format/manifest.h"
#include "install/incoming.h"
#include "install/remove.h"

/* Takes @name out of @dir, for good: whatever it is, and also if it isn't there. */
static int take_away(int dir, const char *name, int trash, struct err *err)
{
	int r = remove_entry(dir, name, trash, err);

	if (r == 0)
		r = sys_fsync(dir);
	return r < 0 ? err_wrap(err, r, "%s", name) : 0;
}

static int take_one(int store, const char *top, const char *name, int trash,
		    struct err *err)
{
	__fd int dir = path_open_own(store, top, O_RDONLY | O_DIRECTORY, 0);
	int r;

	if (dir == -ENOENT)
		return 0;
	if (dir < 0)
		return err_errno(err, dir, "%s", top);
	r = take_away(dir, name, trash, err);
	return r < 0 ? err_wrap(err, r, "%s", top) : 0;
}

int reset_run(int store, const char *name, struct err *err)
{
	static const char *const tops[] = { "volumes", "upper", "log" };
	__fd int trash = -EBADF;
	int r = 0;

	if (name && !manifest_name_valid(name))
		return err_set(err, -EINVAL, "'%.64s' is no image's name", name);
	trash = incoming_dir(store, "incoming", err);
	if (trash < 0)
		return trash;
	for (size_t i = 0; r == 0 && i < sizeof(tops) / sizeof(tops[0]); i++)
		r = name ? take_one(store, tops[i], name, trash, err)
			 : take_away(store, tops[i], trash, err);
	return r < 0 ? r : remove_all(trash, err);
}
