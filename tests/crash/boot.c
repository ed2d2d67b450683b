/* SPDX-License-Identifier: Apache-2.0 */
#include "crash/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "store/writable.h"

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

/* With the kernel that runs: an image, or -ERESTART: the loader was asked for another one. */
static int boot_kernel(struct judge *judge, int store, struct select_image *ret_image,
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
	while (r == 0 && (r = select_next(&select, ret_image, err)) == 0 &&
	       select.act != DECIDE_START) {
		r = firmware_tell(&judge->firmware, select.act == DECIDE_BOUNCE,
				  select.home, err);
		if (r == 0 && select_told(&select))
			return -ERESTART;
		select_refused(&select);
	}
	return r;
}

/* The loader may start a kernel that isn't the image's: that one asks for it, and once more is
 * enough. */
#define MOST_RESETS 3

int boot_image(struct judge *judge, int store, struct select_image *ret_image,
	       struct err *err)
{
	int r = 0;

	if (!judge_has_slots(judge))
		return boot_kernel(judge, store, ret_image, err);
	if (!judge->firmware.loader.ops)
		r = firmware_open(&judge->settings, judge->truth, &judge->firmware, err);
	judge->settings.boot_id = judge->firmware.boot_id;
	judge->firmware.once = BOOT_SLOT_NONE;
	for (int i = 0; r == 0 && i <= MOST_RESETS; i++) {
		r = firmware_start(&judge->firmware, err);
		if (r == 0)
			r = boot_kernel(judge, store, ret_image, err);
		if (r != -ERESTART)
			return r;
		r = 0;
	}
	return r < 0 ? r : err_set(err, -ELOOP, "resets without end");
}
