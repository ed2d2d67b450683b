/* SPDX-License-Identifier: Apache-2.0 */
#include "net/shown.h"

#include "base/err.h"
#include "base/loop.h"
#include "base/page.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"
#include "net/links.h"
#include "net/say.h"
#include "net/service.h"

#define WRITE_MS 1000

static PAGE_ALIGNED char file[LINKS_MAX * LINKS_STATE_SIZE];

/* If it can be, as a whole or not at all, for those who read it meanwhile. */
static void put_file(const struct shown *shown, const char *name, const struct str *text)
{
	const char *first = shown->overwrite ? name : ".new";
	int r = path_write_own(shown->dir, first, text->buf, text->used);

	if (r == 0 && !shown->overwrite)
		r = sys_renameat(shown->dir, ".new", shown->dir, name);
	if (r < 0)
		say_line("%s: %s", name, err_reason(r));
}

void shown_put_state(const struct shown *shown, const struct links *links)
{
	struct str text;

	str_init(&text, file, sizeof(file));
	links_write_state(links, &text);
	put_file(shown, SERVICE_STATE, &text);
	page_give_back(file, sizeof(file));
	page_give_back_code();
}

void shown_put(struct shown *shown, const struct links *links)
{
	struct str text;

	shown->changed = false;
	shown->written_ms = loop_now_ms();
	str_init(&text, file, sizeof(file));
	links_write_resolv(links, &text);
	put_file(shown, SERVICE_RESOLV, &text);
	shown_put_state(shown, links);
}

uint64_t shown_turn(struct shown *shown, const struct links *links, uint64_t now_ms)
{
	uint64_t due_ms = shown->written_ms + WRITE_MS;

	if (shown->changed && now_ms >= due_ms)
		shown_put(shown, links);
	return shown->changed ? due_ms : UINT64_MAX;
}
