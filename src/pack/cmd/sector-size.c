/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/cmd/sector-size.h"

int sector_size_read(const struct cmd_line *line, int option, uint32_t *ret_bytes,
		     struct err *err)
{
	unsigned long long bytes;
	int r = cmd_number(line, option, 512, 4096, &bytes, err);

	if (r == 0 && bytes != 512 && bytes != 4096)
		return cmd_usage(err, "%s: --sector-size: disks have 512 or 4096",
				 line->cmd->name);
	if (r == 0)
		*ret_bytes = (uint32_t)bytes;
	return r;
}
