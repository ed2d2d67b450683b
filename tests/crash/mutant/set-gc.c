/* SPDX-License-Identifier: Apache-2.0 */
/* What collects garbage knows of a set's layers, and not of its members; once there is an image
 * before the current one, since the recording starts the first. */
#include "format/manifest.h"
#include "install/gc.h"

static bool collects;

int __real_gc_run(struct gc *gc, struct err *err);
int __wrap_gc_run(struct gc *gc, struct err *err);
bool __real_manifest_blob(const struct manifest *manifest, size_t index,
			  struct manifest_blob *ret_blob);
bool __wrap_manifest_blob(const struct manifest *manifest, size_t index,
			  struct manifest_blob *ret_blob);

int __wrap_gc_run(struct gc *gc, struct err *err)
{
	int r;

	collects = gc->record && digest_is_set(&gc->record->previous);
	r = __real_gc_run(gc, err);
	collects = false;
	return r;
}

bool __wrap_manifest_blob(const struct manifest *manifest, size_t index,
			  struct manifest_blob *ret_blob)
{
	return !(collects && index >= manifest->layer_count) &&
	       __real_manifest_blob(manifest, index, ret_blob);
}
