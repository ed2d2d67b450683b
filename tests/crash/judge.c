/* SPDX-License-Identifier: Apache-2.0 */
#include "crash/judge.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "boot/transition.h"
#include "crash/boot.h"
#include "crash/mark.h"
#include "store/images.h"
#include "store/judge.h"
#include "trust/key.h"

/* --- every image whole
 * ------------------------------------------------------------------ */

/* Byte for byte: no digest can say it better. */
static int compare_files(int a, int b, struct err *err)
{
	static uint8_t left[65536], right[65536];
	ssize_t size, other;

	for (;;) {
		size = read(a, left, sizeof(left));
		if (size < 0)
			return err_errno(err, -errno, "read");
		other = read(b, right, sizeof(right));
		if (size != other || memcmp(left, right, (size_t)size) != 0)
			return err_set(err, -EBADMSG, "wrong content");
		if (size == 0)
			return 0;
	}
}

static int check_blobs(const struct judge *judge, int store,
		       const struct manifest *manifest, struct err *err)
{
	struct manifest_blob file;

	for (size_t i = 0; manifest_blob(manifest, i, &file); i++) {
		__fd int blob = store_open_blob(store, file.digest, file.size_bytes, err);
		__fd int truth =
			store_open_blob(judge->truth, file.digest, file.size_bytes, err);
		int r = blob < 0 ? blob : truth;

		if (r >= 0)
			r = compare_files(blob, truth, err);
		if (r < 0)
			return judge_wrap_blob(err, r, manifest, i);
	}
	return judge_blobs(store, manifest, err);
}

static int check_image(const struct judge *judge, int store, const struct digest *id,
		       const char *slot, struct err *err)
{
	static struct manifest manifest;
	struct key_signers signers;
	int r;

	if (!digest_is_set(id))
		return 0;
	r = store_load_image(store, id, &judge->settings.keyring, 1, &manifest, &signers,
			     err);
	if (r == 0)
		r = check_blobs(judge, store, &manifest, err);
	return r < 0 ? err_wrap(err, r, "%s image %.12s", slot, DIGEST_HEX(id)) : 0;
}

static int check_images(const struct judge *judge, int store, const struct record *record,
			struct err *err)
{
	int r = check_image(judge, store, &record->current, "current", err);

	if (r == 0)
		r = check_image(judge, store, &record->candidate, "candidate", err);
	if (r == 0)
		r = check_image(judge, store, &record->previous, "previous", err);
	return r;
}

/* Whatever is there under its name is whole, though no record names it. */
static int check_listed(const struct judge *judge, int store, struct err *err)
{
	struct images images;
	struct digest id;
	int r;

	images_init(&images, store);
	while ((r = images_next(&images, &id, err)) > 0) {
		r = check_image(judge, store, &id, "listed", err);
		if (r < 0)
			return r;
	}
	return r == -ENOENT ? 0 : r;
}

/* --- the record
 * ------------------------------------------------------------------------- */

static bool same_record(const struct record *a, const struct record *b)
{
	uint8_t left[RECORD_SIZE], right[RECORD_SIZE];
	struct record copy = *a;

	copy.seq = b->seq;
	record_encode(&copy, left);
	record_encode(b, right);
	return memcmp(left, right, RECORD_SIZE) == 0;
}

static bool may_be(bool has, const struct record *record, bool may_have,
		   const struct record *may)
{
	return has == may_have && (!has || same_record(record, may));
}

/* Before a slot is written, the record says that nobody's kernel is in it, nor is there a
 * candidate. */
static bool may_forget(const struct judge *judge, const struct record *record)
{
	for (enum boot_slot slot = BOOT_SLOT_A; slot <= BOOT_SLOT_B; slot++) {
		struct record between = judge->before;

		record_slot_clear(&between, slot);
		if (digest_is_set(&between.candidate))
			transition_forget(&between);
		if (same_record(record, &between))
			return true;
	}
	return false;
}

/* Of two records that a start writes one may be the last: the try that is counted. */
static bool may_count(const struct judge *judge, const struct record *record)
{
	struct record between = judge->before;

	return transition_arm(&between, NULL) == 0 && same_record(record, &between);
}

static int check_record(struct judge *judge, bool has, const struct record *record,
			struct err *err)
{
	judge->is_after = may_be(has, record, judge->has_after, &judge->after);
	if (judge->is_after || may_be(has, record, judge->has_before, &judge->before))
		return 0;
	if (judge_has_slots(judge) && has && judge->has_before &&
	    (may_forget(judge, record) || may_count(judge, record)))
		return 0;
	return err_set(err, -ESTALE,
		       has ? "the record is neither old nor new" : "the record is gone");
}

/* --- what boots
 * ------------------------------------------------------------------------- */

/* The candidate while it has tries, else the current one. One that was counted already, and
 * which nobody asked the loader for, may be out of them. */
