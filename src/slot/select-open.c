/* SPDX-License-Identifier: Apache-2.0 */
/* The record that a choice begins with: the disk's, or one that is made up. */
#include "slot/select.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "base/digest.h"
#include "base/fd.h"
#include "base/path.h"
#include "boot/transition.h"
#include "slot/rank.h"
#include "slot/state.h"

static void say(const struct select *select, const struct err *text)
{
	select->ops->say(select->ops->context, text->text);
}

static int make_up(struct select *select, struct err *err)
{
	static struct rank rank;
	const struct policy *policy = &select->settings->policy;
	struct record *record = &select->decide.record;
	int r = rank_images(select->store, select->settings,
			    policy->floor > record->floor ? policy->floor : record->floor,
			    &rank, err);

	if (r < 0)
		return err_wrap(err, r, "store");
	if (rank.count == 0) {
		select->why = rank.why;
		select->text = rank.text;
	}
	transition_rebuild(rank.ids, rank.count,
			   policy->tries > UINT8_MAX ? UINT8_MAX : (uint8_t)policy->tries,
			   record);
	return 0;
}

static int read_once(struct select *select, struct err *err)
{
	__fd int fd = state_open(select->store, select->device, false, err);

	return fd < 0 ? fd : state_read(fd, &select->decide.record, NULL, err);
}

static bool is_known(const struct select *select, int r)
{
	return r == 0 || r == -ENOTSUP || r == -EBADMSG || r == -ENODATA ||
	       (r == -ENOENT && !select->device);
}

/* What could not be read is asked for once more: a disk may have stumbled. */
static int read_record(struct select *select, struct err *err)
{
	int r = read_once(select, err);

	return is_known(select, r) ? r : read_once(select, err);
}

static bool is_there(const struct select *select, const struct digest *id)
{
	char path[STORE_IMAGE_PATH_SIZE];
	__fd int dir = -EBADF;

	if (!digest_is_set(id))
		return false;
	dir = path_open_own(select->store, store_image_path(id, path),
			    O_PATH | O_DIRECTORY, 0);
	return dir != -ENOENT;
}

/* Where the policy names no factory, one that names no image which is there says nothing
 * but the floor: images may have come since, or would wait for ever. */
static int check_images(const struct select *select, struct err *err)
{
	const struct record *record = &select->decide.record;

	if (select->settings->policy.factory[0] || is_there(select, &record->current) ||
	    is_there(select, &record->previous) || is_there(select, &record->candidate))
		return 0;
	return err_set(err, -ENODATA, "boot record: it names no image%s",
		       digest_is_set(&record->current) ||
				       digest_is_set(&record->previous) ||
				       digest_is_set(&record->candidate)
			       ? " that is there"
			       : "");
}

/* No serial reaches so high a floor, and the device would never start anything again. No
 * confirmed image has raised it further than to its own serial. */
static void mend_floor(struct select *select)
{
	static struct manifest manifest;
	const struct settings *settings = select->settings;
	struct record *record = &select->decide.record;
	struct err text;

	if (record->floor <= INT64_MAX)
		return;
	record->floor = 0;
	if (store_load_image(select->store, &record->current, &settings->keyring,
			     settings->policy.threshold, &manifest, NULL, NULL) == 0)
		record->floor = manifest.serial;
	(void)err_set(&text, 0,
		      "boot record: no serial is above its floor: %" PRIu64 " counts",
		      record->floor);
	say(select, &text);
}

void select_lose(struct select *select, int r, const struct err *why)
{
	select->decide = (struct decide){ .use = select->decide.use };
	select->has_record = select->repair = false;
	select->lost = true;
	select->text = *why;
	select->why = err_wrap(&select->text, r,
			       "no image of the store is started without its record");
}

/* A newer version is only read, and what is known of it counts. */
static int take_newer(struct select *select, const struct err *why, struct err *err)
{
	struct err none = ERR_INIT;

	say(select, why);
	select->keep = select->has_record = true;
	mend_floor(select);
	if (check_images(select, &none) == 0)
		return 0;
	say(select, &none);
	select->has_record = false;
	return make_up(select, err);
}

/* Their ids, and so their manifests, are what the record's words about them go with. */
static void find_homes(struct select *select)
{
	const struct settings *settings = select->settings;
	struct decide *decide = &select->decide;
	const char *id = settings->boot_id;
	struct digest boot;

	if (!id || !settings->policy.boot_loader || sha256_of(id, strlen(id), &boot) < 0)
		return;
	for (enum decide_slot slot = DECIDE_CANDIDATE; slot <= DECIDE_PREVIOUS; slot++) {
		enum boot_slot home = record_slot(&decide->record,
						  decide_slot_id(&decide->record, slot));

		decide->home[slot] = home;
		decide->foreign[slot] = home != BOOT_SLOT_NONE &&
					!record_slot_holds(&decide->record, home, &boot);
	}
}

static int open_record(struct select *select, struct err *err)
{
	struct err why = ERR_INIT;
	int r = read_record(select, &why);

	if (!is_known(select, r)) {
		select_lose(select, r, &why);
		return 0;
	}
	if (r == -ENOTSUP)
		return take_newer(select, &why, err);
	select->decide.writable = true;
	if (r == 0) {
		mend_floor(select);
		r = check_images(select, &why);
	}
	select->has_record = r == 0;
	select->repair = r == -EBADMSG || r == -ENODATA;
	if (r == 0)
		return 0;
	/* A store that was just made has none: nothing to talk about. */
	if (r != -ENOENT)
		say(select, &why);
	return make_up(select, err);
}

int select_open(struct select *select, struct err *err)
{
	int r = open_record(select, err);

	if (r == 0)
		find_homes(select);
	return r;
}
