/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/word.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/path.h"
#include "trust/key.h"

int word_read(const struct policy *policy, struct word *word, struct err *err)
{
	static struct signature_file file;
	static struct keyring ring;
	struct channel *says = &word->says;
	int r;

	ring.keys[0] = policy->channel_key;
	ring.count = 1;
	if (!ring.keys[0].size)
		return err_set(err, -ENOKEY, "the policy has no channel-key");
	r = key_check_ring(&ring, err);
	if (r == 0)
		r = channel_parse(word->text, word->size, says, &file, err);
	return r < 0 ? r
		     : key_verify(word->text, says->body_size, &file, &ring, 1, NULL,
				  err);
}

int word_kept(const struct policy *policy, int store, const char *name,
	      struct word *ret_word, struct err *err)
{
	__fd int dir = path_open_own(store, "channel", O_PATH | O_DIRECTORY, 0);
	int r = dir < 0 ? dir
			: store_read_file(dir, name, ret_word->text, CHANNEL_MAX_SIZE,
					  &ret_word->size, err);

	return r < 0 ? r : word_read(policy, ret_word, err);
}
