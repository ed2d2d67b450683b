/* SPDX-License-Identifier: Apache-2.0 */
#include "init/steps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/sys.h"
#include "format/set.h"
#include "init/inject.h"
#include "init/pid1/console.h"
#include "init/place.h"
#include "init/run.h"
#include "init/stores.h"
#include "init/supervise/network.h"
#include "init/supervise/supervise.h"
#include "init/timeline.h"
#include "init/upper.h"
#include "stack/overlay.h"
#include "stack/switch.h"
#include "store/judge.h"

/* Of most steps: which part of the image, and which of its volumes and the like. */
static struct part *part_of(struct stage *stage, const struct plan_step *step)
{
	return &stage->parts[step->part];
}

static int do_layer(struct stage *stage, const struct plan_step *step, struct err *err)
{
	size_t index = step->index;
	const struct manifest_layer *layer = &stage->image->manifest.layers[index];
	char target[sizeof(STAGE_LAYERS) + 24], name[64];
	struct layer_job job = {
		.layer = layer,
		.name = name,
		.panic = stage->settings->policy.verity_panic,
		.whole = stage->whole,
	};
	int r;

	(void)snprintf(target, sizeof(target), STAGE_LAYERS "/%zu", index);
	(void)snprintf(name, sizeof(name), "lamina-%.12s-%zu",
		       DIGEST_HEX(&stage->image->id), index);
	r = sys_mkdirat(AT_FDCWD, target, 0755);
	if (r < 0)
		err_errno(err, r, "%s", target);
	else
		r = layer_mount(stage->guard, stage->image->store, &job, target, err);
	return r < 0 ? judge_wrap_blob(err, r, &stage->image->manifest, index) : 0;
}

static int do_writable(struct stage *stage, const struct plan_step *step, struct err *err)
{
	(void)step;
	return upper_open_store(stage, err);
}

static int do_upper(struct stage *stage, const struct plan_step *step, struct err *err)
{
	int r = upper_make(part_of(stage, step), err);

	return r < 0 ? err_wrap(err, r, "upper") : 0;
}

static int do_overlay(struct stage *stage, const struct plan_step *step, struct err *err)
{
	struct part *part = part_of(stage, step);
	const struct manifest *manifest = part->manifest;
	__fd int layers =
		sys_openat(AT_FDCWD, STAGE_LAYERS, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	uint16_t names[MANIFEST_MAX_LAYERS];
	struct overlay overlay = { .lowers_fd = layers,
				   .count = manifest->layer_count,
				   .names = stage_is_set(stage) ? names : NULL };
	struct upper_place place;
	int r;

	if (layers < 0)
		return err_errno(err, layers, STAGE_LAYERS);
	if (stage_is_set(stage))
		overlay.count = set_layers(&stage->image->manifest, manifest, names);
	if (manifest->upper != MANIFEST_UPPER_NONE) {
		r = upper_place(part, &place);
		if (r < 0)
			return err_errno(err, r, "upper");
		overlay.upper = place.upper;
		overlay.work = place.work;
	}
	r = overlay_mount(&overlay, part->top, err);
	if (r < 0)
		return r;
	part->root = sys_openat(AT_FDCWD, part->top, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (part->root < 0)
		return err_errno(err, part->root, "%s", part->top);
	place_make_way(part);
	return 0;
}

static int do_volume(struct stage *stage, const struct plan_step *step, struct err *err)
{
	return upper_mount_volume(part_of(stage, step), step->index, err);
}

static int do_inject(struct stage *stage, const struct plan_step *step, struct err *err)
{
	const struct part *part = part_of(stage, step);
	const char *path = part->manifest->injects[step->index];
	int r = inject_copy(part, path, err);

	if (r == 0)
		console_debug("inject %s: the store has none", path);
	return r < 0 ? r : 0;
}

static int do_share(struct stage *stage, const struct plan_step *step, struct err *err)
{
	struct set_share share;
	int r;

	if (!stage_is_set(stage))
		return 0;
	(void)set_share(&stage->image->manifest, step->index, &share);
	r = upper_share(&stage->parts[share.from], &stage->parts[share.to], step->index,
			&share, err);
	return r < 0 ? err_wrap(err, r, "share %s",
				stage->image->manifest.shares[step->index])
		     : 0;
}

static int release_share(struct stage *stage, size_t index, struct err *err)
{
	struct set_share share;

	(void)set_share(&stage->image->manifest, index, &share);
	return upper_release_share(&stage->parts[share.from], &stage->parts[share.to],
				   index, &share, err);
}

static int do_readonly(struct stage *stage, const struct plan_step *step, struct err *err)
{
	int r = upper_close_store(stage, err);

	(void)step;
	for (size_t i = 0; r == 0 && i < stage->part_count; i++)
		r = upper_release_volumes(&stage->parts[i], err);
	for (size_t i = 0;
	     r == 0 && stage_is_set(stage) && i < stage->image->manifest.share_count; i++)
		r = release_share(stage, i, err);
	return r;
}

/* First a last look at the record's device, as late as /dev and /sys are here; the factory's
 * image has no record. */
static int do_move(struct stage *stage, const struct plan_step *step, struct err *err)
{
	int r = stage->image->slot == DECIDE_FACTORY
			? 0
			: stores_check_state(&stage->settings->policy, err);

	(void)step;
	stage->twin = r < 0;
	if (r == 0 && stage_stays(stage))
		network_prepare(stage);
	if (r == 0)
		r = switch_move_mounts(stage_next_root(stage), err);
	stage->moved = r == 0;
	return r;
}

static int do_check(struct stage *stage, const struct plan_step *step, struct err *err)
{
	return run_check(part_of(stage, step), err);
}

static int do_switch(struct stage *stage, const struct plan_step *step, struct err *err)
{
	(void)step;
	stage->gone = true;
	return switch_root(stage_next_root(stage), err);
}

static int do_run(struct stage *stage, const struct plan_step *step, struct err *err)
{
	(void)step;
	return stage_stays(stage) ? supervise_run(stage, err)
				  : run_exec(&stage->parts[0], err);
}

static int (*const ops[PLAN_OP_COUNT])(struct stage *stage, const struct plan_step *step,
				       struct err *err) = {
	[PLAN_LAYER] = do_layer,   [PLAN_WRITABLE] = do_writable,
	[PLAN_UPPER] = do_upper,   [PLAN_OVERLAY] = do_overlay,
	[PLAN_VOLUME] = do_volume, [PLAN_INJECT] = do_inject,
	[PLAN_SHARE] = do_share,   [PLAN_READONLY] = do_readonly,
	[PLAN_CHECK] = do_check,   [PLAN_MOVE] = do_move,
	[PLAN_SWITCH] = do_switch, [PLAN_RUN] = do_run,
};

static void say_step(const struct plan *plan, size_t step)
{
	char line[512];

	if (!console_debugs())
		return;
	(void)plan_print_step(plan, step, line, sizeof(line));
	console_debug("%s", line);
}

int steps_run(struct stage *stage, struct err *err)
{
	const struct plan *plan = &stage->plan;

	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_step *step = &plan->steps[i];
		uint64_t start_us = clock_now_us();
		char name[PLAN_NAME_SIZE];
		int r;

		say_step(plan, i);
		r = ops[step->op](stage, step, err);
		if (r < 0)
			return plan_member(plan, i) ? err_wrap(err, r, "member %s",
							       plan_member(plan, i))
						    : r;
		timeline_add(start_us, plan_name_step(plan, i, name));
	}
	return 0;
}
