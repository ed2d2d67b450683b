/* SPDX-License-Identifier: Apache-2.0 */
/* Prints 32 bytes that this machine's TPM tells to this chain of boot alone, and shuts it up. */
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "base/sys.h"
#include "tpm2/tpm.h"

#define DEVICE "/dev/tpmrm0"
#define PCR 7 /* whose keys the firmware has checked what it started by */

static int tell(const struct tpm *tpm, struct err *err)
{
	uint8_t secret[TPM_HASH_SIZE];
	int r = tpm_secret(tpm, "lamina volumes", secret, err);

	if (r == 0)
		r = tpm_close(tpm, err);
	if (r == 0) {
		r = fd_write_all(1, secret, sizeof(secret));
		if (r < 0)
			(void)err_errno(err, r, "standard output");
	}
	explicit_bzero(secret, sizeof(secret));
	return r;
}

/* An argument is the number of a descriptor that is open already. */
int main(int argc, char **argv)
{
	struct tpm tpm = { .fd = -EBADF, .pcr = PCR };
	struct err err = ERR_INIT;
	uint64_t number;
	int r;

	if (argc > 1 && str_number(argv[1], strlen(argv[1]), &number) == 0 &&
	    number < 1024)
		tpm.fd = (int)number;
	else
		tpm.fd = sys_openat(AT_FDCWD, DEVICE, O_RDWR | O_CLOEXEC, 0);
	r = tpm.fd < 0 ? err_errno(&err, tpm.fd, DEVICE) : tell(&tpm, &err);
	if (r < 0) {
		(void)fd_write_all(2, err.text, strlen(err.text));
		(void)fd_write_all(2, "\n", 1);
	}
	return r < 0;
}
