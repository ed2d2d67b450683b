/* SPDX-License-Identifier: Apache-2.0 */
#include "init/layer.h"

#include <errno.h>

#include "base/fd.h"
#include "block/backing.h"
#include "stack/work.h"
#include "store/store.h"

static const struct layer_guard *const guards[] = {
#ifdef CONFIG_LAMINA_VERITY
	&layer_verity,
#endif
#ifdef CONFIG_LAMINA_HASH_AT_BOOT
	&layer_hash,
#endif
	NULL,
};

/* What a kernel has may be a word of its command line, initcall_blacklist=dm_verity_init:
 * with that alone nobody gets a weaker guard. */
int layer_choose_guard(bool hash_will_do, const struct layer_guard **ret_guard,
		       struct err *err)
{
	int r = err_set(err, -ENOTSUP, "this build has no way to verify a layer");

	for (size_t i = 0; guards[i]; i++) {
		if (guards[i]->weak && !hash_will_do)
			return err_wrap(err, r, "no `guard hash` in the policy");
		r = guards[i]->probe(err);
		if (r == 0)
			*ret_guard = guards[i];
		if (r != -ENOTSUP)
			return r;
	}
	return r;
}

int layer_mount(const struct layer_guard *guard, int store, struct layer_job *job,
		const char *target, struct err *err)
{
	__fd int blob =
		store_open_blob(store, &job->layer->blob, job->layer->size_bytes, err);
	const struct backing *backing;
	char path[BACKING_PATH_SIZE];
	int device, r;

	if (blob < 0)
		return blob;
	r = backing_of(blob, &backing);
	if (r < 0)
		return err_errno(err, r, "blob");
	device = backing->open(blob, job->layer->size_bytes, path, err);
	if (device < 0)
		return device;
	job->blob = blob;
	job->device = path;
	r = guard->mount(job, target, err);
	backing->close(blob, device);
	if (r < 0)
		(void)work_drop(target, NULL); /* one that nobody vouches for */
	return r;
}
