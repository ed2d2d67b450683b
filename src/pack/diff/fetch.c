/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/diff/fetch.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/str.h"

struct fetch {
	uint64_t whole_bytes, bytes, delta_bytes;
	size_t layers;
};

static struct fetch count(const struct diff *diff)
{
	const struct image *before = diff->before.place.image,
			   *after = diff->after.place.image;
	struct manifest_blob blob;
	struct fetch fetch = { 0 };

	for (size_t n = 0; manifest_blob(&after->manifest, n, &blob); n++) {
		if (image_blob_again(after, n))
			continue;
		fetch.whole_bytes += blob.size_bytes;
		if (manifest_has_blob(&before->manifest, blob.digest))
			continue;
		fetch.bytes += blob.size_bytes;
		fetch.layers += n < after->manifest.layer_count;
	}
	fetch.delta_bytes = fetch.bytes;
	for (size_t n = 0; n < diff->deltas.count; n++) {
		const struct delta *delta = &diff->deltas.deltas[n];

		fetch.delta_bytes -= after->manifest.layers[delta->layer].size_bytes;
		fetch.delta_bytes += delta->line.size_bytes;
	}
	return fetch;
}

void fetch_print(const struct diff *diff)
{
	struct fetch fetch = count(diff);
	size_t deltas = diff->deltas.count;
	char bytes[16], whole[16];

	printf("to fetch: %zu layer%s, %" PRIu64 " bytes (%s of %s)\n", fetch.layers,
	       fetch.layers == 1 ? "" : "s", fetch.bytes, str_size(fetch.bytes, bytes),
	       str_size(fetch.whole_bytes, whole));
	if (deltas)
		printf("with %zu delta%s: %" PRIu64 " bytes (%s)\n", deltas,
		       deltas == 1 ? "" : "s", fetch.delta_bytes,
		       str_size(fetch.delta_bytes, bytes));
}

json_t *fetch_json(const struct diff *diff)
{
	struct fetch fetch = count(diff);

	return json_pack("{s:I, s:I, s:I, s:{s:I, s:I}}", "layers",
			 (json_int_t)fetch.layers, "bytes", (json_int_t)fetch.bytes, "of",
			 (json_int_t)fetch.whole_bytes, "deltas", "count",
			 (json_int_t)diff->deltas.count, "bytes",
			 (json_int_t)fetch.delta_bytes);
}
