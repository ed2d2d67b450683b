/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/host/staging.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"

#define TEMP ".lamina-pack"
#define IMAGE "image"

/* For the signal handler, which may use nothing but unlinkat() and its like. */
static volatile sig_atomic_t signal_fd = -1, signal_temp_fd = -1, signal_files;
static const char *volatile signal_path; /* of an output directory that is new */

static void number_name(unsigned int number, char ret_name[16])
{
	size_t at = 15;

	ret_name[at] = '\0';
	do {
		ret_name[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	memmove(ret_name, ret_name + at, 16 - at);
}

static void on_signal(int number)
{
	char name[16];

	for (int i = 0; signal_temp_fd >= 0 && i < signal_files; i++) {
		number_name((unsigned int)i, name);
		(void)unlinkat(signal_temp_fd, name, 0);
	}
	if (signal_fd >= 0)
		(void)unlinkat(signal_fd, TEMP, AT_REMOVEDIR);
	if (signal_path)
		(void)rmdir(signal_path); /* keeps what isn't empty */
	(void)signal(number, SIG_DFL);
	(void)raise(number);
}

static void watch_signals(const struct staging *staging)
{
	struct sigaction act = { .sa_handler = on_signal, .sa_flags = SA_RESETHAND };
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };

	signal_fd = staging ? staging->fd : -1;
	signal_temp_fd = staging ? staging->temp_fd : -1;
	signal_files = 0;
	signal_path = staging && staging->made ? staging->path : NULL;
	if (!staging)
		act.sa_handler = SIG_DFL;
	(void)sigemptyset(&act.sa_mask);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct sigaction old;

		/* nohup's ignored SIGHUP stays ignored */
		if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			(void)sigaction(numbers[i], &act, NULL);
	}
}

/* Empties a directory that only ever holds files and directories of files. */
static int empty_dir(int fd, int depth)
{
	/* a description of its own: a duplicate would go on where the last one stopped */
	DIR *dir = fdopendir(openat(fd, ".", O_DIRECTORY | O_RDONLY | O_CLOEXEC));
	struct dirent *entry;
	int r = dir ? 0 : -errno;

	while (dir && r == 0 && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (unlinkat(fd, entry->d_name, 0) == 0)
			continue;
		__fd int below = openat(fd, entry->d_name,
					O_DIRECTORY | O_NOFOLLOW | O_RDONLY | O_CLOEXEC);

		r = below < 0 || depth == 0 ? -errno : empty_dir(below, depth - 1);
		if (r == 0 && unlinkat(fd, entry->d_name, AT_REMOVEDIR) < 0)
			r = -errno;
	}
	if (dir)
		(void)closedir(dir);
	return r;
}

static int make_temp(struct staging *staging, struct err *err)
{
	int r;

	if (mkdirat(staging->fd, TEMP, 0700) < 0 && errno != EEXIST)
		return err_errno(err, -errno, "%s", staging->path);
	staging->temp_fd = openat(staging->fd, TEMP,
				  O_DIRECTORY | O_NOFOLLOW | O_RDONLY | O_CLOEXEC);
	if (staging->temp_fd < 0)
		return err_errno(err, -errno, "%s/%s", staging->path, TEMP);
	r = empty_dir(staging->temp_fd, 1);
	return r < 0 ? err_errno(err, r, "%s/%s", staging->path, TEMP) : 0;
}

