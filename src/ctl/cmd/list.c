/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "ctl/ctl.h"
#include "ctl/facts.h"
#include "store/images.h"
#include "store/store.h"

static const struct cmd_option options[] = {
	{ "json", 0, NULL, "print JSON" },
	{ 0 },
};

struct list {
	struct ctl *ctl;
	struct record record;
	int store;
	bool json;
};

static void show_text(struct out *out, const char *name, bool runs,
		      const struct facts *facts)
{
	char size[16] = "";

	if (facts->known)
		(void)str_size(facts->size_bytes, size);
	out_addf(out, "%c %-9s %10s  ", runs ? '*' : ' ', name ? name : "-", size);
	facts_text(out, facts);
	out_add(out, "\n");
}

static void show_json(struct out *out, const char *name, bool runs,
		      const struct facts *facts)
{
	json_open(out, NULL, '{');
	json_text(out, "slot", name);
	json_bool(out, "running", runs);
	facts_json(out, facts);
	json_close(out, '}');
}

static int show(const struct list *list, struct err *err)
{
	uint64_t floor = ctl_floor(list->ctl, &list->record);
	const struct digest *running = &list->ctl->running;
	struct images images;
	struct digest id;
	struct facts facts;
	struct out out;
	int r;

	images_init(&images, list->store);
	out_init(&out, 1);
	if (list->json)
		json_open(&out, NULL, '[');
	while ((r = images_next(&images, &id, err)) > 0) {
		const char *name = ctl_slot_name(&list->record, &id);
		bool runs = digest_is_set(running) && digest_equal(&id, running);

		facts_read(&list->ctl->settings, list->store, &id, floor,
			   &list->ctl->manifest, &facts);
		(list->json ? show_json : show_text)(&out, name, runs, &facts);
	}
	if (list->json)
		json_close(&out, ']');
	return r < 0 ? r : out_done(&out, err);
}

static int list_run(struct cmd_line *line, struct err *err)
{
	struct list list = { .ctl = ctl_of(line) };
	bool *const flags[] = { &list.json };
	__fd int store = -EBADF;
	int r = ctl_flags(line, flags, 0, err);

	if (r == 0)
		r = ctl_open(list.ctl, err);
	if (r == 0)
		r = ctl_read(list.ctl, &store, &list.record, err);
	if (r < 0)
		return r;
	list.store = store;
	return show(&list, err);
}

const struct cmd cmd_list = {
	.name = "list",
	.args = "",
	.help = "The images of the store",
	.options = options,
	.run = list_run,
};
