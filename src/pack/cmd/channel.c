/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fd.h"
#include "base/str.h"
#include "cli/cmd.h"
#include "format/channel.h"
#include "pack/cmd/signer.h"
#include "pack/host/output.h"
#include "pack/image/input.h"
#include "pack/image/place.h"
#include "trust/key.h"
#include "trust/turn.h"

enum {
	OPT_OUTPUT,
	OPT_CHANNEL,
	OPT_PERCENT,
	OPT_COUNTER,
	OPT_IMAGE,
	OPT_DEVICE,
	OPT_KEY,
	OPT_SIGN_CMD,
	OPT_PUB,
};

static const struct cmd_option options[] = {
	[OPT_OUTPUT] = { "output", 'o', "FILE",
			 "the word; it follows the one that is there" },
	[OPT_CHANNEL] = { "channel", 0, "NAME", "such as stable (default: as before)" },
	[OPT_PERCENT] = { "percent", 0, "N", "of the devices, 0 to 100 (default: 100)" },
	[OPT_COUNTER] = { "counter", 0, "N",
			  "of this word (default: one more than before)" },
	[OPT_IMAGE] = { "image", 0, "ID",
			"which image, if the store holds several; may be shortened" },
	[OPT_DEVICE] = { "device", 0, "ID",
			 "tell whether it is this device's turn, too" },
	[OPT_KEY] = { "key", 'k', "FILE",
		      "sign with this private key (PEM), the channel's" },
	[OPT_SIGN_CMD] = { "sign-cmd", 0, "CMD",
			   "sign by a shell command: the word in, signature out" },
	[OPT_PUB] = { "pub", 0, "FILE", "the public key (PEM) of --sign-cmd" },
	{ 0 },
};

struct request {
	const char *output, *channel, *prefix, *device;
	unsigned long long percent, counter;
	bool has_counter;
	struct signer signer;
	struct channel before;
	bool has_before;
};

/* The word that this one follows. */
static int read_before(struct request *q, struct err *err)
{
	static struct signature_file file;
	static char text[CHANNEL_MAX_SIZE];
	int r = input_read(q->output, text, sizeof(text), err);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = channel_parse(text, (size_t)r, &q->before, &file, err);
	if (r < 0)
		return err_wrap(err, r, "%s", q->output);
	q->has_before = true;
	return 0;
}

/* A device that took an image stays with it, whatever is said later of how many should. */
static int check_follows(const struct request *q, const struct channel *word,
			 struct err *err)
{
	const struct channel *before = &q->before;

	if (!q->has_before)
		return 0;
	if (strcmp(before->channel, word->channel) != 0 ||
	    strcmp(before->name, word->name) != 0)
		return err_set(err, -EINVAL, "%s: is of channel %s and image %s",
			       q->output, before->channel, before->name);
	if (word->counter <= before->counter)
		return err_set(err, -EINVAL,
			       "counter %" PRIu64 " is not above %" PRIu64
			       ", which was said already",
			       word->counter, before->counter);
	if (digest_equal(&word->image, &before->image) && word->percent &&
	    word->percent < before->percent)
		return err_set(err, -EINVAL,
			       "%" PRIu64 " %% of the same image after %" PRIu64
			       ": it can only rise, or be 0, which stops it",
			       word->percent, before->percent);
	return 0;
}

static int make_word(const struct request *q, const struct image *image,
		     struct channel *word, struct err *err)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	const char *channel = q->channel      ? q->channel
			      : q->has_before ? q->before.channel
					      : "";

	if (image->signature_size == 0)
		return err_set(err, -ENOKEY, "not signed: no device would take it");
	if (!manifest_name_valid(channel))
		return err_set(err, -EINVAL,
			       *channel ? "'%s' is no name for a channel: a-z, 0-9, . _ -"
					: "whose word is it? Say --channel%s",
			       channel);
	*word = (struct channel){
		.counter = q->has_counter  ? q->counter
			   : q->has_before ? q->before.counter + 1
					   : 1,
		.image = image->id,
		.serial = image->manifest.serial,
		.percent = q->percent,
		.issued = epoch ? strtoull(epoch, NULL, 10) : (uint64_t)time(NULL),
	};
	(void)snprintf(word->name, sizeof(word->name), "%s", image->manifest.name);
	(void)snprintf(word->channel, sizeof(word->channel), "%s", channel);
	return check_follows(q, word, err);
}

