/* SPDX-License-Identifier: Apache-2.0 */
#include "install/gc.h"
#include "base/str.h"
#include "ctl/ctl.h"
#include "ctl/out.h"

static const struct cmd_option options[] = {
	{ "dry-run", 'n', NULL, "only say what would go" },
	{ "json", 0, NULL, "print JSON" },
	{ 0 },
};

struct request {
	bool dry_run, json;
};

static int show(const struct gc *gc, bool json, struct err *err)
{
	char size[16];
	struct out out;

	out_init(&out, 1);
	if (json) {
		json_open(&out, NULL, '{');
		json_number(&out, "images", gc->images);
		json_number(&out, "layers", gc->blobs);
		json_number(&out, "logs", gc->logs);
		json_number(&out, "unfinished", gc->others);
		json_number(&out, "bytes", gc->freed_bytes);
		json_close(&out, '}');
	} else {
		out_addf(&out, "images %u, layers %u, logs %u, unfinished %u: %s %s\n",
			 gc->images, gc->blobs, gc->logs, gc->others,
			 str_size(gc->freed_bytes, size),
			 gc->dry_run ? "to free" : "freed");
	}
	return out_done(&out, err);
}

static int collect(struct ctl *ctl, struct change *change, void *context, struct err *err)
{
	const struct request *q = context;
	struct gc gc = {
		.store = change->store,
		.settings = &ctl->settings,
		.record = change->record,
		.running = ctl->running,
		.dry_run = q->dry_run,
	};
	int r = ctl_is_store(ctl, change, err);

	if (r == 0 && !q->dry_run)
		r = change_writable(change, err);
	if (r == 0)
		r = gc_run(&gc, err);
	return r < 0 ? r : show(&gc, q->json, err);
}

static int gc_command(struct cmd_line *line, struct err *err)
{
	struct request q = { .dry_run = false };
	bool *const flags[] = { &q.dry_run, &q.json };
	int r = ctl_flags(line, flags, 0, err);

	if (r < 0)
		return r;
	return (q.dry_run ? ctl_look : ctl_change)(ctl_of(line), collect, &q, err);
}

const struct cmd cmd_gc = {
	.name = "gc",
	.args = "",
	.help = "Take away what no image in use needs",
	.options = options,
	.run = gc_command,
};
