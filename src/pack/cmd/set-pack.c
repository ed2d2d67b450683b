/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/cmd/set-pack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "install/remove.h"
#include "pack/host/scratch.h"
#include "pack/host/tool.h"

void set_pack_done(struct set_pack *pack)
{
	__fd int fd = -EBADF;

	if (!pack->scratch)
		return;
	fd = open(pack->scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		(void)remove_all(fd, NULL);
	(void)rmdir(pack->scratch);
	free(pack->scratch);
}

/* The words of `lamina pack`, borrowed; the caller frees the array. */
static const char **words(const struct set_pack *pack, const char *name,
			  const char *source, const char *store,
			  const struct source_texts *options)
{
	size_t most = 9 + 2 * MANIFEST_MAX_COMPATIBLE + (options ? options->count : 0);
	const char **argv = calloc(most, sizeof(*argv));
	size_t argc = 0;

	if (!argv)
		return NULL;
	argv[argc++] = "/proc/self/exe";
	argv[argc++] = "pack";
	argv[argc++] = "--output";
	argv[argc++] = store;
	argv[argc++] = "--name";
	argv[argc++] = name;
	for (size_t i = 0; i < pack->set->compatible_count; i++) {
		argv[argc++] = "--compatible";
		argv[argc++] = pack->set->compatible[i];
	}
	if (pack->force)
		argv[argc++] = "--force";
	for (size_t i = 0; options && i < options->count; i++)
		argv[argc++] = options->items[i];
	argv[argc] = source;
	return argv;
}

/* As `lamina pack` alone would, which may take long and much memory: by itself. */
static int run(const struct set_pack *pack, const char *name, const char *source,
	       const char *store, const struct source_texts *options, struct err *err)
{
	struct tool_options tool = { .own = true };
	const char **argv = words(pack, name, source, store, options);
	int r;

	if (!argv)
		return err_errno(err, -ENOMEM, "%s", source);
	tool.argv = argv;
	r = tool_run(&tool, err);
	free(argv);
	if (r < 0 && options)
		return err_set(err, r, "%s: not packed", source);
	return r < 0 ? err_set(err, r,
			       "%s: not packed; what needs options is packed by `lamina "
			       "pack -o DIR`, and given as %s=DIR",
			       source, name)
		     : 0;
}

int set_pack_open(struct set_pack *pack, const char *name, const char *what,
		  const struct source_texts *options, struct place *ret_place,
		  struct err *err)
{
	char *store;
	int r;

	if (access(what, F_OK) == 0 || !strchr(what, ':'))
		return options ? err_set(err, -EINVAL,
					 "%s is no source such as docker://nginx, and only one "
					 "can be packed as the file says",
					 what)
			       : place_open(ret_place, what, NULL, err);
	if (!pack->scratch) {
		r = scratch_make_directory("set", &pack->scratch, err);
		if (r < 0)
			return r;
	}
	if (asprintf(&store, "%s/%s", pack->scratch, name) < 0)
		return err_errno(err, -ENOMEM, "%s", what);
	r = run(pack, name, what, store, options, err);
	if (r == 0)
		r = place_open(ret_place, store, NULL, err);
	free(store);
	return r;
}
