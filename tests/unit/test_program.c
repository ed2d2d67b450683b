/* SPDX-License-Identifier: Apache-2.0 */
#include <elf.h>
#include <errno.h>

#include "container/program.h"
#include "tree.h"

static struct identity identity;
static char found[PROGRAM_SIZE];

static int find(const char *name, struct err *err)
{
	const struct program_search search = {
		.root = tree_fd,
		.path = "/usr/local/bin:/usr/bin::relative:/bin",
		.cwd = "/srv",
		.identity = &identity,
	};

	found[0] = '\0';
	err->text[0] = '\0';
	return program_find(&search, name, found, err);
}

static void assert_found(const char *name, const char *path)
{
	struct err err = ERR_INIT;

	assert_tells(find(name, &err), 0, err, "");
	assert_string_equal(found, path);
}

/* The least that the kernel takes for a program: @interpreter NULL for a static one. */
static void put_elf(const char *rel, int class, const char *interpreter)
{
	struct {
		union {
			Elf64_Ehdr wide;
			Elf32_Ehdr narrow;
		} head;
		union {
			Elf64_Phdr wide;
			Elf32_Phdr narrow;
		} segment;
		char name[64];
	} file;
	size_t segment = offsetof(__typeof__(file), segment);
	size_t name = offsetof(__typeof__(file), name);

	memset(&file, 0, sizeof(file));
	memcpy(file.head.wide.e_ident, ELFMAG, SELFMAG);
	file.head.wide.e_ident[EI_CLASS] = (unsigned char)class;
	if (interpreter)
		(void)snprintf(file.name, sizeof(file.name), "%s", interpreter);
	if (class == ELFCLASS64) {
		file.head.wide.e_phoff = segment;
		file.head.wide.e_phnum = 1;
		file.segment.wide =
			(Elf64_Phdr){ .p_type = interpreter ? PT_INTERP : PT_LOAD,
				      .p_offset = name,
				      .p_filesz = strlen(file.name) + 1 };
	} else {
		file.head.narrow.e_phoff = (Elf32_Off)segment;
		file.head.narrow.e_phnum = 1;
		file.segment.narrow =
			(Elf32_Phdr){ .p_type = interpreter ? PT_INTERP : PT_LOAD,
				      .p_offset = (Elf32_Off)name,
				      .p_filesz = (Elf32_Word)strlen(file.name) + 1 };
	}
	tree_bytes(rel, &file, sizeof(file), 0755);
}

/* A segment of @size bytes of @name, and nothing behind. */
static void put_elf_name(const char *rel, const char *name, size_t size)
{
	struct {
		Elf64_Ehdr head;
		Elf64_Phdr segment;
		char name[600];
	} file;

	memset(&file, 0, sizeof(file));
	memcpy(file.head.e_ident, ELFMAG, SELFMAG);
	file.head.e_ident[EI_CLASS] = ELFCLASS64;
	file.head.e_phoff = offsetof(__typeof__(file), segment);
	file.head.e_phnum = 1;
	file.segment = (Elf64_Phdr){ .p_type = PT_INTERP,
				     .p_offset = offsetof(__typeof__(file), name),
				     .p_filesz = size };
	memcpy(file.name, name, size);
	tree_bytes(rel, &file, offsetof(__typeof__(file), name) + size, 0755);
}

static void as_execvp_finds_it(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	put_elf("usr/bin/app", ELFCLASS64, NULL);
	put_elf("bin/app", ELFCLASS32, NULL);
	put_elf("bin/other", ELFCLASS32, NULL);
	put_elf("srv/bin/here", ELFCLASS64, NULL);
	put_elf("relative/never", ELFCLASS64, NULL);
	assert_found("app", "/usr/bin/app");
	assert_found("other", "/bin/other");
	assert_found("/bin/app", "/bin/app");
	assert_found("bin/here", "/srv/bin/here");
	assert_found("./bin/here", "/srv/./bin/here");
	assert_found("../bin/app", "/srv/../bin/app");
	assert_tells(find("never", &err), -ENOENT, err,
		     "never: not in PATH (/usr/local/bin");
	assert_tells(find("/nowhere", &err), -ENOENT, err, "/nowhere: No such file");
	assert_tells(find("", &err), -EACCES, err, "");
}

static void links_end_at_the_root(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	put_elf("usr/bin/real", ELFCLASS64, NULL);
	tree_link("bin", "/usr/bin");
	tree_link("usr/bin/app", "../../../../usr/bin/real");
	assert_found("/bin/app", "/bin/app");
	/* there on every workstation, but not in this root */
	tree_link("usr/bin/out", "/etc/../../../../../../../../bin/sh");
	assert_tells(find("/usr/bin/out", &err), -ENOENT, err, "/usr/bin/out: No such");
}

