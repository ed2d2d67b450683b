/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the files of this folder share; look.h is for everybody else. */
#include "container/environment.h"
#include "container/identity.h"
#include "container/program.h"
#include "pack/cmd/look.h"
#include "pack/tree/resolve.h"

struct look {
	struct program_search search; /* the first: whoever opens is handed it */
	struct resolve walk;	      /* large */
	const struct tree *tree;
	const struct manifest *manifest;
	int temp;
	struct identity identity;
	struct environment environment;
	/* where volumes lie, links followed; in their order, as far as they are there */
	char volumes[MANIFEST_MAX_VOLUMES][TREE_PATH_SIZE];
	size_t volume_count;
	/* of the program that is looked for */
	const struct tree_inode *program; /* that the image runs; NULL: not found */
	bool later;			  /* a volume or an injected file may bring it */
	unsigned int scripts;
	bool trap_never;
	char trap[512]; /* what the kernel will have against it; "": nothing */
	look_fn *tell;
	void *context;
};

/* The sentence "@words...". */
__attribute__((format(printf, 3, 4))) void look_say(struct look *look, bool never,
						    const char *words, ...);

/* --- view.c: the image's files as the device will see them -------------------------- */

/* Walks to @path, links followed. -ELOOP, -ENAMETOOLONG; -ENOTDIR: below a file; else 0, and
 * what is there is @ret_inode, or NULL. */
int look_walk(struct look *look, const char *path, const struct tree_inode **ret_inode);

/* The absolute path where the walk has led. */
void look_real_path(const struct look *look, char ret_path[TREE_PATH_SIZE]);

/* Is what stands where the walk has led none of the image's? */
bool look_is_later(const struct look *look);

/* May the user pass every directory on the way where the walk has led? */
bool look_may_pass(const struct look *look);

/* Writes the file's bytes to the descriptor @to. 0 or -errno. */
int look_copy(const struct tree_inode *inode, int to, struct err *err);

/* --- the things to look for --------------------------------------------------------- */

/* Who the user is; root where that can't be told. 0 or -errno: it could not be found out. */
int look_user(struct look *look, struct err *err);
void look_places(struct look *look);
void look_programs(struct look *look);
void look_privileges(struct look *look, const struct look_request *request);
