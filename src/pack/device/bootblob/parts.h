/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "pack/device/bootblob.h"

/* What was compressed, or nobody has, as it was: the caller's. 0; -EBADMSG; -EFBIG; -ENOMEM. */
int bootblob_unpack(const struct bootblob_file *in, struct bootblob_file *ret_file,
		    struct err *err);
