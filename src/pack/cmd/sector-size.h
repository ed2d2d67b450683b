/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The size of a disk's sectors, as an option has it. */
#include <stdint.h>

#include "cli/cmd.h"

/* Of @option, which cmd_next() has just returned: 512 or 4096. 0 or CMD_USAGE. */
int sector_size_read(const struct cmd_line *line, int option, uint32_t *ret_bytes,
		     struct err *err);
