/* SPDX-License-Identifier: Apache-2.0 */
#include "container/program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "base/elf.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"

bool program_may_execute(const struct stat *st, const struct identity *identity)
{
	mode_t bit = S_IXOTH;

	if (identity->uid == 0)
		return st->st_mode & (S_IXUSR | S_IXGRP | S_IXOTH);
	if (st->st_uid == identity->uid)
		return st->st_mode & S_IXUSR;
	if (st->st_gid == identity->gid)
		bit = S_IXGRP;
	for (size_t i = 0; i < identity->group_count; i++) {
		if (st->st_gid == identity->groups[i])
			bit = S_IXGRP;
	}
	return st->st_mode & bit;
}

static int open_below(int root, const char *path, struct stat *ret_st)
{
	while (*path == '/')
		path++;
	__fd int fd = path_open_in(root, *path ? path : ".", O_RDONLY | O_NONBLOCK);
	int r = fd < 0 ? fd : sys_fstat(fd, ret_st);

	return r < 0 ? r : TAKE_FD(fd);
}

/* Opens an executable file for looking into it. An fd, or -ENOENT, -EACCES... */
static int open_program(const struct program_search *search, const char *path)
{
	struct stat st;
	__fd int fd = search->open ? search->open(search, path, &st)
				   : open_below(search->root, path, &st);

	if (fd < 0)
		return fd;
	if (!S_ISREG(st.st_mode) || !program_may_execute(&st, search->identity))
		return -EACCES;
	return TAKE_FD(fd);
}

/* The interpreter of "#!interpreter argument", or "". */
static int script_interpreter(int fd, char ret_name[PROGRAM_INTERPRETER_SIZE])
{
	char line[PROGRAM_INTERPRETER_SIZE];
	ssize_t n = sys_pread(fd, line, sizeof(line) - 1, 0);
	char *at = line + 2;

	if (n < 0)
		return (int)n;
	line[n] = '\0';
	if (strncmp(line, "#!", 2) != 0)
		return -ENOEXEC;
	at += strspn(at, " \t");
	at[strcspn(at, " \t\n")] = '\0'; /* a carriage return belongs to the name */
	(void)strcpy(ret_name, at);
	return 0;
}

/* "" for a static program. */
static int elf_interpreter(int fd, char ret_name[PROGRAM_INTERPRETER_SIZE])
{
	struct elf_segment name;
	int r = elf_find(fd, PT_INTERP, &name);

	if (r <= 0)
		return r;
	if (name.size_bytes == 0 || name.size_bytes > PROGRAM_INTERPRETER_SIZE)
		return -ENOEXEC;
	r = fd_pread_all(fd, ret_name, (size_t)name.size_bytes, name.offset);
	if (r == 0 && ret_name[name.size_bytes - 1] != '\0')
		return -ENOEXEC;
	return r;
}

int program_interpreter(int fd, bool *ret_script, char ret_name[PROGRAM_INTERPRETER_SIZE])
{
	unsigned char ident[EI_NIDENT];
	int r = fd_pread_all(fd, ident, sizeof(ident), 0);

	ret_name[0] = '\0';
	*ret_script = false;
	if (r < 0 && r != -EIO)
		return r;
	if (r == 0 && memcmp(ident, ELFMAG, SELFMAG) == 0) {
		r = elf_interpreter(fd, ret_name);
		return r == -EIO ? -ENOEXEC : r;
	}
	*ret_script = true;
	return script_interpreter(fd, ret_name);
}

static int check_interpreters(const struct program_search *search, int program,
			      const char *name, struct err *err)
{
	char next[PROGRAM_INTERPRETER_SIZE];
	bool script = true;
	__fd int fd = -EBADF;

	for (int depth = 0; script && depth < PROGRAM_MAX_DEPTH; depth++) {
		int r = program_interpreter(fd < 0 ? program : fd, &script, next);

		if (r == -ENOEXEC)
			return err_set(err, r, "%s: neither a program nor a script",
				       name);
		if (r < 0)
			return err_errno(err, r, "%s", name);
		if (!script && !next[0])
			return 0;
		fd_close(TAKE_FD(fd));
		fd = open_program(search, next);
		if (fd < 0)
			return err_errno(err, fd, "%s: its interpreter %s", name, next);
	}
	return 0;
}

/* @dir and the name below it. 1 or -ENAMETOOLONG. */
static int join(const char *dir, size_t dir_size, const char *name,
		char ret_path[PROGRAM_SIZE])
{
	struct str path;
	int r;

	str_init(&path, ret_path, PROGRAM_SIZE);
	str_add_bytes(&path, dir, dir_size);
	if (dir_size == 0 || dir[dir_size - 1] != '/')
		str_add(&path, "/");
	str_add(&path, name);
	r = str_done(&path);
	return r < 0 ? r : 1;
}

int program_next_name(struct program_names *names, char ret_path[PROGRAM_SIZE])
{
	const struct program_search *search = names->search;
	const char *name = names->name;

	if (strchr(name, '/')) {
		if (names->path)
			return 0;
		names->path = "";
		return name[0] == '/'
			       ? join("", 0, name + 1, ret_path)
			       : join(search->cwd, strlen(search->cwd), name, ret_path);
	}
	if (!names->path)
		names->path = search->path;
	while (*names->path) {
		const char *dir = names->path;
		size_t size = strcspn(dir, ":");

		names->path += size + (dir[size] == ':');
		if (*dir == '/')
			return join(dir, size, name, ret_path);
	}
	return 0;
}

/* By PATH: one that may not be executed is passed over, and told if nothing better is.  */
int program_find(const struct program_search *search, const char *name,
		 char ret_path[PROGRAM_SIZE], struct err *err)
{
	struct program_names names = { .search = search, .name = name };
	int worst = -ENOENT, r;
	__fd int fd = -EBADF;

	while (fd < 0 && (r = program_next_name(&names, ret_path)) != 0) {
		fd = r < 0 ? r : open_program(search, ret_path);
		if (fd < 0 && fd != -ENOENT && fd != -ENOTDIR)
			worst = fd;
	}
	if (fd < 0 && worst == -ENOENT && !strchr(name, '/'))
		return err_set(err, worst, "%s: not in PATH (%s)", name, search->path);
	if (fd < 0)
		return err_errno(err, worst, "%s", name);
	return check_interpreters(search, fd, ret_path, err);
}
