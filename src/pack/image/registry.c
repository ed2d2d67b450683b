/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/image/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "format/channel.h"
#include "pack/host/output.h"
#include "pack/host/tool.h"
#include "pack/image/bundle.h"
#include "pack/image/input.h"
#include "store/judge.h"
#include "store/store.h"

static int name_of(const struct registry *to, const struct digest *digest,
		   char ret_name[NAME_MAX], struct err *err)
{
	int size = snprintf(ret_name, NAME_MAX, "%s%s", to->prefix, DIGEST_HEX(digest));

	return size < NAME_MAX ? 0 : err_errno(err, -ENAMETOOLONG, "%s", to->prefix);
}

static bool is_there(const struct registry *to, const char *name,
		     const struct manifest_blob *blob)
{
	__fd int fd = openat(to->dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct digest hash;
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       (uint64_t)st.st_size == blob->size_bytes &&
	       sha256_of_fd(fd, blob->size_bytes, &hash) == 0 &&
	       digest_equal(&hash, blob->digest);
}

int registry_write_text(int dir, const char *name, const char *text, size_t size,
			struct err *err)
{
	__output struct output output = OUTPUT_INIT;
	int r = output_open(&output, dir, name, 0666, err);

	if (r < 0)
		return r;
	r = fd_write_all(output.fd, text, size);
	return r < 0 ? err_errno(err, r, "%s", name) : output_commit(&output, 0, err);
}

static int put_text(const struct registry *to, const char *text, size_t size,
		    struct err *err)
{
	struct digest hash;
	struct manifest_blob blob = { &hash, size };
	char name[NAME_MAX];
	int r = sha256_of(text, size, &hash);

	if (r == 0)
		r = name_of(to, &hash, name, err);
	if (r < 0 || is_there(to, name, &blob))
		return r;
	return registry_write_text(to->dir, name, text, size, err);
}

static int put_link(const struct registry *to, const struct manifest_blob *blob,
		    const char *name, struct err *err)
{
	char path[PATH_MAX], rel[STORE_BLOB_PATH_SIZE];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", to->linked,
			     store_blob_path(blob->digest, rel)) >= sizeof(path))
		return err_errno(err, -ENAMETOOLONG, "%s", to->linked);
	return symlinkat(path, to->dir, name) < 0 ? err_errno(err, -errno, "%s", name)
						  : 0;
}

static int put_copy(const struct registry *to, const struct place *place, size_t index,
		    const char *name, struct err *err)
{
	__output struct output output = OUTPUT_INIT;
	struct manifest_blob blob = { 0 };
	struct digest hash;
	uint64_t offset;
	__fd int from = place_open_blob(place, index, &offset, err);
	int r = from < 0 ? from : output_open(&output, to->dir, name, 0666, err);

	if (r < 0)
		return r;
	(void)manifest_blob(&place->image->manifest, index, &blob);
	r = sha256_copy(from, offset, blob.size_bytes, output.fd, &hash);
	if (r < 0)
		return err_errno(err, r, "copying it");
	if (!digest_equal(&hash, blob.digest))
		return err_set(err, -EBADMSG, "its sha256 is not what its name says");
	return output_commit(&output, 0, err);
}

static int put_blob(const struct registry *to, const struct place *place, size_t index,
		    struct err *err)
{
	struct manifest_blob blob = { 0 };
	char name[NAME_MAX];
	int r;

	(void)manifest_blob(&place->image->manifest, index, &blob);
	r = name_of(to, blob.digest, name, err);
	if (r < 0 || is_there(to, name, &blob))
		return r;
	return to->linked ? put_link(to, &blob, name, err)
			  : put_copy(to, place, index, name, err);
}

static int put_blobs(const struct registry *to, const struct place *place,
		     struct err *err)
{
	const struct image *image = place->image;
	struct manifest_blob blob;

	for (size_t i = 0; manifest_blob(&image->manifest, i, &blob); i++) {
		int r = image_blob_again(image, i) ? 0 : put_blob(to, place, i, err);

		if (r < 0)
			return judge_wrap_blob(err, r, &image->manifest, i);
	}
	return 0;
}

