/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fd.h"
#include "block/dm.h"
#include "block/loop.h"
#include "init/layer.h"
#include "stack/squash.h"

static int mount_mapped(void *context, const char *path, struct err *err)
{
	return squash_mount(path, context, err);
}

/* The mapping holds the loop device, the mount the mapping: both go when it goes. */
static int mount_verity(const struct layer_job *job, const char *target, struct err *err)
{
	char loop_path[32];
	__fd int loop = loop_open(job->blob, job->layer->size_bytes, loop_path, err);
	const struct dm_verity verity = {
		.name = job->name,
		.device = loop_path,
		.data_bytes = job->layer->data_bytes,
		.root = &job->layer->root,
		.panic = job->panic,
		.whole = job->whole,
		.use = mount_mapped,
		.context = (void *)(uintptr_t)target,
	};

	if (loop < 0)
		return loop;
	return dm_verity_use(&verity, err);
}

const struct layer_guard layer_verity = { "verity", false, dm_probe, mount_verity };
