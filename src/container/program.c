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

#define NAME_SIZE 256
/* A script's interpreter may be a script; the kernel gives up after as many. */
#define MAX_DEPTH 5

static bool may_execute(const struct stat *st, const struct identity *identity)
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

/* Opens an executable file for looking into it. An fd, or -ENOENT, -EACCES... */
static int open_program(const struct program_search *search, const char *path)
{
	char rel[NAME_SIZE];
	struct stat st;
	int r;

	while (*path == '/')
		path++;
	if (strlen(path) >= sizeof(rel))
		return -ENAMETOOLONG;
	(void)strcpy(rel, *path ? path : ".");
	__fd int fd = path_open_in(search->root, rel, O_RDONLY | O_NONBLOCK);

	if (fd < 0)
		return fd;
	r = sys_fstat(fd, &st);
	if (r < 0)
		return r;
	if (!S_ISREG(st.st_mode) || !may_execute(&st, search->identity))
		return -EACCES;
	return TAKE_FD(fd);
}

/* The interpreter of "#!interpreter argument", or "". */
static int script_interpreter(int fd, char ret_name[NAME_SIZE])
{
	char line[NAME_SIZE];
	ssize_t n = sys_pread(fd, line, sizeof(line) - 1, 0);
	char *at = line + 2;

	if (n < 0)
		return (int)n;
	line[n] = '\0';
	if (strncmp(line, "#!", 2) != 0)
		return -ENOEXEC;
	at += strspn(at, " \t");
	at[strcspn(at, " \t\r\n")] = '\0';
	(void)strcpy(ret_name, at);
	return 0;
}

/* "" for a static program. */
static int elf_interpreter(int fd, char ret_name[NAME_SIZE])
{
	struct elf_segment name;
	int r = elf_find(fd, PT_INTERP, &name);

	if (r <= 0)
		return r;
	if (name.size_bytes == 0 || name.size_bytes > NAME_SIZE)
		return -ENOEXEC;
	ret_name[NAME_SIZE - 1] = '\0';
	return fd_pread_all(fd, ret_name, (size_t)name.size_bytes, name.offset);
}

/* What the kernel will start in the program's place or beside it; "" for a static
 * program. 0, -ENOEXEC when the kernel knows no such format, or -errno. */
static int interpreter(int fd, bool *ret_script, char ret_name[NAME_SIZE])
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
	char next[NAME_SIZE];
	bool script = true;
	__fd int fd = -EBADF;

	for (int depth = 0; script && depth < MAX_DEPTH; depth++) {
		int r = interpreter(fd < 0 ? program : fd, &script, next);

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

static int try(const struct program_search *search, const char *dir, size_t dir_size,
	       const char *name, char *ret_path, size_t size)
{
	struct str path;

	str_init(&path, ret_path, size);
	str_add_bytes(&path, dir, dir_size);
	if (dir_size == 0 || dir[dir_size - 1] != '/')
		str_add(&path, "/");
	str_add(&path, name);
	if (str_done(&path) < 0)
		return -ENAMETOOLONG;
	return open_program(search, ret_path);
}

/* By PATH: one that may not be executed is passed over, and told if nothing better is.  */
static int find_bare(const struct program_search *search, const char *name,
		     char *ret_path, size_t size)
{
	const char *at = search->path;
	int worst = -ENOENT;

	while (*at) {
		size_t dir_size = strcspn(at, ":");
		int fd = dir_size && *at == '/'
				 ? try(search, at, dir_size, name, ret_path, size)
				 : -ENOENT;

		if (fd >= 0)
			return fd;
		if (fd != -ENOENT && fd != -ENOTDIR)
			worst = fd;
		at += dir_size;
		at += *at == ':';
	}
	return worst;
}

int program_find(const struct program_search *search, const char *name, char *ret_path,
		 size_t size, struct err *err)
{
	__fd int fd = -EBADF;

	if (name[0] == '/')
		fd = try(search, "", 0, name + 1, ret_path, size);
	else if (strchr(name, '/'))
		fd = try(search, search->cwd, strlen(search->cwd), name, ret_path, size);
	else
		fd = find_bare(search, name, ret_path, size);
	if (fd == -ENOENT && !strchr(name, '/'))
		return err_set(err, fd, "%s: not in PATH (%s)", name, search->path);
	if (fd < 0)
		return err_errno(err, fd, "%s", name);
	return check_interpreters(search, fd, ret_path, err);
}
