/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/import/import-plan.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

static uint64_t size_of(const struct source_layer *layer)
{
	struct stat st;

	if (layer->size_bytes != SOURCE_SIZE_UNKNOWN)
		return layer->size_bytes;
	return fstat(layer->fd, &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size
								 : 0;
}

static uint64_t group_size(const struct import_group *group)
{
	uint64_t size = 0;

	for (size_t i = 0; i < group->count; i++)
		size += size_of(group->sources[i]);
	return size;
}

/* Joins the two neighbours that are smallest together. */
static void join(struct import_plan *plan)
{
	size_t best = 0;
	uint64_t best_size = UINT64_MAX;

	for (size_t i = 0; i + 1 < plan->count; i++) {
		uint64_t size =
			group_size(&plan->groups[i]) + group_size(&plan->groups[i + 1]);

		if (size >= best_size)
			continue;
		best = i;
		best_size = size;
	}
	plan->groups[best].count += plan->groups[best + 1].count;
	plan->count--;
	for (size_t i = best + 1; i < plan->count; i++)
		plan->groups[i] = plan->groups[i + 1];
}

static void list_all(const struct source *sources, size_t count, struct import_plan *plan)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < sources[i].layer_count; j++) {
			plan->all[n] = &sources[i].layers[j];
			plan->groups[n] = (struct import_group){ &plan->all[n], 1 };
			n++;
		}
	plan->count = n;
}

int import_plan_make(const struct source *sources, size_t count, size_t merge,
		     struct import_plan *ret_plan, struct err *err)
{
	struct import_plan plan = { 0 };

	for (size_t i = 0; i < count; i++)
		plan.source_count += sources[i].layer_count;
	if (plan.source_count == 0)
		return err_set(err, -EINVAL, "the sources have no layer");
	plan.all = calloc(plan.source_count, sizeof(*plan.all));
	plan.groups = calloc(plan.source_count, sizeof(*plan.groups));
	if (!plan.all || !plan.groups) {
		import_plan_done(&plan);
		return -ENOMEM;
	}
	list_all(sources, count, &plan);
	while (merge && plan.count > merge)
		join(&plan);
	*ret_plan = plan;
	return 0;
}

void import_plan_done(struct import_plan *plan)
{
	free(plan->all);
	free(plan->groups);
	*plan = (struct import_plan){ 0 };
}
