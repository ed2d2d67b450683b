/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Finding the application's program below a root that is not ours yet, and looking at it
 * for a reason why the kernel might not start it. What the kernel itself says of it tells
 * rehearsal.h.
 */
#include <stdbool.h>
#include <sys/stat.h>

#include "base/err.h"
#include "container/identity.h"

#define PROGRAM_SIZE 4096	     /* the kernel takes no longer name */
#define PROGRAM_INTERPRETER_SIZE 256 /* nor a longer one behind "#!" */
/* A script's interpreter may be a script; the kernel gives up after as many. */
#define PROGRAM_MAX_DEPTH 5

struct program_search {
	int root;	  /* directory fd */
	const char *path; /* value of PATH */
	const char *cwd;  /* absolute: where names with a slash in the middle start */
	const struct identity *identity; /* who must be allowed to execute it */
	/* Where the files are not below root: opens one for reading, links followed. An fd
	 * and what fstat would say of it, or -errno. NULL: below root. */
	int (*open)(const struct program_search *search, const char *path,
		    struct stat *ret_st);
};

/* The names under which execvp looks for one, in its order. */
struct program_names {
	const struct program_search *search;
	const char *name;
	const char *path; /* what is left; NULL at the start */
};

/* The next absolute name: as is, from cwd where a slash is in the middle, else by PATH. 1;
 * 0 after the last; -ENAMETOOLONG for one that the kernel would not take. */
int program_next_name(struct program_names *names, char ret_path[PROGRAM_SIZE]);

/* May that user execute the file, by its mode? Or pass through it, a directory. */
bool program_may_execute(const struct stat *st, const struct identity *identity);

/* What the kernel will start in the place of the program @fd or beside it; "" for a static
 * program. 0, -ENOEXEC when the kernel knows no such format, or -errno. */
int program_interpreter(int fd, bool *ret_script,
			char ret_name[PROGRAM_INTERPRETER_SIZE]);

/*
 * The first of its names that is there and executable. Then looks whether it is a program
 * or a script, and whether its interpreter is there too. Writes the absolute name to
 * @ret_path. -ENOENT, -EACCES, -ENOEXEC, -ENAMETOOLONG...
 */
int program_find(const struct program_search *search, const char *name,
		 char ret_path[PROGRAM_SIZE], struct err *err);
