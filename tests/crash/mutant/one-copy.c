/* SPDX-License-Identifier: Apache-2.0 */
/* The boot record has one copy, overwritten in place. */
#include "base/fd.h"
#include "base/sys.h"
#include "slot/state.h"
#include "trust/sha256.h"

int __wrap_state_write(int fd, struct record *record, struct err *err);

int __wrap_state_write(int fd, struct record *record, struct err *err)
{
	_Alignas(RECORD_STRIDE) static uint8_t bytes[RECORD_STRIDE];
	struct digest digest;
	int r;

	record->seq++;
	record_encode(record, bytes);
	r = sha256_of(bytes, RECORD_SUM_OFFSET, &digest);
	__builtin_memcpy(bytes + RECORD_SUM_OFFSET, &digest, RECORD_SUM_SIZE);
	if (r == 0)
		r = fd_pwrite_all(fd, bytes, sizeof(bytes), 0);
	if (r == 0)
		r = sys_fdatasync(fd);
	return r < 0 ? err_errno(err, r, "one copy") : 0;
}
