/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A signed image for tests that install: its manifest, signature and layers as bytes, and
 * the bundle that holds them. After the headers of cmocka or live.h. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "format/arch.h"
#include "format/manifest.h"
#include "format/ustar.h"
#include "format/verity.h"
#include "store/settings.h"
#include "trust/key.h"
#include "trust/private-key.h"
#include "trust/sha256.h"

#define IMAGE_MAX_LAYERS 6
#define IMAGE_MAX_MEMBERS 3

struct test_layer {
	uint8_t *bytes;
	size_t size;
	struct digest digest;
	char hex[DIGEST_HEX_SIZE];
	char root[DIGEST_HEX_SIZE]; /* of its hash tree; "": it has none */
};

struct test_image {
	struct test_layer layers[IMAGE_MAX_LAYERS];
	size_t layer_count;
	struct test_layer boot; /* of size 0: it asks for none */
	struct test_layer
		members[IMAGE_MAX_MEMBERS]; /* manifests; with some it is a set */
	char names[IMAGE_MAX_MEMBERS][16];
	size_t member_count;
	char manifest[8192], signature[SIGNATURE_MAX_SIZE];
	char id[DIGEST_HEX_SIZE];
	struct digest digest;
	/* what image_bundle() makes */
	uint8_t *bundle;
	size_t bundle_size;
};

static struct private_key image_key;
static struct settings image_settings;

static inline int image_make_key(void **state)
{
	struct keyring *ring = &image_settings.keyring;

	(void)state;
	if (private_key_start(NULL) < 0 || private_key_new(0, &image_key, NULL) < 0)
		return -1;
	image_settings.policy.threshold = 1;
	image_settings.policy.tries = 3;
	(void)snprintf(image_settings.policy.compatible, POLICY_WORD_SIZE, "%s",
		       "acme,thermostat");
	ring->count = 1;
	ring->keys[0] = image_key.public;
	return 0;
}

/* Bytes of no pattern, the same for the same @seed. */
static inline void image_fill(uint8_t *bytes, size_t size, uint32_t seed)
{
	uint32_t x = seed * 2654435761U + 1;

	for (size_t i = 0; i < size; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		bytes[i] = (uint8_t)x;
	}
}

/* A layer of @data_bytes and, for a tree, as many bytes as one takes. */
static inline void image_layer(struct test_image *image, uint32_t seed, size_t data_bytes)
{
	struct test_layer *layer = &image->layers[image->layer_count++];
	uint64_t blocks = data_bytes / VERITY_BLOCK;

	layer->size = (size_t)(blocks + 1 + verity_tree_blocks(blocks)) * VERITY_BLOCK;
	layer->bytes = malloc(layer->size);
	image_fill(layer->bytes, layer->size, seed);
	(void)sha256_of(layer->bytes, layer->size, &layer->digest);
	digest_hex(&layer->digest, layer->hex);
}

/* The blob of the boot id "k" and how its hash begins; before it is signed. */
static inline void image_boot(struct test_image *image, uint32_t seed, size_t size)
{
	struct test_layer *boot = &image->boot;

	boot->size = size;
	boot->bytes = malloc(size);
	image_fill(boot->bytes, size, seed);
	(void)sha256_of(boot->bytes, size, &boot->digest);
	digest_hex(&boot->digest, boot->hex);
}

static inline uint64_t image_data_bytes(uint64_t size_bytes)
{
	uint64_t blocks = 1;

	while ((blocks + 1 + verity_tree_blocks(blocks)) * VERITY_BLOCK < size_bytes)
		blocks++;
	return blocks * VERITY_BLOCK;
}

/* Signs a text, which is the manifest from then on. */
static inline void image_sign_text(struct test_image *image)
{
	static struct signature_file file;

	file.count = 1;
	(void)private_key_sign(&image_key, image->manifest, strlen(image->manifest),
			       &file.lines[0], NULL);
	(void)signature_file_write(&file, image->signature, sizeof(image->signature));
	(void)sha256_of(image->manifest, strlen(image->manifest), &image->digest);
	digest_hex(&image->digest, image->id);
}

static inline void image_layer_line(struct str *s, const struct test_layer *layer)
{
	str_addf(s, "layer sha256:%s size %zu data %" PRIu64 " verity %s\n", layer->hex,
		 layer->size, image_data_bytes(layer->size),
		 layer->root[0] ? layer->root : layer->hex);
}

/* What the member's manifest is, whatever it says. */
static inline void image_member_text(struct test_image *image, const char *name,
				     const void *text, size_t size)
{
	struct test_layer *member = &image->members[image->member_count];

	(void)snprintf(image->names[image->member_count++], sizeof(image->names[0]), "%s",
		       name);
	member->size = size;
	member->bytes = malloc(size);
	memcpy(member->bytes, text, size);
	(void)sha256_of(text, size, &member->digest);
	digest_hex(&member->digest, member->hex);
}

