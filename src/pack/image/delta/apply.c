/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "install/rdiff.h"
#include "pack/image/delta.h"
#include "store/store.h"
#include "trust/hash-tree.h"

struct source {
	int fd;
	uint64_t at;
	int out_fd;
};

static int read_delta(void *context, void *buf, size_t size, struct err *err)
{
	struct source *source = context;
	int r = fd_pread_all(source->fd, buf, size, source->at);

	source->at += size;
	return r < 0 ? err_errno(err, r, "reading the delta") : 0;
}

static int put_data(void *context, const uint8_t *bytes, size_t size, struct err *err)
{
	const struct source *source = context;
	int r = fd_write_all(source->out_fd, bytes, size);

	return r < 0 ? err_errno(err, r, "writing it") : 0;
}

static int apply(const struct delta *delta, int base, uint64_t base_bytes,
		 const struct delta_wish *wish, int out_fd, struct err *err)
{
	struct source source = { .fd = delta->fd, .out_fd = out_fd };
	struct hash_tree_result made;
	struct rdiff rdiff = {
		.base = base,
		.base_bytes = base_bytes,
		.delta_bytes = delta->line.size_bytes,
		.data_bytes = wish->data_bytes,
		.read = read_delta,
		.put = put_data,
		.context = &source,
	};
	int r = rdiff_apply(&rdiff, err);

	if (r == 0)
		r = hash_tree_append(out_fd, wish->data_bytes, 0, &made, err);
	if (r == 0 && !digest_equal(&made.blob, wish->layer))
		r = err_set(err, -EBADMSG, "it makes another layer");
	return r < 0 ? err_wrap(err, r, "its delta from %.12s",
				DIGEST_HEX(&delta->line.base))
		     : 0;
}

int delta_list_apply(const struct delta_list *list, const struct delta_wish *wish,
		     int out_fd, struct err *err)
{
	int r = err_set(err, -ENOENT, "neither in the bundle nor in the store");

	for (size_t i = 0; r < 0 && i < list->count; i++) {
		const struct delta *delta = &list->deltas[i];
		char path[STORE_BLOB_PATH_SIZE];
		uint64_t base_bytes;

		if (!digest_equal(&delta->line.layer, wish->layer))
			continue;
		__fd int base = path_open_own_file(
			wish->store, store_blob_path(&delta->line.base, path),
			&base_bytes, NULL);

		if (base < 0)
			continue;
		if (ftruncate(out_fd, 0) < 0 || lseek(out_fd, 0, SEEK_SET) < 0)
			return err_errno(err, -errno, "writing it");
		r = apply(delta, base, base_bytes, wish, out_fd, err);
	}
	return r;
}
