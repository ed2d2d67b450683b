/* SPDX-License-Identifier: Apache-2.0 */
/* The running kernel's answers, against those that the container's root must give. */
#include "container/rehearsal.h"

#include <elf.h>
#include <sys/mount.h>

#include "live/files.h"

static struct identity user = { .uid = 1000, .gid = 1000 };
static struct identity root;
static char found[PROGRAM_SIZE];
static const char *cwd = "/";

/* The least that this kernel executes: one page, mapped. */
static void put_elf(const char *path, const char *interpreter, unsigned int machine)
{
	struct {
		Elf64_Ehdr head;
		Elf64_Phdr segments[2];
		char name[64];
	} file;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	size_t name = offsetof(__typeof__(file), name);

	memset(&file, 0, sizeof(file));
	memcpy(file.head.e_ident, ELFMAG, SELFMAG);
	file.head.e_ident[EI_CLASS] = ELFCLASS64;
	file.head.e_ident[EI_DATA] = ELFDATA2LSB;
	file.head.e_ident[EI_VERSION] = EV_CURRENT;
	file.head.e_type = interpreter ? ET_DYN : ET_EXEC;
	file.head.e_machine = (Elf64_Half)machine;
	file.head.e_version = EV_CURRENT;
	file.head.e_entry = 0x400000;
	file.head.e_phoff = offsetof(__typeof__(file), segments);
	file.head.e_phentsize = sizeof(Elf64_Phdr);
	file.head.e_phnum = interpreter ? 2 : 1;
	file.segments[0] = (Elf64_Phdr){ .p_type = PT_LOAD,
					 .p_flags = PF_R | PF_X,
					 .p_vaddr = interpreter ? 0 : 0x400000,
					 .p_filesz = sizeof(file),
					 .p_memsz = sizeof(file),
					 .p_align = 0x1000 };
	if (interpreter) {
		(void)snprintf(file.name, sizeof(file.name), "%s", interpreter);
		file.segments[1] = (Elf64_Phdr){ .p_type = PT_INTERP,
						 .p_offset = name,
						 .p_filesz = strlen(interpreter) + 1 };
	}
	LIVE_TRUE(fd >= 0 && fd_write_all(fd, &file, sizeof(file)) == 0);
	close(fd);
}

static unsigned int machine(void)
{
	Elf64_Ehdr head;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	LIVE_TRUE(fd >= 0 && fd_pread_all(fd, &head, sizeof(head), 0) == 0);
	close(fd);
	return head.e_machine;
}

static void put_script(const char *path, const char *text, mode_t mode)
{
	put(path, text);
	LIVE_TRUE(chmod(path, mode) == 0);
}

