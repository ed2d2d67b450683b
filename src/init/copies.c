/* SPDX-License-Identifier: Apache-2.0 */
#include "init/copies.h"

#include <errno.h>
#include <fcntl.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "init/stage.h"
#include "store/settings.h"

#define BIN "bin"
#define COPY_MAX_SIZE (64 << 20) /* more than any of them has */

int copies_leave(int run, struct err *err)
{
	static const struct {
		const char *from, *to;
		mode_t mode;
	} files[] = {
		{ SETTINGS_POLICY, "policy", 0644 },
		{ SETTINGS_KEYRING, "keyring", 0644 },
		{ "/bin/laminactl", BIN "/laminactl", 0755 },
		{ "/bin/udhcpc", BIN "/udhcpc", 0755 },
	};
	int r = sys_mkdirat(run, BIN, 0755);

	if (r < 0 && r != -EEXIST)
		return err_errno(err, r, "%s", STAGE_RUN "/" BIN);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		__fd int from =
			sys_openat(AT_FDCWD, files[i].from, O_RDONLY | O_CLOEXEC, 0);
		__fd int to = -EBADF;

		if (from == -ENOENT)
			continue;
		to = path_open_own(run, files[i].to, O_WRONLY | O_CREAT | O_TRUNC,
				   files[i].mode);
		r = from < 0 ? from : to < 0 ? to : (int)fd_copy(from, to, COPY_MAX_SIZE);
		if (r < 0)
			return err_errno(err, r, "copy of %s", files[i].from);
	}
	return 0;
}
