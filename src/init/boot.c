/* SPDX-License-Identifier: Apache-2.0 */
#include "init/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/sys.h"
#include "block/find.h"
#include "boot/cmdline.h"
#include "init/console.h"
#include "init/early.h"
#include "init/failure.h"
#include "init/image.h"
#include "init/report.h"
#include "store/settings.h"
#include "init/stage.h"
#include "init/steps.h"
#include "init/timeline.h"
#include "stack/mount.h"

static struct settings settings;
static struct cmdline cmdline;
static struct image image;
static struct stage stage;

static int read_cmdline(unsigned int allow, struct err *err)
{
	static char text[CMDLINE_MAX_SIZE];
	__fd int fd = sys_openat(AT_FDCWD, "/proc/cmdline", O_RDONLY | O_CLOEXEC, 0);
	ssize_t size = fd < 0 ? fd : fd_read_file(fd, text, sizeof(text));

	if (size < 0)
		return err_errno(err, (int)size, "/proc/cmdline");
	cmdline_parse(text, (size_t)size, allow, &cmdline);
	for (size_t i = 0; i < cmdline.ignored_count; i++)
		console_say("kernel command line: lamina.%s: %s; passed over",
			    cmdline.ignored[i].name, cmdline.ignored[i].reason);
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
	uint64_t start_us = timeline_now();
	int r = settings_read_policy(SETTINGS_POLICY, policy, err);

	if (r < 0)
		return r;
	failure_obey(policy);
	r = read_cmdline(policy->allow, err);
	if (r < 0)
		return r;
	obey_cmdline(policy);
	failure_obey(policy);
	r = settings_read_keyring(SETTINGS_KEYRING, &settings.keyring, err);
	timeline_add(start_us, "settings");
	return r;
}

static int open_run(struct err *err)
{
	static const char *const names[] = { STAGE_RUN, STAGE_STORE };
	int r;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		r = sys_mkdirat(AT_FDCWD, names[i], 0755);
		if (r < 0 && r != -EEXIST)
			return err_errno(err, r, "%s", names[i]);
	}
	stage.run = sys_openat(AT_FDCWD, STAGE_RUN, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	return stage.run < 0 ? err_errno(err, stage.run, STAGE_RUN) : 0;
}

static int mount_store(struct err *err)
{
	const unsigned int attrs = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
				   MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	const struct policy *policy = &settings.policy;
	uint64_t start_us = timeline_now();
	char path[64];
	__fd int device =
		find_device(policy->store, policy->store_timeout_s * 1000, path, err);
	int r;

	timeline_add(start_us, "find store");
	if (device < 0)
		return device;
	start_us = timeline_now();
	r = mount_new(policy->store_type, path, "ro", attrs, STAGE_STORE, err);
	timeline_add(start_us, "mount store");
	if (r < 0)
		return r;
	stage.store = store_open(STAGE_STORE, err);
	return stage.store < 0 ? stage.store : 0;
}

static int verify_image(struct err *err)
{
	uint64_t start_us = timeline_now();
	int r = image_prepare(stage.store, &settings, cmdline.use, &image, err);

	timeline_add(start_us, "verify");
	if (r < 0)
		return r;
	console_debug("image %s: verified", image.id);
	r = layer_choose_guard(&stage.guard, err);
	if (r < 0)
		return err_wrap(err, r, "image %.12s", image.id);
	return report_image(stage.run, &image, stage.guard->name, err);
}

static int build(struct err *err)
{
	int r = stage_open(&stage, err);

	if (r == 0)
		r = steps_run(&stage, err);
	return r < 0 ? err_wrap(err, r, "image %.12s", image.id) : r;
}

static int run(struct err *err)
{
	int r;

	stage.start_us = timeline_now();
	timeline_add(stage.start_us, "init");
	r = early_mounts(err);
	console_open();
	timeline_add(stage.start_us, "early mounts");
	if (r == 0)
		r = trust_start(err);
	if (r == 0)
		r = read_settings(err);
	if (r == 0)
		r = open_run(err);
	if (r < 0)
		return r;
	r = mount_store(err);
	if (r < 0)
		return err_wrap(err, r, "store %s", settings.policy.store);
	r = verify_image(err);
	return r < 0 ? r : build(err);
}

int boot_run(struct err *err)
{
	int r;

	stage = (struct stage){ .image = &image,
				.store = -EBADF,
				.initramfs = -EBADF,
				.run = -EBADF,
				.root = -EBADF };
	r = run(err);
	stage_drop(&stage);
	/* had they moved into the stack already, they went with it */
	(void)early_mounts(NULL);
	return r;
}
