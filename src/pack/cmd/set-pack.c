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
static const char **words(const struct set_pack *pack, const struct set_member *member,
			  const char *store)
{
	size_t most = 8 + 2 * MANIFEST_MAX_COMPATIBLE + member->options.count +
		      member->sources.count;
	const char **argv = calloc(most, sizeof(*argv));
	size_t argc = 0;

	if (!argv)
		return NULL;
	argv[argc++] = "/proc/self/exe";
	argv[argc++] = "pack";
	argv[argc++] = "--output";
	argv[argc++] = store;
	argv[argc++] = "--name";
	argv[argc++] = member->name;
	for (size_t i = 0; i < pack->set->compatible_count; i++) {
		argv[argc++] = "--compatible";
		argv[argc++] = pack->set->compatible[i];
	}
	if (pack->force)
		argv[argc++] = "--force";
	for (size_t i = 0; i < member->options.count; i++)
		argv[argc++] = member->options.items[i];
	for (size_t i = 0; i < member->sources.count; i++)
		argv[argc++] = member->sources.items[i];
	return argv;
}

/* As `lamina pack` alone would, which may take long and much memory: by itself. */
static int run(const struct set_pack *pack, const struct set_member *member,
	       const char *store, struct err *err)
{
	struct tool_options tool = { .own = true };
	const char **argv = words(pack, member, store);
	const char *source = member->sources.items[0];
	int r;

	if (!argv)
		return err_errno(err, -ENOMEM, "%s", source);
	tool.argv = argv;
	r = tool_run(&tool, err);
	free(argv);
	return r < 0 ? err_set(err, r,
			       "%s: not packed; --option '%s OPTION VALUE' gives it an "
			       "option of lamina pack",
			       source, member->name)
		     : 0;
}

static bool is_source(const char *text)
{
	return access(text, F_OK) != 0 && strchr(text, ':');
}

static int check_sources(const struct set_member *member, struct err *err)
{
	for (size_t i = 0; i < member->sources.count; i++) {
		if (!is_source(member->sources.items[i]))
			return err_set(err, -EINVAL,
				       "%s is no source such as docker://nginx, and only "
				       "those can be packed with options or together",
				       member->sources.items[i]);
	}
	return 0;
}

int set_pack_open(struct set_pack *pack, const struct set_member *member,
		  struct place *ret_place, struct err *err)
{
	const char *what = member->sources.items[0];
	char *store;
	int r;

	if (member->options.count == 0 && member->sources.count == 1 && !is_source(what))
		return place_open(ret_place, what, NULL, err);
	r = check_sources(member, err);
	if (r == 0 && !pack->scratch)
		r = scratch_make_directory("set", &pack->scratch, err);
	if (r < 0)
		return r;
	if (asprintf(&store, "%s/%s", pack->scratch, member->name) < 0)
		return err_errno(err, -ENOMEM, "%s", what);
	r = run(pack, member, store, err);
	if (r == 0)
		r = place_open(ret_place, store, NULL, err);
	free(store);
	return r;
}