static int rehearse(const struct identity *identity, const char *name, struct err *err)
{
	static char *const env[] = { (char *)(uintptr_t) "A=b", NULL };
	char *const args[] = { (char *)(uintptr_t)name, NULL };
	int top = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int dir = openat(top, cwd[1] ? cwd + 1 : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct program_search search = {
		.root = top, .path = "/a:/b", .cwd = cwd, .identity = identity
	};
	const struct rehearsal rehearsal = { &search, NULL, dir, args, env };
	int r;

	LIVE_TRUE(top >= 0 && dir >= 0);
	err->text[0] = '\0';
	found[0] = '\0';
	r = rehearsal_run(&rehearsal, found, err);
	close(dir);
	close(top);
	return r;
}

static void good(const struct identity *identity, const char *name, const char *path)
{
	struct err err = ERR_INIT;

	LIVE_GOOD(rehearse(identity, name, &err), &err);
	if (strcmp(found, path) != 0)
		live_fail(__FILE__, __LINE__, "%s: found %s", name, found);
}

static void bad(const struct identity *identity, const char *name, int number,
		const char *words)
{
	struct err err = ERR_INIT;

	int r = rehearse(identity, name, &err);

	if (r != -number || !strstr(err.text, words))
		live_fail(__FILE__, __LINE__, "%s: %d: %s", name, r, err.text);
}

static void make_root(void)
{
	LIVE_TRUE(chmod(".", 0755) == 0);
	make_dir("a");
	make_dir("b");
	put_elf("b/app", NULL, machine());
	put_elf("b/ld.so", NULL, machine());
}

/* Of a test that is no static program, as init is: what the kernel maps first. */
static void put_own_interpreter(void)
{
	char name[PROGRAM_INTERPRETER_SIZE], dir[PROGRAM_INTERPRETER_SIZE];
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	bool script;

	LIVE_TRUE(fd >= 0 && program_interpreter(fd, &script, name) == 0);
	close(fd);
	for (char *slash = name; name[0] && (slash = strchr(slash + 1, '/'));) {
		(void)snprintf(dir, sizeof(dir), "%.*s", (int)(slash - name - 1),
			       name + 1);
		make_dir(dir);
	}
	if (name[0])
		put_elf(name + 1, NULL, machine());
}

/* Process 1 would be started as process 1 again, and again. */
static void itself(void)
{
	make_root();
	put_own_interpreter();
	make_dir("proc");
	LIVE_TRUE(mount("proc", "proc", "proc", 0, NULL) == 0);
	good(&user, "/b/app", "/b/app");
	bad(&root, "/proc/self/exe", ELOOP,
	    "/proc/self/exe: leads to lamina-init itself");
	LIVE_TRUE(symlink("/proc/self/exe", "a/link") == 0);
	bad(&root, "link", ELOOP, "link: leads to lamina-init itself");
	put_script("b/script", "#!/proc/self/exe\n", 0755);
	bad(&root, "/b/script", ELOOP, "/b/script: leads to lamina-init itself");
	LIVE_TRUE(umount2("proc", MNT_DETACH) == 0);
}

/* What a container's engine starts. */
static void starts(void)
{
	make_root();
	good(&root, "/b/app", "/b/app");
	good(&user, "/b/app", "/b/app");
	good(&user, "app", "/b/app");
	put_elf("b/dynamic", "/b/ld.so", machine());
	good(&user, "/b/dynamic", "/b/dynamic");
	put_script("b/script", "#!/b/app -x\n", 0755);
	put_script("b/nested", "#! /b/script\n", 0755);
	good(&user, "nested", "/b/nested");
	/* executable is enough for a program, root may read any script */
	LIVE_TRUE(chmod("b/app", 0711) == 0);
	good(&user, "/b/app", "/b/app");
	put_script("b/closed", "#!/b/app\n", 0711);
	good(&root, "/b/closed", "/b/closed");
	/* one that may not be executed is passed over */
	put_script("a/app", "#!/b/app\n", 0644);
	good(&user, "app", "/b/app");
	LIVE_TRUE(chmod("b/app", 04755) == 0);
	good(&user, "/b/app", "/b/app");
	cwd = "/b";
	good(&user, "./app", "/b/./app");
	put_script("b/relative", "#!app\n", 0755);
	good(&user, "/b/relative", "/b/relative");
	cwd = "/";
	LIVE_TRUE(symlink("/b/app", "a/link") == 0);
	good(&user, "link", "/a/link");
}

static void directories(void)
{
	make_root();
	LIVE_TRUE(chmod("b", 0700) == 0);
	good(&root, "/b/app", "/b/app");
	bad(&user, "/b/app", EACCES,
	    "/b/app: the kernel does not start it for user 1000: ");
	bad(&user, "app", EACCES, "app: ");
	LIVE_TRUE(chmod("b", 0755) == 0 && chmod(".", 0700) == 0);
	bad(&user, "/b/app", EACCES,
	    "/b/app: the kernel does not start it for user 1000: ");
	LIVE_TRUE(chmod(".", 0755) == 0 && chmod("b/app", 0700) == 0);
	bad(&user, "/b/app", EACCES, "/b/app: Permission denied");
	bad(&user, "/b", EACCES, "");
	bad(&user, "/b/app/x", ENOTDIR, "");
	bad(&root, "nowhere", ENOENT, "nowhere: not in PATH (/a:/b)");
	LIVE_TRUE(symlink("loop", "b/loop") == 0);
	bad(&root, "/b/loop", ELOOP, "");
	make_dir("m");
	LIVE_TRUE(mount("tmpfs", "m", "tmpfs", MS_NOEXEC, "mode=0755") == 0);
	put_elf("m/app", NULL, machine());
	bad(&root, "/m/app", EACCES, "/m/app: the kernel does not start it for user 0: ");
}

static void scripts(void)
{
	make_root();
	put_script("b/closed", "#!/b/app\n", 0711);
	bad(&user, "/b/closed", EACCES, "/b/closed: user 1000 may not read this script");
	put_script("b/open", "#!/b/closed\n", 0755);
	bad(&user, "open", EACCES, "/b/closed: user 1000 may not read this script");
	put_script("b/return", "#!/b/app\r\n", 0755);
	bad(&root, "/b/return", ENOENT, "/b/return: its interpreter /b/app\r: ");
	put_script("b/none", "#!/b/nowhere\n", 0755);
	bad(&user, "/b/none", ENOENT, "its interpreter /b/nowhere: ");
	put_script("b/blank", "#! \n", 0755);
	bad(&user, "/b/blank", ENOEXEC, "");
	put_script("b/text", "exec /b/app\n", 0755);
	bad(&user, "/b/text", ENOEXEC, "neither a program nor a script");
	put_script("b/empty", "", 0755);
	bad(&user, "/b/empty", ENOEXEC, "");
	put_script("b/0", "#!/b/app\n", 0755);
	for (char n = '1'; n <= '9'; n++) {
		char path[] = "b/N", text[] = "#!/b/N\n";

		path[2] = n;
		text[5] = (char)(n - 1);
		put_script(path, text, 0755);
	}
	good(&user, "/b/3", "/b/3");
	bad(&user, "/b/9", ELOOP, "/b/9: the kernel does not start it");
	put_script("b/closed", "#!/b/app\n", 0700);
	put_script("b/open", "#!/b/closed\n", 0755);
	bad(&user, "/b/open", EACCES, "/b/closed: user 1000 may not read");
}

static void programs(void)
{
	int fd;

	make_root();
	put_elf("b/foreign", NULL, EM_ALPHA);
	bad(&user, "/b/foreign", ENOEXEC, "/b/foreign: the kernel does not start it");
	put_elf("b/lost", "/b/nowhere", machine());
	bad(&user, "/b/lost", ENOENT, "/b/lost: its interpreter /b/nowhere: ");
	put_elf("b/mixed", "/b/foreign", machine());
	bad(&user, "/b/mixed", ELIBBAD, "Interpreter is no program");
	put_script("b/ld.text",
		   "no program, but as long as the header of one would be, and on.....\n",
		   0755);
	put_elf("b/texted", "/b/ld.text", machine());
	bad(&user, "/b/texted", ELIBBAD, "");
	put_elf("b/locked", "/b/ld.so", machine());
	LIVE_TRUE(chmod("b/ld.so", 0644) == 0);
	bad(&user, "/b/locked", EACCES, "its interpreter /b/ld.so: Permission denied");
	fd = open("b/app", O_WRONLY | O_CLOEXEC);
	bad(&root, "/b/app", ETXTBSY, "");
	close(fd);
	/* of another class: by itself, and as a 32-bit program's header would be read */
	put_elf("b/narrow", NULL, machine() == EM_386 ? EM_ARM : EM_386);
	bad(&root, "/b/narrow", ENOEXEC, "/b/narrow: the kernel does not start it");
	/* broken where the kernel has given up the old program: no errno is left */
	put_elf("b/bent", NULL, machine());
	fd = open("b/bent", O_WRONLY | O_CLOEXEC);
	LIVE_TRUE(pwrite(fd, "\0\0", 2,
			 sizeof(Elf64_Ehdr) + offsetof(Elf64_Phdr, p_memsz)) == 2);
	close(fd);
	bad(&root, "/b/bent", ENOEXEC, "/b/bent: ended by signal 11 as it started");
}

int main(int argc, char **argv)
{
	static const struct live_test tests[] = {
		LIVE_TEST(itself),  LIVE_TEST(starts),	 LIVE_TEST(directories),
		LIVE_TEST(scripts), LIVE_TEST(programs), { NULL, NULL },
	};

	return live_main(tests, argc, argv);
}
