/* SPDX-License-Identifier: Apache-2.0 */
#include "init/image.h"

#include <string.h>

#include "boot/choose.h"
#include "store/judge.h"

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
		r = judge_manifest(policy, &ret_image->manifest, policy->floor, err);
	if (r == 0)
		r = judge_layers(store, &ret_image->manifest, err);
	if (r == 0)
		r = plan_make(policy, &ret_image->manifest, &ret_image->plan, err);
	return r < 0 ? err_wrap(err, r, "image %.12s", ret_image->id) : 0;
}
