/* SPDX-License-Identifier: Apache-2.0 */
/* A channel's word has one text. */
#include <assert.h>
#include <string.h>

#include "format/channel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct signature_file file;
	char text[CHANNEL_BODY_SIZE];
	struct channel channel;
	struct err err = ERR_INIT;

	if (channel_parse((const char *)data, size, &channel, &file, &err) < 0) {
		assert(err.text[0]);
		return 0;
	}
	assert(channel.percent <= 100 && file.count >= 1);
	assert(manifest_name_valid(channel.name) && manifest_name_valid(channel.channel));
	assert(channel_write(&channel, text) == (int)channel.body_size);
	assert(memcmp(text, data, channel.body_size) == 0);
	return 0;
}
