/* SPDX-License-Identifier: Apache-2.0 */
#include "init/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>

#include "base/fd.h"
#include "base/sys.h"
#include "stack/switch.h"
#include "stack/work.h"

static int make_directories(struct err *err)
{
	static const char *const names[] = { STAGE_LAYERS, STAGE_RW, STAGE_ROOT };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int r = sys_mkdirat(AT_FDCWD, names[i], 0755);

		if (r < 0)
			return err_errno(err, r, "%s", names[i]);
	}
	return 0;
}

int stage_open(struct stage *stage, struct err *err)
{
	int r = work_open(STAGE_WORK, err);

	if (r == 0)
		r = make_directories(err);
	if (r < 0)
		return r;
	stage->initramfs = sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (stage->initramfs < 0)
		return err_errno(err, stage->initramfs, "/");
	return 0;
}

static void drop_fd(int *fd)
{
	fd_close(*fd);
	*fd = -EBADF;
}

void stage_divide(struct stage *stage)
{
	const struct manifest *manifest = &stage->image->manifest;
	struct part *part = &stage->parts[0];

	*part = (struct part){ .stage = stage,
			       .manifest = manifest,
			       .name = manifest->name,
			       .root = -EBADF,
			       .cwd = -EBADF };
	(void)strcpy(part->owner, manifest->name);
	(void)strcpy(part->top, STAGE_ROOT);
	(void)strcpy(part->rw, STAGE_RW);
	stage->part_count = 1;
}

void stage_drop(struct stage *stage)
{
	(void)sys_chdir("/"); /* a step that failed may have left it in there */
	if (stage->moved && !stage->gone)
		stage->gone = switch_move_back(stage_next_root(stage)) < 0;
	stage->moved = false;
	for (size_t i = 0; i < stage->part_count; i++) {
		drop_fd(&stage->parts[i].cwd);
		drop_fd(&stage->parts[i].root);
	}
	drop_fd(&stage->initramfs);
	(void)work_drop(STAGE_WORK, NULL);
}

void stage_end(struct stage *stage)
{
	stage_drop(stage);
	drop_fd(&stage->run);
	drop_fd(&stage->store);
	drop_fd(&stage->factory);
	(void)watch_stop(&stage->watch);
	drop_fd(&stage->watch.fd);
	(void)work_drop(STAGE_STORE, NULL);
	(void)work_drop(STAGE_FACTORY, NULL);
}
