/* SPDX-License-Identifier: Apache-2.0 */
#include "format/manifest.h"

#include <errno.h>
#include <string.h>

#include "format/manifest/check.h"
#include "format/manifest/health.h"
#include "format/manifest/key.h"
#include "format/manifest/log.h"
#include "format/manifest/reader.h"

void manifest_init(struct manifest *ret_manifest)
{
	/* Not the text arena: its pages stay untouched until something is kept there. */
	memset(ret_manifest, 0, offsetof(struct manifest, text));
	ret_manifest->text_used = 0;
	manifest_key_defaults(ret_manifest);
#ifdef MANIFEST_SUPERVISED
	manifest_health_defaults(&ret_manifest->health);
	manifest_log_defaults(&ret_manifest->log);
#endif
	ret_manifest->upper_options = "";
}

bool manifest_name_valid(const char *name)
{
	return !manifest_wrong_name(name);
}

bool manifest_hostname_valid(const char *name)
{
	return !manifest_wrong_hostname(name);
}

bool manifest_path_valid(const char *path)
{
	return !manifest_wrong_path(path);
}

/* Each takes an init that knows it. */
static int check_least(const struct manifest *manifest, struct err *err)
{
	const char *what = "";
	unsigned int level = 0;

	if (manifest->boot.id[0]) {
		what = "boot";
		level = MANIFEST_BOOT_LEVEL;
	} else if (manifest->run == MANIFEST_RUN_SET) {
		what = "run set";
		level = MANIFEST_SET_LEVEL;
	} else if (manifest->run == MANIFEST_RUN_SUPERVISE) {
		what = "run supervise";
		level = MANIFEST_SUPERVISE_LEVEL;
	}
	if (manifest->min_init >= level)
		return 0;
	return err_set(err, -EINVAL, "%s: takes min-init %u or more", what, level);
}

int manifest_fits(const struct manifest *manifest, const char *compatible,
		  const char *arch, struct err *err)
{
	int r = manifest_check_level(manifest->min_init, err);

	if (r < 0)
		return r;
#ifndef CONFIG_LAMINA_SUPERVISE
	if (manifest->run != MANIFEST_RUN_EXEC)
		return err_set(err, -ENOTSUP, "run %s: this build can't, only run exec",
			       manifest->run == MANIFEST_RUN_SET ? "set" : "supervise");
#endif
#ifndef CONFIG_LAMINA_NET
	if (manifest->net_count > 0 && strcmp(manifest->nets[0], "none") != 0)
		return err_set(err, -ENOTSUP, "net: this build can't, only net none");
#endif
	/* an older init would take it for what it can do */
	r = check_least(manifest, err);
	if (r < 0)
		return r;
	if (strcmp(manifest->arch, arch) != 0)
		return err_set(err, -EINVAL,
			       "arch: the image is for %s, this device is %s",
			       manifest->arch, arch);
	for (size_t i = 0; i < manifest->compatible_count; i++)
		if (strcmp(manifest->compatible[i], compatible) == 0)
			return 0;
	return err_set(err, -EINVAL,
		       "compatible: the image is for %s%s, this device is %s",
		       manifest->compatible_count ? manifest->compatible[0] : "nothing",
		       manifest->compatible_count > 1 ? " and others" : "", compatible);
}

static size_t member_count(const struct manifest *manifest)
{
	return manifest_is_set(manifest) ? manifest->member_count : 0;
}

enum manifest_blob_kind manifest_blob_kind(const struct manifest *manifest, size_t index)
{
	if (index < manifest->layer_count)
		return MANIFEST_BLOB_LAYER;
	return index - manifest->layer_count < member_count(manifest)
		       ? MANIFEST_BLOB_MEMBER
		       : MANIFEST_BLOB_BOOT;
}

bool manifest_blob(const struct manifest *manifest, size_t index,
		   struct manifest_blob *ret_blob)
{
	const struct manifest_layer *layer;
	const struct manifest_member *member;

	switch (manifest_blob_kind(manifest, index)) {
	case MANIFEST_BLOB_LAYER:
		layer = &manifest->layers[index];
		*ret_blob = (struct manifest_blob){ &layer->blob, layer->size_bytes };
		return true;
	case MANIFEST_BLOB_MEMBER:
		member = &manifest->members[index - manifest->layer_count];
		*ret_blob = (struct manifest_blob){ &member->digest, member->size_bytes };
		return true;
	default:
		*ret_blob = (struct manifest_blob){ &manifest->boot.blob,
						    manifest->boot.size };
		return manifest->boot.id[0] &&
		       index == manifest->layer_count + member_count(manifest);
	}
}

bool manifest_blob_again(const struct manifest *manifest, size_t index)
{
	struct manifest_blob blob, other;

	if (!manifest_blob(manifest, index, &blob))
		return false;
	for (size_t i = 0; i < index; i++)
		if (manifest_blob(manifest, i, &other) &&
		    digest_equal(other.digest, blob.digest))
			return true;
	return false;
}

bool manifest_has_blob(const struct manifest *manifest, const struct digest *digest)
{
	struct manifest_blob blob;

	for (size_t i = 0; manifest_blob(manifest, i, &blob); i++)
		if (digest_equal(blob.digest, digest))
			return true;
	return false;
}
