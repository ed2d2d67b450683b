/* SPDX-License-Identifier: Apache-2.0 */
#include "layer-script.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "pack/cmd/look.h"
#include "pack/tree/content.h"

static struct manifest manifest;
static char told[4096], temp[] = "/tmp/lamina-look-XXXXXX";

/* What is said, "!" before what no device can start. */
static void tell(void *context, bool never, const char *words)
{
	(void)context;
	strcat(strcat(strcat(told, never ? "!" : ""), words), "\n");
}

/* The least that is a static program. */
static const Elf64_Ehdr elf = {
	.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB },
	.e_machine = EM_X86_64,
};

static struct content contents[8];
static struct tree_extent extents[8];
static size_t used;

static void put(struct tree_node *node, const void *bytes, size_t size)
{
	struct content *content = &contents[used];

	content->fd = memfd_create("content", MFD_CLOEXEC);
	assert_int_equal(fd_write_all(content->fd, bytes, size), 0);
	extents[used] = (struct tree_extent){ 0, 0, size };
	node->inode->content = content;
	node->inode->extents = &extents[used++];
	node->inode->extent_count = 1;
	node->inode->size_bytes = size;
}

/* What is executable is a program, but for the file at @path, which has these bytes. */
static void fill(struct script *script, const char *path, const void *bytes, size_t size)
{
	struct tree_node *node = script->tree.lower;

	for (struct tree_node *n = node; n; n = tree_next(node, n))
		if (S_ISREG(n->inode->mode) && n->inode->mode & 0111)
			put(n, &elf, sizeof(elf));
	for (size_t length; node && *path; path += length + (path[length] == '/')) {
		length = strcspn(path, "/");
		node = tree_child(&script->tree, node, path, length);
	}
	assert_non_null(node);
	put(node, bytes, size);
}

/* A file capability that programs have at once, and the one of @low bits alone. */
static uint8_t effective[20] = { [0] = 1, [3] = 2 };
static struct tree_xattr capability = {
	.name = "security.capability",
	.value = effective,
	.size = sizeof(effective),
};

/* The file at @path has it, if there is one; NULL: nobody. */
static const char *capable;

static void make_capable(const struct script *script)
{
	struct tree_node *node = script->tree.lower;

	for (const char *at = capable; at && *at;) {
		size_t size = strcspn(at, "/");

		node = tree_child(&script->tree, node, at, size);
		at += size + (at[size] == '/');
	}
	if (capable)
		node->inode->xattrs = &capability;
}

