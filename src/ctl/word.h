/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What channels said: the newest word of each is kept in the store, as channel/NAME. */
#include "ctl/ctl.h"
#include "format/channel.h"

struct word {
	struct channel says;
	size_t size;
	char text[CHANNEL_MAX_SIZE + 1];
};

/* Reads word->text, which the policy's channel-key must have signed. 0; -ENOKEY: there is no such
 * key; -EKEYREJECTED, -EBADMSG... */
int word_read(const struct policy *policy, struct word *word, struct err *err);

/* The newest word of channel @name that was kept. 0 or -errno: none that is signed. */
int word_kept(const struct policy *policy, int store, const char *name,
	      struct word *ret_word, struct err *err);
