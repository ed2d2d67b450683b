/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/import/unsquash.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "cli/progress.h"
#include "pack/host/tool.h"

static char buffer[1 << 18]; /* one layer is read at a time */

/* Reads the tar from sqfs2tar's pipe into the spool. */
static int fill(int pipe, const struct spool_options *options, struct content *content,
		struct err *err)
{
	struct sha256 digest;
	ssize_t n;
	int r = sha256_start(&digest);

	while (r == 0 && (n = read(pipe, buffer, sizeof(buffer))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, -errno, "sqfs2tar");
		content->size_bytes += (uint64_t)n;
		if (content->size_bytes > options->limit_bytes)
			return err_set(err, -E2BIG,
				       "its tar is longer than %" PRIu64
				       " bytes (--limit-bytes)",
				       options->limit_bytes);
		progress_add(options->progress, (uint64_t)n);
		r = sha256_add(&digest, buffer, (size_t)n);
		if (r == 0)
			r = fd_write_all(content->fd, buffer, (size_t)n);
	}
	if (r == 0)
		r = sha256_finish(&digest, &content->id);
	return r < 0 ? err_errno(err, r, "writing a temporary file") : 0;
}

int unsquash_spool(const struct source_layer *layer, const struct spool_options *options,
		   struct content *ret_content, struct err *err)
{
	struct content content = { .fd = spool_temp_file(options->temp_dir) };
	char path[PATH_FD_SIZE];
	const char *const argv[] = {
		"sqfs2tar", "--no-skip", "-r", ".", path_of_fd(path, layer->fd), NULL
	};
	const struct tool_options run = { .argv = argv, .keep_fd = layer->fd };
	struct tool tool = TOOL_INIT;
	struct err said = ERR_INIT;
	int r, waited;

	if (content.fd < 0)
		return err_errno(err, content.fd, "temporary file");
	r = tool_start(&tool, TOOL_COLLECT, &run, err);
	if (r == 0)
		r = fill(tool.pipe, options, &content, err);
	waited = tool_wait(&tool, &said);
	if (r == 0 && waited < 0)
		r = err_set(err, waited, "%s", said.text);
	if (r < 0) {
		content_done(&content);
		return err_wrap(err, r, "%s", layer->name);
	}
	content.complete = true; /* sqfs2tar said so */
	*ret_content = content;
	return 0;
}

static bool is_zero(const char *bytes, size_t size)
{
	return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

int unsquash_copy(const struct source_layer *layer, int fd, struct err *err)
{
	struct stat st;
	uint64_t size;
	int r = 0;

	if (fstat(layer->fd, &st) < 0)
		return err_errno(err, -errno, "%s", layer->name);
	size = layer->size_bytes != SOURCE_SIZE_UNKNOWN ? layer->size_bytes
							: (uint64_t)st.st_size;
	for (uint64_t at = 0; at < size && r == 0;) {
		size_t part =
			size - at < sizeof(buffer) ? (size_t)(size - at) : sizeof(buffer);

		r = fd_pread_all(layer->fd, buffer, part, layer->offset + at);
		/* what is nothing stays a hole: an image may have gigabytes of it */
		if (r == 0 && !is_zero(buffer, part))
			r = fd_pwrite_all(fd, buffer, part, at);
		at += part;
	}
	if (r == 0 && ftruncate(fd, (off_t)size) < 0)
		r = -errno;
	return r < 0 ? err_errno(err, r, "%s", layer->name) : 0;
}
