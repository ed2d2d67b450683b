/* SPDX-License-Identifier: Apache-2.0 */
/* The boot record of a disk that is being made: the device starts with it as if it had
 * installed and confirmed the images itself. */
#include "pack/device/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "cli/cmd.h"
#include "pack/host/tool.h"
#include "slot/state.h"

static const struct disk_image *find(const struct disk_images *images, const char *prefix,
				     const char *option, struct err *err)
{
	const struct disk_image *found = NULL;

	for (size_t i = 0; i < images->count; i++) {
		if (strncmp(DIGEST_HEX(&images->images[i].id), prefix, strlen(prefix)) !=
		    0)
			continue;
		if (found) {
			(void)err_set(err, -ENOTUNIQ,
				      "--%s: several images begin with '%s'", option,
				      prefix);
			return NULL;
		}
		found = &images->images[i];
	}
	if (!found)
		(void)err_set(err, -ENOENT, "--%s: no image '%s' goes onto the disk",
			      option, prefix);
	return found;
}

/* The newest image but @but; one that nobody signed only if there is no other. */
static const struct disk_image *best(const struct disk_images *images,
				     const struct disk_image *but,
				     const struct disk_image *nor)
{
	const struct disk_image *best = NULL;

	for (size_t i = 0; i < images->count; i++) {
		const struct disk_image *image = &images->images[i];

		if (image == but || image == nor)
			continue;
		if (!best || image->is_signed > best->is_signed ||
		    (image->is_signed == best->is_signed && image->serial > best->serial))
			best = image;
	}
	return best;
}

static void set(const struct disk_image *image, struct digest *ret_id)
{
	if (image)
		*ret_id = image->id;
}

/* The device would find out, by reading the slots. */
static void put_slot(struct record *record, const struct disk_image *image)
{
	struct digest boot;

	if (image->boot.id[0] &&
	    sha256_of(image->boot.id, strlen(image->boot.id), &boot) == 0)
		record_slot_put(record, &image->id, BOOT_SLOT_A, &boot);
}

static int choose(const struct disk_images *images, const struct disk_wish *wish,
		  struct record *record, struct err *err)
{
	const struct disk_image *current = NULL, *candidate = NULL;

	if (wish->current) {
		current = find(images, wish->current, "current", err);
		if (!current)
			return -ENOENT;
	}
	if (wish->candidate) {
		candidate = find(images, wish->candidate, "candidate", err);
		if (!candidate)
			return -ENOENT;
	}
	if (!current)
		current = best(images, candidate, NULL);
	if (!current || current == candidate)
		return err_set(err, -EINVAL,
			       "--candidate: another image has to be the current one");
	set(current, &record->current);
	set(candidate, &record->candidate);
	set(best(images, current, candidate), &record->previous);
	if (wish->slot_a)
		put_slot(record, current);
	if (candidate)
		record->tries_left = record->tries_initial = (uint8_t)wish->tries;
	return 0;
}

/* Is image @id, if there is one, among those that go onto the disk? */
static bool has(const struct disk_images *images, const struct digest *id)
{
	for (size_t i = 0; i < images->count; i++)
		if (digest_equal(&images->images[i].id, id))
			return true;
	return !digest_is_set(id);
}

/* The store's own record, where laminactl has been at work in it and all that it names
 * comes along. 0 or -errno. */
static int read_own(int store, const struct disk_images *images,
		    struct record *ret_record, struct err *err)
{
	struct record record;
	__fd int fd = state_open(store, NULL, false, err);
	int r = fd < 0 ? fd : state_read(fd, &record, NULL, err);

	if (r == -EBADMSG)
		return err_set(err, r, "damaged");
	if (r < 0)
		return r;
	if (!has(images, &record.current) || !has(images, &record.candidate) ||
	    !has(images, &record.previous))
		return err_set(err, -ESTALE, "names an image that stays behind");
	*ret_record = record;
	return 0;
}

/* What a record that is given up knew, such as the floor, is lost: not without a word. */
static bool take_own(int store, const struct disk_images *images,
		     struct record *ret_record)
{
	struct err why = ERR_INIT;
	int r = read_own(store, images, ret_record, &why);

	if (r < 0 && r != -ENOENT && r != -ENODATA)
		cmd_note("state: %s: a new record is made", why.text);
	return r == 0;
}

const struct disk_image *disk_record_current(int state, const struct disk_images *images)
{
	struct record record;

	if (state_read(state, &record, NULL, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < images->count; i++)
		if (digest_equal(&images->images[i].id, &record.current))
			return &images->images[i];
	return NULL;
}

int disk_record(int store, const struct disk_images *images, const struct disk_wish *wish,
		struct err *err)
{
	static const uint8_t empty[RECORD_ROOM];
	struct record record = { .seq = 0 };
	__fd int fd = -EBADF;
	bool own = !wish->current && !wish->candidate && take_own(store, images, &record);
	int r = 0;

	if (!own) {
		record = (struct record){ .seq = 0 };
		r = choose(images, wish, &record, err);
	}
	if (r < 0)
		return r;
	fd = tool_file(empty, sizeof(empty));
	r = fd < 0 ? fd : state_write(fd, &record, err);
	/* for debugfs to read from */
	if (r == 0 && fcntl(fd, F_SETFD, 0) < 0)
		r = err_errno(err, -errno, "boot record");
	return r < 0 ? r : TAKE_FD(fd);
}
