/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle that is read to its end is, but for the OCI side, the one that is written for
 * its image; walking over it and reading it come to the same end. */
#include <assert.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "pack/image/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct image image, again;

static int read_bundle(int fd, struct err *err)
{
	int r = bundle_read_head(fd, &image, NULL, err);

	for (size_t i = 0; r == 0 && i < image.manifest.layer_count; i++)
		if (image_blob_bundled(&image, i))
			r = bundle_read_blob(fd, &image, i, -1, err);
	return r == 0 ? bundle_read_tail(fd, &image, err) : r;
}

static int walk_bundle(int fd, size_t size, struct err *err)
{
	int r = bundle_read_head(fd, &again, NULL, err);
	uint64_t offset = 0;

	for (size_t i = 0; r == 0 && i < again.manifest.layer_count; i++) {
		if (!image_blob_bundled(&again, i))
			continue;
		r = bundle_skip_blob(fd, &again, i, &offset, err);
		assert(r < 0 || offset <= size);
	}
	return r == 0 ? bundle_read_tail(fd, &again, err) : r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT, walk_err = ERR_INIT;
	__fd int fd = memfd_create("bundle", MFD_CLOEXEC);
	int r, walked;

	assert(fd >= 0 && fd_pwrite_all(fd, data, size, 0) == 0);
	r = read_bundle(fd, &err);
	assert(lseek(fd, 0, SEEK_SET) == 0);
	walked = walk_bundle(fd, size, &walk_err);
	assert(r == 0 || err.text[0]);
	assert(r < 0 || walked == 0);
	assert(r < 0 || digest_equal(&image.id, &again.id));
	return 0;
}
