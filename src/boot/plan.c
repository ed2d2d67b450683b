/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/str.h"
#include "format/lines.h"

static void add(struct plan *plan, enum plan_op op, size_t part, size_t index)
{
	plan->steps[plan->count++] =
		(struct plan_step){ (uint8_t)op, (uint8_t)part, (uint16_t)index };
}

static bool persists(const struct manifest *manifest)
{
	if (manifest->upper == MANIFEST_UPPER_PERSIST)
		return true;
	for (size_t i = 0; i < manifest->volume_count; i++) {
		if (manifest->volumes[i].persist)
			return true;
	}
	return false;
}

bool plan_persists(const struct plan *plan)
{
	for (size_t i = 0; i < plan->part_count; i++) {
		if (persists(&plan->parts[i]))
			return true;
	}
	return false;
}

/* That is written long after the store was, but for where it is encrypted. */
static bool keeps_log(const struct plan *plan)
{
	for (size_t i = 0; i < plan->part_count; i++) {
		if (plan->parts[i].log.persist_bytes)
			return true;
	}
	return false;
}

/* In the order of their paths: a volume inside another comes after it, or it would be
 * hidden. */
static void add_volumes(struct plan *plan, size_t part)
{
	const struct manifest_volume *volumes = plan->parts[part].volumes;
	size_t first = plan->count;

	for (size_t i = 0; i < plan->parts[part].volume_count; i++) {
		size_t at = plan->count++;

		while (at > first && strcmp(volumes[plan->steps[at - 1].index].path,
					    volumes[i].path) > 0) {
			plan->steps[at] = plan->steps[at - 1];
			at--;
		}
		plan->steps[at] =
			(struct plan_step){ PLAN_VOLUME, (uint8_t)part, (uint16_t)i };
	}
}

static void add_part(struct plan *plan, size_t part)
{
	const struct manifest *manifest = &plan->parts[part];

	if (manifest->upper != MANIFEST_UPPER_NONE)
		add(plan, PLAN_UPPER, part, 0);
	add(plan, PLAN_OVERLAY, part, 0);
	add_volumes(plan, part);
	for (size_t i = 0; i < manifest->inject_count; i++)
		add(plan, PLAN_INJECT, part, i);
}

void plan_make(const struct policy *policy, const struct manifest *manifest,
	       const struct manifest *members, struct plan *ret_plan)
{
	bool set = manifest_is_set(manifest), writes;

	ret_plan->policy = policy;
	ret_plan->manifest = manifest;
	ret_plan->parts = set ? members : manifest;
	ret_plan->part_count = set ? manifest->member_count : 1;
	ret_plan->count = 0;
	for (size_t i = 0; i < manifest->layer_count; i++)
		add(ret_plan, PLAN_LAYER, 0, i);
	writes = plan_persists(ret_plan) || (policy->secret[0] && keeps_log(ret_plan));
	if (writes)
		add(ret_plan, PLAN_WRITABLE, 0, 0);
	for (size_t i = 0; i < ret_plan->part_count; i++)
		add_part(ret_plan, i);
	for (size_t i = 0; set && i < manifest->share_count; i++)
		add(ret_plan, PLAN_SHARE, 0, i);
	if (writes)
		add(ret_plan, PLAN_READONLY, 0, 0);
	add(ret_plan, PLAN_MOVE, 0, 0);
	for (size_t i = 0; i < ret_plan->part_count;
	     i++) /* as the program will find it */
		add(ret_plan, PLAN_CHECK, i, 0);
	add(ret_plan, PLAN_SWITCH, 0, 0);
	add(ret_plan, PLAN_RUN, 0, 0);
}

static void print_layer(struct str *s, const struct plan *plan,
			const struct plan_step *step)
{
	const struct manifest_layer *layer = &plan->manifest->layers[step->index];
	char blob[65], root[65];

	digest_hex(&layer->blob, blob);
	digest_hex(&layer->root, root);
	str_addf(s, "sha256:%s %" PRIu64 " bytes, verity %s at %" PRIu64 "%s", blob,
		 layer->size_bytes, root, layer->data_bytes,
		 plan->policy->verity_panic ? ", panic" : "");
}

static void print_writable(struct str *s, const struct plan *plan,
			   const struct plan_step *step)
{
	(void)step;
	str_add(s, plan->policy->secret[0] ? "what is encrypted" : "the store");
}

static void print_tmpfs(struct str *s, const char *options)
{
	str_add(s, "tmpfs");
	if (options && *options)
		str_addf(s, " %s", options);
}

/* Whose directories of the store are a part's. */
static void add_owner(struct str *s, const struct plan *plan,
		      const struct plan_step *step)
{
	str_add(s, plan->manifest->name);
	if (manifest_is_set(plan->manifest))
		str_addf(s, "+%s", plan->manifest->members[step->part].name);
}

static void print_upper(struct str *s, const struct plan *plan,
			const struct plan_step *step)
{
	const struct manifest *manifest = &plan->parts[step->part];

	if (manifest->upper != MANIFEST_UPPER_PERSIST) {
		print_tmpfs(s, manifest->upper_options);
		return;
	}
	str_add(s, "persistent, upper/");
	add_owner(s, plan, step);
	str_add(s, " of the store");
}

