/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/follow.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "format/channel.h"
#include "trust/sha256.h"
#include "trust/turn.h"

int follow_get(struct fetch *f, char version[WORKDIR_VERSION_SIZE], struct err *err)
{
	struct http_body body;
	struct digest hash;
	size_t used = strlen(version);
	int r;

	f->image.word_size = 0;
	if (!f->options->word)
		return 0;
	r = fetch_small(f, f->options->word, NULL, "", sizeof(f->image.word), &body, err);
	if (r == 0)
		r = sha256_of(body.bytes, body.size, &hash);
	if (r == 0) {
		memcpy(f->image.word, body.bytes, body.size);
		f->image.word_size = body.size;
		(void)snprintf(version + used, WORKDIR_VERSION_SIZE - used, " %s",
			       DIGEST_HEX(&hash));
	}
	free(body.bytes);
	return r < 0 ? err_wrap(err, r, "the word of channel %s", f->options->channel)
		     : 0;
}

/* Is it what was asked for? */
static int check(const struct fetch *f, const struct channel *says, struct err *err)
{
	if (strcmp(says->channel, f->options->channel) != 0)
		return err_set(err, -EPERM, "the word is of channel %s, not %s",
			       says->channel, f->options->channel);
	if (!digest_equal(&says->image, &f->image.id))
		return err_set(err, -EPERM,
			       "the word is about image %.12s, and this is %.12s",
			       DIGEST_HEX(&says->image), DIGEST_HEX(&f->image.id));
	return 0;
}

int follow_word(const struct fetch *f, struct err *err)
{
	struct channel says;
	int r, place;

	if (!f->image.word_size)
		return err_set(err, -ENOKEY, "has no word of a channel, such as %s",
			       f->options->channel);
	r = channel_read(f->image.word, f->image.word_size, &says, err);
	if (r < 0)
		return err_wrap(err, r, "the channel's word");
	r = check(f, &says, err);
	if (r == 0)
		r = installer_word(&f->options->installer, err);
	if (r < 0)
		return r;
	place = turn_place(f->options->device, &says.image);
	if (place < 0)
		return err_errno(err, place, "sha256");
	if ((uint64_t)place < says.percent)
		return 1;
	cmd_note("channel %s, word %" PRIu64 ": image %.12s is for %" PRIu64
		 " %% of the devices, and this one has place %d: not yet",
		 says.channel, says.counter, DIGEST_HEX(&says.image), says.percent,
		 place);
	return 0;
}
