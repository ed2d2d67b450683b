/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a profile of system calls, for an image of each architecture: refused with a
 * reason, or ranges that a manifest may have. */
#include <assert.h>
#include <string.h>

#include "pack/seccomp/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const archs[] = { "amd64", "arm64", "arm", "riscv64" };
	static struct manifest manifest;

	manifest_init(&manifest);
	for (size_t i = 0; i < sizeof(archs) / sizeof(archs[0]); i++) {
		char text[PROFILE_TEXT_SIZE];
		const char *at = text;
		struct err err = ERR_INIT;
		uint32_t first, last;
		size_t count = 0;
		int r;

		manifest.arch = archs[i];
		if (profile_ranges((const char *)data, size, &manifest, text, &err) < 0) {
			assert(err.text[0]);
			continue;
		}
		while ((r = manifest_next_range(&at, &first, &last)) > 0) {
			assert(first <= last);
			count++;
		}
		assert(r == 0 && count > 0 && count <= MANIFEST_MAX_RANGES);
	}
	return 0;
}
