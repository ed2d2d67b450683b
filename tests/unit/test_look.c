/* SPDX-License-Identifier: Apache-2.0 */
#include "layer-script.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "pack/cmd/look.h"
#include "pack/tree/content.h"

static struct manifest manifest;
static char told[4096];

static void tell(void *context, const char *words)
{
	(void)context;
	strcat(strcat(told, words), "\n");
}

/* What is said of the stack of two layers, whose file at @path has the text @bytes. */
static void look_at(const char *lower, const char *upper, const char *path,
		    const char *bytes, const char *expected)
{
	const char *const low[] = { lower, NULL }, *const high[] = { upper, NULL };
	struct tree_extent extent = { 0, 0, strlen(bytes) };
	struct content content = { .fd = memfd_create("content", MFD_CLOEXEC) };
	struct tree_node *node;
	struct script script;

	script_start(&script);
	assert_int_equal(script_layer(&script, low), 0);
	assert_int_equal(script_layer(&script, high), 0);
	node = script.tree.lower;
	for (size_t size; node && *path; path += size + (path[size] == '/')) {
		size = strcspn(path, "/");
		node = tree_child(&script.tree, node, path, size);
	}
	assert_non_null(node);
	assert_int_equal(fd_write_all(content.fd, bytes, strlen(bytes)), 0);
	node->inode->content = &content;
	node->inode->extents = &extent;
	node->inode->extent_count = 1;
	node->inode->size_bytes = strlen(bytes);
	told[0] = '\0';
	look_for_traps(&script.tree, &manifest, tell, NULL);
	assert_string_equal(told, expected);
	content_done(&content);
	tree_done(&script.tree);
}

#define ROOT                                                                           \
	"d bin\nf bin/sh @755\nf bin/data\nd usr\nd usr/bin\nf usr/bin/app @700\n"     \
	"l sbin usr/bin\nd srv\nf srv/run @755\nl srv/link run\nd etc\nf etc/passwd\n" \
	"f etc/group\nd data"

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
	manifest.args[0] = "/bin/sh";
	manifest.arg_count = 1;
	manifest.run = MANIFEST_RUN_EXEC;
	return 0;
}

static void programs_with_a_slash(void **state)
{
	(void)state;
	program("/bin/sh", "");
	program("/bin//./sh", "");
	program("/sbin/app", "");
	program("/sbin/../../bin/sh", "");
	program("/bin/none", "the program '/bin/none' is not in the image\n");
	program("/bin/sh/x", "the program '/bin/sh/x' is not in the image\n");
	program("/bin/data", "the program '/bin/data' can't be executed\n");
	program("/bin", "the program '/bin' can't be executed\n");
	program("./run", "the program './run' is not in the image\n");
	manifest.cwd = "/srv";
	program("./run", "");
	program("./link", "");
	program("srv/run", "the program 'srv/run' is not in the image\n");
}

static void programs_by_path(void **state)
{
	(void)state;
	program("sh", "");
	program("app", "");
	program("run", "the program 'run' is not in the image\n");
	program("data", "the program 'data' can't be executed\n");
	manifest.env[0] = "PATH=/nowhere:/srv";
	manifest.env_count = 1;
	program("run", "");
	program("sh", "the program 'sh' is not in the image\n");
	manifest.env[0] = "PATH=";
	manifest.cwd = "/srv";
	program("run", "");
}

static void what_comes_later(void **state)
{
	(void)state;
	manifest.volumes[0].path = "/data";
	manifest.volume_count = 1;
	manifest.injects[0] = "/etc/run";
	manifest.inject_count = 1;
	program("/data/app", "");
	program("/etc/run", "");
	program("/database", "the program '/database' is not in the image\n");
}

static void lower_layers_count(void **state)
{
	(void)state;
	look_at(ROOT, "f bin/.wh.sh", "etc/passwd", "",
		"the program '/bin/sh' is not in the image\n");
	look_at(ROOT, "f bin/new @755", "etc/passwd", "", "");
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
	     "the user 'ap' is not in the image's /etc/passwd\n");
	user("app:x", "etc/passwd", passwd,
	     "the group 'x' is not in the image's /etc/group\n");
	user("0:app", "etc/group", "app:x:1:\n", "");
	user("1x", "etc/passwd", "1x:x:1:1::/:\n", "");
	user("app", "etc/passwd", "",
	     "the user 'app' is not in the image's /etc/passwd\n");
	manifest.injects[0] = "/etc/passwd";
	manifest.inject_count = 1;
	user("app", "etc/passwd", "", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(programs_with_a_slash, start),
		cmocka_unit_test_setup(programs_by_path, start),
		cmocka_unit_test_setup(what_comes_later, start),
		cmocka_unit_test_setup(lower_layers_count, start),
		cmocka_unit_test_setup(users, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
