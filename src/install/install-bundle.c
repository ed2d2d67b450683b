/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sys/stat.h>

#include "base/sys.h"
#include "install/incoming.h"
#include "install/install.h"
#include "install/unbundle.h"

static int open_bundle(struct install_from *from, struct digest *id, struct err *err)
{
	struct stat st;
	int r = sys_fstat(from->fd, &st);

	(void)id;
	if (r < 0)
		return err_errno(err, r, "fstat");
	from->seeks = S_ISREG(st.st_mode);
	r = unbundle_manifest(from->fd, from->manifest, sizeof(from->manifest), err);
	if (r < 0)
		return r;
	from->manifest_size = (size_t)r;
	r = unbundle_signature(from->fd, from->signatures, sizeof(from->signatures),
			       &from->texts, err);
	if (r < 0)
		return r;
	from->signatures_size = (size_t)r;
	return 0;
}

static int look(struct install_from *from, const struct manifest *manifest,
		struct err *err)
{
	return unbundle_absent(&from->texts, manifest, from->absent, err);
}

/* What fills the entry up is read with its last bytes. */
static int read_blob(struct install_from *from, void *buf, size_t size, struct err *err)
{
	int r = unbundle_read(from->fd, buf, size, err);

	from->done_bytes += size;
	if (r == 0 && from->done_bytes == from->blob.size_bytes)
		r = unbundle_end(from->fd, &from->blob, err);
	return r;
}

static int drop_blob(struct install_from *from, struct err *err)
{
	int r = 0;

	while (r == 0 && from->done_bytes < from->blob.size_bytes) {
		uint64_t left = from->blob.size_bytes - from->done_bytes;

		r = read_blob(from, incoming_buffer,
			      left < INCOMING_BUFFER ? (size_t)left : INCOMING_BUFFER,
			      err);
	}
	return r;
}

static int next_blob(struct install_from *from, const struct manifest_blob *blob,
		     bool wanted, struct err *err)
{
	uint64_t offset;
	int r = drop_blob(from, err); /* what is left of the one before */

	if (r < 0)
		return r;
	from->done_bytes = blob->size_bytes;
	from->blob = *blob;
	if (!wanted && from->seeks)
		return unbundle_skip(from->fd, blob, &offset, err);
	from->done_bytes = 0;
	r = unbundle_blob(from->fd, blob, err);
	return r < 0 || wanted ? r : drop_blob(from, err);
}

static int finish(struct install_from *from, const struct digest *id, struct err *err)
{
	int r = drop_blob(from, err);

	return r < 0 ? r : unbundle_tail(from->fd, id, err);
}

const struct install_source install_bundle = {
	.name = "bundle",
	.open = open_bundle,
	.look = look,
	.next_blob = next_blob,
	.read = read_blob,
	.finish = finish,
};
