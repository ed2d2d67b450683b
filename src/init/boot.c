/* SPDX-License-Identifier: Apache-2.0 */
#include "init/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/page.h"
#include "base/sys.h"
#include "boot/cmdline.h"
#include "init/bounce.h"
#include "init/copies.h"
#include "init/pid1/console.h"
#include "init/pid1/early.h"
#include "init/pid1/failure.h"
#include "init/report.h"
#include "init/stage.h"
#include "init/steps.h"
#include "init/stores.h"
#include "init/timeline.h"
#include "init/trial/last.h"
#include "slot/select.h"
#include "store/settings.h"

static struct settings settings;
static char boot_id[BOOT_ID_SIZE];
static struct cmdline cmdline;
static struct select_image image;
static struct stage stage;
static struct part parts[STAGE_PARTS];
static PAGE_ALIGNED struct manifest members[MANIFEST_MAX_MEMBERS];

static int read_cmdline(unsigned int allow, struct err *err)
{
	static PAGE_ALIGNED char text[CMDLINE_MAX_SIZE];
	__fd int fd = sys_openat(AT_FDCWD, "/proc/cmdline", O_RDONLY | O_CLOEXEC, 0);
	ssize_t size = fd < 0 ? fd : fd_read_file(fd, text, sizeof(text));

	if (size < 0)
		return err_errno(err, (int)size, "/proc/cmdline");
	cmdline_parse(text, (size_t)size, allow, &cmdline);
	for (size_t i = 0; i < cmdline.ignored_count; i++)
		console_say("kernel command line: lamina.%s: %s; passed over",
			    cmdline.ignored[i].name, cmdline.ignored[i].reason);
	page_give_back(text, sizeof(text));
	return 0;
}

/* What the command line may change was sorted out by the policy's `allow` already. */
static void obey_cmdline(struct policy *policy)
{
	if (cmdline.debug)
		console_set_debug();
	if (cmdline.rescue)
		policy->on_failure = POLICY_RESCUE;
	if (cmdline.store[0])
		memcpy(policy->store, cmdline.store, sizeof(policy->store));
}

static int read_settings(struct err *err)
{
	struct policy *policy = &settings.policy;
	uint64_t start_us = clock_now_us();
	int r = settings_read_policy(SETTINGS_POLICY, policy, err);

	if (r < 0)
		return r;
	failure_obey(policy);
	r = read_cmdline(policy->allow, err);
	if (r < 0)
		return r;
	obey_cmdline(policy);
	failure_obey(policy);
	r = settings_read_keyring(SETTINGS_KEYRING, policy->threshold, &settings.keyring,
				  err);
	if (r == 0)
		r = settings_read_boot(SETTINGS_BOOT, boot_id, err);
	settings.boot_id = boot_id;
	timeline_add(start_us, "settings");
	return r;
}

