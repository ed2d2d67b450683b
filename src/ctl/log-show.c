/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/log-show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"

void log_show_init(struct log_show *show, bool json)
{
	*show = (struct log_show){ .json = json, .open = -1 };
	out_init(&show->out, 1);
}

static const char *stream_name(uint8_t stream)
{
	return stream == 0 ? "stdout" : "stderr";
}

/* NUL ends no line here: it is a byte that is no character. A tab is no command to a
 * terminal. */
static void make_text(char *text, size_t size, bool json)
{
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\0')
			text[i] = '\xff';
		else if (text[i] == '\t' && !json)
			text[i] = ' ';
	}
	text[size] = '\0';
}

static void end_line(struct log_show *show)
{
	if (show->open >= 0 && !show->json)
		out_add(&show->out, "\n");
	show->open = -1;
}

/* Between two boots, as other logs have it. */
static void show_boot(struct log_show *show)
{
	const char *boot = show->boot ? show->boot : "";

	if (strcmp(boot, show->of) == 0)
		return;
	if (show->of[0] && !show->json) {
		end_line(show);
		out_addf(&show->out, "-- boot %s --\n", boot);
	}
	(void)snprintf(show->of, sizeof(show->of), "%s", boot);
}

static void show_text(struct log_show *show, const struct log_show_line *line)
{
	struct out *out = &show->out;

	if (show->open != line->stream) {
		end_line(show);
		out_addf(out, "%s %s ", line->time, stream_name(line->stream));
	}
	out_clean(out, line->text);
	show->open = line->open ? line->stream : -1;
	if (!line->open)
		out_add(out, "\n");
}

static void show_json(struct log_show *show, const struct log_show_line *line)
{
	struct out *out = &show->out;

	out->more = false; /* each stands by itself */
	json_open(out, NULL, '{');
	json_text(out, "time", line->time);
	if (line->boot_ms)
		json_number(out, "sinceBoot", *line->boot_ms);
	else
		json_text(out, "sinceBoot", NULL);
	json_text(out, "boot", show->boot);
	json_text(out, "stream", stream_name(line->stream));
	json_text(out, "text", line->text);
	json_bool(out, "continues", line->open);
	json_close(out, '}');
}

void log_show_line(struct log_show *show, const struct log_show_line *line)
{
	make_text(line->text, line->size, show->json);
	show_boot(show);
	(show->json ? show_json : show_text)(show, line);
}

void log_show_lost(struct log_show *show, uint64_t count)
{
	if (show->json) {
		show->out.more = false;
		json_open(&show->out, NULL, '{');
		json_number(&show->out, "lost", count);
		json_close(&show->out, '}');
	} else {
		cmd_note("%" PRIu64 " line%s lost", count,
			 count == 1 ? " was" : "s were");
	}
}

int log_show_flush(struct log_show *show, struct err *err)
{
	return out_done(&show->out, err);
}

int log_show_done(struct log_show *show, struct err *err)
{
	end_line(show);
	return out_done(&show->out, err);
}
