/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The signatures of two copies of one manifest as one set. None that holds is lost: who
 * installs an image again, without the signature of the key that the device is about to
 * change to, must not leave it with less than it had.
 */
#include <stddef.h>

#include "format/keyring.h"
#include "format/signature.h"

/*
 * What @ours has and what @theirs adds, of @size @bytes of a manifest. Of a key of @ring
 * only what holds; of a key that nobody here knows what there is, and ours where both have
 * one. Where there are more than fit, those that nobody can check go first, theirs before
 * ours. Ours stay in their order, and are all of it when nothing is added or dropped: then
 * 0, else 1. @ret_file may be neither of the two.
 */
int merge_signatures(const void *bytes, size_t size, const struct signature_file *ours,
		     const struct signature_file *theirs, const struct keyring *ring,
		     struct signature_file *ret_file);