static int open_run(struct err *err)
{
	int r = sys_mkdirat(AT_FDCWD, STAGE_RUN, 0755);

	if (r < 0 && r != -EEXIST)
		return err_errno(err, r, STAGE_RUN);
	stage.run = sys_openat(AT_FDCWD, STAGE_RUN, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (stage.run < 0)
		return err_errno(err, stage.run, STAGE_RUN);
	r = sys_mkdirat(AT_FDCWD, STAGE_PRIVATE, 0700);
	if (r < 0 && r != -EEXIST)
		return err_errno(err, r, STAGE_PRIVATE);
	r = sys_symlinkat("private/store", AT_FDCWD, STAGE_STORE_LINK);
	return r < 0 && r != -EEXIST ? err_errno(err, r, STAGE_STORE_LINK) : 0;
}

static int writable(void *context, bool on, struct err *err)
{
	(void)context;
	return stores_writable(on, err);
}

static void say(void *context, const char *text)
{
	(void)context;
	console_say("%s", text);
}

static void fell(void *context, const struct digest *id, const char *why)
{
	(void)context;
	report_failed(stage.run, id, why);
}

static const struct select_ops select_ops = {
	.writable = writable,
	.say = say,
	.fell = fell,
};

static struct select choice;

/* How the last run ended, where that matters: to a candidate that may have fallen, and to
 * every image that a corrupt block stops, or it would be started for ever. */
static void look_back(const struct policy *policy)
{
	if (digest_is_set(&choice.decide.record.candidate))
		/* one that can't be opened is told of where it is needed */
		(void)watch_open(&stage.watch, policy, NULL);
	else if (!policy->verity_panic)
		return;
	choice.decide.last_end = last_end(stage.run, &stage.watch);
	stage.whole = choice.decide.last_end == RECORD_REASON_CORRUPT;
}

static int open_store(struct err *err)
{
	const struct policy *policy = &settings.policy;
	struct err lost = ERR_INIT;
	/* first, since it may be longer in coming than the store's watchdog waits */
	int found = stores_find_state(policy, &stage.state, &lost), r;

	stage.store = stores_open(policy, &stage.watch, err);
	if (stage.store < 0)
		return stage.store;
	choice.store = stage.store;
	choice.decide.use = cmdline.use;
	if (found < 0) {
		select_lose(&choice, found, &lost);
		return 0;
	}
	choice.device = stage.state;
	r = select_open(&choice, err);
	if (r == 0)
		look_back(policy);
	return r;
}

/* Without a store, or without any image in it, the factory's image may be left. */
static int open_images(struct err *err)
{
	int r = open_store(err);

	if (r == 0 || !settings.policy.factory[0])
		return r;
	console_say("%s", err->text);
	choice.keep = true;
	choice.store = -EBADF;
	choice.decide = (struct decide){ .use = CMDLINE_USE_FACTORY };
	return 0;
}

/* The factory's store is opened only when it is needed: a device that is slow to come
 * must not slow down every boot. */
static int next_image(struct err *err)
{
	uint64_t start_us = clock_now_us();
	int r = -ENOENT;

	if (choice.factory < 0 && choice.decide.use != CMDLINE_USE_FACTORY) {
		r = bounce_next(&choice, &image, err);
		timeline_add(start_us, "verify");
		if (r == 0 || r == -ERESTART || !settings.policy.factory[0])
			return r;
		console_say("%s", err->text);
	}
	if (choice.factory < 0 && settings.policy.factory[0]) {
		stage.factory = stores_open_factory(&settings.policy, &stage.watch, err);
		if (stage.factory < 0)
			return stage.factory;
		choice.factory = stage.factory;
	}
	r = bounce_next(&choice, &image, err);
	timeline_add(start_us, "verify");
	return r;
}

/* A candidate has a time in which to be confirmed. Any other image is no reason not to
 * start: the watchdog is for process 1 then, where that stays. */
static int guard_image(const struct policy *policy, struct err *err)
{
	struct err why = ERR_INIT;

	if (image.slot == DECIDE_CANDIDATE)
		return watch_arm(&stage.watch, policy, err);
	if (!stage_stays(&stage))
		(void)watch_stop(&stage.watch); /* or the keeper does */
	else if (watch_arm(&stage.watch, policy, &why) < 0)
		console_say("%s", why.text);
	return 0;
}

/* Returns only on failure. */
static int start_image(struct err *err)
{
	const struct policy *policy = &settings.policy;
	int r = 0;

	console_debug("image %s: verified", DIGEST_HEX(&image.id));
	if (stage.whole)
		console_say("the last run ended at a corrupt block: "
			    "reading all of image %.12s",
			    DIGEST_HEX(&image.id));
	r = guard_image(policy, err);
	if (r < 0)
		return r;
	r = stage_divide(&stage, err);
	if (r == 0)
		r = report_image(&stage, err);
	if (r == 0)
		r = stage_open(&stage, err);
	if (r == 0)
		r = steps_run(&stage, err);
	return r;
}

static int start_images(struct err *err)
{
	int r = next_image(err);

	while (r == 0) {
		struct err fell = ERR_INIT;

		r = start_image(&fell);
		stage_drop(&stage);
		if (stage.gone || stage.shut) {
			*err = fell;
			return err_wrap(err, r, "image %.12s", DIGEST_HEX(&image.id));
		}
		if (stage.twin)
			select_lose(&choice, r, &fell);
		else
			select_fell(&choice, &image, r, &fell);
		stage.twin = false;
		r = next_image(err);
	}
	return r;
}

static int run(struct err *err)
{
	int r;

	stage.start_us = clock_now_us();
	timeline_add(stage.start_us, "init");
	r = early_mounts(err);
	console_open();
	timeline_add(stage.start_us, "early mounts");
	if (r == 0)
		r = open_run(err);
	if (r == 0)
		r = read_settings(err);
	/* without them the device can't be updated, but it can be started */
	if (r == 0 && copies_leave(stage.run, &settings.policy, err) < 0)
		console_say("%s", err->text);
	if (r == 0)
		r = layer_choose_guard(settings.policy.hash_will_do, &stage.guard, err);
	if (r == 0)
		r = open_images(err);
	return r < 0 ? r : start_images(err);
}

/* Is it known that the loader starts this kernel when nobody asks? */
static bool is_settled(void)
{
	const struct decide *decide = &choice.decide;

	return !settings.policy.boot_loader ||
	       (choice.has_record && !digest_is_set(&decide->record.candidate) &&
		!decide->foreign[DECIDE_CURRENT]);
}

/* Of a candidate the tries are counted, and only another start can be one of another kernel:
 * whatever the policy says of failures, one must follow. */
static void obey_failure(int r)
{
	struct policy reboot = { .on_failure = POLICY_REBOOT };

	if (r != -ERESTART &&
	    !((stage.gone || stage.shut) && image.slot == DECIDE_CANDIDATE)) {
		if (is_settled())
			return;
		reboot.on_failure_delay_s = settings.policy.on_failure_delay_s;
	}
	failure_obey(&reboot);
}

int boot_run(struct err *err)
{
	int r;

	choice = (struct select){ .settings = &settings,
				  .ops = &select_ops,
				  .store = -EBADF,
				  .factory = -EBADF };
	stage = (struct stage){ .settings = &settings,
				.image = &image,
				.record = &choice.decide.record,
				.watch = { .fd = -EBADF },
				.run = -EBADF,
				.store = -EBADF,
				.factory = -EBADF,
				.vault = -EBADF,
				.initramfs = -EBADF,
				.members = members,
				.parts = parts };
	r = run(err);
	obey_failure(r);
	stage_end(&stage);
	/* had they moved into the stack already, they went with it */
	(void)early_mounts(NULL);
	return r;
}
