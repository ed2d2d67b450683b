/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/status.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/fd.h"
#include "base/str.h"
#include "base/sys.h"
#include "ctl/next.h"
#include "format/lines.h"
#include "store/images.h"
#include "store/store.h"

const char *status_copy_name(int copy)
{
	switch (copy) {
	case 0:
		return "good";
	case -ENODATA:
		return "empty";
	case -ENOTSUP:
		return "newer";
	case -EIO:
		return "unreadable";
	default:
		return "damaged";
	}
}

const char *status_record_reason(const struct status *status)
{
	static const char about[] = "boot record: ";
	const char *text = status->record_err.text;

	return strncmp(text, about, strlen(about)) == 0 ? text + strlen(about) : text;
}

const char *status_floor_level(const struct status *status)
{
	if (status->floor == 0)
		return "none";
	return status->record_floor == status->floor ? "record" : "policy";
}

const char *status_failed_words(const struct status *status)
{
	static const char *const words[RECORD_REASON_COUNT] = {
		[RECORD_REASON_NONE] = "nobody knows why",
		[RECORD_REASON_SIGNATURE] = "no key of this device signs it",
		[RECORD_REASON_INCOMPATIBLE] = "it does not fit this device",
		[RECORD_REASON_FLOOR] = "its serial is below the rollback floor",
		[RECORD_REASON_MISSING] = "it, or a layer of it, is not in the store",
		[RECORD_REASON_CORRUPT] = "it is not what was signed",
		[RECORD_REASON_MOUNT] = "it could not be started",
		[RECORD_REASON_TRIES] = "nobody confirmed it",
		[RECORD_REASON_WATCHDOG] = "the watchdog reset the device",
		[RECORD_REASON_PANIC] = "the kernel panicked",
		[RECORD_REASON_REJECTED] = "it was rejected",
		[RECORD_REASON_ENDED] = "its application failed again and again",
		[RECORD_REASON_UNHEALTHY] = "its application was unhealthy",
		[RECORD_REASON_BOOT] = "its kernel never reached init",
		[RECORD_REASON_SLOT] = "no boot slot has its kernel",
	};
	enum record_reason reason = status->record.reason;

	return reason < RECORD_REASON_COUNT
		       ? words[reason]
		       : "for a reason that this version does not know";
}

static void read_slots(struct ctl *ctl, int store, struct status *status)
{
	for (enum decide_slot slot = 0; slot < STATUS_SLOTS; slot++) {
		const struct digest *digest = decide_slot_id(&status->record, slot);

		if (!digest_is_set(digest))
			continue;
		facts_read(&ctl->settings, store, digest, status->floor, &ctl->manifest,
			   &status->slots[slot]);
	}
}

/* Those that no slot shows: without a record only what verifies gets into one. */
static void read_refused(struct ctl *ctl, int store, struct status *status)
{
	struct images images;
	struct digest id;
	struct facts facts;

	images_init(&images, store);
	while (images_next(&images, &id, NULL) > 0) {
		facts_read(&ctl->settings, store, &id, status->floor, &ctl->manifest,
			   &facts);
		if (facts.r == 0)
			continue;
		status->refused++;
		status->refused_why = facts.err;
		(void)err_wrap(&status->refused_why, facts.r, "%.12s",
			       DIGEST_HEX(&facts.id));
	}
}

/* The record as it stands on the disk: what a boot would make of it is another question. */
static void read_copies(const struct ctl *ctl, int store, struct status *status)
{
	bool found = ctl->state_r == 0;
	__fd int fd =
		found ? state_open(store, ctl_device(ctl), false, &status->record_err)
		      : ctl->state_r;
	struct record record;

	if (!found)
		status->record_err = ctl->state_why;
	status->has_copies = fd >= 0;
	status->has_file = fd != -ENOENT || ctl_device(ctl) || !found;
	status->record_r =
		fd < 0 ? fd
		       : state_read(fd, &record, &status->copies, &status->record_err);
	status->record_floor = status->record.floor;
}

