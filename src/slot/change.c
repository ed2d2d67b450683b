/* SPDX-License-Identifier: Apache-2.0 */
#include "slot/change.h"

#include <errno.h>

#include "base/fd.h"
#include "boot/transition.h"
#include "slot/state.h"
#include "store/lock.h"
#include "store/store.h"

/* Reading a record makes nothing writable, and whoever changes one has words of its own. */
static int no_writable(void *context, bool writable, struct err *err)
{
	(void)context;
	(void)writable;
	return err_errno(err, -EROFS, "store");
}

static void no_words(void *context, const char *text)
{
	(void)context;
	(void)text;
}

static const struct select_ops ops = { .writable = no_writable, .say = no_words };

int change_read(const struct settings *settings, int store, const char *device,
		struct select *ret_select, struct err *err)
{
	*ret_select = (struct select){
		.settings = settings,
		.ops = &ops,
		.store = store,
		.factory = -EBADF,
		.device = device,
	};
	return select_open(ret_select, err);
}

/* A record that is there and can't be read must not be replaced by one that is made up:
 * only none at all, and one that rotted, may be. */
static int look_again(struct change *change, struct err *err)
{
	struct err why = ERR_INIT;
	__fd int fd = state_open(change->store, change->device, false, &why);
	int r = fd < 0 ? fd : state_read(fd, &change->select.decide.record, NULL, &why);

	if (r == 0)
		change->select.has_record = true;
	return r < 0 ? err_set(err, r, "%s", why.text) : 0;
}

int change_begin(struct change *change, struct err *err)
{
	int r;

	change->is_writable = false;
	change->store = store_open(change->path, err);
	if (change->store < 0)
		return change->store;
	r = change->looks ? 0 : lock_take(change->store, err);
	if (r == 0)
		r = change_read(change->settings, change->store, change->device,
				&change->select, err);
	if (r < 0)
		return r;
	if (change->select.keep && !change->anew)
		return err_set(err, -ENOTSUP,
			       "the boot record is of a newer version: nothing is "
			       "changed, `laminactl reset --record` writes it anew");
	if (!change->select.decide.writable && !change->select.keep)
		r = look_again(change, err);
	change->record = &change->select.decide.record;
	change->record->replaces_newer = change->anew;
	if (r == 0 && !change->select.has_record && change->running)
		transition_keep(change->record, change->running);
	return r;
}

int change_writable(struct change *change, struct err *err)
{
	int r;

	if (change->is_writable)
		return 0;
	r = writable_check(change->store, err);
	if (r == 0)
		r = writable_begin(&change->writable, change->path, change->rest, err);
	change->is_writable = r == 0;
	return r;
}

int change_settle(struct change *change, struct err *err)
{
	int r = change->is_writable ? writable_end(&change->writable, err) : 0;

	if (r == -EBUSY)
		return 0;
	change->is_writable = r < 0;
	return r;
}

int change_write(struct change *change, struct err *err)
{
	int r = change_writable(change, err);

	return r < 0 ? r : state_put(change->store, change->device, change->record, err);
}

int change_end(struct change *change, struct err *err)
{
	int r = change->is_writable ? writable_end(&change->writable, err) : 0;

	change->is_writable = false;
	fd_close(change->store);
	change->store = -EBADF;
	return r;
}
