/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"
#include "init/bound.h"
#include "init/upper/parts.h"
#include "init/vault/vault.h"
#include "stack/work.h"
#include "store/store.h"
#include "store/volume.h"
#include "store/writable.h"

/* It needs no store that is writable, unless it is a file there. */
static int open_vault(struct stage *stage, struct err *err)
{
	const struct policy *policy = &stage->settings->policy;
	int r = policy->encrypted[0] ? 0 : writable_remount(STAGE_STORE, 0);

	if (r < 0)
		return err_errno(err, r, "store: making it writable");
	r = stage->vault = vault_mount(policy, STAGE_STORE, STAGE_VAULT, err);
	stage->shut = r < 0;
	return r < 0 ? r : 0;
}

int upper_open_store(struct stage *stage, struct err *err)
{
	int r;

	if (stage->settings->policy.secret[0] && stage->vault < 0)
		return open_vault(stage, err);
	r = writable_remount(stage_kept_path(stage), 0);
	return r < 0 ? err_errno(err, r, "store: making it writable") : 0;
}

int upper_close_store(const struct stage *stage, struct err *err)
{
	int r = writable_remount(STAGE_STORE, MS_BIND | MS_RDONLY);

	if (r == 0 && stage->vault >= 0)
		r = writable_remount(STAGE_VAULT, MS_BIND | MS_RDONLY);
	return r < 0 ? err_errno(err, r, "store: making it read-only") : 0;
}

static const struct copyup_like like_root = { NULL, -EBADF };

/* Makes directory @name. A power cut leaves all of it or something that the next boot takes
 * away. */
static int make_own_dir(int parent, const char *name, const struct copyup_like *like)
{
	int r = sys_mkdirat(parent, VOLUME_UNFINISHED, 0700);
	__fd int dir = -EBADF;

	if (r == -EEXIST) {
		r = copyup_remove(parent, VOLUME_UNFINISHED);
		if (r == 0)
			r = sys_mkdirat(parent, VOLUME_UNFINISHED, 0700);
	}
	if (r < 0)
		return r;
	dir = path_open_own(parent, VOLUME_UNFINISHED, O_RDONLY | O_DIRECTORY, 0);
	if (dir < 0)
		return dir;
	r = copyup_fill(dir, like);
	if (r == 0)
		r = path_move(parent, VOLUME_UNFINISHED, parent, name);
	/* the image before would find a store that is full of it */
	if (r < 0)
		(void)copyup_remove(parent, VOLUME_UNFINISHED);
	return r;
}

/* Opens directory @name of the untrusted @parent, made if missing. */
int upper_own_dir(int parent, const char *name, const struct copyup_like *like)
{
	int dir = path_open_own(parent, name, O_RDONLY | O_DIRECTORY, 0);
	int r;

	if (dir != -ENOENT)
		return dir;
	r = make_own_dir(parent, name, like);
	return r < 0 ? r : path_open_own(parent, name, O_RDONLY | O_DIRECTORY, 0);
}

/* TOP/NAME of the store, TOP being uppers or volumes. */
int upper_own_dirs(const struct part *part, const char *top)
{
	__fd int dir = upper_own_dir(stage_kept(part->stage), top, &like_root);
	__fd int own = dir < 0 ? dir : upper_own_dir(dir, part->owner, &like_root);
	int r = own < 0 ? own : store_check_dirs(own, ".", NULL);

	return r < 0 ? r : TAKE_FD(own);
}

static int root_attributes(const struct part *part, struct stat *ret_st)
{
	char path[sizeof(STAGE_LAYERS) + 16];
	struct str s;

	str_init(&s, path, sizeof(path));
	str_addf(&s, STAGE_LAYERS "/%zu",
		 stage_layer(part, part->manifest->layer_count - 1));
	return sys_fstatat(AT_FDCWD, path, ret_st, 0);
}

static int make_pair(int dir, const struct part *part, struct err *err)
{
	struct stat root;
	const struct copyup_like like = { &root, -EBADF };
	int r = root_attributes(part, &root);

	if (r < 0)
		return err_errno(err, r, "the uppermost layer");
	__fd int upper = upper_own_dir(dir, "upper", &like);

	if (upper < 0)
		return err_errno(err, upper, "upper");
	__fd int work = upper_own_dir(dir, "work", &like_root);

	return work < 0 ? err_errno(err, work, "work") : 0;
}

int upper_make(const struct part *part, struct err *err)
{
	const struct manifest *manifest = part->manifest;
	char options[BOUND_OPTIONS_SIZE];
	__fd int dir = -EBADF;
	int r;

	if (manifest->upper == MANIFEST_UPPER_PERSIST) {
		dir = upper_own_dirs(part, "upper");
		if (dir < 0)
			return err_errno(err, dir, "upper/%s of the store", part->owner);
		return make_pair(dir, part, err);
	}
	r = work_tmpfs(part->rw, MS_NOSUID | MS_NODEV, bound_upper(part, options), err);
	if (r < 0)
		return r;
	dir = sys_openat(AT_FDCWD, part->rw, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (dir < 0)
		return err_errno(err, dir, "%s", part->rw);
	r = bound_tmpfs(part, dir, manifest->upper_options, err);
	return r < 0 ? r : make_pair(dir, part, err);
}

int upper_place(const struct part *part, struct upper_place *ret_place)
{
	bool persist = part->manifest->upper == MANIFEST_UPPER_PERSIST;
	const char *top = persist ? stage_kept_path(part->stage) : part->rw;
	const char *owner = persist ? part->owner : "", *of = persist ? "/upper/" : "";
	struct str upper, work;
	int r;

	str_init(&upper, ret_place->upper, sizeof(ret_place->upper));
	str_init(&work, ret_place->work, sizeof(ret_place->work));
	str_addf(&upper, "%s%s%s/upper", top, of, owner);
	str_addf(&work, "%s%s%s/work", top, of, owner);
	r = str_done(&upper);
	return r < 0 ? r : str_done(&work);
}
