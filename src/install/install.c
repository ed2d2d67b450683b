/* SPDX-License-Identifier: Apache-2.0 */
#include "install/install.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/vfs.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"
#include "install/install-delta.h"
#include "store/judge.h"

/* For directories, the lists of a file's blocks, and what else a file system keeps. */
#define SLACK_BYTES ((uint64_t)128 << 10)
#define SLACK_FILES 8 /* directories, manifest and signature */

static int check_image(struct install *install, struct err *err)
{
	const struct settings *settings = install->wish.settings;
	struct install_from *from = &install->from;
	struct digest wanted;
	int r;

	from->blob_fd = -EBADF;
	r = from->source->open(from, &install->id, err);
	if (r < 0)
		return r;
	wanted = install->id;
	r = sha256_of(from->manifest, from->manifest_size, &install->id);
	if (r < 0)
		return err_errno(err, r, "sha256");
	if (digest_is_set(&wanted) && !digest_equal(&wanted, &install->id))
		return err_set(err, -EBADMSG,
			       "manifest: its sha256 is %.12s, where %.12s was wanted",
			       DIGEST_HEX(&install->id), DIGEST_HEX(&wanted));
	r = store_check_image(from->manifest, from->manifest_size, from->signatures,
			      from->signatures_size, &settings->keyring,
			      settings->policy.threshold, &install->manifest,
			      &install->signers, err);
	if (r == 0)
		r = judge_manifest(&settings->policy, &install->manifest,
				   install->wish.floor, err);
	return r < 0 ? r : from->source->look(from, &install->manifest, err);
}

static int check_failed(const struct install *install, struct err *err)
{
	if (install->wish.force || !digest_equal(&install->wish.failed, &install->id))
		return 0;
	return err_set(
		err, -EPERM,
		"image %.12s failed on this device (%s): --force installs it all the same",
		DIGEST_HEX(&install->id), install->wish.failed_words);
}

static uint64_t add(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* Returns the number of blobs to write, or -ENOENT. */
static int measure(struct install *install, struct err *err)
{
	const struct manifest *manifest = &install->manifest;
	const struct install_from *from = &install->from;
	struct manifest_blob blob;
	int missing = 0;

	install->total_bytes = install->reused_bytes = install->moved_bytes = 0;
	install->reused_layers = 0;
	for (size_t i = 0; manifest_blob(manifest, i, &blob); i++) {
		__fd int fd = -EBADF;

		if (manifest_blob_again(manifest, i))
			continue;
		install->total_bytes = add(install->total_bytes, blob.size_bytes);
		fd = store_open_blob(install->wish.store, blob.digest, blob.size_bytes,
				     NULL);
		if (fd < 0 && from->absent[i] && !install->wish.lists &&
		    !install_delta_usable(install, i))
			return judge_wrap_blob(
				err,
				err_set(err, -ENOENT,
					"neither in the store nor in the %s",
					from->source->name),
				manifest, i);
		missing += fd < 0;
		if (fd < 0 && from->moves && !from->absent[i])
			install->moved_bytes += blob.size_bytes;
		if (fd < 0)
			continue;
		install->reused_layers += i < manifest->layer_count;
		install->reused_bytes = add(install->reused_bytes, blob.size_bytes);
	}
	return missing;
}

static int count_garbage(struct install *install, struct err *err)
{
	struct gc *gc = install->wish.gc;
	bool dry_run;
	int r;

	install->garbage_bytes = 0;
	if (!gc)
		return 0;
	dry_run = gc->dry_run;
	gc->dry_run = true;
	gc->also = &install->manifest;
	r = gc_run(gc, err);
	gc->dry_run = dry_run;
	install->garbage_bytes = gc->freed_bytes;
	return r < 0 ? err_wrap(err, r, "what could be collected") : 0;
}

static int check_space(struct install *install, struct err *err)
{
	char needed[16], free[16], garbage[16];
	int missing = measure(install, err);
	uint64_t bytes =
		install->total_bytes - install->reused_bytes - install->moved_bytes;
	struct statfs st;
	int r = missing < 0 ? missing : count_garbage(install, err);

	if (r < 0)
		return r;
	r = sys_fstatfs(install->wish.store, &st);
	if (r < 0)
		return err_errno(err, r, "statfs");
	install->needed_bytes = add(bytes, bytes / 1024 + SLACK_BYTES);
	install->free_bytes = (uint64_t)st.f_bavail * (uint64_t)st.f_bsize;
	if (st.f_files && st.f_ffree < (unsigned int)missing + SLACK_FILES &&
	    !install->garbage_bytes)
		return err_set(err, -ENOSPC,
			       "the store has room for %" PRIu64
			       " more files, and %d are needed",
			       (uint64_t)st.f_ffree, missing + SLACK_FILES);
	if (install->needed_bytes <= add(install->free_bytes, install->garbage_bytes))
		return 0;
	return err_set(err, -ENOSPC,
		       "needs %s in the store, where %s are free and gc would free %s",
		       str_size(install->needed_bytes, needed),
		       str_size(install->free_bytes, free),
		       str_size(install->garbage_bytes, garbage));
}

int install_check(struct install *install, struct err *err)
{
	int r = check_image(install, err);

	if (r == 0)
		r = check_failed(install, err);
	if (r == 0)
		r = check_space(install, err);
	return r;
}
