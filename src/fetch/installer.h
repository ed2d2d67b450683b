/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * laminactl, which decides: it alone checks signatures and writes the store. This program asks it
 * before any layer is fetched, and hands it the directory when all of them are there.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "format/manifest.h"

#define INSTALLER_FAILED "failed" /* why a look failed, in the directory */
#define INSTALLER_WORD "word"	  /* a channel's, in the directory */

struct installer {
	const char *program; /* NULL: laminactl of PATH, or the one that init left */
	const char *input;   /* the directory */
	bool older;	     /* also a serial that isn't above the current image's */
	bool other_name;     /* also an image of another name */
};

/* A file that the image needs: a layer, the manifest of a set's member. */
struct installer_blob {
	struct digest digest;
	uint64_t size_bytes;
	bool lacks; /* neither the store nor the directory has it */
};

/* Of two images. */
#define INSTALLER_MAX_BASES (2 * MANIFEST_MAX_LAYERS)

/* What it says of an image whose signature holds: each blob once, in the order of a bundle, and
 * the layers of the store that a delta may begin with. */
struct installer_offer {
	struct installer_blob blobs[MANIFEST_MAX_BLOBS];
	size_t count;
	struct digest bases[INSTALLER_MAX_BASES];
	size_t base_count;
};

/* Would the image be installed? 0; -EPERM: refused, with its words; -EBUSY; -errno. */
int installer_check(const struct installer *installer, struct installer_offer *ret_offer,
		    struct err *err);

/* Takes the channel's word that lies in the directory. 0; -EPERM: refused, with its words; -EBUSY; -errno. */
int installer_word(const struct installer *installer, struct err *err);

/* Has `laminactl status` tell why a look @failed, or that it didn't. The text is in the directory, as
 * INSTALLER_FAILED. Nobody is told where that can't be. */
void installer_failed(const struct installer *installer, bool failed);

/* Reads the whole store: which of the offer's layers that it has are damaged? They lack from now on, and no delta
 * begins with them. How many, or -errno. */
int installer_find_damage(const struct installer *installer,
			  struct installer_offer *offer, struct err *err);

/* How the device is: what `laminactl status --json` says. NULL with a text; the caller owns it. */
json_t *installer_status(const struct installer *installer, struct err *err);

/* Installs it, taking the layers out of the directory. As above. What it notes goes to stderr. */
int installer_install(const struct installer *installer, struct err *err);
