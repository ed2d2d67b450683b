/* SPDX-License-Identifier: Apache-2.0 */
#include "init/image.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/fd.h"
#include "boot/choose.h"
#include "init/arch.h"
#include "init/layer.h"

static int choose(int store, enum cmdline_use use, char ret_id[DIGEST_HEX_SIZE],
		  struct err *err)
{
	static struct store_images images;
	int r = store_list_images(store, &images, err);

	if (r == 0)
		r = choose_image(images.ids, images.count, use, err);
	if (r < 0)
		return err_wrap(err, r, "store");
	memcpy(ret_id, images.ids[r], DIGEST_HEX_SIZE);
	return 0;
}

/* Before anything is mounted: a layer opened here is opened again, and checked again,
 * when its turn comes, since 256 descriptors at once are more than a process may have
 * everywhere. */
static int check_layers(int store, const struct manifest *manifest, struct err *err)
{
	for (size_t i = 0; i < manifest->layer_count; i++) {
		const struct manifest_layer *layer = &manifest->layers[i];
		__fd int blob =
			store_open_blob(store, layer->blob, layer->size_bytes, err);

		if (blob < 0)
			return layer_wrap(err, blob, i, layer);
	}
	return 0;
}

static int judge(int store, const struct policy *policy, const struct manifest *manifest,
		 struct err *err)
{
	int r = manifest_fits(manifest, policy->compatible, ARCH, err);

	if (r < 0)
		return r;
	if (manifest->serial < policy->floor)
		return err_set(err, -ESTALE,
			       "serial %" PRIu64 " is below the rollback floor %" PRIu64,
			       manifest->serial, policy->floor);
	return check_layers(store, manifest, err);
}

int image_prepare(int store, const struct settings *settings, enum cmdline_use use,
		  struct image *ret_image, struct err *err)
{
	const struct policy *policy = &settings->policy;
	int r = choose(store, use, ret_image->id, err);

	if (r < 0)
		return r;
	r = store_load_image(store, ret_image->id, &settings->keyring, policy->threshold,
			     &ret_image->manifest, &ret_image->signers, err);
	if (r == 0)
		r = judge(store, policy, &ret_image->manifest, err);
	if (r == 0)
		r = plan_make(policy, &ret_image->manifest, &ret_image->plan, err);
	return r < 0 ? err_wrap(err, r, "image %.12s", ret_image->id) : 0;
}
