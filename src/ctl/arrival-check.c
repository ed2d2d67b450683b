/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/sys.h"
#include "ctl/arrival.h"
#include "install/install.h"

static void show_note(void *context, const char *text)
{
	(void)context;
	cmd_note("%s", text);
}

static void show_progress(void *context, uint64_t done_bytes, uint64_t total_bytes)
{
	struct progress *progress = context;

	progress->total_bytes = total_bytes;
	progress_add(progress, done_bytes - progress->done_bytes);
}

/* Of a set, has one of its members the right to? */
static bool manages(const struct arrival *q, const struct manifest *manifest)
{
	static struct manifest member;

	for (size_t i = 0; i < manifest->member_count; i++) {
		if (store_load_member(q->change->store, manifest, i, &member, NULL) ==
			    0 &&
		    member.control == MANIFEST_CONTROL_MANAGE)
			return true;
	}
	return manifest->run == MANIFEST_RUN_SUPERVISE &&
	       manifest->control == MANIFEST_CONTROL_MANAGE;
}

/* Before it is installed, members that the store has not may have it. */
bool arrival_may_manage(const struct arrival *q, const struct manifest *manifest)
{
	return manifest->run == MANIFEST_RUN_EXEC || manages(q, manifest) ||
	       (manifest->member_count > 0 && q->dry_run);
}

/* Before the new image's manifest takes the room. */
static void read_current(struct arrival *q, const struct record *record)
{
	const struct settings *settings = &q->ctl->settings;
	struct manifest *manifest = &q->ctl->install.manifest;
	q->before = record->candidate;
	if (store_load_image(q->change->store, &record->current, &settings->keyring,
			     settings->policy.threshold, manifest, NULL, NULL) < 0)
		return;
	q->current_serial = manifest->serial;
	q->current_boot = manifest->boot;
	(void)strcpy(q->current_name, manifest->name);
	q->current_manages = manages(q, manifest);
}

/* An image of another name may be meant for another purpose on the same kind of device: it
 * begins without data. Nobody looks at what comes by itself. */
static int check_successor(const struct arrival *q, struct err *err)
{
	const struct install *install = &q->ctl->install;
	const struct manifest *m = &install->manifest;

	if (!q->current_name[0] ||
	    digest_equal(&install->id, &q->change->record->current))
		return 0;
	if (!q->other_name && strcmp(m->name, q->current_name) != 0)
		return err_set(err, -EPERM,
			       "is called %s, the current image %s: --other-name "
			       "installs it all the same",
			       m->name, q->current_name);
	if (q->newer && m->serial <= q->current_serial)
		return err_set(err, -ESTALE,
			       "serial %" PRIu64 " is not above the current %" PRIu64,
			       m->serial, q->current_serial);
	return 0;
}

/* Can a file of the source become one of the store? The kernel looks whether both are of one mount
 * before it finds that nothing can be renamed so. */
static bool can_move(const struct arrival *q)
{
	return q->move && sys_renameat(q->ctl->install.from.fd, ".", q->change->store,
				       ".") == -EBUSY;
}

int arrival_check(struct arrival *q, struct err *err)
{
	const struct record *record = q->change->record;
	struct install *install = &q->ctl->install;
	struct install_wish *wish = &install->wish;
	int r;

	q->gc = (struct gc){
		.store = q->change->store,
		.settings = &q->ctl->settings,
		.record = record,
		.running = q->ctl->running,
	};
	read_current(q, record);
	wish->store = q->change->store;
	wish->settings = &q->ctl->settings;
	wish->floor = ctl_floor(q->ctl, record);
	wish->force = q->force;
	wish->lists = q->json;
	install->from.moves = can_move(q);
	wish->gc = &q->gc;
	wish->progress = show_progress;
	wish->note = show_note;
	wish->context = &q->progress;
	if (digest_is_set(&record->failed)) {
		wish->failed = record->failed;
		wish->failed_words = record_reason_words(record->reason);
	}
	r = install_check(install, err);
	if (r == 0)
		r = check_successor(q, err);
	if (r == 0)
		r = slots_check(q->ctl, &install->manifest.boot, &q->slots, err);
	if (r == 0)
		r = writable_check(wish->store, err);
	return r;
}
