/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Whether an image that is signed may run here, and is all there. */
#include "base/err.h"
#include "format/manifest.h"
#include "format/policy.h"

/* Device, arch, feature level, serial against @floor. 0; as manifest_fits(); -ESTALE. */
int judge_manifest(const struct policy *policy, const struct manifest *manifest,
		   uint64_t floor, struct err *err);

/* Every blob that a start reads: there, a regular file of its signed size, and of a set every
 * member one of it. Not the boot blob, of which the loader has a copy.
 * 0, store_open_blob()'s or store_load_member()'s. The text names the blob. */
int judge_blobs(int store, const struct manifest *manifest, struct err *err);

/* "layer 2 (sha256:9c1e55a01b2f): " before the text, or "member broker (sha256:...": blob
 * @index. Returns @r. */
int judge_wrap_blob(struct err *err, int r, const struct manifest *manifest,
		    size_t index);