static int open_output(struct staging *staging, const char *path, struct err *err)
{
	staging->path = strdup(path);
	if (!staging->path)
		return -ENOMEM;
	if (mkdir(path, 0777) == 0)
		staging->made = true;
	else if (errno != EEXIST)
		return err_errno(err, -errno, "%s", path);
	staging->fd = open(path, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	if (staging->fd < 0)
		return err_errno(err, -errno, "%s", path);
	if (flock(staging->fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return err_set(err, -EAGAIN, "%s: another lamina is writing there", path);
	return err_errno(err, -errno, "%s", path);
}

int staging_open(struct staging *ret_staging, const char *path, struct err *err)
{
	struct staging staging = { .fd = -EBADF, .temp_fd = -EBADF };
	int r = open_output(&staging, path, err);

	if (r == 0)
		r = make_temp(&staging, err);
	if (r < 0) {
		staging_done(&staging);
		return r;
	}
	*ret_staging = staging;
	watch_signals(ret_staging);
	return 0;
}

int staging_file(struct staging *staging, unsigned int *ret_number, struct err *err)
{
	char name[16];
	int fd;

	number_name(staging->files, name);
	signal_files = (int)staging->files + 1;
	fd = openat(staging->temp_fd, name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_errno(err, -errno, "%s", staging->path);
	*ret_number = staging->files++;
	return fd;
}

int staging_add_blob(struct staging *staging, unsigned int number,
		     const struct digest *digest)
{
	size_t size = (staging->blob_count + 1) * sizeof(*staging->blobs);
	struct staging_blob *blobs = realloc(staging->blobs, size);

	if (!blobs)
		return -ENOMEM;
	staging->blobs = blobs;
	blobs[staging->blob_count].number = number;
	blobs[staging->blob_count++].digest = *digest;
	return 0;
}

static int sync_file(int dirfd, const char *name, int flags)
{
	__fd int fd = openat(dirfd, name, flags | O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int make_dir(int dirfd, const char *name)
{
	return mkdirat(dirfd, name, 0777) < 0 && errno != EEXIST ? -errno : 0;
}

static int move_blobs(struct staging *staging, int blobs)
{
	char temp[16], hex[DIGEST_HEX_SIZE];
	int r = 0;

	for (size_t i = 0; i < staging->blob_count && r == 0; i++) {
		number_name(staging->blobs[i].number, temp);
		digest_hex(&staging->blobs[i].digest, hex);
		r = sync_file(staging->temp_fd, temp, 0);
		/* over a blob of that name too: it may be damaged, this one is not */
		if (r == 0 && renameat(staging->temp_fd, temp, blobs, hex) < 0)
			r = -errno;
	}
	return r == 0 && fsync(blobs) < 0 ? -errno : r;
}

static int make_dirs(struct staging *staging)
{
	int r = make_dir(staging->fd, "blobs");

	if (r == 0)
		r = make_dir(staging->fd, "blobs/sha256");
	return r == 0 ? make_dir(staging->fd, "images") : r;
}

static int put_blobs(struct staging *staging)
{
	int r;
	__fd int blobs = openat(staging->fd, "blobs/sha256",
				O_DIRECTORY | O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	r = blobs < 0 ? -errno : move_blobs(staging, blobs);
	return r == 0 ? sync_file(staging->fd, "blobs", O_DIRECTORY) : r;
}

static int write_part(int dir, const char *name, const void *bytes, size_t size)
{
	__fd int fd = openat(dir, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
	int r = fd < 0 ? -errno : fd_write_all(fd, bytes, size);

	return r == 0 && fsync(fd) < 0 ? -errno : r;
}

/* All of the image but its name: what can still fail after this is no matter of space. */
static int stage_image(struct staging *staging, const struct staging_image *image)
{
	__fd int dir = -EBADF;
	int r;

	if (mkdirat(staging->temp_fd, IMAGE, 0777) < 0)
		return -errno;
	dir = openat(staging->temp_fd, IMAGE, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	r = write_part(dir, "manifest", image->manifest, image->manifest_size);
	if (r == 0 && image->signature)
		r = write_part(dir, "manifest.sig", image->signature,
			       image->signature_size);
	if (r == 0 && image->ports_size)
		r = write_part(dir, "ports", image->ports, image->ports_size);
	return r == 0 && fsync(dir) < 0 ? -errno : r;
}

/* 1: it is there already, perhaps signed by others, and stays. */
static int put_image(struct staging *staging, const char *id)
{
	__fd int images = openat(staging->fd, "images",
				 O_DIRECTORY | O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	bool there;

	if (images < 0)
		return -errno;
	there = renameat(staging->temp_fd, IMAGE, images, id) < 0;
	if (there && errno != ENOTEMPTY && errno != EEXIST)
		return -errno;
	return fsync(images) < 0 || fsync(staging->fd) < 0 ? -errno : there;
}

int staging_commit(struct staging *staging, const struct staging_image *image,
		   struct digest *ret_id, struct err *err)
{
	sigset_t all, before;
	int r = sha256_of(image->manifest, image->manifest_size, ret_id);

	if (r < 0)
		return err_errno(err, r, "%s", staging->path);
	/* a signal now waits: the tree is complete in an instant */
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, &before);
	r = make_dirs(staging);
	if (r == 0)
		r = stage_image(staging, image);
	if (r == 0)
		r = put_blobs(staging);
	if (r == 0)
		r = put_image(staging, DIGEST_HEX(ret_id));
	if (r >= 0)
		staging->made = false;
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return r < 0 ? err_errno(err, r, "%s", staging->path) : r;
}

void staging_done(struct staging *staging)
{
	watch_signals(NULL);
	if (staging->temp_fd >= 0) {
		(void)empty_dir(staging->temp_fd, 1);
		(void)unlinkat(staging->fd, TEMP, AT_REMOVEDIR);
	}
	if (staging->made) { /* each only if nothing is in it */
		(void)unlinkat(staging->fd, "images", AT_REMOVEDIR);
		(void)unlinkat(staging->fd, "blobs/sha256", AT_REMOVEDIR);
		(void)unlinkat(staging->fd, "blobs", AT_REMOVEDIR);
		(void)rmdir(staging->path);
	}
	fd_close(staging->temp_fd);
	fd_close(staging->fd);
	free(staging->path);
	free(staging->blobs);
	*staging = (struct staging){ .fd = -EBADF, .temp_fd = -EBADF };
}