static int write_word(const struct request *q, const char *body, size_t size,
		      struct err *err)
{
	static char text[SIGNATURE_MAX_SIZE];
	static struct signature_file file = { .count = 1 };
	__output struct output output = OUTPUT_INIT;
	struct keyring ring = { .count = 0 };
	int r = signer_sign(&q->signer, body, size, &ring, &file.lines[0], err);

	if (r < 0)
		return r;
	(void)stpcpy(file.lines[0].id, ring.keys[0].id);
	r = key_verify(body, size, &file, &ring, 1, NULL, err);
	if (r < 0)
		return err_set(err, r, "the signature does not hold for key %s",
			       ring.keys[0].id);
	r = signature_file_write(&file, text, sizeof(text));
	if (r < 0)
		return err_errno(err, r, "signature");
	size_t signature_size = (size_t)r;

	r = output_open(&output, AT_FDCWD, q->output, 0666, err);
	if (r < 0)
		return r;
	r = fd_write_all(output.fd, body, size);
	if (r == 0)
		r = fd_write_all(output.fd, text, signature_size);
	return r < 0 ? err_errno(err, r, "%s", q->output)
		     : output_commit(&output, 0, err);
}

static int tell(const struct request *q, const struct channel *word, struct err *err)
{
	int place = q->device ? turn_place(q->device, &word->image) : 0;

	if (place < 0)
		return err_errno(err, place, "sha256");
	printf("channel %s, word %" PRIu64 ": %.12s, serial %" PRIu64 ", for %" PRIu64
	       " %%\n",
	       word->channel, word->counter, DIGEST_HEX(&word->image), word->serial,
	       word->percent);
	if (q->device)
		printf("device %s: place %d, %s\n", q->device, place,
		       (uint64_t)place < word->percent ? "its turn" : "not yet");
	return 0;
}

static int request_read(struct cmd_line *line, struct request *q, struct err *err)
{
	const char **const fields[] = {
		[OPT_OUTPUT] = &q->output,  [OPT_CHANNEL] = &q->channel,
		[OPT_DEVICE] = &q->device,  [OPT_IMAGE] = &q->prefix,
		[OPT_KEY] = &q->signer.key, [OPT_SIGN_CMD] = &q->signer.command,
		[OPT_PUB] = &q->signer.pub,
	};
	int option, r;

	while ((r = cmd_next(line, &option, err)) > 0) {
		q->has_counter |= option == OPT_COUNTER;
		if (option == OPT_PERCENT)
			r = cmd_number(line, option, 0, 100, &q->percent, err);
		else if (option == OPT_COUNTER)
			r = cmd_number(line, option, 1, INT64_MAX, &q->counter, err);
		else
			*fields[option] = line->value;
		if (r < 0)
			return r;
	}
	if (r == 0)
		r = cmd_operands(line, 1, 1, err);
	if (r == 0 && !q->output)
		r = cmd_usage(err, "channel: --output is missing");
	if (r == 0 && !q->signer.key == !q->signer.command)
		r = cmd_usage(err, "channel: say one of --key and --sign-cmd");
	return r < 0 ? r : signer_check(&q->signer, "channel", err);
}

static int channel_run(struct cmd_line *line, struct err *err)
{
	static struct request q = { .percent = 100 };
	__place struct place place = PLACE_INIT;
	char body[CHANNEL_BODY_SIZE];
	struct channel word;
	int r = request_read(line, &q, err);

	if (r == 0)
		r = read_before(&q, err);
	if (r < 0)
		return r;
	r = place_open(&place, line->argv[line->at], q.prefix, err);
	if (r < 0)
		return r;
	r = make_word(&q, place.image, &word, err);
	if (r < 0)
		(void)err_wrap(err, r, "%s", cmd_input_name(line->argv[line->at]));
	else
		r = channel_write(&word, body);
	if (r > 0)
		r = write_word(&q, body, (size_t)r, err);
	if (r == 0)
		r = tell(&q, &word, err);
	return r;
}

const struct cmd cmd_channel = {
	.name = "channel",
	.args = "STORE|BUNDLE -o FILE",
	.help = "Say which image devices are to run, and how many of them",
	.options = options,
	.run = channel_run,
};
