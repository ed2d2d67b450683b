/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "block/loop.h"
#include "init/layer.h"
#include "stack/squash.h"
#include "trust/sha256.h"

static int probe_nothing(struct err *err)
{
	(void)err;
	return 0;
}

/* Hashes the very file that the loop device will serve, but what changes in it from now
 * on nobody sees: lamina-init(8) says so. */
static int mount_hashed(const struct layer_job *job, const char *target, struct err *err)
{
	__fd int loop = -EBADF;
	char path[32];
	struct digest digest;
	int r = sha256_of_fd(job->blob, job->layer->size_bytes, &digest);

	if (r < 0)
		return err_errno(err, r, "sha256");
	if (!digest_equal(&digest, &job->layer->blob))
		return err_set(err, -EBADMSG, "sha256 does not match");
	loop = loop_open(job->blob, job->layer->size_bytes, path, err);
	return loop < 0 ? loop : squash_mount(path, target, err);
}

const struct layer_guard layer_hash = { "sha256 at boot", true, probe_nothing,
					mount_hashed };
