/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The command line of `lamina pack`. */
#include <stdbool.h>

#include "base/err.h"
#include "cli/cmd.h"
#include "pack/cmd/describe.h"
#include "pack/cmd/pack-boot.h"
#include "pack/import/import.h"
#include "pack/source/source.h"

/* Stays where it is: @import points into it. */
struct pack_options {
	const char *output;
	struct source_options source;
	struct describe_options describe;
	struct import_options import;
	struct source_texts excludes;
	struct dir_owner owner;
	struct pack_boot boot;
	bool json, force;
};

extern const struct cmd_option pack_options[];

/* As if none was given. */
void pack_options_init(struct pack_options *ret_options);

/* Reads them up to the first operand, and what the environment says. 0, CMD_USAGE, CMD_HELP
 * or -errno. */
int pack_options_read(struct pack_options *options, struct cmd_line *line,
		      struct err *err);

void pack_options_done(struct pack_options *options);
