/* SPDX-License-Identifier: Apache-2.0 */
/* A tar is opened as an OCI archive and as a Docker archive; anything else is read as the
 * JSON of a descriptor and of a config. What opens has layers that lie inside the file.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "pack/source/doc.h"
#include "pack/source/oci.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_source(const struct source *source)
{
	for (size_t i = 0; i < source->layer_count; i++) {
		const struct source_layer *layer = &source->layers[i];

		assert(layer->fd >= 0 && layer->name && layer->has_diff_id);
		assert(layer->size_bytes <= INT64_MAX && layer->offset <= INT64_MAX);
	}
	assert(source->name && source->provenance);
	for (size_t i = 0; i < source->config.env.count; i++)
		assert(source->config.env.items[i]);
	assert(source->config.labels.count % 2 == 0);
}

static void open_archive(const char *transport, int fd)
{
	struct source_options options = { .platform = NULL, .limit_bytes = 1 << 24 };
	struct err err = ERR_INIT;
	struct source source;
	char spec[64];

	(void)snprintf(spec, sizeof(spec), "%s:/proc/self/fd/%d", transport, fd);
	if (source_open(spec, &options, &source, &err) < 0) {
		assert(err.text[0]);
		return;
	}
	check_source(&source);
	source_done(&source);
}

static void read_json(const uint8_t *data, size_t size)
{
	struct source source = { .layers = NULL };
	struct source_texts diff_ids = { .count = 0 };
	struct oci_descriptor descriptor;
	struct err err = ERR_INIT;
	__doc json_t *doc = doc_parse((const char *)data, size, &err);

	assert(doc || err.text[0]);
	if (!doc)
		return;
	if (oci_descriptor_parse(doc, &descriptor, &err) == 0)
		assert(strlen(descriptor.digest) == 71 && descriptor.type);
	if (oci_config_parse(doc, &source.config, &diff_ids, &err) == 0)
		assert(!source.config.os || strcmp(source.config.os, "linux") == 0);
	source_texts_done(&diff_ids);
	source_done(&source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	__fd int fd = -EBADF;

	/* what isn't a tar would be spooled to a disk */
	if (size < 512 || memcmp(data + 257, "ustar", 5) != 0) {
		read_json(data, size);
		return 0;
	}
	fd = memfd_create("archive", MFD_CLOEXEC);
	assert(fd >= 0 && fd_pwrite_all(fd, data, size, 0) == 0);
	open_archive("oci-archive", fd);
	open_archive("docker-archive", fd);
	return 0;
}