/* A member that stands on the layers of which bit n is set, with more lines of its own;
 * before the set is signed. */
static inline void image_member(struct test_image *image, const char *name,
				unsigned int layers, const char *lines)
{
	char text[4096];
	struct str s;

	str_init(&s, text, sizeof(text));
	str_addf(&s,
		 "lamina 1\nname %s\nserial 1\ncompatible acme,thermostat\n"
		 "arch " ARCH "\nmin-init 2\n",
		 name);
	for (size_t i = 0; i < image->layer_count; i++)
		if (layers & 1U << i)
			image_layer_line(&s, &image->layers[i]);
	str_addf(&s, "arg /bin/app\nrun supervise\n%s", lines);
	image_member_text(image, name, text, strlen(text));
}

static inline int image_level(const struct test_image *image)
{
	if (image->boot.size)
		return MANIFEST_BOOT_LEVEL;
	return image->member_count ? MANIFEST_SET_LEVEL : 1;
}

/* Makes manifest and signature of the layers. */
static inline void image_sign(struct test_image *image, unsigned int serial)
{
	struct str s;

	str_init(&s, image->manifest, sizeof(image->manifest));
	str_addf(&s,
		 "lamina 1\nname thermostat\nversion 1.%u\nserial %u\n"
		 "compatible acme,thermostat\narch " ARCH "\nmin-init %d\n",
		 serial, serial, image_level(image));
	for (size_t i = 0; i < image->layer_count; i++)
		image_layer_line(&s, &image->layers[i]);
	for (size_t i = 0; i < image->member_count; i++)
		str_addf(&s, "member %s sha256:%s size %zu\n", image->names[i],
			 image->members[i].hex, image->members[i].size);
	if (image->boot.size)
		str_addf(&s, "boot k%.8s sha256:%s size %zu\n", image->boot.hex,
			 image->boot.hex, image->boot.size);
	str_add(&s, image->member_count ? "run set\n" : "arg /bin/app\nrun exec\n");
	image_sign_text(image);
}

static inline void image_add(struct test_image *image, const char *name,
			     const void *bytes, size_t size)
{
	size_t padded = (size_t)ustar_padded(size);

	image->bundle = realloc(image->bundle, image->bundle_size + USTAR_BLOCK + padded);
	(void)ustar_write(name, size, image->bundle + image->bundle_size);
	image->bundle_size += USTAR_BLOCK;
	memset(image->bundle + image->bundle_size, 0, padded);
	memcpy(image->bundle + image->bundle_size, bytes, size);
	image->bundle_size += padded;
}

static inline void image_add_blob(struct test_image *image, const void *bytes,
				  size_t size)
{
	char name[USTAR_NAME_SIZE] = "blobs/sha256/";
	struct digest digest;

	(void)sha256_of(bytes, size, &digest);
	digest_hex(&digest, name + strlen(name));
	image_add(image, name, bytes, size);
}

static inline bool image_layer_twice(const struct test_image *image, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (strcmp(image->layers[i].hex, image->layers[index].hex) == 0)
			return true;
	}
	return false;
}

static inline void image_begin_bundle(struct test_image *image)
{
	image->bundle_size = 0;
	image_add(image, "manifest", image->manifest, strlen(image->manifest));
	image_add(image, "manifest.sig", image->signature, strlen(image->signature));
}

static inline void image_end_bundle(struct test_image *image)
{
	image_add_blob(image, image->manifest, strlen(image->manifest));
	image_add_blob(image, "{\"config\":1}", 12);
	image_add_blob(image, "{\"oci\":1}", 9);
	image_add(image, "oci-layout", "{}", 2);
	image_add(image, "index.json", "{}", 2);
	image->bundle = realloc(image->bundle, image->bundle_size + 2 * USTAR_BLOCK);
	memset(image->bundle + image->bundle_size, 0, 2 * USTAR_BLOCK);
	image->bundle_size += 2 * USTAR_BLOCK;
}

static inline void image_bundle(struct test_image *image)
{
	image_begin_bundle(image);
	for (size_t i = 0; i < image->layer_count; i++) {
		if (!image_layer_twice(image, i))
			image_add_blob(image, image->layers[i].bytes,
				       image->layers[i].size);
	}
	for (size_t i = 0; i < image->member_count; i++)
		image_add_blob(image, image->members[i].bytes, image->members[i].size);
	if (image->boot.size)
		image_add_blob(image, image->boot.bytes, image->boot.size);
	image_end_bundle(image);
}

static inline void image_release(struct test_image *image)
{
	for (size_t i = 0; i < image->layer_count; i++)
		free(image->layers[i].bytes);
	for (size_t i = 0; i < image->member_count; i++)
		free(image->members[i].bytes);
	free(image->boot.bytes);
	free(image->bundle);
	memset(image, 0, sizeof(*image));
}
