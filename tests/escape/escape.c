/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What root inside a container may try against the device. Run as the image's program it tries
 * all of it, once, and says of each how it went: "through", or the kernel's number. Nothing of
 * it breaks anything where it gets through: what would, is tried with an argument that the
 * kernel looks at only after it has let the caller pass, and `expected` is its word for that.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "escape.h"

static void try(const struct attempt *attempt)
{
	int r, number;

	errno = 0;
	r = attempt->run();
	number = errno;
	(void)umount2("/at", MNT_DETACH);
	if (r >= 0 || (attempt->expected && number == attempt->expected))
		printf("escape %s: through\n", attempt->name);
	else
		printf("escape %s: %s\n", attempt->name, strerror(number));
}

int main(int argc, char **argv)
{
	static const struct attempt *const groups[] = { attempts_wire, attempts_mounts,
							attempts_files,
							attempts_machine };
	size_t count = 0;

	(void)argv;
	if (argc > 1) /* as somebody else, of a file of root's: set_user_id */
		return geteuid() == 0 ? 0 : EPERM;
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	(void)mkdir("/at", 0755);
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		for (const struct attempt *attempt = groups[i]; attempt->name;
		     attempt++) {
			try(attempt);
			count++;
		}
	}
	printf("escape: %zu tried\n", count);
	return 0;
}
