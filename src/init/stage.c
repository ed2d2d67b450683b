/* SPDX-License-Identifier: Apache-2.0 */
#include "init/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "base/sys.h"
#include "format/set.h"
#include "stack/switch.h"
#include "stack/work.h"
#include "store/judge.h"
#include "store/store.h"

static int make_directories(const struct stage *stage, struct err *err)
{
	static const char *const names[] = { STAGE_LAYERS, STAGE_RW, STAGE_ROOT };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int r = sys_mkdirat(AT_FDCWD, names[i], 0755);

		if (r < 0)
			return err_errno(err, r, "%s", names[i]);
	}
	for (size_t i = 0; stage_is_set(stage) && i < stage->part_count; i++) {
		const struct part *part = &stage->parts[i];
		int r = sys_mkdirat(AT_FDCWD, part->top, 0755);

		if (r == 0)
			r = sys_mkdirat(AT_FDCWD, part->rw, 0755);
		if (r < 0)
			return err_errno(err, r, "%s", part->top);
	}
	return 0;
}

int stage_open(struct stage *stage, struct err *err)
{
	int r = work_open(STAGE_WORK, err);

	if (r == 0)
		r = make_directories(stage, err);
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

static void begin(struct part *part, const struct stage *stage,
		  const struct manifest *manifest)
{
	*part = (struct part){ .stage = stage,
			       .manifest = manifest,
			       .name = manifest->name,
			       .group = "app",
			       .root = -EBADF,
			       .cwd = -EBADF };
	(void)strcpy(part->owner, manifest->name);
	(void)strcpy(part->top, STAGE_ROOT);
	(void)strcpy(part->rw, STAGE_RW);
}

static void join(char ret_text[STAGE_PATH_SIZE], const char *a, const char *between,
		 const char *b)
{
	struct str s;

	str_init(&s, ret_text, STAGE_PATH_SIZE);
	str_addf(&s, "%s%s%s", a, between, b);
}

/* What a name can't have keeps one's own from an image's that is called so. */
static void begin_member(struct part *part, const struct stage *stage, size_t index)
{
	const struct manifest *set = &stage->image->manifest;
	const char *name = set->members[index].name;

	begin(part, stage, &stage->members[index]);
	part->name = name;
	join(part->group, "app", "+", name);
	join(part->owner, set->name, "+", name);
	join(part->top, STAGE_ROOT, "/", name);
	join(part->rw, STAGE_RW, "/", name);
}

int stage_divide(struct stage *stage, struct err *err)
{
	const struct manifest *manifest = &stage->image->manifest;
	int r;

	stage->part_count = 0;
	for (size_t i = 0; stage_is_set(stage) && i < manifest->member_count; i++) {
		r = store_load_member(stage->image->store, manifest, i,
				      &stage->members[i], err);
		if (r < 0)
			return judge_wrap_blob(err, r, manifest,
					       manifest->layer_count + i);
		begin_member(&stage->parts[stage->part_count++], stage, i);
	}
	if (!stage_is_set(stage))
		begin(&stage->parts[stage->part_count++], stage, manifest);
	plan_make(&stage->settings->policy, manifest, stage->members, &stage->plan);
	return 0;
}

bool stage_keeps_log(const struct stage *stage)
{
	for (size_t i = 0; i < stage->part_count; i++) {
		if (stage->parts[i].manifest->log.persist_bytes)
			return true;
	}
	return false;
}

size_t stage_layer(const struct part *part, size_t index)
{
	const struct stage *stage = part->stage;

	return stage_is_set(stage) ? set_layer(&stage->image->manifest,
					       &part->manifest->layers[index].blob)
				   : index;
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
	drop_fd(&stage->vault);
	drop_fd(&stage->factory);
	(void)watch_stop(&stage->watch);
	drop_fd(&stage->watch.fd);
	(void)work_drop(STAGE_VAULT, NULL);
	(void)work_drop(STAGE_STORE, NULL);
	(void)work_drop(STAGE_FACTORY, NULL);
}
