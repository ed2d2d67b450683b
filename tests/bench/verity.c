/* SPDX-License-Identifier: Apache-2.0 */
/* Appends a hash tree to a file as packing does, for a stopwatch: verity FILE [THREADS].
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trust/hash-tree.h"

int main(int argc, char **argv)
{
	int fd = argc > 1 ? open(argv[1], O_RDWR | O_CLOEXEC) : -1;
	struct hash_tree_result result;
	struct err err = ERR_INIT;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		perror("verity");
		return 1;
	}
	if (trust_start(&err) < 0 ||
	    hash_tree_append(fd, (uint64_t)st.st_size,
			     argc > 2 ? (unsigned int)atoi(argv[2]) : 0, &result,
			     &err) < 0) {
		(void)fprintf(stderr, "verity: %s\n", err.text);
		return 1;
	}
	for (size_t i = 0; i < DIGEST_SIZE; i++)
		(void)printf("%02x", result.root[i]);
	puts("");
	return 0;
}
