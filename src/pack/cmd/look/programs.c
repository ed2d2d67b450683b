/* SPDX-License-Identifier: Apache-2.0 */
/* The program, and what its health is checked by: the device's own search over the image,
 * and what only the device's kernel says there. */
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/le.h"
#include "pack/cmd/look/parts.h"
#include "pack/host/scratch.h"

#define PROGRAM_MAX ((uint64_t)1 << 30) /* nobody copies more for a look */

/* What an ELF file says first, in both kinds of file at the same place. */
struct kind {
	uint8_t ident[EI_NIDENT];
	uint16_t type, machine;
};

static const struct {
	char name[8]; /* in manifests, but for the last */
	uint16_t machine;
	uint8_t class;
} machines[] = {
	{ "amd64", EM_X86_64, ELFCLASS64 }, { "arm64", EM_AARCH64, ELFCLASS64 },
	{ "arm", EM_ARM, ELFCLASS32 },	    { "riscv64", EM_RISCV, ELFCLASS64 },
	{ "386", EM_386, ELFCLASS32 },
};

#define MACHINES (sizeof(machines) / sizeof(machines[0]))

static void machine_name(const struct kind *kind, char *ret_name, size_t size)
{
	bool little = kind->ident[EI_DATA] == ELFDATA2LSB;
	uint16_t machine = (uint16_t)le_get((const uint8_t *)&kind->machine, 2);

	for (size_t i = 0; i < MACHINES; i++)
		if (little && machines[i].machine == machine &&
		    machines[i].class == kind->ident[EI_CLASS]) {
			(void)snprintf(ret_name, size, "%s", machines[i].name);
			return;
		}
	(void)snprintf(ret_name, size, "another machine (ELF machine %u, %s bits%s)",
		       machine, kind->ident[EI_CLASS] == ELFCLASS64 ? "64" : "32",
		       little ? "" : ", big-endian");
}

/* Of several traps, the first in the kernel's order counts. */
static void set_trap(struct look *look, bool never, const char *words, ...)
	__attribute__((format(printf, 3, 4)));

static void set_trap(struct look *look, bool never, const char *words, ...)
{
	va_list args;

	if (look->trap[0])
		return;
	look->trap_never = never;
	va_start(args, words);
	(void)vsnprintf(look->trap, sizeof(look->trap), words, args);
	va_end(args);
}

/* 64-bit processors may run programs for the 32-bit ones: those of ARM by default, those of
 * PCs where the kernel was built so. */
static void judge_machine(struct look *look, const char *path, const struct kind *kind)
{
	const char *arch = look->manifest->arch;
	bool narrow_pc, narrow_arm;
	char name[64];

	bool filtered = look->manifest->confine && *look->manifest->syscalls;

	machine_name(kind, name, sizeof(name));
	narrow_pc = strcmp(name, "386") == 0 && strcmp(arch, "amd64") == 0;
	narrow_arm = strcmp(name, "arm") == 0 && strcmp(arch, "arm64") == 0;
	/* numbers of calls are those of the image's own */
	if (filtered && (narrow_pc || narrow_arm))
		set_trap(look, true,
			 "%s: is for %s, and would be killed at its first system call "
			 "(--seccomp none)",
			 path, name);
	if (strcmp(name, arch) != 0 && !narrow_arm)
		set_trap(look, !narrow_pc, "%s: is for %s, the image for %s", path, name,
			 arch);
}

/* A script is read by its interpreter, as that user. */
static void judge_script(struct look *look, const char *path, const struct stat *st)
{
	struct stat reading = *st;

	reading.st_mode = (st->st_mode & 0444) >> 2;
	if (look->identity.uid != 0 && !program_may_execute(&reading, &look->identity))
		set_trap(look, true, "%s: user %u may not read this script", path,
			 (unsigned int)look->identity.uid);
	if (++look->scripts > PROGRAM_MAX_DEPTH)
		set_trap(look, true, "%s: a script of a script, more than %d times", path,
			 PROGRAM_MAX_DEPTH);
}

static void judge(struct look *look, const char *path, int fd, const struct stat *st)
{
	struct kind kind = { .type = 0 };

	if (!program_may_execute(st, &look->identity))
		return;
	if (fd_pread_all(fd, &kind, 2, 0) == 0 && memcmp(kind.ident, "#!", 2) == 0)
		judge_script(look, path, st);
	else if (fd_pread_all(fd, &kind, sizeof(kind), 0) == 0 &&
		 memcmp(kind.ident, ELFMAG, SELFMAG) == 0)
		judge_machine(look, path, &kind);
}

/* /proc/self/exe: what starts it would start itself, for ever. */
static void judge_place(struct look *look, const char *path)
{
	static const char exe[] = "/exe";
	char real[TREE_PATH_SIZE];
	size_t size;

	look_real_path(look, real);
	size = strlen(real);
	if (strncmp(real, "/proc/", 6) == 0 && size > strlen(exe) &&
	    strcmp(real + size - strlen(exe), exe) == 0)
		set_trap(look, true, "%s: leads to lamina-init itself", path);
}

/* In the place of opening it below a root that doesn't exist yet. */
static int open_in_tree(const struct program_search *search, const char *path,
			struct stat *ret_st)
{
	struct look *look = (struct look *)(uintptr_t)search;
	const struct tree_inode *inode;
	int r = look_walk(look, path, &inode);

	if (r < 0)
		return r;
	judge_place(look, path);
	if (look_is_later(look) || (inode && inode->size_bytes > PROGRAM_MAX)) {
		look->later = true;
		return -ENOENT;
	}
	if (!inode)
		return -ENOENT;
	if (!S_ISREG(inode->mode) || !look_may_pass(look))
		return -EACCES;
	__fd int fd = scratch_open(NULL);

	r = fd < 0 ? fd : look_copy(inode, fd, NULL);
	if (r < 0)
		return r;
	*ret_st = (struct stat){ .st_mode = inode->mode,
				 .st_uid = inode->uid,
				 .st_gid = inode->gid,
				 .st_size = (off_t)inode->size_bytes };
	judge(look, path, fd, ret_st);
	return TAKE_FD(fd);
}

/* A program that is looked for by name is @what to who reads of it. True: it is there. */
static bool look_for(struct look *look, const char *name, const char *what, bool never,
		     char path[PROGRAM_SIZE])
{
	struct err err = ERR_INIT;
	int r;

	look->later = false;
	look->scripts = 0;
	look->trap[0] = '\0';
	r = program_find(&look->search, name, path, &err);
	if (look->trap[0])
		look_say(look, never && look->trap_never, "%s: %s", what, look->trap);
	else if (r < 0 && !look->later)
		look_say(look, never, "%s: %s", what, err.text);
	return r == 0;
}

void look_programs(struct look *look)
{
	const struct manifest *manifest = look->manifest;
	char path[PROGRAM_SIZE];

	environment_make(manifest, &look->identity, NULL, &look->environment);
	look->search = (struct program_search){
		.root = -EBADF,
		.path = environment_get(&look->environment, "PATH"),
		.cwd = manifest->cwd,
		.identity = &look->identity,
		.open = open_in_tree,
	};
	if (manifest->health_args[0])
		(void)look_for(look, manifest->health_args[0], "health", false, path);
	if (manifest->args[0] && look_for(look, manifest->args[0], "program", true, path))
		(void)look_walk(look, path, &look->program);
}
