/* SPDX-License-Identifier: Apache-2.0 */
/* What a whole run did, compared with what somebody has written down. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake/kernel.h"

#define ROOM 65536
#define ID_SIZE 64

static char got[ROOM];
static size_t used;

static void add(const char *text, size_t size)
{
	if (used + size >= sizeof(got))
		fake_bug("more than a written list has room for");
	memcpy(got + used, text, size);
	used += size;
	got[used] = '\0';
}

/* --- ids: another processor's images have others
 * ---------------------------------------------------------------------------- */

static char ids[64][ID_SIZE + 1];
static int id_count;

static size_t id_at(const char *text)
{
	size_t size = strspn(text, "0123456789abcdef");

	return size == ID_SIZE || size == 12 ? size : 0;
}

/* The same 12 digits stand for the same id. */
static void add_id(const char *text, size_t size)
{
	char name[16];
	int i = 0;

	while (i < id_count && strncmp(ids[i], text, 12) != 0)
		i++;
	if (i == id_count && id_count < 64)
		(void)snprintf(ids[id_count++], sizeof(ids[0]), "%.*s", (int)size, text);
	(void)snprintf(name, sizeof(name), size == 12 ? "<%d..>" : "<%d>", i + 1);
	add(name, strlen(name));
}

static void add_line(const char *line)
{
	while (*line) {
		size_t size = id_at(line);

		if (size) {
			add_id(line, size);
			line += size;
			continue;
		}
		/* descriptors have the numbers that are free */
		size = strncmp(line, "self/fd/", 8) == 0 ? 8 : 0;
		if (size) {
			add(line, size);
			line += size + strspn(line + size, "0123456789");
			add("N", 1);
			continue;
		}
		/* a word of digits is passed whole: its end may look like an id */
		size = strspn(line, "0123456789abcdef");
		size += size == 0;
		add(line, size);
		line += size;
	}
	add("\n", 1);
}

/* --- calls, mounts
 * ---------------------------------------------------------------------------- */

static void add_calls(void)
{
	static const char *const names[] = {
		"fsconfig",   "fsmount",   "move_mount",      "mount",	   "umount2",
		"pivot_root", "chroot",	   "mkdirat",	      "mknodat",   "symlinkat",
		"renameat",   "renameat2", "unlinkat",	      "fsync",	   "fdatasync",
		"pwrite",     "write",	   "sync_file_range", "ftruncate", "fchmod",
		"fchownat",   "fsetxattr", "futimens",	      "syncfs",	   "flock",
		"ioctl",      "setgroups", "setresgid",	      "setresuid", "execve",
		"reboot",
	};

	for (int n = 1; n <= fake_calls(); n++) {
		const char *call = fake_call(n);
		size_t size = strcspn(call, " ,");

		/* words on the console, or where a program was given to say them, are no deed */
		if (strstr(call, "/dev/console") || strstr(call, "/dev/kmsg") ||
		    strstr(call, "openat /initial"))
			continue;
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			if (strncmp(names[i], call, size) == 0 && !names[i][size])
				add_line(call);
		}
	}
}

/* Where it is, from the root that there is now. */
static void path_of(const struct mount *mount, char *ret_path, size_t size)
{
	const struct node *at = mount->root;
	char below[512] = "", text[1024];

	while (mount->root != kernel->root.node || at != mount->root) {
		if (at == mount->root) {
			at = mount->point;
			mount = mount->parent;
			if (!mount) {
				(void)snprintf(ret_path, size, "(out of reach)%s", below);
				return;
			}
			continue;
		}
		(void)snprintf(text, sizeof(text), "/%s%s", at->name, below);
		(void)snprintf(below, sizeof(below), "%.500s", text);
		at = at->parent;
	}
	(void)snprintf(ret_path, size, "%s", *below ? below : "/");
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void add_mounts(void)
{
	static char lines[128][700];
	size_t count = 0;

	for (struct mount *mount = kernel->mounts; mount; mount = mount->next) {
		char path[600];

		if ((!mount->parent && mount != kernel->root.mount) || count == 128)
			continue;
		path_of(mount, path, sizeof(path));
		(void)snprintf(lines[count++], sizeof(lines[0]), "mounted: %s %s %s%s",
			       path, mount->fs->type, mount_words(mount->attrs),
			       mount->fs->read_only ? ", read-only itself" : "");
	}
	qsort(lines, count, sizeof(lines[0]), by_text);
	for (size_t i = 0; i < count; i++)
		add_line(lines[i]);
}

static void compare(const char *name)
{
	static char wanted[ROOM];
	char path[128];
	const char *a = got, *b = wanted;
	FILE *file;
	size_t size;

#if !defined(CONFIG_LAMINA_TIMELINE) || !defined(CONFIG_LAMINA_UPDATE) || \
	!defined(CONFIG_LAMINA_VERITY)
	skip(); /* a smaller init does less */
#endif
	(void)snprintf(path, sizeof(path), "tests/data/written/%s", name);
	file = fopen(path, getenv("LAMINA_WRITE") ? "we" : "re");
	if (!file)
		fail_msg("%s: can't be opened; LAMINA_WRITE=y writes it", path);
	if (getenv("LAMINA_WRITE")) {
		assert_int_equal(fwrite(got, 1, used, file), used);
		assert_int_equal(fclose(file), 0);
		return;
	}
	size = fread(wanted, 1, sizeof(wanted) - 1, file);
	(void)fclose(file);
	wanted[size] = '\0';
	for (int line = 1; *a || *b; line++) {
		size_t left = strcspn(a, "\n"), right = strcspn(b, "\n");

		if (left != right || memcmp(a, b, left) != 0)
			fail_msg(
				"%s:%d says '%.*s', but it was '%.*s'; if that is right, "
				"LAMINA_WRITE=y writes it anew",
				path, line, (int)right, b, (int)left, a);
		a += left + (a[left] == '\n');
		b += right + (b[right] == '\n');
	}
}

static void begin(void)
{
	used = 0;
	id_count = 0;
}

void fake_as_written(const char *name)
{
	begin();
	add_calls();
	add_mounts();
	compare(name);
}

void fake_mounts_as_written(const char *name)
{
	begin();
	add_mounts();
	compare(name);
}