static bool may_start(const struct judge *judge, const struct record *record,
		      const struct digest *id)
{
	bool armed = judge_has_slots(judge) && record_is_armed(record);
	bool has = digest_is_set(&record->candidate);

	if (has && digest_equal(id, &record->candidate))
		return record->tries_left > 0 || armed;
	return digest_equal(id, &record->current) && (!has || record->tries_left == 0);
}

/* Is what runs on its own kernel, and the way back from it in a slot? */
static int check_slots(const struct judge *judge, int store, const struct record *record,
		       const struct select_image *image, struct err *err)
{
	static struct manifest manifest;
	int r;

	if (strcmp(image->manifest.boot.id, judge->firmware.boot_id) != 0)
		return err_set(err, -EBADMSG, "runs on kernel %s",
			       judge->firmware.boot_id);
	r = store_load_image(store, &record->current, &judge->settings.keyring, 1,
			     &manifest, NULL, err);
	if (r == 0)
		r = firmware_has(&judge->firmware, &manifest.boot, err);
	return r == 0  ? err_set(err, -EBADMSG, "no slot has the current image's kernel")
	       : r < 0 ? r
		       : 0;
}

/* A try less on the disk; with boot slots that may be counted before, or twice. */
static int check_tries(const struct judge *judge, int store, const struct record *record,
		       const struct digest *id, struct err *err)
{
	bool armed = judge_has_slots(judge) && record_is_armed(record);
	unsigned int least = digest_equal(id, &record->candidate), gone;
	struct record now;
	bool has;
	int r = mark_read_record(store, &now, &has, err);

	if (r < 0)
		return r;
	gone = (unsigned int)record->tries_left - now.tries_left;
	if (!has || gone > least || (gone < least && !armed))
		return err_set(err, -EBADMSG, "tries were not counted");
	return 0;
}

static int check_boot(struct judge *judge, int store, const struct record *record,
		      struct err *err)
{
	static struct select_image image;
	int r = boot_image(judge, store, &image, err);

	if (r < 0)
		return err_wrap(err, r, "no boot");
	if (!may_start(judge, record, &image.id))
		return err_set(err, -EBADMSG, "boots %.12s", DIGEST_HEX(&image.id));
	digest_hex(&image.id, judge->image);
	r = check_tries(judge, store, record, &image.id, err);
	return r == 0 && judge_has_slots(judge)
		       ? check_slots(judge, store, record, &image, err)
		       : r;
}

/* Nothing was promised yet: an image may boot, if it is whole. */
static int check_rebuilt(struct judge *judge, int store, struct err *err)
{
	static struct select_image image;
	struct err why = ERR_INIT;

	if (boot_image(judge, store, &image, &why) < 0)
		return 0;
	digest_hex(&image.id, judge->image);
	return check_image(judge, store, &image.id, "rebuilt", err);
}

int judge_init(struct judge *ret_judge, struct err *err)
{
	int r = settings_read_policy(SETTINGS_POLICY, &ret_judge->settings.policy, err);

	if (r == 0)
		r = settings_read_keyring(SETTINGS_KEYRING,
					  ret_judge->settings.policy.threshold,
					  &ret_judge->settings.keyring, err);
	if (r == 0)
		r = ret_judge->truth = store_open(JUDGE_TRUTH, err);
	return r < 0 ? r : 0;
}

/* What init leaves for laminactl. 0 or -errno. */
static int leave(const char *path, const char *text, struct err *err)
{
	FILE *out = fopen(path, "w");

	if (!out || fputs(text, out) < 0 || fclose(out) != 0)
		return err_errno(err, -errno, "%s", path);
	return 0;
}

int judge_store(struct judge *judge, bool look_only, struct err *err)
{
	__fd int store = store_open(JUDGE_STORE, err);
	struct record record;
	bool has;
	int r = store < 0 ? store : mark_read_record(store, &record, &has, err);

	judge->image[0] = '\0';
	/* no whole copy is none: whether there must be one is looked at here */
	if (r == 0 || r == -EBADMSG)
		r = check_record(judge, has, &record, err);
	if (r < 0)
		return r;
	if (!has)
		return look_only ? 0 : check_rebuilt(judge, store, err);
	r = check_images(judge, store, &record, err);
	if (r == 0 && judge->all)
		r = check_listed(judge, store, err);
	return r < 0 || look_only ? r : check_boot(judge, store, &record, err);
}

int judge_start(struct judge *judge, struct err *err)
{
	static struct select_image image;
	__fd int store = store_open(JUDGE_STORE, err);
	int r = store < 0 ? store : boot_image(judge, store, &image, err);
	char text[128];

	if (r < 0)
		return r;
	(void)mkdirat(AT_FDCWD, "/run/lamina", 0755);
	(void)snprintf(text, sizeof(text), "id=%s\nslot=%s\n", DIGEST_HEX(&image.id),
		       image.slot == DECIDE_CANDIDATE ? "candidate" : "current");
	r = leave("/run/lamina/image", text, err);
	if (r < 0 || !judge_has_slots(judge))
		return r;
	(void)snprintf(text, sizeof(text), "%s\n", judge->firmware.boot_id);
	return leave("/run/lamina/boot-id", text, err);
}
