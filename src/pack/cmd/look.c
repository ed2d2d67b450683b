/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/cmd/look.h"

#include <elf.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/le.h"
#include "base/str.h"
#include "pack/tree/content.h"
#include "pack/tree/resolve.h"

#define LOOK_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define LOOK_FILE_MAX ((size_t)1 << 20) /* of /etc/passwd */

struct looker {
	struct resolve walk; /* large */
	const struct tree *tree;
	const struct manifest *manifest;
	const struct tree_inode *program; /* the first that can be executed, or NULL */
	look_fn *tell;
	void *context;
};

static bool is_below(const char *path, const char *dir)
{
	size_t size = strlen(dir);

	return strncmp(path, dir, size) == 0 && (path[size] == '/' || !path[size]);
}

/* What stands there on the device isn't the image's. */
static bool comes_later(const struct manifest *manifest, const char *path)
{
	for (size_t i = 0; i < manifest->volume_count; i++)
		if (is_below(path, manifest->volumes[i].path))
			return true;
	for (size_t i = 0; i < manifest->inject_count; i++)
		if (is_below(path, manifest->injects[i]))
			return true;
	return false;
}

/* What the path leads to, links followed; NULL: nothing. */
static const struct tree_inode *find(struct looker *looker, const char *path)
{
	const struct tree_node *node;

	resolve_start(&looker->walk, looker->tree, looker->tree->lower);
	if (resolve_dirs(&looker->walk, path, NULL) < 0)
		return NULL;
	node = resolve_node(&looker->walk.frames[looker->walk.depth]);
	return node ? node->inode : NULL;
}

/* May @name in the directory @dir be executed, as far as can be told here? 1: yes; 0: no;
 * -1: it isn't there. A relative directory is one below the working directory. */
static int judge(struct looker *looker, const char *dir, size_t size, const char *name)
{
	const char *above = size && dir[0] == '/' ? "" : looker->manifest->cwd;
	char path[TREE_PATH_SIZE], plain[TREE_PATH_SIZE] = "/";
	const struct tree_inode *inode;

	if ((size_t)snprintf(path, sizeof(path), "%s/%.*s/%s", above, (int)size, dir,
			     name) >= sizeof(path))
		return -1;
	/* where ".." leads is only known in the tree */
	if (str_below_root(path, plain + 1, sizeof(plain) - 1) == 0 &&
	    comes_later(looker->manifest, plain))
		return 1;
	inode = find(looker, path);
	if (!inode)
		return -1;
	if (!S_ISREG(inode->mode) || !(inode->mode & 0111))
		return 0;
	if (!looker->program)
		looker->program = inode;
	return 1;
}

static const char *search_path(const struct manifest *manifest)
{
	for (size_t i = 0; i < manifest->env_count; i++)
		if (strncmp(manifest->env[i], "PATH=", 5) == 0)
			return manifest->env[i] + 5;
	return LOOK_PATH;
}

static int judge_by_path(struct looker *looker, const char *name)
{
	int best = -1;

	for (const char *dir = search_path(looker->manifest);; dir++) {
		size_t size = strcspn(dir, ":");
		int is = judge(looker, dir, size, name);

		best = is > best ? is : best;
		dir += size;
		if (!*dir)
			return best;
	}
}

/* The GOARCH name of the processor that an ELF file of one we know is for, else NULL. */
static const char *arch_of(const struct tree_inode *inode)
{
	static const struct {
		uint16_t machine;
		const char *arch;
	} machines[] = { { EM_X86_64, "amd64" },
			 { EM_AARCH64, "arm64" },
			 { EM_ARM, "arm" },
			 { EM_RISCV, "riscv64" } };
	struct content_reader reader;
	uint8_t head[offsetof(Elf64_Ehdr, e_machine) + 2] = { 0 }; /* as Elf32_Ehdr */

	if (inode->size_bytes < sizeof(head) || content_open(&reader, inode, NULL) < 0)
		return NULL;
	(void)content_read(&reader, head, sizeof(head), NULL);
	content_close(&reader);
	if (memcmp(head, ELFMAG, SELFMAG) != 0 || head[EI_DATA] != ELFDATA2LSB)
		return NULL;
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		if (le_get(head + sizeof(head) - 2, 2) == machines[i].machine)
			return machines[i].arch;
	return NULL;
}

/* A 64-bit ARM processor may run programs for the 32-bit ones. */
static void compare_arch(struct looker *looker, const char *name)
{
	const char *is = looker->program ? arch_of(looker->program) : NULL;
	const char *arch = looker->manifest->arch;
	char words[TREE_PATH_SIZE + 64];

	if (!is || strcmp(is, arch) == 0 ||
	    (strcmp(is, "arm") == 0 && strcmp(arch, "arm64") == 0))
		return;
	(void)snprintf(words, sizeof(words),
		       "the program '%s' is for %s, the image for %s", name, is, arch);
	looker->tell(looker->context, words);
}

static void look_for_program(struct looker *looker)
{
	const char *name = looker->manifest->args[0];
	char words[TREE_PATH_SIZE + 64];
	int is;

	if (!name)
		return;
	if (!strchr(name, '/'))
		is = judge_by_path(looker, name);
	else
		is = judge(looker, "/", name[0] == '/', name);
	if (is > 0) {
		compare_arch(looker, name);
		return;
	}
	(void)snprintf(words, sizeof(words), "the program '%s' %s", name,
		       is < 0 ? "is not in the image" : "can't be executed");
	looker->tell(looker->context, words);
}

/* The whole of a text file of the image, ended by NUL, for the caller to free; NULL:
 * none. */
static char *read_file(struct looker *looker, const char *path)
{
	const struct tree_inode *inode = find(looker, path);
	struct content_reader reader;
	char *text;

	if (!inode || !S_ISREG(inode->mode) || inode->size_bytes > LOOK_FILE_MAX)
		return NULL;
	text = calloc(1, (size_t)inode->size_bytes + 1);
	if (!text || content_open(&reader, inode, NULL) < 0) {
		free(text);
		return NULL;
	}
	(void)content_read(&reader, text, (size_t)inode->size_bytes, NULL);
	content_close(&reader);
	return text;
}

static bool has_line(const char *text, const char *name, size_t size)
{
	for (const char *at = text; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, name, size) == 0 && at[size] == ':')
			return true;
	}
	return false;
}

static void look_for_name(struct looker *looker, const char *what, const char *file,
			  const char *name, size_t size)
{
	char words[512], *text;

	if (size == 0 || strspn(name, "0123456789") >= size ||
	    comes_later(looker->manifest, file))
		return;
	text = read_file(looker, file);
	if (!text || !has_line(text, name, size)) {
		(void)snprintf(words, sizeof(words),
			       "the %s '%.*s' is not in the image's %s", what, (int)size,
			       name, file);
		looker->tell(looker->context, words);
	}
	free(text);
}

void look_for_traps(const struct tree *tree, const struct manifest *manifest,
		    look_fn *tell, void *context)
{
	struct looker *looker = calloc(1, sizeof(*looker));
	size_t size = strcspn(manifest->user, ":");

	if (!looker || !tree->lower) {
		free(looker);
		return;
	}
	looker->tree = tree;
	looker->manifest = manifest;
	looker->tell = tell;
	looker->context = context;
	look_for_program(looker);
	look_for_name(looker, "user", "/etc/passwd", manifest->user, size);
	if (manifest->user[size])
		look_for_name(looker, "group", "/etc/group", manifest->user + size + 1,
			      strlen(manifest->user + size + 1));
	free(looker);
}
