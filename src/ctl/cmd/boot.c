/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/slots.h"
#include "ctl/status.h"

/* @word as a slot; -1: it is none. */
static int slot_named(const char *word, enum boot_slot first)
{
	for (enum boot_slot slot = first; slot <= BOOT_SLOT_B; slot++)
		if (strcmp(word, boot_slot_name(slot)) == 0)
			return (int)slot;
	return -1;
}

/* Init asks for this too, before there is a store: the policy is all that it needs. */
static int tell_loader(struct ctl *ctl, const char *verb, const char *word,
		       struct err *err)
{
	bool once = strcmp(verb, "once") == 0;
	int slot = slot_named(word, once ? BOOT_SLOT_NONE : BOOT_SLOT_A);
	struct loader_words words;
	struct slots slots;
	int r;

	if (slot < 0 || (!once && strcmp(verb, "default") != 0))
		return cmd_usage(err, "boot: default a|b, or once a|b|none");
	r = ctl_open_policy(ctl, err);
	if (r == 0)
		r = slots_open(ctl, &slots, err);
	if (r == 0 && !slots.loader.ops)
		return err_set(err, -ENOENT, "the policy names no boot slots");
	if (r == 0)
		r = loader_read(&slots.loader, &words, err);
	if (r < 0)
		return r;
	if (once)
		words.once = (enum boot_slot)slot;
	else
		words.usual = (enum boot_slot)slot;
	return loader_write(&slots.loader, words.usual, words.once, err);
}

static int show(struct ctl *ctl, struct err *err)
{
	static struct status status;
	struct out out;
	int r = status_read(ctl, &status, err);

	if (r < 0)
		return r;
	out_init(&out, 1);
	status_boot_text(&out, &status);
	return out_done(&out, err);
}

static int boot_run(struct cmd_line *line, struct err *err)
{
	int r = ctl_flags(line, NULL, 2, err);
	char **words = line->argv + line->at;

	if (r < 0)
		return r;
	if (line->argc - line->at == 1)
		return cmd_usage(err, "boot: which slot?");
	return words[0] ? tell_loader(ctl_of(line), words[0], words[1], err)
			: show(ctl_of(line), err);
}

const struct cmd cmd_boot = {
	.name = "boot",
	.args = "[default a|b | once a|b|none]",
	.help = "The boot slots, and which one the loader starts",
	.run = boot_run,
};