static void look_at_bytes(const char *lower, const char *upper, const char *path,
			  const void *bytes, size_t size, const char *expected)
{
	const char *const low[] = { lower, NULL }, *const high[] = { upper, NULL };
	struct err err = ERR_INIT;
	struct script script;
	int dir;

	script_start(&script);
	assert_int_equal(script_layer(&script, low), 0);
	assert_int_equal(script_layer(&script, high), 0);
	used = 0;
	fill(&script, path, bytes, size);
	make_capable(&script);
	told[0] = '\0';
	dir = open(temp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct look_request request = {
		.tree = &script.tree, .manifest = &manifest, .temp = dir, .tell = tell
	};

	assert_int_equal(look_for_traps(&request, &err), 0);
	assert_string_equal(told, expected);
	/* and nothing is left there */
	assert_int_equal(unlinkat(AT_FDCWD, temp, AT_REMOVEDIR), 0);
	assert_int_equal(mkdir(temp, 0700), 0);
	fd_close(dir);
	while (used > 0)
		content_done(&contents[--used]);
	tree_done(&script.tree);
}

/* What is said of the stack of two layers, whose file at @path has the text @bytes. */
static void look_at(const char *lower, const char *upper, const char *path,
		    const char *bytes, const char *expected)
{
	look_at_bytes(lower, upper, path, bytes, strlen(bytes), expected);
}

#define ROOT                                                                          \
	"d bin @755\nf bin/sh @755\nf bin/data\nd usr @755\nd usr/bin @755\n"         \
	"f usr/bin/app @700\nl sbin usr/bin\nd srv @755\nf srv/run @755\nl srv/link " \
	"run\nd etc @755\nf etc/passwd\nf etc/group\nd data @755"

static void program(const char *name, const char *expected)
{
	manifest.args[0] = name;
	manifest.arg_count = 1;
	look_at(ROOT, "f bin/.wh.gone", "etc/passwd", "", expected);
}

static int start(void **state)
{
	(void)state;
	manifest_init(&manifest);
	manifest.arch = "amd64";
	manifest.args[0] = "/bin/sh";
	manifest.arg_count = 1;
	manifest.run = MANIFEST_RUN_EXEC;
	return 0;
}

static void privileges(const char *upper, unsigned int expected)
{
	manifest.new_privileges = 1;
	look_at(ROOT, upper, "etc/passwd", "", "");
	assert_int_equal(manifest.new_privileges, expected);
}

static void new_privileges(void **state)
{
	(void)state;
	manifest.run = MANIFEST_RUN_SUPERVISE;
	privileges("f bin/.wh.gone", 0);
	privileges("f bin/su @4755", 1);
	privileges("f bin/write @2755", 1);
	/* nobody may execute these, or nothing follows from it */
	privileges("f bin/data @4644", 0);
	privileges("f bin/locked @2644", 0);
	privileges("d srv @2755", 0);
	/* gone again above */
	manifest.new_privileges = 1;
	look_at(ROOT "\nf bin/su @4755", "f bin/.wh.su", "etc/passwd", "", "");
	assert_int_equal(manifest.new_privileges, 0);
	manifest.confine = 0;
	privileges("f bin/.wh.gone", 1);
	manifest.run = MANIFEST_RUN_EXEC;
	manifest.confine = 1;
	privileges("f bin/.wh.gone", 1);
}

static void file_capabilities(void **state)
{
	(void)state;
	manifest.run = MANIFEST_RUN_SUPERVISE;
	capable = "bin/data";
	effective[5] = 1 << (10 - 8); /* NET_BIND_SERVICE is one of the eleven */
	privileges("f bin/.wh.gone", 1);
	effective[5] |= 1 << (13 - 8);
	effective[12] = 1 << (39 - 32);
	look_at(ROOT, "f bin/.wh.gone", "etc/passwd", "",
		"/bin/data: nobody can execute it: its file capabilities are more than the "
		"image has (--cap-add NET_RAW BPF)\n");
	assert_int_equal(manifest.cap_add_count, 0);
	effective[0] = 0; /* it is executed, and gains less */
	privileges("f bin/.wh.gone", 1);
	effective[0] = 1;
	/* without its own the image is of no use */
	capable = "bin/sh";
	look_at(ROOT, "f bin/.wh.gone", "etc/passwd", "",
		"/bin/sh: the image gets its file capabilities (cap-add NET_RAW BPF)\n");
	assert_int_equal(manifest.cap_add_count, 2);
	assert_string_equal(manifest.cap_adds[0], "NET_RAW");
	privileges("f bin/.wh.gone", 1);
	manifest.cap_add_count = 0;
	manifest.cap_drops[manifest.cap_drop_count++] = "BPF";
	look_at(ROOT, "f bin/.wh.gone", "etc/passwd", "",
		"!program: its file capability BPF: cap-add: is dropped, too\n"
		"/bin/sh: the image gets its file capabilities (cap-add NET_RAW BPF)\n");
	capable = NULL;
}

static void programs_with_a_slash(void **state)
{
	(void)state;
	program("/bin/sh", "");
	program("/bin//./sh", "");
	program("/sbin/app", "");
	program("/sbin/../../bin/sh", "");
	program("/bin/none", "!program: /bin/none: No such file or directory\n");
	program("/bin/sh/x", "!program: /bin/sh/x: No such file or directory\n");
	program("/bin/data", "!program: /bin/data: Permission denied\n");
	program("/bin", "!program: /bin: Permission denied\n");
	program("./link", "!program: ./link: No such file or directory\n");
	manifest.cwd = "/srv";
	program("./run", "");
	program("./link", "");
	program("srv/run", "!program: srv/run: No such file or directory\n");
}

static void programs_by_path(void **state)
{
	(void)state;
	program("sh", "");
	program("app", "");
	program("run",
		"!program: run: not in PATH (/usr/local/sbin:/usr/local/bin:/usr/sbin:"
		"/usr/bin:/sbin:/bin)\n");
	program("data", "!program: data: Permission denied\n");
	manifest.env[0] = "PATH=/nowhere:/srv";
	manifest.env_count = 1;
	program("run", "");
	program("sh", "!program: sh: not in PATH (/nowhere:/srv)\n");
}

static void what_comes_later(void **state)
{
	(void)state;
	manifest.volumes[0] = (struct manifest_volume){ .path = "/data", .options = "" };
	manifest.volume_count = 1;
	manifest.injects[0] = "/etc/run";
	manifest.inject_count = 1;
	program("/data/app", "");
	program("/etc/run", "");
	program("/database", "!program: /database: No such file or directory\n");
	manifest.upper = MANIFEST_UPPER_PERSIST;
	program("/database", "program: /database: No such file or directory\n");
}

static void lower_layers_count(void **state)
{
	(void)state;
	look_at(ROOT, "f bin/.wh.sh", "etc/passwd", "",
		"!program: /bin/sh: No such file or directory\n");
	look_at(ROOT, "f bin/new @755", "etc/passwd", "", "");
}

/* What is said of a program with this text. */
static void script(const char *text, const char *expected)
{
	manifest.args[0] = "/srv/run";
	look_at(ROOT, "f bin/new @644", "srv/run", text, expected);
}

static void interpreters(void **state)
{
	(void)state;
	script("#!/bin/sh\n", "");
	script("#! /bin/sh -e\n", "");
	script("#!/bin/bash\n",
	       "!program: /srv/run: its interpreter /bin/bash: No such file "
	       "or directory\n");
	script("#!/bin/sh\r\n",
	       "!program: /srv/run: its interpreter /bin/sh\r: No such file "
	       "or directory\n");
	script("#!/bin/data\n",
	       "!program: /srv/run: its interpreter /bin/data: Permission denied\n");
	script("#!/srv/run\n",
	       "!program: /srv/run: a script of a script, more than 5 times\n");
	script("#!/proc/self/exe\n",
	       "!program: /proc/self/exe: leads to lamina-init itself\n");
	script("hello\n", "!program: /srv/run: neither a program nor a script\n");
	script("", "!program: /srv/run: neither a program nor a script\n");
	manifest.user = "1000";
	look_at(ROOT, "f srv/odd @711", "srv/odd", "#!/bin/sh\n", "");
	manifest.args[0] = "/srv/odd";
	look_at(ROOT, "f srv/odd @711", "srv/odd", "#!/bin/sh\n",
		"!program: /srv/odd: user 1000 may not read this script\n");
	manifest.args[0] = "/usr/bin/app";
	look_at(ROOT, "f new", "new", "", "!program: /usr/bin/app: Permission denied\n");
	manifest.args[0] = "/deep/app";
	look_at(ROOT, "d deep @700\nf deep/app @755\nf new", "new", "",
		"!program: /deep/app: Permission denied\n");
	manifest.user = "0";
	look_at(ROOT, "d deep @700\nf deep/app @755\nf new", "new", "", "");
}

static void machine(uint8_t class, uint8_t data, uint16_t number, const char *expected)
{
	Elf64_Ehdr head = elf;

	head.e_ident[EI_CLASS] = class;
	head.e_ident[EI_DATA] = data;
	head.e_machine = number;
	manifest.args[0] = "/srv/run";
	look_at_bytes(ROOT, "f new", "srv/run", &head, sizeof(head), expected);
}

static void machines(void **state)
{
	(void)state;
	machine(ELFCLASS64, ELFDATA2LSB, EM_X86_64, "");
	machine(ELFCLASS64, ELFDATA2LSB, EM_AARCH64,
		"!program: /srv/run: is for arm64, the image for amd64\n");
	machine(ELFCLASS32, ELFDATA2LSB, EM_386,
		"program: /srv/run: is for 386, the image for amd64\n");
	machine(ELFCLASS32, ELFDATA2LSB, EM_X86_64,
		"!program: /srv/run: is for another machine (ELF machine 62, 32 bits), the "
		"image for amd64\n");
	machine(ELFCLASS64, ELFDATA2MSB, EM_S390 << 8,
		"!program: /srv/run: is for another machine (ELF machine 5632, 64 bits, "
		"big-endian), the image for amd64\n");
	manifest.arch = "arm64";
	machine(ELFCLASS32, ELFDATA2LSB, EM_ARM, "");
	machine(ELFCLASS64, ELFDATA2LSB, EM_X86_64,
		"!program: /srv/run: is for amd64, the image for arm64\n");
	manifest.syscalls = "0-461";
	machine(ELFCLASS32, ELFDATA2LSB, EM_ARM,
		"!program: /srv/run: is for arm, and would be killed at its first system call "
		"(--seccomp none)\n");
	manifest.confine = 0;
	machine(ELFCLASS32, ELFDATA2LSB, EM_ARM, "");
}

/* A program that names @loader. */
static void loader(const char *name, const char *expected)
{
	struct {
		Elf64_Ehdr head;
		Elf64_Phdr segment;
		char name[64];
	} file = { .head = elf };

	file.head.e_phoff = offsetof(__typeof__(file), segment);
	file.head.e_phentsize = sizeof(file.segment);
	file.head.e_phnum = 1;
	file.segment.p_type = PT_INTERP;
	file.segment.p_offset = offsetof(__typeof__(file), name);
	file.segment.p_filesz = strlen(name) + 1;
	(void)strcpy(file.name, name);
	manifest.args[0] = "/srv/run";
	look_at_bytes(ROOT, "d lib\nf lib/ld.so @755", "srv/run", &file, sizeof(file),
		      expected);
}

static void loaders(void **state)
{
	(void)state;
	loader("/lib/ld.so", "");
	loader("/lib/ld-musl.so.1",
	       "!program: /srv/run: its interpreter /lib/ld-musl.so.1: "
	       "No such file or directory\n");
}

static void health(void **state)
{
	(void)state;
	manifest.health_args[0] = "/bin/curl";
	manifest.health_arg_count = 1;
	program("/bin/sh", "health: /bin/curl: No such file or directory\n");
	manifest.health_args[0] = "sh";
	program("/bin/sh", "");
}

static void user(const char *name, const char *file, const char *text,
		 const char *expected)
{
	manifest.user = name;
	look_at(ROOT, "f new", file, text, expected);
}

static void users(void **state)
{
	static const char passwd[] = "root:x:0:0::/:/bin/sh\napp:x:1:1::/:\n";

	(void)state;
	user("app", "etc/passwd", passwd, "");
	user("root:0", "etc/passwd", passwd, "");
	user("1000:1000", "etc/passwd", passwd, "");
	user("ap", "etc/passwd", passwd,
	     "!user ap: no user ap in /etc/passwd of the image\n");
	user("app:x", "etc/passwd", passwd,
	     "!user app:x: no group x in /etc/group of the image\n");
	user("0:app", "etc/group", "app:x:1:\n", "");
	user("1x", "etc/passwd", "1x:x:1:1::/:\n", "");
	user("app", "etc/passwd", "",
	     "!user app: no user app in /etc/passwd of the image\n");
	manifest.injects[0] = "/etc/passwd";
	manifest.inject_count = 1;
	user("app", "etc/passwd", "", "");
}

static void volume(const char *path, const char *expected)
{
	manifest.volumes[0] =
		(struct manifest_volume){ .path = path, .persist = true, .options = "" };
	manifest.volume_count = 1;
	look_at(ROOT, "l nowhere gone\nl circle circle\nd run @755\nl var /run\nl up ..",
		"etc/passwd", "", expected);
}

static void places_of_volumes(void **state)
{
	char longest[300] = "/", expected[400];

	(void)state;
	volume("/data", "");
	volume("/data/new/one", "");
	volume("/new/one", "");
	volume("/etc/passwd", "!volume: /etc/passwd: Not a directory\n");
	volume("/etc/passwd/x", "!volume: /etc/passwd/x: Not a directory\n");
	volume("/nowhere", "!volume: /nowhere: a link of the image leads nowhere\n");
	volume("/nowhere/x", "!volume: /nowhere/x: a link of the image leads nowhere\n");
	volume("/circle", "!volume: /circle: a link in a circle, or in a volume\n");
	volume("/up", "!volume /up: a link leads it to /\n");
	volume("/run/new", "");
	volume("/var/new", "!volume: /var/new: a link leads it to /run/new; name that "
			   "instead\n");
	memset(longest + 1, 'a', 200);
	memset(longest + 201, '/', 1);
	memset(longest + 202, 'a', 80);
	(void)snprintf(expected, sizeof(expected),
		       "!volume %s: its name in the store: File name too "
		       "long\n",
		       longest);
	volume(longest, expected);
	/* the second one is the first's affair */
	manifest.volumes[1] =
		(struct manifest_volume){ .path = "/data/x", .options = "" };
	manifest.volume_count = 2;
	volume("/data", "");
	manifest.run = MANIFEST_RUN_SUPERVISE;
	volume("/var/new", "");
	manifest.systemd = 1;
	volume("/runs", "");
	manifest.volume_count = 1;
	volume("/run/new", "volume /run/new: with `systemd yes` nobody sees it: /run and "
			   "/tmp are tmpfs then\n");
	volume("/var/new", "volume /var/new: with `systemd yes` nobody sees it: /run and "
			   "/tmp are tmpfs then\n");
	volume("/tmp",
	       "volume /tmp: with `systemd yes` nobody sees it: /run and /tmp are "
	       "tmpfs then\n");
}

static void places_in_a_read_only_root(void **state)
{
	static const char dirs[] = ROOT "\nd dev\nd proc\nd sys\nd run";

	(void)state;
	manifest.upper = MANIFEST_UPPER_NONE;
	look_at(dirs, "f new", "new", "", "");
	look_at(ROOT "\nd dev\nd proc\nd sys", "f new", "new", "",
		"!/run in the new root: Read-only file system\n");
	manifest.cwd = "/none";
	look_at(dirs, "f new", "new", "",
		"!working directory /none: Read-only file system\n");
	manifest.cwd = "/";
	manifest.injects[0] = "/etc/key";
	manifest.inject_count = 1;
	manifest.volumes[0] = (struct manifest_volume){ .path = "/state",
							.persist = true,
							.options = "" };
	manifest.volume_count = 1;
	look_at(dirs, "f new", "new", "",
		"!volume: /state: Read-only file system\n"
		"inject /etc/key: Read-only file system\n");
	manifest.volumes[0].path = "/data";
	manifest.injects[0] = "/data/key";
	look_at(dirs, "f new", "new", "", "");
	manifest.run = MANIFEST_RUN_SUPERVISE;
	look_at(ROOT "\nd dev\nl proc dev\nd sys\nf etc/hosts\nf etc/hostname", "f new",
		"new", "", "!/proc: not a directory in the image\n");
}

/* Where nothing can be written, init leaves out what has no place. */
static void what_init_leaves_out(void **state)
{
	static const char dirs[] =
		ROOT "\nd dev\nd proc\nd sys\nd run\nd run/lamina\nf etc/hosts";
	static const char none[] = ": no file in the image, and with `upper none` none "
				   "is made\n";
	static const char control[] = "control: /run/lamina: Read-only file system: with "
				      "`upper none` it needs a tmpfs at /run\n";
	char text[512];

	(void)state;
	manifest.upper = MANIFEST_UPPER_NONE;
	manifest.run = MANIFEST_RUN_SUPERVISE;
	manifest.net_count = 1;
	manifest.control = MANIFEST_CONTROL_STATUS;
	(void)snprintf(text, sizeof(text), "/etc/hostname%s/etc/resolv.conf%s%s", none,
		       none, control);
	look_at(dirs, "l etc/resolv.conf ../run/resolv.conf", "bin/data", "", text);
	manifest.network = 1;
	manifest.injects[0] = "/etc/hostname";
	manifest.inject_count = 1;
	(void)snprintf(text, sizeof(text),
		       "inject /etc/hostname: Read-only file system\n%s", control);
	look_at(dirs, "f new", "new", "", text);
	manifest.control = MANIFEST_CONTROL_NONE;
	manifest.inject_count = 0;
	look_at(dirs, "f etc/hostname", "etc/hostname", "", "");
	manifest.control = MANIFEST_CONTROL_MANAGE;
	manifest.volumes[0] = (struct manifest_volume){ .path = "/run", .options = "" };
	manifest.volume_count = 1;
	look_at(dirs, "f etc/hostname", "etc/hostname", "", "");
}

static void other_places(void **state)
{
	(void)state;
	manifest.cwd = "/etc/passwd";
	look_at(ROOT, "f new", "new", "",
		"!working directory /etc/passwd: Not a directory\n");
	manifest.cwd = "/";
	manifest.injects[0] = "/etc/passwd/key";
	manifest.injects[1] = "/etc";
	manifest.inject_count = 2;
	look_at(ROOT, "f new", "new", "",
		"inject: /etc/passwd: Not a directory\ninject /etc: Is a directory\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(new_privileges, start),
		cmocka_unit_test_setup(file_capabilities, start),
		cmocka_unit_test_setup(programs_with_a_slash, start),
		cmocka_unit_test_setup(programs_by_path, start),
		cmocka_unit_test_setup(what_comes_later, start),
		cmocka_unit_test_setup(lower_layers_count, start),
		cmocka_unit_test_setup(interpreters, start),
		cmocka_unit_test_setup(machines, start),
		cmocka_unit_test_setup(loaders, start),
		cmocka_unit_test_setup(health, start),
		cmocka_unit_test_setup(users, start),
		cmocka_unit_test_setup(places_of_volumes, start),
		cmocka_unit_test_setup(places_in_a_read_only_root, start),
		cmocka_unit_test_setup(what_init_leaves_out, start),
		cmocka_unit_test_setup(other_places, start),
	};

	if (!mkdtemp(temp))
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	(void)rmdir(temp);
	return failed;
}
