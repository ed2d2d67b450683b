/* SPDX-License-Identifier: Apache-2.0 */
#include "store/judge.h"

#include <errno.h>
#include <inttypes.h>

#include "base/fd.h"
#include "base/page.h"
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

int judge_wrap_blob(struct err *err, int r, const struct manifest *manifest, size_t index)
{
	struct manifest_blob blob;
	char hex[DIGEST_HEX_SIZE];

	if (!manifest_blob(manifest, index, &blob))
		return r;
	digest_hex(blob.digest, hex);
	switch (manifest_blob_kind(manifest, index)) {
	case MANIFEST_BLOB_LAYER:
		return err_wrap(err, r, "layer %zu (sha256:%.12s)", index, hex);
	case MANIFEST_BLOB_MEMBER:
		return err_wrap(err, r, "member %s (sha256:%.12s)",
				manifest->members[index - manifest->layer_count].name,
				hex);
	default:
		return err_wrap(err, r, "boot %s (sha256:%.12s)", manifest->boot.id, hex);
	}
}

static int judge_members(int store, const struct manifest *set, struct err *err)
{
	static struct manifest member;
	int r = 0;

	for (size_t i = 0; r == 0 && i < set->member_count; i++) {
		r = store_load_member(store, set, i, &member, err);
		if (r < 0)
			r = judge_wrap_blob(err, r, set, set->layer_count + i);
	}
	page_give_back(&member, sizeof(member));
	return r;
}

/* Before anything is mounted: a layer opened here is opened again, and checked again,
 * when its turn comes, since 256 descriptors at once are more than a process may have
 * everywhere. The boot blob is in a slot, or no image that asks for it would start. */
int judge_blobs(int store, const struct manifest *manifest, struct err *err)
{
	struct manifest_blob blob;

	for (size_t i = 0; manifest_blob(manifest, i, &blob); i++) {
		if (manifest_blob_kind(manifest, i) == MANIFEST_BLOB_BOOT)
			break;
		__fd int fd = store_open_blob(store, blob.digest, blob.size_bytes, err);

		if (fd < 0)
			return judge_wrap_blob(err, fd, manifest, i);
	}
	return manifest_is_set(manifest) ? judge_members(store, manifest, err) : 0;
}
