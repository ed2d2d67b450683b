/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/cmd/summary.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cli/cmd.h"
#include "pack/cmd/show-keys.h"
#include "pack/host/document.h"

static const char *const origins[] = {
	[IMPORT_BUILT] = "built",
	[IMPORT_REUSED] = "reused",
	[IMPORT_TAKEN] = "taken as it is",
};

void summary_text(const struct import_result *result, const struct digest *id)
{
	int width = 6;

	for (size_t i = 0; i < result->count; i++)
		if ((int)strlen(origins[result->layers[i].origin]) > width)
			width = (int)strlen(origins[result->layers[i].origin]);
	cmd_note_row("%5s %8s %10s %10s  %-*s  %s", "layer", "entries", "tar", "blob",
		     width, "how", "from");
	for (size_t i = 0; i < result->count; i++) {
		const struct import_layer *layer = &result->layers[i];
		char tar[16], blob[16];

		cmd_note_row("%5zu %8" PRIu64 " %10s %10s  %-*s  %s", i, layer->entries,
			     layer->tar_bytes ? str_size(layer->tar_bytes, tar) : "-",
			     str_size(layer->blob.size_bytes, blob), width,
			     origins[layer->origin], layer->name);
	}
	printf("%s\n", DIGEST_HEX(id));
}

static json_t *layer_json(const struct import_layer *layer)
{
	char blob[DIGEST_HEX_SIZE], root[DIGEST_HEX_SIZE], digest[DIGEST_HEX_SIZE + 8];

	digest_hex(&layer->blob.blob, blob);
	digest_hex(&layer->blob.root, root);
	(void)snprintf(digest, sizeof(digest), "sha256:%s", blob);
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:s, s:o}", "blob", digest,
			 "verity", root, "size", (json_int_t)layer->blob.size_bytes,
			 "data", (json_int_t)layer->blob.data_bytes, "entries",
			 (json_int_t)layer->entries, "tar", (json_int_t)layer->tar_bytes,
			 "origin", origins[layer->origin], "name",
			 show_text_json(layer->name));
}

int summary_json(const struct import_result *result, const struct digest *id,
		 struct err *err)
{
	json_t *layers = json_array(), *all;

	for (size_t i = 0; i < result->count; i++)
		if (json_array_append_new(layers, layer_json(&result->layers[i])) < 0)
			break;
	all = json_pack("{s:s, s:o}", "image", DIGEST_HEX(id), "layers", layers);
	return document_print(all) < 0 ? err_errno(err, -ENOMEM, "summary") : 0;
}
