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
#include "crash/mark.h"
#include "slot/select.h"
#include "store/writable.h"
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

static int check_layers(const struct judge *judge, int store,
			const struct manifest *manifest, struct err *err)
{
	for (size_t i = 0; i < manifest->layer_count; i++) {
		const struct manifest_layer *layer = &manifest->layers[i];
		__fd int blob =
			store_open_blob(store, &layer->blob, layer->size_bytes, err);
		__fd int truth = store_open_blob(judge->truth, &layer->blob,
						 layer->size_bytes, err);
		int r = blob < 0 ? blob : truth;

		if (r >= 0)
			r = compare_files(blob, truth, err);
		if (r < 0)
			return err_wrap(err, r, "layer %zu", i);
	}
	return 0;
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
		r = check_layers(judge, store, &manifest, err);
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

static int check_record(struct judge *judge, bool has, const struct record *record,
			struct err *err)
{
	judge->is_after = may_be(has, record, judge->has_after, &judge->after);
	if (judge->is_after || may_be(has, record, judge->has_before, &judge->before))
		return 0;
	return err_set(err, -ESTALE,
		       has ? "the record is neither old nor new" : "the record is gone");
}

/* --- what boots
 * ------------------------------------------------------------------------- */

static int make_writable(void *context, bool writable, struct err *err)
{
	struct writable *state = context;

	return writable ? writable_begin(state, JUDGE_STORE, WRITABLE_AS_FOUND, err)
			: writable_end(state, err);
}

static void say(void *context, const char *text)
{
	(void)context;
	fprintf(stderr, "%s\n", text);
}

static int boot(struct judge *judge, int store, struct select_image *ret_image,
		struct err *err)
{
	static struct select select;
	struct writable writable;
	struct select_ops ops = { .writable = make_writable,
				  .say = say,
				  .context = &writable };
	int r;

	memset(&select, 0, sizeof(select));
	select.settings = &judge->settings;
	select.ops = &ops;
	select.store = store;
	select.factory = -EBADF;
	r = select_open(&select, err);
	return r < 0 ? r : select_next(&select, ret_image, err);
}

/* The candidate while it has tries, else the current one; and a try less on the disk. */
static int check_boot(struct judge *judge, int store, const struct record *record,
		      struct err *err)
{
	static struct select_image image;
	bool is_candidate = digest_is_set(&record->candidate) && record->tries_left > 0;
	const struct digest *id = is_candidate ? &record->candidate : &record->current;
	struct record now;
	bool has;
	int r = boot(judge, store, &image, err);

	if (r < 0)
		return err_wrap(err, r, "no boot");
	if (!digest_equal(&image.id, id))
		return err_set(err, -EBADMSG, "boots %.12s, not %.12s",
			       DIGEST_HEX(&image.id), DIGEST_HEX(id));
	digest_hex(id, judge->image);
	r = mark_read_record(store, &now, &has, err);
	if (r < 0)
		return r;
	if (!has || now.tries_left != record->tries_left - is_candidate)
		return err_set(err, -EBADMSG, "tries were not counted");
	return 0;
}

/* Nothing was promised yet: an image may boot, if it is whole. */
static int check_rebuilt(struct judge *judge, int store, struct err *err)
{
	static struct select_image image;
	struct err why = ERR_INIT;

	if (boot(judge, store, &image, &why) < 0)
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
	return r;
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
	return r < 0 || look_only ? r : check_boot(judge, store, &record, err);
}

int judge_start(struct judge *judge, struct err *err)
{
	static struct select_image image;
	__fd int store = store_open(JUDGE_STORE, err);
	int r = store < 0 ? store : boot(judge, store, &image, err);
	FILE *out;

	if (r < 0)
		return r;
	(void)mkdirat(AT_FDCWD, "/run/lamina", 0755);
	out = fopen("/run/lamina/image", "w");
	if (!out)
		return err_errno(err, -errno, "/run/lamina/image");
	fprintf(out, "id=%s\nslot=%s\n", DIGEST_HEX(&image.id),
		image.slot == DECIDE_CANDIDATE ? "candidate" : "current");
	fclose(out);
	return 0;
}
