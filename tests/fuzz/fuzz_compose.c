/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a Compose file, strictly and leniently: refused with a reason, or services with
 * names, sources and options, and lines of a set that hold by themselves. */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "format/set.h"
#include "pack/compose/compose.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct compose *compose)
{
	assert(compose->service_count > 0 &&
	       compose->service_count <= MANIFEST_MAX_MEMBERS);
	for (size_t i = 0; i < compose->service_count; i++) {
		const struct compose_service *service = &compose->services[i];

		assert(manifest_name_valid(service->name) && service->source);
		for (size_t k = 0; k < service->options.count; k++)
			assert(strncmp(service->options.items[k], "--", 2) == 0);
	}
	for (size_t i = 0; i < compose->needs.count; i++)
		assert(!set_wrong_need(compose->needs.items[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	__fd int fd = memfd_create("compose", MFD_CLOEXEC);
	char path[40];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert(fd >= 0 && fd_pwrite_all(fd, data, size, 0) == 0);
	for (int lenient = 0; lenient < 2; lenient++) {
		struct compose_request request = { .path = path, .lenient = lenient };
		struct compose compose = { .name = NULL };
		struct err err = ERR_INIT;

		if (compose_read(&request, &compose, &err) == 0)
			check(&compose);
		else
			assert(err.text[0]);
		compose_done(&compose);
	}
	return 0;
}