static void print_overlay(struct str *s, const struct plan *plan,
			  const struct plan_step *step)
{
	const struct manifest *manifest = &plan->parts[step->part];
	size_t count = manifest->layer_count;
	bool upper = manifest->upper != MANIFEST_UPPER_NONE;

	str_addf(s, "%zu layer%s%s", count, count == 1 ? "" : "s",
		 upper ? " and upper" : ", read-only");
}

static void print_volume(struct str *s, const struct plan *plan,
			 const struct plan_step *step)
{
	const struct manifest_volume *volume =
		&plan->parts[step->part].volumes[step->index];

	lines_encode(s, volume->path, 0);
	str_add(s, " ");
	if (!volume->persist) {
		print_tmpfs(s, volume->options);
		return;
	}
	str_add(s, "persistent, volumes/");
	add_owner(s, plan, step);
	str_add(s, " of the store");
}

static void print_inject(struct str *s, const struct plan *plan,
			 const struct plan_step *step)
{
	lines_encode(s, plan->parts[step->part].injects[step->index], 0);
	str_add(s, " if the store has it");
}

static void print_share(struct str *s, const struct plan *plan,
			const struct plan_step *step)
{
	lines_encode(s, plan->manifest->shares[step->index], 1);
}

static void print_readonly(struct str *s, const struct plan *plan,
			   const struct plan_step *step)
{
	(void)plan;
	(void)step;
	str_add(s, "the store, as the application sees it");
}

static void print_check(struct str *s, const struct plan *plan,
			const struct plan_step *step)
{
	str_add(s, "user ");
	lines_encode(s, plan->parts[step->part].user, 0);
	str_add(s, ", directory ");
	lines_encode(s, plan->parts[step->part].cwd, 0);
}

static bool supervised(const struct plan *plan)
{
	return plan->manifest->run != MANIFEST_RUN_EXEC;
}

static void print_move(struct str *s, const struct plan *plan,
		       const struct plan_step *step)
{
	(void)step;
	str_add(s, "/dev /proc /sys /run");
	str_add(s, supervised(plan) ? " to init's own root" : "");
}

static void print_switch(struct str *s, const struct plan *plan,
			 const struct plan_step *step)
{
	(void)plan;
	(void)step;
	str_add(s, "free the initramfs, change the root");
}

static void print_run(struct str *s, const struct plan *plan,
		      const struct plan_step *step)
{
	(void)step;
	str_add(s, supervised(plan) ? "supervise" : "exec");
	for (size_t i = 0;
	     manifest_is_set(plan->manifest) && i < plan->manifest->member_count; i++)
		str_addf(s, " %s", plan->manifest->members[i].name);
	for (size_t i = 0; i < plan->manifest->arg_count; i++) {
		str_add(s, " ");
		lines_encode(s, plan->manifest->args[i], 0);
	}
}

static const struct {
	const char *name;
	bool numbered, of_part;
	void (*print)(struct str *s, const struct plan *plan,
		      const struct plan_step *step);
} ops[PLAN_OP_COUNT] = {
	[PLAN_LAYER] = { "layer", true, false, print_layer },
	[PLAN_WRITABLE] = { "writable", false, false, print_writable },
	[PLAN_UPPER] = { "upper", false, true, print_upper },
	[PLAN_OVERLAY] = { "overlay", false, true, print_overlay },
	[PLAN_VOLUME] = { "volume", true, true, print_volume },
	[PLAN_INJECT] = { "inject", true, true, print_inject },
	[PLAN_SHARE] = { "share", true, false, print_share },
	[PLAN_READONLY] = { "readonly", false, false, print_readonly },
	[PLAN_CHECK] = { "check", false, true, print_check },
	[PLAN_MOVE] = { "move", false, false, print_move },
	[PLAN_SWITCH] = { "switch", false, false, print_switch },
	[PLAN_RUN] = { "run", false, false, print_run },
};

const char *plan_member(const struct plan *plan, size_t step)
{
	const struct plan_step *at = &plan->steps[step];

	if (!manifest_is_set(plan->manifest) || !ops[at->op].of_part)
		return NULL;
	return plan->manifest->members[at->part].name;
}

const char *plan_name_step(const struct plan *plan, size_t step,
			   char ret_text[PLAN_NAME_SIZE])
{
	const struct plan_step *at = &plan->steps[step];
	const char *member = plan_member(plan, step);
	struct str s;

	str_init(&s, ret_text, PLAN_NAME_SIZE);
	if (member)
		str_addf(&s, "%s ", member);
	str_add(&s, ops[at->op].name);
	if (ops[at->op].numbered)
		str_addf(&s, " %u", at->index);
	return ret_text;
}

int plan_print_step(const struct plan *plan, size_t step, char *ret_text, size_t size)
{
	const struct plan_step *at = &plan->steps[step];
	char name[PLAN_NAME_SIZE];
	struct str s;

	str_init(&s, ret_text, size);
	str_addf(&s, "%s: ", plan_name_step(plan, step, name));
	ops[at->op].print(&s, plan, at);
	return str_done(&s) < 0 ? -ENAMETOOLONG : (int)s.used;
}
