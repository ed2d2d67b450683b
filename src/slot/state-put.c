/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/fd.h"
#include "slot/state.h"

/* In a file of its own: tests put other functions in the place of those that it calls. */

int state_put(int store, const char *device, struct record *record, struct err *err)
{
	__fd int fd = state_open(store, device, true, err);

	if ((fd == -ENOENT || fd == -EBADMSG) && !device)
		fd = state_create(store, err);
	return fd < 0 ? fd : state_write(fd, record, err);
}
