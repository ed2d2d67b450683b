/* SPDX-License-Identifier: Apache-2.0 */
/* Appends a hash tree to a file as packing does, for a stopwatch: verity FILE [THREADS]; or only
 * hashes it: verity --digest FILE. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trust/hash-tree.h"

static int work(int fd, int digest, unsigned int threads, struct digest *ret_hash,
		struct err *err)
{
	struct hash_tree_result result;
	struct stat st;
	int r = fstat(fd, &st) < 0 ? err_set(err, -1, "can't stat it") : 0;

	if (r < 0)
		return r;
	if (digest)
		return sha256_of_fd(fd, (uint64_t)st.st_size, ret_hash);
	r = hash_tree_append(fd, (uint64_t)st.st_size, threads, &result, err);
	if (r == 0)
		*ret_hash = result.root;
	return r;
}

int main(int argc, char **argv)
{
	int digest = argc > 1 && strcmp(argv[1], "--digest") == 0, at = 1 + digest;
	int fd = argc > at ? open(argv[at], O_RDWR | O_CLOEXEC) : -1;
	unsigned int threads = argc > at + 1 ? (unsigned int)atoi(argv[at + 1]) : 0;
	char hex[DIGEST_HEX_SIZE];
	struct digest hash;
	struct err err = ERR_INIT;

	if (fd < 0) {
		perror("verity");
		return 1;
	}
	if (work(fd, digest, threads, &hash, &err) < 0) {
		(void)fprintf(stderr, "verity: %s\n", err.text);
		return 1;
	}
	puts(digest_hex(&hash, hex));
	return 0;
}
