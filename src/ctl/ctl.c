/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"
#include "block/find.h"
#include "slot/confirm.h"
#include "slot/fall.h"
#include "store/images.h"
#include "store/store.h"

struct ctl *ctl_of(const struct cmd_line *line)
{
	return line->program->context;
}

int ctl_flags(struct cmd_line *line, bool *const *flags, int most, struct err *err)
{
	int option, r;

	while ((r = cmd_next(line, &option, err)) > 0)
		*flags[option] = true;
	return r < 0 ? r : cmd_operands(line, 0, most, err);
}

const char *ctl_device(const struct ctl *ctl)
{
	return ctl->device[0] ? ctl->device : NULL;
}

uint64_t ctl_floor(const struct ctl *ctl, const struct record *record)
{
	uint64_t floor = ctl->settings.policy.floor;

	return floor > record->floor ? floor : record->floor;
}

int ctl_open_run(const struct ctl *ctl, const char *name, int flags)
{
	__fd int dir = sys_openat(AT_FDCWD, ctl->run ? ctl->run : CTL_RUN,
				  O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

	return dir < 0 ? dir
		       : path_open_own(dir, name, flags, flags & O_CREAT ? 0644 : 0);
}

int ctl_open_input(const char *name, struct err *err)
{
	int fd = strcmp(name, "-") == 0
			 ? sys_fcntl(0, F_DUPFD_CLOEXEC, 3)
			 : sys_openat(AT_FDCWD, name, O_RDONLY | O_CLOEXEC, 0);

	if (fd == -ENOENT && strstr(name, "://"))
		return err_set(err, fd,
			       "%.160s: nothing is fetched here; `curl -sf URL | "
			       "laminactl install -` takes what comes",
			       name);
	return fd < 0 ? err_errno(err, fd, "%s", cmd_input_name(name)) : fd;
}

/* @given, or @name in the directory of init's files. 0 or -ENAMETOOLONG. */
static int path_of(const struct ctl *ctl, const char *given, const char *name,
		   char ret_path[CTL_PATH_SIZE], struct err *err)
{
	struct str s;
	int r;

	str_init(&s, ret_path, CTL_PATH_SIZE);
	if (given)
		str_add(&s, given);
	else
		str_addf(&s, "%s/%s", ctl->run ? ctl->run : CTL_RUN, name);
	r = str_done(&s);
	return r < 0 ? err_errno(err, r, "%s", name) : 0;
}

int ctl_path(const struct ctl *ctl, const char *name, char ret_path[CTL_PATH_SIZE],
	     struct err *err)
{
	return path_of(ctl, NULL, name, ret_path, err);
}

/* A workstation has no /run/lamina: what to do about it is not obvious. */
static int without(const struct ctl *ctl, const char *given, const char *option, int r,
		   struct err *err)
{
	if (r != -ENOENT || given)
		return r;
	return err_set(err, r,
		       "%s/%s is missing: lamina-init leaves it on a device; elsewhere "
		       "say --%s",
		       ctl->run ? ctl->run : CTL_RUN, option, option);
}

int ctl_open_policy(struct ctl *ctl, struct err *err)
{
	char path[CTL_PATH_SIZE];
	int r = path_of(ctl, ctl->policy, "policy", path, err);

	return r < 0 ? r
		     : without(ctl, ctl->policy, "policy",
			       settings_read_policy(path, &ctl->settings.policy, err),
			       err);
}

static int read_settings(struct ctl *ctl, struct err *err)
{
	char path[CTL_PATH_SIZE];
	int r = ctl_open_policy(ctl, err);

	if (r == 0)
		r = path_of(ctl, ctl->keyring, "keyring", path, err);
	if (r == 0)
		r = without(ctl, ctl->keyring, "keyring",
			    settings_read_keyring(path, ctl->settings.policy.threshold,
						  &ctl->settings.keyring, err),
			    err);
	/* of a store that is not this device's nobody knows what will start it */
	if (r < 0 || ctl->store)
		return r;
	r = path_of(ctl, NULL, "boot-id", path, err);
	if (r == 0)
		r = settings_read_boot(path, ctl->boot_id, err);
	if (ctl->boot_id[0])
		ctl->settings.boot_id = ctl->boot_id;
	return r;
}

void ctl_value(const char *text, const char *name, char *ret_value, size_t room)
{
	size_t size = strlen(name);

	ret_value[0] = '\0';
	for (const char *end; (end = strchr(text, '\n')); text = end + 1) {
		const char *value = text + size + 1;

		if (strncmp(text, name, size) != 0 || text[size] != '=' ||
		    (size_t)(end - value) >= room)
			continue;
		memcpy(ret_value, value, (size_t)(end - value));
		ret_value[end - value] = '\0';
		return;
	}
}

/* What init says of the store that it has mounted; of another one nobody knows. */
static enum writable_rest rest_of(const struct ctl *ctl, const char *text)
{
	char word[16];

	ctl_value(text, "store", word, sizeof(word));
	if (ctl->store || !word[0])
		return WRITABLE_AS_FOUND;
	return strcmp(word, "read-only") == 0 ? WRITABLE_READ_ONLY
					      : WRITABLE_MOUNT_READ_ONLY;
}

static void read_running(struct ctl *ctl)
{
	__fd int fd = ctl_open_run(ctl, "image", O_RDONLY);
	char text[1024], id[DIGEST_HEX_SIZE];
	ssize_t size = fd < 0 ? fd : fd_read_file(fd, text, sizeof(text) - 1);

	text[size < 0 ? 0 : size] = '\0';
	ctl_value(text, "id", id, sizeof(id));
	ctl_value(text, "slot", ctl->running_slot, sizeof(ctl->running_slot));
	if (digest_parse(id, strlen(id), &ctl->running) < 0)
		ctl->running = (struct digest){ 0 };
	ctl->rest = rest_of(ctl, text);
}

static int find_state(struct ctl *ctl, struct err *err)
{
	const char *source = ctl->settings.policy.state;
	__fd int fd = -EBADF;

	if (ctl->state)
		return path_of(ctl, ctl->state, "", ctl->device, err);
	ctl->device[0] = '\0';
	if (!source[0])
		return 0;
	fd = find_device(source, 0, ctl->device, &ctl->state_why);
	/* told where the record is needed: there is more to say of a device */
	ctl->state_r = fd < 0 ? err_wrap(&ctl->state_why, fd, "state") : 0;
	return 0;
}

int ctl_open(struct ctl *ctl, struct err *err)
{
	int r = read_settings(ctl, err);

	if (r == 0)
		r = path_of(ctl, ctl->store, "store", ctl->store_path, err);
	if (r == 0)
		r = find_state(ctl, err);
	if (r == 0)
		read_running(ctl);
	return r;
}

bool ctl_runs_as(const struct ctl *ctl, enum decide_slot slot)
{
	return strcmp(ctl->running_slot, decide_slot_name(slot)) == 0;
}

const char *ctl_slot_name(const struct record *record, const struct digest *id)
{
	/* what the record leaves empty is nobody's id */
	if (!digest_is_set(id))
		return NULL;
	for (enum decide_slot slot = 0; slot < DECIDE_FACTORY; slot++)
		if (digest_equal(decide_slot_id(record, slot), id))
			return decide_slot_name(slot);
	return digest_equal(&record->failed, id) ? "failed" : NULL;
}

int ctl_select(const struct ctl *ctl, int store, struct select *ret_select,
	       struct err *err)
{
	if (ctl->state_r == 0)
		return change_read(&ctl->settings, store, ctl_device(ctl), ret_select,
				   err);
	*ret_select = (struct select){
		.settings = &ctl->settings,
		.store = store,
		.factory = -EBADF,
	};
	select_lose(ret_select, ctl->state_r, &ctl->state_why);
	return 0;
}

static int check_state(const struct ctl *ctl, struct err *err)
{
	return ctl->state_r < 0 ? err_set(err, ctl->state_r, "%s", ctl->state_why.text)
				: 0;
}

int ctl_read(const struct ctl *ctl, int *ret_store, struct record *ret_record,
	     struct err *err)
{
	struct digest first;
	struct images images;
	struct select select;
	__fd int store = store_open(ctl->store_path, err);
	int r;

	if (store < 0)
		return store;
	images_init(&images, store);
	r = images_next(&images, &first, err);
	if (r >= 0)
		r = ctl_select(ctl, store, &select, err);
	if (r < 0)
		return err_wrap(err, r, "%s", ctl->store_path);
	*ret_record = select.decide.record;
	*ret_store = TAKE_FD(store);
	return 0;
}

int ctl_is_store(const struct ctl *ctl, const struct change *change, struct err *err)
{
	__fd int images = path_open_own(change->store, "images", O_PATH | O_DIRECTORY, 0);

	if (images >= 0)
		return 0;
	if (images != -ENOENT)
		return err_errno(err, images, "%s: images", ctl->store_path);
	if (ctl_runs_as(ctl, DECIDE_FACTORY))
		return 0;
	return err_set(err, images, "%s: not a store: there is no images directory",
		       ctl->store_path);
}

int ctl_confirm(struct ctl *ctl, struct confirm *ret_confirm, struct err *err)
{
	int r = check_state(ctl, err);

	if (r < 0)
		return r;
	if (!digest_is_set(&ctl->running))
		return err_set(err, -ENOENT,
			       "nothing says which image runs: there is no %s/image",
			       ctl->run ? ctl->run : CTL_RUN);
	*ret_confirm = (struct confirm){
		.store = ctl->store_path,
		.device = ctl_device(ctl),
		.settings = &ctl->settings,
		.rest = ctl->rest,
		.scratch = &ctl->manifest,
		.running = ctl->running,
	};
	return 0;
}

void ctl_note_forgotten(const struct change *change, const struct digest *before)
{
	if (!digest_is_set(before) || digest_equal(before, &change->record->candidate))
		return;
	cmd_note("candidate %.12s is forgotten", DIGEST_HEX(before));
}

void ctl_tell_fall(struct ctl *ctl, struct change *change)
{
	__fd int run = ctl_open_run(ctl, ".", O_PATH | O_DIRECTORY);
	char check[FALL_CHECK_SIZE] = "";

	if (digest_equal(&change->record->failed, &ctl->running))
		fall_read_check(run, check);
	fall_tell(change->store, &ctl->settings, &ctl->manifest, "", check,
		  change->record);
}

int ctl_write(struct change *change, int r, struct err *err)
{
	return r < 0 ? r : change_write(change, err);
}

/* Started as the current image, or as a candidate that was confirmed since. */
static bool runs_confirmed(const struct ctl *ctl)
{
	__fd int confirmed = -EBADF;

	if (ctl_runs_as(ctl, DECIDE_CANDIDATE))
		confirmed = ctl_open_run(ctl, "confirmed", O_PATH);
	return digest_is_set(&ctl->running) &&
	       (confirmed >= 0 || ctl_runs_as(ctl, DECIDE_CURRENT));
}

static int begin(struct ctl *ctl, struct change *change, struct err *err)
{
	int r = ctl_open(ctl, err);

	if (r == 0)
		r = check_state(ctl, err);
	if (r < 0)
		return r;
	change->path = ctl->store_path;
	change->device = ctl_device(ctl);
	change->settings = &ctl->settings;
	change->rest = ctl->rest;
	if (runs_confirmed(ctl))
		change->running = &ctl->running;
	return change_begin(change, err);
}

static int end(struct change *change, int r, struct err *err)
{
	struct err why = ERR_INIT;
	int ended = change_end(change, &why);

	if (ended == -EBUSY)
		cmd_note("the store stays writable: %s", why.text);
	if (ended == 0 || ended == -EBUSY || r < 0)
		return r;
	return err_set(err, ended,
		       "%s: not all may be on the medium, `laminactl verify` tells",
		       why.text);
}

static int run(struct ctl *ctl, struct change *change, ctl_work *work, void *context,
	       struct err *err)
{
	int r;

	change->store = -EBADF;
	r = begin(ctl, change, err);
	if (r == 0)
		r = work(ctl, change, context, err);
	return end(change, r, err);
}

int ctl_change(struct ctl *ctl, ctl_work *work, void *context, struct err *err)
{
	struct change change = { .looks = false };

	return run(ctl, &change, work, context, err);
}

int ctl_rewrite(struct ctl *ctl, ctl_work *work, void *context, struct err *err)
{
	struct change change = { .anew = true };

	return run(ctl, &change, work, context, err);
}

int ctl_look(struct ctl *ctl, ctl_work *work, void *context, struct err *err)
{
	struct change change = { .looks = true };

	return run(ctl, &change, work, context, err);
}
