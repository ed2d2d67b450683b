/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "install/unbundle.h"

#define LINE_SIZE DIGEST_HEX_SIZE /* with its end in place of a text's */

static void write_line(const struct digest *digest, char ret_line[LINE_SIZE])
{
	digest_hex(digest, ret_line);
	ret_line[LINE_SIZE - 1] = '\n';
}

int unbundle_absent(const struct unbundle_texts *texts, const struct manifest *manifest,
		    bool *ret_absent, struct err *err)
{
	const char *text = texts->without, *end = text + texts->without_size;
	char line[LINE_SIZE];
	struct manifest_blob blob;

	for (size_t i = 0; manifest_blob(manifest, i, &blob); i++) {
		write_line(blob.digest, line);
		ret_absent[i] = (size_t)(end - text) >= LINE_SIZE &&
				memcmp(text, line, LINE_SIZE) == 0 &&
				!manifest_blob_again(manifest, i);
		text += ret_absent[i] ? LINE_SIZE : 0;
	}
	return text == end ? 0
			   : err_set(err, -EBADMSG,
				     "without: no layer of the image's, or not in its "
				     "order");
}

void unbundle_leave_out(const struct manifest *manifest, const bool *absent,
			struct unbundle_texts *ret_texts)
{
	struct manifest_blob blob;
	char *at = ret_texts->without;

	for (size_t i = 0; manifest_blob(manifest, i, &blob); i++) {
		if (!absent[i] || manifest_blob_again(manifest, i))
			continue;
		write_line(blob.digest, at);
		at += LINE_SIZE;
	}
	ret_texts->without_size = (size_t)(at - ret_texts->without);
}