static int put_delta(const struct registry *to, const struct delta *delta,
		     struct err *err)
{
	const struct deltas_line *line = &delta->line;
	struct manifest_blob blob = { &line->delta, line->size_bytes };
	__output struct output output = OUTPUT_INIT;
	struct digest hash;
	char name[NAME_MAX];
	int r = name_of(to, blob.digest, name, err);

	if (r < 0 || is_there(to, name, &blob))
		return r;
	r = output_open(&output, to->dir, name, 0666, err);
	if (r < 0)
		return r;
	r = sha256_copy(delta->fd, 0, line->size_bytes, output.fd, &hash);
	return r < 0 ? err_errno(err, r, "copying a delta")
		     : output_commit(&output, 0, err);
}

static int put_deltas(const struct registry *to, const struct delta_list *deltas,
		      struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && deltas && i < deltas->count; i++)
		r = put_delta(to, &deltas->deltas[i], err);
	return r;
}

int registry_add_channel(struct image *image, const char *path, struct err *err)
{
	static struct signature_file file;
	static char text[CHANNEL_MAX_SIZE];
	struct channel word;
	int size = input_read(path, text, sizeof(text), err), r;

	if (size < 0)
		return size;
	r = channel_parse(text, (size_t)size, &word, &file, err);
	if (r == 0 && !digest_equal(&word.image, &image->id))
		r = err_set(err, -EINVAL, "is about image %.12s, and this is %.12s",
			    DIGEST_HEX(&word.image), DIGEST_HEX(&image->id));
	if (r < 0)
		return err_wrap(err, r, "%s", path);
	image->channel = text;
	image->channel_size = (size_t)size;
	return 0;
}

int registry_write(const struct registry *to, const struct place *place,
		   char **ret_manifest, struct err *err)
{
	const struct image *image = place->image;
	char *config = NULL;
	int r;

	if (image->signature_size == 0)
		return err_set(err, -ENOKEY, "not signed: no device would take it");
	r = put_blobs(to, place, err);
	if (r == 0)
		r = put_text(to, image->text, image->size, err);
	if (r == 0 && image->channel_size)
		r = put_text(to, image->channel, image->channel_size, err);
	if (r == 0)
		r = put_deltas(to, image->deltas, err);
	if (r == 0)
		r = bundle_oci_config(image, &config);
	if (r == 0)
		r = put_text(to, config, strlen(config), err);
	if (r == 0)
		r = bundle_oci_manifest(image, config, ret_manifest);
	free(config);
	return r;
}

static int write_layout(int dir, const struct place *place, const char *store,
			struct err *err)
{
	const struct registry to = { dir, "blobs/sha256/", store };
	char *manifest = NULL, *index = NULL;
	int r = 0;

	if (mkdirat(dir, "blobs", 0777) < 0 || mkdirat(dir, "blobs/sha256", 0777) < 0)
		return err_errno(err, -errno, "blobs");
	r = registry_write(&to, place, &manifest, err);
	if (r == 0)
		r = put_text(&to, manifest, strlen(manifest), err);
	if (r == 0)
		r = bundle_oci_index(place->image, manifest, &index);
	if (r == 0)
		r = registry_write_text(dir, "oci-layout", BUNDLE_LAYOUT_TEXT,
					strlen(BUNDLE_LAYOUT_TEXT), err);
	if (r == 0)
		r = registry_write_text(dir, "index.json", index, strlen(index), err);
	free(manifest);
	free(index);
	return r;
}

int registry_write_layout(const char *path, const struct place *place, const char *store,
			  struct err *err)
{
	__fd int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return dir < 0 ? err_errno(err, -errno, "%s", path)
		       : write_layout(dir, place, store, err);
}

bool registry_is_spec(const char *spec)
{
	return strncmp(spec, "docker://", strlen("docker://")) == 0;
}

int registry_copy(const char *from, const char *to, struct err *err)
{
	/* how far it is, for somebody who watches */
	__fd int watched = isatty(2) ? fcntl(2, F_DUPFD_CLOEXEC, TOOL_FIRST_FD) : -EBADF;
	const char *const argv[] = { "skopeo", "copy", from, to, NULL };
	struct tool_options options = { .argv = argv, .own = true };

	if (watched >= 0)
		options.out_fd = watched;
	return tool_run(&options, err);
}
