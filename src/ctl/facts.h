/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What is to be said of an image in the store. */
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "ctl/out.h"
#include "format/manifest.h"
#include "store/settings.h"
#include "trust/key.h"
#include "trust/sha256.h"

#define FACTS_VERSION_SIZE 65 /* lamina-manifest(5) allows no longer one */

struct facts {
	struct digest id; /* unset: there is no image */
	int r;		  /* 0: a boot would take it */
	struct err err;	  /* why not */
	bool known;	  /* the signature holds: what follows was read */
	char name[MANIFEST_NAME_SIZE];
	char version[FACTS_VERSION_SIZE];
	uint64_t serial, size_bytes; /* size: of all blobs */
	size_t layer_count;
	struct manifest_boot boot;
	struct key_signers signers;
};

/* Reads and judges image @id, as a boot does before it mounts anything. What is wrong is
 * among the facts. @manifest is overwritten. */
void facts_read(const struct settings *settings, int store, const struct digest *id,
		uint64_t floor, struct manifest *manifest, struct facts *ret_facts);

/* "3f2a9c01d4e7 thermostat 1.4.2, serial 17, signed by 9d6cc1118973aec6", and why a boot
 * would not take it. */
void facts_text(struct out *out, const struct facts *facts);

/* The fields of a JSON object that is open. */
void facts_json(struct out *out, const struct facts *facts);
