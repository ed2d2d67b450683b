/* SPDX-License-Identifier: Apache-2.0 */
#include "block/dm.h"
#include "init/layer.h"
#include "stack/squash.h"

static int mount_mapped(void *context, const char *path, struct err *err)
{
	return squash_mount(path, context, err);
}

/* The mapping holds the device, the mount the mapping: both go when it goes. */
static int mount_verity(const struct layer_job *job, const char *target, struct err *err)
{
	const struct dm_verity verity = {
		.name = job->name,
		.device = job->device,
		.data_bytes = job->layer->data_bytes,
		.root = &job->layer->root,
		.panic = job->panic,
		.whole = job->whole,
		.use = mount_mapped,
		.context = (void *)(uintptr_t)target,
	};

	return dm_verity_use(&verity, err);
}

const struct layer_guard layer_verity = { "verity", false, dm_probe, mount_verity };
