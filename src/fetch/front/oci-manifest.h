/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A Lamina image's OCI manifest, as lamina-bundle(5) has it: where the Lamina manifest is, and its
 * signature. Pure; a stranger's bytes.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "format/deltas.h"
#include "format/signature.h"

#define OCI_MANIFEST_MOST ((size_t)256 << 10)
#define OCI_MANIFEST_TYPE "application/vnd.oci.image.manifest.v1+json"

struct oci_manifest {
	struct digest manifest; /* of the Lamina manifest */
	uint64_t size_bytes;
	char signature[SIGNATURE_MAX_SIZE];
	size_t signature_size;
	char deltas[DELTAS_MAX_SIZE]; /* those that are there, as a bundle tells them */
	size_t deltas_size;
	struct digest word; /* a channel's; or unset */
	uint64_t word_bytes;
};

/* 0; -EBADMSG; -ENOTSUP: an image of another kind; -ENOKEY: not signed. */
int oci_manifest_parse(const char *bytes, size_t size, struct oci_manifest *ret_manifest,
		       struct err *err);
