/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The layers that lack, or deltas in their place, and the installation. */
#include "fetch/fetch.h"

/* Of fetch->image, whose manifest and signature are in the directory. 0; -EBADMSG: it is refused, with
 * deltas; -EPERM: refused; -EAGAIN, -EBUSY: another time; -errno. */
int gather_image(struct fetch *fetch, const struct workdir *w, struct err *err);
