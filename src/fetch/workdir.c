/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/workdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "trust/sha256.h"

#define STATE "lamina-fetch"
#define STATE_FIRST "lamina-fetch 1\n"
#define STATE_SIZE 4096

/* What belongs to an image, and is not there when it is empty. */
#define TEXT(name, field)                                             \
	{                                                             \
		name, offsetof(struct workdir_image, field),          \
			offsetof(struct workdir_image, field##_size), \
			sizeof(((struct workdir_image *)0)->field)    \
	}

static const struct text {
	const char *name;
	size_t at, size_at, room;
} texts[] = {
	TEXT("offered", deltas),
	TEXT("without", without),
	TEXT(INSTALLER_WORD, word),
};

#define TEXTS (sizeof(texts) / sizeof(texts[0]))

/* A directory of ours, made where it is missing. An fd or -errno. */
static int open_dir(int parent, const char *name)
{
	if (mkdirat(parent, name, 0755) < 0 && errno != EEXIST)
		return -errno;
	return path_open_own(parent, name, O_RDONLY | O_DIRECTORY, 0);
}

static int open_inside(struct workdir *w)
{
	w->images = open_dir(w->fd, "images");
	if (w->images < 0)
		return w->images;
	__fd int blobs = open_dir(w->fd, "blobs");

	w->blobs = blobs < 0 ? blobs : open_dir(blobs, "sha256");
	if (w->blobs < 0)
		return w->blobs;
	w->incoming = open_dir(w->fd, "incoming");
	return w->incoming < 0 ? w->incoming : 0;
}

int workdir_open(struct workdir *w, const char *path, struct err *err)
{
	int r;

	*w = (struct workdir)WORKDIR_INIT;
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return err_errno(err, -errno, "%s", path);
	w->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->fd < 0)
		return err_errno(err, -errno, "%s", path);
	if (flock(w->fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK
			       ? err_set(err, -EBUSY, "%s: another lamina-fetch is at it",
					 path)
			       : err_errno(err, -errno, "%s", path);
	r = open_inside(w);
	return r < 0 ? err_errno(err, r, "%s", path) : 0;
}

void workdir_done(struct workdir *w)
{
	fd_close(w->incoming);
	fd_close(w->blobs);
	fd_close(w->images);
	fd_close(w->fd);
	*w = (struct workdir)WORKDIR_INIT;
}

/* Whole or not at all. */
static int write_file(int dir, const char *name, const void *bytes, size_t size)
{
	__fd int fd = path_open_own(dir, "new", O_WRONLY | O_CREAT | O_TRUNC, 0644);
	int r = fd;

	if (r >= 0)
		r = fd_write_all(fd, bytes, size);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	return r < 0 ? r : path_move(dir, "new", dir, name);
}

/* The line "@name VALUE" of @text. */
static void read_line(const char *text, const char *name, char *ret_value, size_t room)
{
	size_t size = strlen(name), length;

	ret_value[0] = '\0';
	for (const char *line = text; *line; line += length + (line[length] == '\n')) {
		length = strcspn(line, "\n");
		if (length <= size || strncmp(line, name, size) != 0 ||
		    line[size] != ' ' || length - size - 1 >= room)
			continue;
		memcpy(ret_value, line + size + 1, length - size - 1);
		ret_value[length - size - 1] = '\0';
		return;
	}
}

int workdir_read(const struct workdir *w, struct workdir_state *ret_state,
		 struct err *err)
{
	char text[STATE_SIZE + 1], word[DIGEST_HEX_SIZE];
	__fd int fd = path_open_own(w->fd, STATE, O_RDONLY, 0);
	ssize_t size = fd < 0 ? fd : fd_read_file(fd, text, STATE_SIZE);

	*ret_state = (struct workdir_state){ .source = "" };
	if (size == -ENOENT || size == -EFBIG)
		return 0;
	if (size < 0)
		return err_errno(err, (int)size, STATE);
	text[size] = '\0';
	if (strncmp(text, STATE_FIRST, strlen(STATE_FIRST)) != 0)
		return 0;
	read_line(text, "source", ret_state->source, sizeof(ret_state->source));
	read_line(text, "version", ret_state->version, sizeof(ret_state->version));
	read_line(text, "image", word, sizeof(word));
	if (digest_parse(word, strlen(word), &ret_state->image) < 0)
		ret_state->image = (struct digest){ 0 };
	read_line(text, "installed", word, sizeof(word));
	if (digest_parse(word, strlen(word), &ret_state->installed) < 0)
		ret_state->installed = (struct digest){ 0 };
	read_line(text, "done", word, sizeof(word));
	ret_state->done = strcmp(word, "yes") == 0;
	return 0;
}

int workdir_write(const struct workdir *w, const struct workdir_state *state,
		  struct err *err)
{
	char text[STATE_SIZE];
	struct str s;
	int r;

	str_init(&s, text, sizeof(text));
	str_addf(&s, STATE_FIRST "source %s\nversion %s\n", state->source,
		 state->version);
	if (digest_is_set(&state->image))
		str_addf(&s, "image %s\n", DIGEST_HEX(&state->image));
	if (digest_is_set(&state->installed))
		str_addf(&s, "installed %s\n", DIGEST_HEX(&state->installed));
	str_addf(&s, "done %s\n", state->done ? "yes" : "no");
	r = str_done(&s);
	if (r == 0)
		r = write_file(w->fd, STATE, s.buf, s.used);
	return r < 0 ? err_errno(err, r, STATE) : 0;
}

/* Does @context keep the entry @name? */
typedef bool keeps(const void *context, const char *name);

static bool keeps_none(const void *context, const char *name)
{
	(void)context;
	(void)name;
	return false;
}

static bool keeps_blob(const void *context, const char *name)
{
	const struct workdir_needs *needs = context;
	const char *at = needs->deltas, *end = at + needs->deltas_size;
	struct deltas_line line;

	for (size_t i = 0; i < needs->offer->count; i++)
		if (strcmp(name, DIGEST_HEX(&needs->offer->blobs[i].digest)) == 0)
			return true;
	while (deltas_next(&at, end, &line) > 0)
		if (strcmp(name, DIGEST_HEX(&line.delta)) == 0)
			return true;
	return false;
}

/* A file, or a directory of files. */
static int take_away(int dir, const char *name)
{
	static const char *const files[] = { "manifest", "manifest.sig", "new" };

	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	__fd int inner = path_open_own(dir, name, O_RDONLY | O_DIRECTORY, 0);

	for (size_t i = 0; inner >= 0 && i < sizeof(files) / sizeof(files[0]); i++)
		(void)unlinkat(inner, files[i], 0);
	return unlinkat(dir, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

static int sweep(int dir, keeps *keep, const void *context)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *entries = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;

	if (!entries) {
		r = -errno;
		fd_close(copy);
		return r;
	}
	while (r == 0 && (entry = readdir(entries)))
		if (entry->d_name[0] != '.' && !keep(context, entry->d_name))
			r = take_away(dir, entry->d_name);
	(void)closedir(entries);
	return r;
}

static int put_text(int dir, const char *name, const char *text, size_t size)
{
	if (size)
		return write_file(dir, name, text, size);
	return unlinkat(dir, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

int workdir_keep(const struct workdir *w, const struct workdir_needs *needs,
		 struct err *err)
{
	keeps *which = needs ? keeps_blob : keeps_none;
	int r = needs ? put_text(w->fd, DELTAS_NAME, needs->deltas, needs->deltas_size)
		      : put_text(w->fd, DELTAS_NAME, "", 0);

	if (r == 0)
		r = sweep(w->incoming, which, needs);
	if (r == 0)
		r = sweep(w->blobs, which, needs);
	if (r == 0 && !needs)
		r = sweep(w->images, keeps_none, NULL);
	for (size_t i = 0; r == 0 && !needs && i < TEXTS; i++)
		r = put_text(w->fd, texts[i].name, "", 0);
	return r < 0 ? err_errno(err, r, "taking away what isn't needed") : 0;
}

int workdir_put_image(const struct workdir *w, const struct workdir_image *image,
		      struct err *err)
{
	int r = sweep(w->images, keeps_none, NULL);

	if (r < 0)
		return err_errno(err, r, "images");
	__fd int dir = open_dir(w->images, DIGEST_HEX(&image->id));

	r = dir < 0 ? dir : write_file(dir, "manifest", image->manifest, image->size);
	if (r == 0)
		r = write_file(dir, "manifest.sig", image->signature,
			       image->signature_size);
	for (size_t i = 0; r == 0 && i < TEXTS; i++)
		r = put_text(w->fd, texts[i].name, (const char *)image + texts[i].at,
			     *(const size_t *)((const char *)image + texts[i].size_at));
	if (r == 0 && fsync(w->images) < 0)
		r = -errno;
	return r < 0 ? err_errno(err, r, "images/%.12s", DIGEST_HEX(&image->id)) : 0;
}

static int read_file(int dir, const char *name, char *ret_text, size_t room,
		     size_t *ret_size)
{
	__fd int fd = path_open_own(dir, name, O_RDONLY, 0);
	ssize_t size = fd < 0 ? fd : fd_read_file(fd, ret_text, room);

	if (size < 0)
		return (int)size;
	*ret_size = (size_t)size;
	return 0;
}

static int read_text(int dir, const struct text *text, struct workdir_image *image)
{
	size_t *size = (size_t *)(void *)((char *)image + text->size_at);
	int r = read_file(dir, text->name, (char *)image + text->at, text->room, size);

	if (r != -ENOENT)
		return r;
	*size = 0;
	return 0;
}

int workdir_read_image(const struct workdir *w, const struct digest *id,
		       struct workdir_image *ret_image)
{
	struct workdir_image *image = ret_image;
	__fd int dir =
		path_open_own(w->images, DIGEST_HEX(id), O_RDONLY | O_DIRECTORY, 0);
	int r = dir < 0 ? dir
			: read_file(dir, "manifest", image->manifest,
				    sizeof(image->manifest), &image->size);

	if (r == 0)
		r = read_file(dir, "manifest.sig", image->signature,
			      sizeof(image->signature), &image->signature_size);
	if (r == 0)
		r = sha256_of(image->manifest, image->size, &image->id);
	for (size_t i = 0; r == 0 && i < TEXTS; i++)
		r = read_text(w->fd, &texts[i], image);
	if (r < 0)
		return r;
	return digest_equal(&image->id, id) && image->signature_size ? 0 : -EBADMSG;
}

bool workdir_has(const struct workdir *w, const struct installer_blob *blob)
{
	struct stat st;

	return fstatat(w->blobs, DIGEST_HEX(&blob->digest), &st, AT_SYMLINK_NOFOLLOW) ==
		       0 &&
	       S_ISREG(st.st_mode) && (uint64_t)st.st_size == blob->size_bytes;
}

int workdir_get_text(const struct workdir *w, const char *name, char *ret_text,
		     size_t room, size_t *ret_size)
{
	return read_file(w->fd, name, ret_text, room, ret_size);
}

int workdir_put_text(const struct workdir *w, const char *name, const char *text,
		     size_t size)
{
	return put_text(w->fd, name, text, size);
}
