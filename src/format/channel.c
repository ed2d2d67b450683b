/* SPDX-License-Identifier: Apache-2.0 */
#include "format/channel.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "format/lines.h"

/* The lines, in their order. */
enum {
	VERSION,
	NAME,
	CHANNEL,
	COUNTER,
	IMAGE,
	SERIAL,
	PERCENT,
	ISSUED,
	LINES
};

static const char keys[LINES][16] = { "lamina-channel", "name",	  "channel", "counter",
				      "image",		"serial", "percent", "issued" };

static const char prefix[] = "sha256:";

static int read_value(const struct lines *lines, int line, struct channel *channel)
{
	uint64_t version = 0;
	uint64_t *const numbers[LINES] = {
		[VERSION] = &version,	     [COUNTER] = &channel->counter,
		[SERIAL] = &channel->serial, [PERCENT] = &channel->percent,
		[ISSUED] = &channel->issued,
	};
	char *text = line == NAME ? channel->name : channel->channel;
	size_t size = lines->value_size, skip = sizeof(prefix) - 1;

	if (numbers[line])
		return str_number(lines->value, size, numbers[line]) < 0 ||
		       (line == VERSION && version != 1) || channel->percent > 100;
	if (line == IMAGE)
		return size <= skip || memcmp(lines->value, prefix, skip) != 0 ||
		       digest_parse(lines->value + skip, size - skip, &channel->image);
	if (size >= MANIFEST_NAME_SIZE)
		return 1;
	memcpy(text, lines->value, size);
	text[size] = '\0';
	return !manifest_name_valid(text);
}

int channel_read(const char *bytes, size_t size, struct channel *ret_channel,
		 struct err *err)
{
	struct lines lines;
	int r;

	if (size > CHANNEL_MAX_SIZE)
		return err_set(err, -EFBIG, "is larger than %d bytes", CHANNEL_MAX_SIZE);
	*ret_channel = (struct channel){ .percent = 0 };
	lines_init(&lines, bytes, size);
	for (int line = 0; line < LINES; line++) {
		r = lines_next(&lines, err);
		if (r < 0)
			return r;
		if (r == 0 || !lines_is(&lines, keys[line]) ||
		    read_value(&lines, line, ret_channel))
			return lines_bad(&lines, err, "must be `%s` with a good value",
					 keys[line]);
	}
	ret_channel->body_size = (size_t)(lines.at - bytes);
	return 0;
}

int channel_parse(const char *bytes, size_t size, struct channel *ret_channel,
		  struct signature_file *ret_file, struct err *err)
{
	int r = channel_read(bytes, size, ret_channel, err);
	size_t body;

	if (r < 0)
		return r;
	body = ret_channel->body_size;
	r = signature_file_parse(bytes + body, size - body, ret_file, err);
	return r < 0 ? err_wrap(err, r, "signature") : 0;
}

int channel_write(const struct channel *channel, char ret_text[CHANNEL_BODY_SIZE])
{
	struct str s;

	if (!manifest_name_valid(channel->name) ||
	    !manifest_name_valid(channel->channel) || channel->percent > 100)
		return -EINVAL;
	str_init(&s, ret_text, CHANNEL_BODY_SIZE);
	str_addf(&s,
		 "lamina-channel 1\nname %s\nchannel %s\ncounter %" PRIu64
		 "\nimage sha256:%s\nserial %" PRIu64 "\npercent %" PRIu64
		 "\nissued %" PRIu64 "\n",
		 channel->name, channel->channel, channel->counter,
		 DIGEST_HEX(&channel->image), channel->serial, channel->percent,
		 channel->issued);
	return str_done(&s) < 0 ? -EINVAL : (int)s.used;
}
