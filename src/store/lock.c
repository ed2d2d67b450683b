/* SPDX-License-Identifier: Apache-2.0 */
#include "store/lock.h"

#include <errno.h>
#include <sys/file.h>

#include "base/sys.h"

int lock_take(int store, struct err *err)
{
	int r = sys_flock(store, LOCK_EX | LOCK_NB);

	if (r == -EAGAIN)
		return err_set(err, r, "the store is locked: another program changes it");
	return r < 0 ? err_errno(err, r, "locking the store") : 0;
}
