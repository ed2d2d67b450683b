/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/import/squash.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "cli/progress.h"
#include "pack/host/tool.h"
#include "pack/tree/content.h"
#include "pack/tree/emit.h"

#define SQUASH_BUFFER ((size_t)256 << 10)

static int parse_version(char *text, struct squash_version *ret_version, struct err *err)
{
	struct squash_version v = { 0 };
	char *at = strstr(text, "version ");

	if (!at || sscanf(at, "version %u.%u.%u", &v.major, &v.minor, &v.patch) < 2)
		return err_set(err, -EBADMSG, "sqfstar: can't read its version");
	at += strlen("version ");
	(void)snprintf(v.text, sizeof(v.text), "%.*s", (int)strcspn(at, " \n"), at);
	*ret_version = v;
	return 0;
}

int squash_version(struct squash_version *ret_version, struct err *err)
{
	static const char *const argv[] = { "sqfstar", "-version", NULL };
	const struct tool_options options = { .argv = argv };
	struct tool tool;
	char text[4096];
	size_t used = 0;
	ssize_t n;
	int r = tool_start(&tool, TOOL_COLLECT, &options, err);

	if (r < 0) {
		tool_stop(&tool);
		return r;
	}
	while (used < sizeof(text) - 1 &&
	       (n = fd_read_file(tool.pipe, text + used, sizeof(text) - 1 - used)) > 0)
		used += (size_t)n;
	text[used] = '\0';
	r = tool_wait(&tool, err);
	/* 4.5 leaves with 1 after telling its version */
	if (r == -EIO && used)
		r = 0;
	return r < 0 ? r : parse_version(text, ret_version, err);
}

bool squash_sets_root_time(const struct squash_version *version)
{
	return version->major > 4 || (version->major == 4 && version->minor >= 6);
}

static const struct {
	const char *name;
	unsigned int levels; /* highest level, 0: knows none */
} compressors[] = {
	{ "zstd", 22 }, { "gzip", 9 }, { "xz", 0 },
	{ "lz4", 0 },	{ "lzo", 9 },  { "none", 0 },
};

int squash_parse_compression(const char *text, struct squash_options *options,
			     struct err *err)
{
	size_t size = strcspn(text, ":");
	uint64_t level = 0;

	for (size_t i = 0; i < sizeof(compressors) / sizeof(compressors[0]); i++) {
		const char *name = compressors[i].name;

		if (strlen(name) != size || memcmp(name, text, size) != 0)
			continue;
		if (text[size] &&
		    (str_number(text + size + 1, strlen(text + size + 1), &level) < 0 ||
		     level == 0 || level > compressors[i].levels))
			return err_set(err, -EINVAL, "%s: %s has levels from 1 to %u",
				       text, name, compressors[i].levels);
		(void)snprintf(options->compression, sizeof(options->compression), "%s",
			       name);
		options->level = (unsigned int)level;
		return 0;
	}
	return err_set(err, -EINVAL,
		       "%s: compression is zstd[:LEVEL], gzip[:LEVEL], xz, lz4, "
		       "lzo[:LEVEL] or none",
		       text);
}

int squash_parse_block_size(const char *text, struct squash_options *options,
			    struct err *err)
{
	size_t size = strlen(text);
	char unit = size ? text[size - 1] : '\0';
	uint64_t shift = unit == 'K' ? 10 : unit == 'M' ? 20 : 0, value;

	if (str_number(text, size - (shift ? 1 : 0), &value) < 0 || value > (1 << 20) ||
	    value << shift < 4096 || value << shift > (1 << 20) || (value & (value - 1)))
		return err_set(err, -EINVAL,
			       "%s: a block size is a power of two from 4K to 1M", text);
	options->block_size = (uint32_t)(value << shift);
	return 0;
}

struct feed {
	int pipe;
	struct progress *progress;
	char buffer[SQUASH_BUFFER];
};

static int feed_bytes(void *context, const void *bytes, size_t size, struct err *err)
{
	struct feed *feed = context;
	int r = fd_write_all(feed->pipe, bytes, size);

	return r < 0 ? err_errno(err, r, "sqfstar") : 0;
}

static int feed_content(void *context, const struct tree_inode *inode, struct err *err)
{
	struct feed *feed = context;
	struct content_reader reader;
	int r = content_open(&reader, inode, err);

	for (uint64_t left = inode->size_bytes; left && r == 0;) {
		size_t size =
			left < sizeof(feed->buffer) ? (size_t)left : sizeof(feed->buffer);

		r = content_read(&reader, feed->buffer, size, err);
		if (r == 0)
			r = feed_bytes(feed, feed->buffer, size, err);
		progress_add(feed->progress, size);
		left -= size;
	}
	content_close(&reader);
	return r;
}