static void what_can_not_be_executed(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	tree_file("usr/bin/plain", "#!/bin/sh\n", 0644);
	tree_dir("usr/bin/directory");
	tree_fifo("usr/bin/fifo");
	tree_file("usr/bin/noise", "neither one\n", 0755);
	tree_file("usr/bin/empty", "", 0755);
	tree_file("usr/bin/cut", ELFMAG "\2", 0755);
	assert_tells(find("plain", &err), -EACCES, err, "plain: Permission denied");
	assert_tells(find("/usr/bin/directory", &err), -EACCES, err, "Permission denied");
	assert_tells(find("/usr/bin/fifo", &err), -EACCES, err, "Permission denied");
	assert_tells(find("noise", &err), -ENOEXEC, err,
		     "neither a program nor a script");
	assert_tells(find("empty", &err), -ENOEXEC, err,
		     "neither a program nor a script");
	assert_tells(find("cut", &err), -ENOEXEC, err, "neither a program nor a script");
}

/* The kernel wants a name that ends inside of its segment; so do we, who would read on. */
static void interpreter_without_end(void **state)
{
	struct err err = ERR_INIT;
	char name[600];

	(void)state;
	put_elf("bin/app", ELFCLASS64, "/lib/ld.so");
	put_elf("lib/ld.so", ELFCLASS64, NULL);
	assert_found("app", "/bin/app");
	for (size_t size = 1; size < 300; size++) {
		memset(name, 'l', size);
		name[size] = '\0';
		put_elf_name("bin/app", name, size);
		assert_tells(find("app", &err), -ENOEXEC, err,
			     "neither a program nor a script");
	}
	/* a carriage return is a part of the name, for the kernel too */
	tree_file("bin/script", "#!/bin/sh\r\n", 0755);
	put_elf("bin/sh", ELFCLASS64, NULL);
	assert_tells(find("script", &err), -ENOENT, err, "its interpreter /bin/sh\r: No");
}

/* One found later in PATH is better than one that may not be executed. */
static void path_goes_on(void **state)
{
	(void)state;
	tree_file("usr/local/bin/app", "#!/bin/sh\n", 0644);
	put_elf("bin/app", ELFCLASS64, NULL);
	assert_found("app", "/bin/app");
}

static void who_may_execute_it(void **state)
{
	struct err err = ERR_INIT;
	struct stat st;

	(void)state;
	put_elf("bin/app", ELFCLASS64, NULL);
	assert_int_equal(fstatat(tree_fd, "bin/app", &st, 0), 0);
	assert_int_equal(fchmodat(tree_fd, "bin/app", 0754, 0), 0);
	identity = (struct identity){ .uid = st.st_uid + 1, .gid = st.st_gid + 1 };
	assert_tells(find("app", &err), -EACCES, err, "");
	identity.groups[0] = st.st_gid;
	identity.group_count = 1;
	assert_found("app", "/bin/app");
	identity = (struct identity){ .uid = st.st_uid + 1, .gid = st.st_gid };
	assert_found("app", "/bin/app");
	/* the owner's bits are the owner's, however open the file is for others */
	assert_int_equal(fchmodat(tree_fd, "bin/app", 0455, 0), 0);
	identity = (struct identity){ .uid = st.st_uid, .gid = st.st_gid };
	if (st.st_uid != 0)
		assert_tells(find("app", &err), -EACCES, err, "");
	identity = (struct identity){ .uid = 0 };
	assert_found("app", "/bin/app");
}

static void interpreters(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	put_elf("bin/dynamic", ELFCLASS64, "/lib/ld.so");
	put_elf("bin/narrow", ELFCLASS32, "/lib/ld.so");
	tree_file("bin/script", "#! /bin/sh -e\nexit\n", 0755);
	tree_file("bin/nested", "#!/bin/script\n", 0755);
	assert_tells(find("dynamic", &err), -ENOENT, err,
		     "/bin/dynamic: its interpreter /lib/ld.so: No such file");
	assert_tells(find("narrow", &err), -ENOENT, err, "its interpreter /lib/ld.so");
	assert_tells(find("script", &err), -ENOENT, err, "its interpreter /bin/sh");
	assert_tells(find("nested", &err), -ENOENT, err, "its interpreter /bin/sh");
	put_elf("lib/ld.so", ELFCLASS64, NULL);
	put_elf("bin/sh", ELFCLASS64, "/lib/ld.so");
	assert_found("dynamic", "/bin/dynamic");
	assert_found("narrow", "/bin/narrow");
	assert_found("script", "/bin/script");
	assert_found("nested", "/bin/nested");
	/* a script that is its own interpreter ends the search, not the stack */
	tree_file("bin/loop", "#!/bin/loop\n", 0755);
	assert_found("loop", "/bin/loop");
}

static void names_too_long(void **state)
{
	static char name[4096];
	struct err err = ERR_INIT;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	assert_tells(find(name, &err), -ENAMETOOLONG, err, "");
	name[0] = '/';
	assert_tells(find(name, &err), -ENAMETOOLONG, err, "");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, tree_new, tree_done)
	const struct CMUnitTest tests[] = {
		TEST(as_execvp_finds_it),	TEST(links_end_at_the_root),
		TEST(what_can_not_be_executed), TEST(path_goes_on),
		TEST(who_may_execute_it),	TEST(interpreters),
		TEST(interpreter_without_end),	TEST(names_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
