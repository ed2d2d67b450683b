/* SPDX-License-Identifier: Apache-2.0 */
/* The transports that are one file or directory: tar:, dir:, squashfs:. */
#include "pack/source/source.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "pack/host/scratch.h"

/* "/a/b.tar.gz" as "b": a name to propose for the image. Only the file's own name goes
 * into the manifest: the same file packed from elsewhere gives the same bytes. */
static int propose_name(struct source *source, const char *prefix, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash && slash[1] ? slash + 1 : path;
	int r = source_set(&source->name, base);
	char *provenance = NULL;

	source->name_is_path = true;
	if (r == 0 && asprintf(&provenance, "%s:%s", prefix, base) < 0)
		return -ENOMEM;
	free(source->provenance);
	source->provenance = provenance;
	if (r == 0 && source->name[0] != '.')
		source->name[strcspn(source->name, ".")] = '\0';
	return r;
}

static int add(struct source *source, enum source_kind kind, const char *prefix,
	       const char *path, int fd)
{
	char *name = NULL;
	struct source_layer *layer;
	int r;

	if (asprintf(&name, "%s:%s", prefix, path) < 0) {
		fd_close(fd);
		return -ENOMEM;
	}
	layer = source_add_layer(source, kind, fd, name);
	r = layer ? 0 : -ENOMEM;
	free(name);
	if (layer) {
		layer->plain = kind != SOURCE_TAR;
		layer->own = true;
	}
	if (r == 0 && strcmp(path, "-") != 0)
		r = propose_name(source, prefix, path);
	return r;
}

static int open_file(const char *path, int flags, struct err *err)
{
	int fd = strcmp(path, "-") == 0 && !(flags & O_DIRECTORY)
			 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
			 : open(path, flags | O_RDONLY | O_CLOEXEC);

	return fd < 0 ? err_errno(err, -errno, "can't open it") : fd;
}

static int tar_open(const char *rest, const struct source_options *options,
		    struct source *source, struct err *err)
{
	int fd = open_file(rest, 0, err);
	struct stat st;

	(void)options;
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		fd_close(fd);
		return err_set(err, -EISDIR, "is a directory");
	}
	return add(source, SOURCE_TAR, "tar", rest, fd);
}

static int dir_open(const char *rest, const struct source_options *options,
		    struct source *source, struct err *err)
{
	int fd = open_file(rest, O_DIRECTORY, err);

	(void)options;
	return fd < 0 ? fd : add(source, SOURCE_DIR, "dir", rest, fd);
}

/* What comes through a pipe, as a file: a squashfs is read from its end. */
static int keep_stream(int from, uint64_t limit_bytes, struct err *err)
{
	__fd int fd = scratch_open(err);
	int64_t r;

	if (fd < 0)
		return fd;
	/* one more, so that it shows where there is too much */
	r = fd_copy(from, fd, limit_bytes < INT64_MAX ? limit_bytes + 1 : INT64_MAX);
	if (r > 0 && (uint64_t)r > limit_bytes)
		return err_set(err, -E2BIG,
			       "is longer than %" PRIu64 " bytes (--limit-bytes)",
			       limit_bytes);
	return r < 0 ? err_errno(err, (int)r, "keeping it in a temporary file")
		     : TAKE_FD(fd);
}

static int squashfs_open(const char *rest, const struct source_options *options,
			 struct source *source, struct err *err)
{
	__fd int fd = open_file(rest, 0, err);
	char magic[4];

	if (fd >= 0 && lseek(fd, 0, SEEK_CUR) < 0 && errno == ESPIPE) {
		int kept = keep_stream(fd, options->limit_bytes, err);

		fd_close(fd);
		fd = kept;
	}
	if (fd < 0)
		return fd;
	if (fd_pread_all(fd, magic, sizeof(magic), 0) < 0 ||
	    memcmp(magic, "hsqs", 4) != 0)
		return err_set(err, -EBADMSG, "is no squashfs");
	return add(source, SOURCE_SQUASHFS, "squashfs", rest, TAKE_FD(fd));
}

const struct source_transport source_tar = { "tar", "FILE", tar_open };
const struct source_transport source_dir = { "dir", "PATH", dir_open };
const struct source_transport source_squashfs = { "squashfs", "FILE", squashfs_open };