/* What sqfstar is told, and where the words of it live. */
struct words {
	const char *argv[40];
	size_t count;
	char out[PATH_FD_SIZE], mode[8], time[16], uid[16], gid[16], level[8], block[16],
		epoch[32];
};

static void say(struct words *w, const char *option, const char *value)
{
	w->argv[w->count++] = option;
	if (value)
		w->argv[w->count++] = value;
}

static void say_compression(struct words *w, const struct squash_options *options)
{
	bool none = strcmp(options->compression, "none") == 0;

	(void)snprintf(w->level, sizeof(w->level), "%u", options->level);
	(void)snprintf(w->block, sizeof(w->block), "%u", options->block_size);
	say(w, "-comp", none ? "gzip" : options->compression);
	if (options->level)
		say(w, "-Xcompression-level", w->level);
	if (none) {
		say(w, "-noI", NULL);
		say(w, "-noD", NULL);
		say(w, "-noF", NULL);
		say(w, "-noX", NULL);
	}
	say(w, "-b", w->block);
}

static uint32_t latest_mtime(const struct tree_node *root)
{
	uint32_t latest = 0;

	for (const struct tree_node *n = root; n; n = tree_next(root, n))
		if (n->inode && n->inode->mtime > latest)
			latest = n->inode->mtime;
	return latest;
}

/*
 * SOURCE_DATE_EPOCH makes sqfstar's own time stamps a function of the tree: the newest
 * mtime in it. Before 4.6, sqfstar knows no other way to give the root a time (so it gets
 * this one), and takes the root's owner from the process, which therefore runs as that
 * owner.
 */
static void say_root(struct words *w, const struct tree_node *root,
		     const struct squash_version *version)
{
	const struct tree_inode *inode = root->inode;

	(void)snprintf(w->epoch, sizeof(w->epoch), "SOURCE_DATE_EPOCH=%u",
		       latest_mtime(root));
	(void)snprintf(w->mode, sizeof(w->mode), "%04o", inode->mode & 07777);
	(void)snprintf(w->time, sizeof(w->time), "%u", inode->mtime);
	(void)snprintf(w->uid, sizeof(w->uid), "%u", inode->uid);
	(void)snprintf(w->gid, sizeof(w->gid), "%u", inode->gid);
	say(w, "-root-mode", w->mode);
	if (!squash_sets_root_time(version))
		return;
	say(w, "-root-time", w->time);
	say(w, "-root-uid", w->uid);
	say(w, "-root-gid", w->gid);
}

static int start(struct tool *tool, struct words *w, const struct tree_node *root,
		 const struct squash_options *options,
		 const struct squash_version *version, int out_fd, struct err *err)
{
	bool old = !squash_sets_root_time(version);
	const char *const env[] = { w->epoch, NULL };
	struct tool_options run = {
		.argv = w->argv,
		.env = env,
		.keep_fd = out_fd,
		.as_owner = old,
		.uid = root->inode->uid,
		.gid = root->inode->gid,
	};

	path_of_fd(w->out, out_fd);
	/* sqfstar of 4.5 loses the value of -Xcompression-level; by its other name the same
	 * program does not */
	if (old && options->level) {
		say(w, "mksquashfs", "-");
		say(w, w->out, "-tar");
		say(w, "-noappend", NULL);
	} else {
		say(w, "sqfstar", "-force");
	}
	say(w, "-quiet", NULL);
	say(w, "-no-progress", NULL);
	say(w, "-exit-on-error", NULL);
	/* else it swallows a quarter of the memory before it writes anything, and the
	 * progress bar with it; no slower, and the same bytes */
	say(w, "-mem", "128M");
	say_compression(w, options);
	say_root(w, root, version);
	if (strcmp(w->argv[0], "sqfstar") == 0)
		say(w, w->out, NULL);
	if (old && tool_check_owner(run.uid, run.gid, err) < 0)
		return -EPERM;
	return tool_start(tool, TOOL_FEED, &run, err);
}

int squash_write(const struct tree_node *root, const struct squash_options *options,
		 const struct squash_version *version, int out_fd,
		 struct progress *progress, struct err *err)
{
	static struct feed feed;
	const struct emit_sink sink = { feed_bytes, feed_content, &feed };
	struct words words = { 0 };
	struct tool tool = TOOL_INIT;
	struct err said = ERR_INIT;
	int r = start(&tool, &words, root, options, version, out_fd, err), waited;

	if (r < 0) {
		tool_stop(&tool);
		return r;
	}
	feed.pipe = tool.pipe;
	feed.progress = progress;
	r = emit_layer(root, &sink, err);
	if (r < 0 && r != -EPIPE) {
		tool_stop(&tool);
		return r;
	}
	progress_verb(progress, "compressing the rest of");
	/* a broken pipe is explained by what the tool said */
	waited = tool_wait(&tool, &said);
	if (waited < 0)
		return err_set(err, waited, "%s", said.text);
	return r;
}
