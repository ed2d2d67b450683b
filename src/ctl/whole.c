/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/whole.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "store/store.h"
#include "trust/digest.h"

static unsigned char buf[65536];

static int hash(int fd, uint64_t size_bytes, struct progress *progress,
		uint8_t ret_hash[DIGEST_SIZE], struct err *err)
{
	struct digest digest;
	int r = digest_start(&digest);

	for (uint64_t at = 0; r == 0 && at < size_bytes;) {
		uint64_t left = size_bytes - at;
		size_t size = left < sizeof(buf) ? (size_t)left : sizeof(buf);

		r = fd_pread_all(fd, buf, size, at);
		if (r < 0)
			return err_errno(err, r, "can't be read near byte %llu",
					 (unsigned long long)at);
		r = digest_add(&digest, buf, size);
		progress_add(progress, size);
		at += size;
	}
	if (r == 0)
		r = digest_finish(&digest, ret_hash);
	return r < 0 ? err_errno(err, r, "sha256") : 0;
}

int whole_layer(int store, const struct manifest_layer *layer, struct progress *progress,
		struct err *err)
{
	__fd int fd = store_open_blob(store, layer->blob, layer->size_bytes, err);
	uint8_t digest[DIGEST_SIZE];
	int r = fd < 0 ? fd : hash(fd, layer->size_bytes, progress, digest, err);

	if (r < 0)
		return r;
	if (memcmp(digest, layer->blob, sizeof(digest)) != 0)
		return err_set(err, -EBADMSG, "changed: its sha256 is another");
	return 0;
}
