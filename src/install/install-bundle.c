/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sys/stat.h>

#include "base/str.h"
#include "base/sys.h"
#include "install/incoming.h"
#include "install/install.h"
#include "install/unbundle.h"

static int open_bundle(struct install *install, struct err *err)
{
	struct stat st;
	int r = sys_fstat(install->source, &st);

	if (r < 0)
		return err_errno(err, r, "fstat");
	install->seeks = S_ISREG(st.st_mode);
	r = unbundle_manifest(install->source, install->manifest_text,
			      sizeof(install->manifest_text), err);
	if (r < 0)
		return r;
	install->manifest_size = (size_t)r;
	r = unbundle_signature(install->source, install->signature_text,
			       sizeof(install->signature_text), err);
	if (r < 0)
		return r;
	install->signature_size = (size_t)r;
	return 0;
}

static int take(void *context, const void *bytes, size_t size, struct err *err)
{
	return install_take(context, bytes, size, err);
}

static int drop(void *context, const void *bytes, size_t size, struct err *err)
{
	(void)context;
	(void)bytes;
	(void)size;
	(void)err;
	return 0;
}

static int copy(struct install *install, size_t index, struct err *err)
{
	const struct unbundle_sink sink = { incoming_buffer, INCOMING_BUFFER, take,
					    install };

	return unbundle_layer(install->source, &install->manifest.layers[index], &sink,
			      err);
}

static int skip(struct install *install, size_t index, struct err *err)
{
	const struct unbundle_sink sink = { incoming_buffer, INCOMING_BUFFER, drop,
					    NULL };
	const struct manifest_layer *layer = &install->manifest.layers[index];
	uint64_t offset;

	if (install->seeks)
		return unbundle_skip(install->source, layer, &offset, err);
	return unbundle_layer(install->source, layer, &sink, err);
}

static int finish(struct install *install, struct err *err)
{
	struct digest id;
	int r = digest_parse(install->id, DIGEST_HEX_SIZE - 1, &id);

	return r < 0 ? r : unbundle_tail(install->source, &id, err);
}

const struct install_source install_bundle = {
	.name = "bundle",
	.open = open_bundle,
	.copy = copy,
	.skip = skip,
	.finish = finish,
};
