/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/str.h"
#include "format/lines.h"

static void add(struct plan *plan, enum plan_op op, size_t index)
{
	plan->steps[plan->count++] = (struct plan_step){ op, 0, (uint16_t)index };
}

bool plan_persists(const struct manifest *manifest)
{
	if (manifest->upper == MANIFEST_UPPER_PERSIST)
		return true;
	for (size_t i = 0; i < manifest->volume_count; i++) {
		if (manifest->volumes[i].persist)
			return true;
	}
	return false;
}

/* In the order of their paths: a volume inside another comes after it, or it would be
 * hidden. */
static void add_volumes(struct plan *plan)
{
	const struct manifest_volume *volumes = plan->manifest->volumes;
	size_t first = plan->count;

	for (size_t i = 0; i < plan->manifest->volume_count; i++) {
		size_t at = plan->count++;

		while (at > first && strcmp(volumes[plan->steps[at - 1].index].path,
					    volumes[i].path) > 0) {
			plan->steps[at] = plan->steps[at - 1];
			at--;
		}
		plan->steps[at] = (struct plan_step){ PLAN_VOLUME, 0, (uint16_t)i };
	}
}

void plan_make(const struct policy *policy, const struct manifest *manifest,
	       struct plan *ret_plan)
{
	ret_plan->policy = policy;
	ret_plan->manifest = manifest;
	ret_plan->count = 0;
	for (size_t i = 0; i < manifest->layer_count; i++)
		add(ret_plan, PLAN_LAYER, i);
	if (plan_persists(manifest))
		add(ret_plan, PLAN_WRITABLE, 0);
	if (manifest->upper != MANIFEST_UPPER_NONE)
		add(ret_plan, PLAN_UPPER, 0);
	add(ret_plan, PLAN_OVERLAY, 0);
	add_volumes(ret_plan);
	for (size_t i = 0; i < manifest->inject_count; i++)
		add(ret_plan, PLAN_INJECT, i);
	if (plan_persists(manifest))
		add(ret_plan, PLAN_READONLY, 0);
	add(ret_plan, PLAN_MOVE, 0);
	add(ret_plan, PLAN_CHECK, 0); /* in the root as the program will find it */
	add(ret_plan, PLAN_SWITCH, 0);
	add(ret_plan, PLAN_RUN, 0);
}

static void print_layer(struct str *s, const struct plan *plan, size_t index)
{
	const struct manifest_layer *layer = &plan->manifest->layers[index];
	char blob[65], root[65];

	digest_hex(&layer->blob, blob);
	digest_hex(&layer->root, root);
	str_addf(s, "sha256:%s %" PRIu64 " bytes, verity %s at %" PRIu64 "%s", blob,
		 layer->size_bytes, root, layer->data_bytes,
		 plan->policy->verity_panic ? ", panic" : "");
}

static void print_writable(struct str *s, const struct plan *plan, size_t index)
{
	(void)plan;
	(void)index;
	str_add(s, "the store");
}

static void print_tmpfs(struct str *s, const char *options)
{
	str_add(s, "tmpfs");
	if (options && *options)
		str_addf(s, " %s", options);
}

static void print_upper(struct str *s, const struct plan *plan, size_t index)
{
	(void)index;
	if (plan->manifest->upper == MANIFEST_UPPER_PERSIST)
		str_addf(s, "persistent, upper/%s of the store", plan->manifest->name);
	else
		print_tmpfs(s, plan->manifest->upper_options);
}

static void print_overlay(struct str *s, const struct plan *plan, size_t index)
{
	size_t count = plan->manifest->layer_count;
	bool upper = plan->manifest->upper != MANIFEST_UPPER_NONE;

	(void)index;
	str_addf(s, "%zu layer%s%s", count, count == 1 ? "" : "s",
		 upper ? " and upper" : ", read-only");
}

static void print_volume(struct str *s, const struct plan *plan, size_t index)
{
	const struct manifest_volume *volume = &plan->manifest->volumes[index];

	lines_encode(s, volume->path, 0);
	str_add(s, " ");
	if (volume->persist)
		str_addf(s, "persistent, volumes/%s of the store", plan->manifest->name);
	else
		print_tmpfs(s, volume->options);
}

static void print_inject(struct str *s, const struct plan *plan, size_t index)
{
	lines_encode(s, plan->manifest->injects[index], 0);
	str_add(s, " if the store has it");
}

static void print_readonly(struct str *s, const struct plan *plan, size_t index)
{
	(void)plan;
	(void)index;
	str_add(s, "the store, as the application sees it");
}

static void print_check(struct str *s, const struct plan *plan, size_t index)
{
	(void)index;
	str_add(s, "user ");
	lines_encode(s, plan->manifest->user, 0);
	str_add(s, ", directory ");
	lines_encode(s, plan->manifest->cwd, 0);
}

static bool supervised(const struct plan *plan)
{
	return plan->manifest->run == MANIFEST_RUN_SUPERVISE;
}

static void print_move(struct str *s, const struct plan *plan, size_t index)
{
	(void)index;
	str_add(s, "/dev /proc /sys /run");
	str_add(s, supervised(plan) ? " to init's own root" : "");
}

static void print_switch(struct str *s, const struct plan *plan, size_t index)
{
	(void)plan;
	(void)index;
	str_add(s, "free the initramfs, change the root");
}

static void print_run(struct str *s, const struct plan *plan, size_t index)
{
	(void)index;
	str_add(s, supervised(plan) ? "supervise" : "exec");
	for (size_t i = 0; i < plan->manifest->arg_count; i++) {
		str_add(s, " ");
		lines_encode(s, plan->manifest->args[i], 0);
	}
}

static const struct {
	const char *name;
	bool numbered;
	void (*print)(struct str *s, const struct plan *plan, size_t index);
} ops[PLAN_OP_COUNT] = {
	[PLAN_LAYER] = { "layer", true, print_layer },
	[PLAN_WRITABLE] = { "writable", false, print_writable },
	[PLAN_UPPER] = { "upper", false, print_upper },
	[PLAN_OVERLAY] = { "overlay", false, print_overlay },
	[PLAN_VOLUME] = { "volume", true, print_volume },
	[PLAN_INJECT] = { "inject", true, print_inject },
	[PLAN_READONLY] = { "readonly", false, print_readonly },
	[PLAN_CHECK] = { "check", false, print_check },
	[PLAN_MOVE] = { "move", false, print_move },
	[PLAN_SWITCH] = { "switch", false, print_switch },
	[PLAN_RUN] = { "run", false, print_run },
};

const char *plan_name_step(const struct plan_step *step, char ret_text[PLAN_NAME_SIZE])
{
	struct str s;

	str_init(&s, ret_text, PLAN_NAME_SIZE);
	str_add(&s, ops[step->op].name);
	if (ops[step->op].numbered)
		str_addf(&s, " %u", step->index);
	return ret_text;
}

int plan_print_step(const struct plan *plan, size_t step, char *ret_text, size_t size)
{
	const struct plan_step *at = &plan->steps[step];
	char name[PLAN_NAME_SIZE];
	struct str s;

	str_init(&s, ret_text, size);
	str_addf(&s, "%s: ", plan_name_step(at, name));
	ops[at->op].print(&s, plan, at->index);
	return str_done(&s) < 0 ? -ENAMETOOLONG : (int)s.used;
}
