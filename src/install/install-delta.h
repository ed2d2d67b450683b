/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Layers that the device makes, of deltas that the source has and layers that the store has. */
#include "format/deltas.h"
#include "install/incoming.h"
#include "install/install.h"

struct install_delta {
	struct deltas_line line;
	size_t layer; /* of the manifest */
	int base; /* owned; or -errno: the store has it not, or the image no such layer */
	uint64_t base_bytes;
};

/* The next line of from->texts, from *@at on. 1; 0 at the end; -EBADMSG. */
int install_delta_next(const struct install *install, const char **at,
		       struct install_delta *ret_delta, struct err *err);

/* Could layer @index be made? */
bool install_delta_usable(const struct install *install, size_t index);

/* Adds all of the layer to @in: the data that the source's delta makes, and the hash tree, whose
 * root is the signed one. 0; -EBADMSG: it isn't, or no delta; -errno. */
int install_delta_apply(struct install *install, const struct install_delta *delta,
			struct incoming *in, struct err *err);

/* install-write.c's: what is added is counted. */
int install_add(struct install *install, struct incoming *in, const void *bytes,
		size_t size, struct err *err);
