/* SPDX-License-Identifier: Apache-2.0 */
#include "store/judge.h"

#include <errno.h>
#include <inttypes.h>

#include "base/fd.h"
#include "base/str.h"
#include "format/arch.h"
#include "store/store.h"

int judge_manifest(const struct policy *policy, const struct manifest *manifest,
		   uint64_t floor, struct err *err)
{
	int r = manifest_fits(manifest, policy->compatible, ARCH, err);

	if (r < 0)
		return r;
	if (manifest->serial < floor)
		return err_set(err, -ESTALE,
			       "serial %" PRIu64 " is below the rollback floor %" PRIu64,
			       manifest->serial, floor);
	return 0;
}

int judge_wrap_layer(struct err *err, int r, size_t index,
		     const struct manifest_layer *layer)
{
	char hex[65];

	digest_hex(&layer->blob, hex);
	return err_wrap(err, r, "layer %zu (sha256:%.12s)", index, hex);
}

/* Before anything is mounted: a layer opened here is opened again, and checked again,
 * when its turn comes, since 256 descriptors at once are more than a process may have
 * everywhere. */
int judge_layers(int store, const struct manifest *manifest, struct err *err)
{
	for (size_t i = 0; i < manifest->layer_count; i++) {
		const struct manifest_layer *layer = &manifest->layers[i];
		__fd int blob =
			store_open_blob(store, &layer->blob, layer->size_bytes, err);

		if (blob < 0)
			return judge_wrap_layer(err, blob, i, layer);
	}
	return 0;
}
