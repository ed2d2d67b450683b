/* SPDX-License-Identifier: Apache-2.0 */
#include "init/copies.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "init/stage.h"
#include "store/settings.h"

#define BIN "bin"
#define COPY_MAX_SIZE (64 << 20) /* more than any of them has */

static int copy(int run, const char *name, const char *to_name, mode_t mode,
		struct err *err)
{
	__fd int from = sys_openat(AT_FDCWD, name, O_RDONLY | O_CLOEXEC, 0);
	__fd int to = -EBADF;
	int r;

	if (from == -ENOENT)
		return 0;
	to = path_open_own(run, to_name, O_WRONLY | O_CREAT | O_TRUNC, mode);
	r = from < 0 ? from : to < 0 ? to : (int)fd_copy(from, to, COPY_MAX_SIZE);
	return r < 0 ? err_errno(err, r, "copy of %s", name) : 0;
}

int copies_leave_program(int run, const char *name, struct err *err)
{
	char path[64];
	int r = sys_mkdirat(run, BIN, 0755);

	if (r < 0 && r != -EEXIST)
		return err_errno(err, r, "%s", STAGE_RUN "/" BIN);
	(void)snprintf(path, sizeof(path), "/" BIN "/%s", name);
	return copy(run, path, path + 1, 0755, err);
}

#ifdef CONFIG_LAMINA_UPDATE
int copies_leave(int run, const struct policy *policy, struct err *err)
{
	int r = copies_leave_program(run, "laminactl", err);

	if (r == 0)
		r = copy(run, SETTINGS_POLICY, "policy", 0644, err);
	if (r == 0)
		r = copy(run, SETTINGS_KEYRING, "keyring", 0644, err);
	if (r == 0 && policy->boot_loader == POLICY_LOADER_HELPER)
		r = copy(run, policy->boot_loader_arg, BIN "/boot-helper", 0755, err);
	return r < 0 ? r : copy(run, SETTINGS_BOOT, "boot-id", 0644, err);
}
#endif
