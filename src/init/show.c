/* SPDX-License-Identifier: Apache-2.0 */
#include "init/show.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/page.h"
#include "base/str.h"
#include "boot/plan.h"
#include "slot/select.h"
#include "store/settings.h"
#include "store/store.h"

static struct settings settings;
static struct select_image image;
static struct plan plan;
static struct manifest members[MANIFEST_MAX_MEMBERS];

static int print(const char *text)
{
	int r = fd_write_all(1, text, strlen(text));

	return r < 0 ? r : fd_write_all(1, "\n", 1);
}

/* Why the image is not the one that the record names first. */
static void say(void *context, const char *text)
{
	(void)context;
	(void)print(text);
}

static int print_head(void)
{
	char line[512];
	struct str s;

	str_init(&s, line, sizeof(line));
	str_addf(&s, "%s image %s: %s%s%s, serial %" PRIu64 ", signed by",
		 decide_slot_name(image.slot), DIGEST_HEX(&image.id), image.manifest.name,
		 *image.manifest.version ? " " : "", image.manifest.version,
		 image.manifest.serial);
	for (size_t i = 0; i < image.signers.count; i++)
		str_addf(&s, " %s", image.signers.ids[i]);
	return print(line);
}

static int print_plan(void)
{
	static PAGE_ALIGNED char line[MANIFEST_MAX_SIZE];
	int r = print_head();

	for (size_t i = 0; r == 0 && i < plan.count; i++) {
		r = plan_print_step(&plan, i, line, sizeof(line));
		if (r >= 0)
			r = print(line);
	}
	return r;
}

static int choose(int store, struct err *err)
{
	static const struct select_ops ops = { .say = say };
	struct select choice = { .settings = &settings,
				 .ops = &ops,
				 .store = store,
				 .factory = -EBADF,
				 .pretend = true };
	int r = select_open(&choice, err);

	if (r == 0)
		r = select_next(&choice, &image, err);
	for (size_t i = 0; r == 0 && manifest_is_set(&image.manifest) &&
			   i < image.manifest.member_count;
	     i++)
		r = store_load_member(image.store, &image.manifest, i, &members[i], err);
	if (r == 0)
		plan_make(&settings.policy, &image.manifest, members, &plan);
	return r;
}

int show_plan(const struct show_files *files, struct err *err)
{
	__fd int store = -EBADF;
	int r = settings_read_policy(files->policy, &settings.policy, err);

	if (r == 0)
		r = settings_read_keyring(files->keyring, settings.policy.threshold,
					  &settings.keyring, err);
	if (r < 0)
		return r;
	store = store_open(files->store, err);
	if (store < 0)
		return store;
	r = choose(store, err);
	if (r < 0)
		return err_wrap(err, r, "%s", files->store);
	r = print_plan();
	return r < 0 ? err_errno(err, r, "standard output") : 0;
}
