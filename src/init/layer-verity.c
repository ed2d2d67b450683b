/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fd.h"
#include "block/dm.h"
#include "block/loop.h"
#include "init/layer.h"

/* The mapping holds the loop device, the mount will hold the mapping: both go when it
 * goes. */
static int open_verity(const struct layer_job *job, char ret_device[32], struct err *err)
{
	char loop_path[32];
	__fd int loop = loop_open(job->blob, job->layer->size_bytes, loop_path, err);
	struct dm_verity verity = {
		.name = job->name,
		.device = loop_path,
		.data_bytes = job->layer->data_bytes,
		.root = &job->layer->root,
		.panic = job->panic,
		.whole = job->whole,
	};

	if (loop < 0)
		return loop;
	return dm_verity_open(&verity, ret_device, err);
}

const struct layer_guard layer_verity = { "verity", false, dm_probe, open_verity };
