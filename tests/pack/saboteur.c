/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A libsquashfs that fails, for LD_PRELOAD. SABOTAGE=WHAT=TEXT names what it does when a file
 * that begins with TEXT is written: `lie` writes another byte, `die` ends the process
 * that writes, `fail` has the disk full, `wait` stops it for a minute.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int append_fn(void *processor, const void *data, size_t size);

int sqfs_block_processor_append(void *processor, const void *data, size_t size)
{
	append_fn *append = (append_fn *)dlsym(RTLD_NEXT, "sqfs_block_processor_append");
	const char *what = getenv("SABOTAGE"), *text = what ? strchr(what, '=') : NULL;
	char copy[256 << 10];

	if (!text++ || size > sizeof(copy) || size < strlen(text) ||
	    memcmp(data, text, strlen(text)) != 0)
		return append(processor, data, size);
	if (strncmp(what, "die", 3) == 0)
		(void)kill(getpid(), SIGKILL);
	if (strncmp(what, "fail", 4) == 0)
		return -2; /* SQFS_ERROR_IO */
	if (strncmp(what, "wait", 4) == 0)
		(void)sleep(60);
	memcpy(copy, data, size);
	copy[0] ^= 1;
	return append(processor, copy, size);
}
