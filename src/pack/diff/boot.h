/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The boot blobs of two images, part by part. */
#include <jansson.h>

#include "pack/device/bootblob.h"
#include "pack/image/place.h"

/* Reads the boot blob of an image that has one, which is the last of its blobs. 0 or -errno: it
 * isn't there, or can't be read. */
int boot_read(const struct place *place, struct bootblob_file *ret_file, struct err *err);

/* A line for each part that is gone, new or another one; with @list these go there. Nothing where
 * neither has a blob, or both the same, or one is of a form that nobody knows. 0 or -ENOMEM. */
int boot_show(const struct place *before, const struct place *after, json_t *list);
