/* SPDX-License-Identifier: Apache-2.0 */
#include "slot/rank.h"

#include <errno.h>
#include <string.h>

#include "base/page.h"
#include "store/images.h"
#include "store/judge.h"

static enum record_reason load_reason(int r)
{
	switch (r) {
	case -ENOENT:
		return RECORD_REASON_MISSING;
	case -ENOKEY:
	case -EKEYREJECTED:
		return RECORD_REASON_SIGNATURE;
	case -EPROTONOSUPPORT:
	case -ENOTSUP:
		return RECORD_REASON_INCOMPATIBLE;
	default:
		return RECORD_REASON_CORRUPT;
	}
}

static int judge_boot(const struct settings *settings, const struct manifest *manifest,
		      struct err *err)
{
	const char *id = settings->boot_id, *wanted = manifest->boot.id;

	if (!wanted[0] || !id || strcmp(wanted, id) == 0)
		return 0;
	return err_set(err, -EINVAL, "boot: the image is for %s, this kernel is %s",
		       wanted, id[0] ? id : "without a boot id");
}

int rank_judge(int store, const struct digest *id, const struct settings *settings,
	       uint64_t floor, struct manifest *ret_manifest,
	       struct key_signers *ret_signers, enum record_reason *ret_reason,
	       struct err *err)
{
	const struct policy *policy = &settings->policy;
	int r = store_load_image(store, id, &settings->keyring, policy->threshold,
				 ret_manifest, ret_signers, err);

	*ret_reason = load_reason(r);
	if (r < 0)
		return r;
	r = judge_manifest(policy, ret_manifest, floor, err);
	*ret_reason = r == -ESTALE ? RECORD_REASON_FLOOR : RECORD_REASON_INCOMPATIBLE;
	if (r < 0)
		return r;
	if (policy->boot_loader)
		*ret_reason = RECORD_REASON_SLOT;
	r = judge_boot(settings, ret_manifest, err);
	if (r < 0)
		return r;
	r = judge_blobs(store, ret_manifest, err);
	*ret_reason = r == -ENOENT ? RECORD_REASON_MISSING : RECORD_REASON_CORRUPT;
	return r;
}

static void add(struct rank *rank, const struct digest *id, uint64_t serial)
{
	size_t at = rank->count;

	if (at < RANK_MAX)
		rank->count++;
	else if (rank->serials[--at] >= serial)
		return;
	while (at > 0 && rank->serials[at - 1] < serial) {
		rank->ids[at] = rank->ids[at - 1];
		rank->serials[at] = rank->serials[at - 1];
		at--;
	}
	rank->ids[at] = *id;
	rank->serials[at] = serial;
}

int rank_images(int store, const struct settings *settings, uint64_t floor,
		struct rank *ret_rank, struct err *err)
{
	static struct manifest manifest;
	struct key_signers signers;
	enum record_reason reason;
	struct images images;
	struct digest id;
	int r;

	ret_rank->count = 0;
	ret_rank->why = err_set(&ret_rank->text, -ENOENT, "no image in images/");
	images_init(&images, store);
	for (int looks = 0; (r = images_next(&images, &id, err)) > 0; looks++) {
		if (looks == RANK_LOOKS)
			return 0;
		r = rank_judge(store, &id, settings, floor, &manifest, &signers, &reason,
			       &ret_rank->text);
		if (r == 0)
			add(ret_rank, &id, manifest.serial);
		else
			ret_rank->why = err_wrap(&ret_rank->text, r, "image %.12s",
						 DIGEST_HEX(&id));
	}
	page_give_back(&manifest, sizeof(manifest));
	if (r == -ENOENT && err)
		ret_rank->text = *err;
	return r == -ENOENT ? 0 : r;
}
