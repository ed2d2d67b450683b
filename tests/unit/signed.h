/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Signed images in the tree of a test, and the keyring that trusts them. */
#include "image.h"
#include "store/store.h"
#include "unit/tree.h"

static struct keyring *const ring = &image_settings.keyring;

/* Puts an image of this manifest into the tree; its id and its directory. */
static inline void put_image(const char *text, char id[DIGEST_HEX_SIZE], char dir[128])
{
	static struct test_image image;
	char path[160];

	(void)snprintf(image.manifest, sizeof(image.manifest), "%s", text);
	image_sign_text(&image);
	memcpy(id, image.id, DIGEST_HEX_SIZE);
	(void)snprintf(dir, 128, "images/%s", id);
	(void)snprintf(path, sizeof(path), "%s/manifest", dir);
	tree_file(path, text, 0644);
	(void)snprintf(path, sizeof(path), "%s/manifest.sig", dir);
	tree_file(path, image.signature, 0644);
}
