/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * laminactl, which decides: it alone checks signatures and writes the store. This program asks it
 * before any layer is fetched, and hands it the directory when all of them are there.
 */
#include <jansson.h>
#include <stdbool.h>

#include "base/digest.h"
#include "base/err.h"

struct installer {
	const char *program; /* NULL: laminactl of PATH, or the one that init left */
	const char *input;   /* the directory */
	bool older;	     /* also a serial that isn't above the current image's */
	bool other_name;     /* also an image of another name */
};

/* What it says of an image before it is there: which of its layers lack. */
struct installer_offer {
	json_t *json; /* owned; NULL: nothing yet */
};

/* Would the image be installed? 0; -EPERM: refused, with its words; -EBUSY; -errno. Needs
 * installer_offer_done() in either case. */
int installer_check(const struct installer *installer, struct installer_offer *ret_offer,
		    struct err *err);
void installer_offer_done(struct installer_offer *offer);

/* Must it be fetched? */
bool installer_lacks(const struct installer_offer *offer, const struct digest *digest);

/* Installs it, taking the layers out of the directory. As above. What it notes goes to stderr. */
int installer_install(const struct installer *installer, struct err *err);