/* The record tells it over boots; init of this one, also where that can't be written. */
static void read_why(const struct ctl *ctl, struct status *status)
{
	bool failed = digest_is_set(&status->record.failed) && !status->failed.why[0];
	__fd int fd = failed ? ctl_open_run(ctl, "failed", O_RDONLY) : -ENOENT;
	char text[1024], reason[3 * sizeof(status->failed_why.text)];
	char id[DIGEST_HEX_SIZE];
	ssize_t size = fd < 0 ? fd : fd_read_file(fd, text, sizeof(text) - 1);

	if (size < 0)
		return;
	text[size] = '\0';
	ctl_value(text, "id", id, sizeof(id));
	ctl_value(text, "reason", reason, sizeof(reason));
	if (strcmp(id, DIGEST_HEX(&status->record.failed)) != 0 ||
	    lines_decode(reason, strlen(reason), 1, status->failed_why.text,
			 sizeof(status->failed_why.text)) < 0)
		status->failed_why.text[0] = '\0';
}

/* A record that an older version wrote tells nothing: the image itself may be there yet. */
static void read_failed(struct ctl *ctl, int store, struct status *status)
{
	static struct facts facts;

	record_told(&status->record, &status->failed);
	read_why(ctl, status);
	if (!digest_is_set(&status->record.failed) || status->failed.name[0])
		return;
	facts_read(&ctl->settings, store, &status->record.failed, 0, &ctl->manifest,
		   &facts);
	if (facts.known) {
		status->failed.name = facts.name;
		status->failed.version = facts.version;
	}
}

/* What process 1 last said of the application. */
static void read_app(const struct ctl *ctl, struct status *status)
{
	__fd int fd = ctl_open_run(ctl, "app", O_RDONLY);
	char text[1024];
	ssize_t size = fd < 0 ? fd : sys_pread(fd, text, sizeof(text) - 1, 0);

	text[size < 0 ? 0 : size] = '\0';
	status->has_app = app_parse(text, &status->app);
}

/* The first of many: each is a line on the console, too. */
static void read_notes(const struct ctl *ctl, struct status *status)
{
	__fd int fd = ctl_open_run(ctl, "notes", O_RDONLY);
	ssize_t size =
		fd < 0 ? fd : sys_pread(fd, status->notes, sizeof(status->notes) - 1, 0);

	status->notes[size < 0 ? 0 : size] = '\0';
}

static void read_space(int store, struct status *status)
{
	struct statfs fs;

	status->space_r = sys_fstatfs(store, &fs);
	if (status->space_r < 0)
		return;
	status->free_bytes = (uint64_t)fs.f_bavail * (uint64_t)fs.f_bsize;
	status->size_bytes = (uint64_t)fs.f_blocks * (uint64_t)fs.f_bsize;
}

int status_read(struct ctl *ctl, struct status *ret_status, struct err *err)
{
	struct status *status = ret_status;
	struct select select;
	__fd int store = -EBADF;
	int r = ctl_open(ctl, err);

	if (r < 0)
		return r;
	store = store_open(ctl->store_path, err);
	if (store < 0)
		return store;
	r = ctl_select(ctl, store, &select, err);
	if (r < 0)
		return r;
	*status = (struct status){
		.running = ctl->running,
		.running_slot = ctl->running_slot,
		.record = select.decide.record,
		.writable = select.decide.writable,
		.lost = select.lost,
	};
	read_copies(ctl, store, status);
	read_failed(ctl, store, status);
	read_notes(ctl, status);
	read_app(ctl, status);
	read_space(store, status);
	status_read_channels(ctl, store, status);
	status->floor = ctl_floor(ctl, &status->record);
	read_slots(ctl, store, status);
	status_boot_read(ctl, status);
	if (!select.has_record && !select.lost)
		read_refused(ctl, store, status);
	status->next = next_slot(status->slots, &status->record,
				 ctl->settings.policy.factory[0], status->writable);
	return 0;
}
