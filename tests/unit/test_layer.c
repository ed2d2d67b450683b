/* SPDX-License-Identifier: Apache-2.0 */
#include "layer-script.h"

#include <errno.h>

#define LOWER                                                                           \
	"d etc @750,3,7\nf etc/a\nf etc/b\nd usr @711,4,8\nd usr/lib\nf usr/lib/libc\n" \
	"l lib usr/lib\nl abs /usr/lib\nl up ../../usr\nl self self\nl gone "           \
	"nowhere/x\nf file"

static void whiteouts_touch_lower_layers_only(void **state)
{
	(void)state;
	expect_upper(LOWER, "f etc/.wh.a", "d etc @750,3,7\nwhiteout etc/a\n");
	expect_upper(LOWER, "f etc/.wh.a\nf etc/a", "d etc @750,3,7\nf etc/a\n");
	expect_upper(LOWER, "f etc/a\nf etc/.wh.a", "d etc @750,3,7\nf etc/a\n");
	expect_upper(LOWER, "f etc/.wh.nothing\nf no/.wh.thing", "");
	expect_upper(LOWER, "f .wh.lib", "whiteout lib\n");
	expect_upper(LOWER, "f lib/.wh.libc",
		     "d usr @711,4,8\nd usr/lib\nwhiteout usr/lib/libc\n");
}

static void whiteout_and_directory_make_it_opaque(void **state)
{
	(void)state;
	expect_upper(LOWER, "f .wh.etc\nd etc @700\nf etc/n",
		     "d! etc @700,0,10\nf etc/n\n");
	expect_upper(LOWER, "d etc @700\nf etc/n\nf .wh.etc",
		     "d! etc @700,0,10\nf etc/n\n");
	/* whoever passes through a removed directory finds nothing of its attributes */
	expect_upper(LOWER, "f .wh.etc\nf etc/n", "d! etc @755,0,0\nf etc/n\n");
	expect_upper(LOWER, "f etc/n\nf .wh.etc", "d! etc @755,0,0\nf etc/n\n");
	/* no whiteout inside, and no mark where nothing is below */
	expect_upper(LOWER, "f .wh.etc\nf etc/.wh.a\nf etc/n",
		     "d! etc @755,0,0\nf etc/n\n");
	expect_upper(LOWER, "f .wh.file\nd file @700", "d file @700,0,10\n");
}

static void opaque_by_its_exact_name(void **state)
{
	(void)state;
	expect_upper(LOWER, "f etc/.wh..wh..opq", "d! etc @750,3,7\n");
	expect_upper(LOWER, "f etc/b\nf etc/.wh..wh..opq\nf etc/.wh.a",
		     "d! etc @750,3,7\nf etc/b\n");
	expect_upper(LOWER, "f etc/.wh..wh..opq2", "");
	expect_upper(
		LOWER,
		"d .wh..wh.plnk\nf .wh..wh.plnk/1\nh x .wh..wh.plnk/1\nf .wh..wh.aufs",
		"f x\n");
	expect_upper(LOWER, "d lib @700\nf lib/.wh..wh..opq", "d lib @700,0,10\n");
	expect_upper("d a\nd b\nf b/x\nf c", "f .wh..wh..opq\nd b @700\nf n",
		     "whiteout a\nd! b @700,0,10\nwhiteout c\nf n\n");
}

/* AUFS's whiteouts are hard links to a file that no layer has; others make symbolic links. */
static void marks_are_known_by_name_alone(void **state)
{
	static const struct {
		char type;
		const char *target;
	} forms[] = { { 'f', "" },	    { 'h', ".wh..wh.aufs" },
		      { 'h', "nowhere" },   { 'h', "etc/.wh.b" },
		      { 'h', "etc/.wh.a" }, { 'h', "../out" },
		      { 'l', "" },	    { 'l', "nowhere" },
		      { 'c', "0:0" },	    { 'b', "" },
		      { 'p', "" },	    { 'd', "" } };
	char upper[200];

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		(void)snprintf(upper, sizeof(upper), "%c etc/.wh.a %s", forms[i].type,
			       forms[i].target);
		expect_upper(LOWER, upper, "d etc @750,3,7\nwhiteout etc/a\n");
		(void)snprintf(upper, sizeof(upper), "%c etc/.wh..wh..opq %s",
			       forms[i].type, forms[i].target);
		expect_upper(LOWER, upper, "d! etc @750,3,7\n");
	}
	/* a mark is no file to link to */
	expect_refused(LOWER, "f .wh.file\nh x .wh.file", -ENOENT, "which isn't there");
}

static void marks_that_name_nothing_are_errors(void **state)
{
	(void)state;
	expect_refused(LOWER, "f etc/.wh.", -EINVAL, "etc/.wh.: a whiteout");
	expect_refused(LOWER, "f etc/.wh...", -EINVAL, "names nothing");
	expect_refused(LOWER, "f .wh.x/y", -EINVAL, ".wh.x/y: no directory");
}

static void last_duplicate_wins(void **state)
{
	(void)state;
	expect_upper("", "f a @600\nf a @640", "f a @640,0,10\n");
	expect_upper("", "d a @700\nf a/x\nd a @711", "d a @711,0,10\nf a/x\n");
	expect_upper("", "d a @700\nf a/x\nl a y", "l a y @777,0,10\n");
	expect_upper("", "l a y\nd a @700\nf a/x", "d a @700,0,10\nf a/x\n");
	expect_upper(LOWER, "f etc\nd etc @700", "d! etc @700,0,10\n");
	expect_upper(LOWER, "d etc @700", "d etc @700,0,10\n");
	expect_upper(LOWER, "d usr/lib/libc @700",
		     "d usr @711,4,8\nd usr/lib\n"
		     "d usr/lib/libc @700,0,10\n");
}

static void parents_come_from_below(void **state)
{
	(void)state;
	expect_upper(LOWER, "f etc/n", "d etc @750,3,7\nf etc/n\n");
	expect_upper(LOWER, "f no/where/n",
		     "d no @755,0,0\nd no/where @755,0,0\nf no/where/n\n");
	expect_upper(LOWER, "f etc/n\nd etc @700", "d etc @700,0,10\nf etc/n\n");
	expect_refused(LOWER, "f file/x", -ENOTDIR, "file: has files below it");
	expect_refused(LOWER, "f n\nf n/x", -ENOTDIR, "n/x: 'n' on its way");
	expect_upper(LOWER, "f file/x\nf .wh.file", "d file @755,0,0\nf file/x\n");
	expect_upper(LOWER, "f file/x\nd file @700", "d file @700,0,10\nf file/x\n");
}

static void links_on_the_way_end_inside(void **state)
{
	static const char in_lib[] = "d usr @711,4,8\nd usr/lib\nf usr/lib/n\n";

	(void)state;
	expect_upper(LOWER, "f lib/n", in_lib);
	expect_upper(LOWER, "f abs/n", in_lib);
	expect_upper(LOWER, "f up/lib/n", in_lib);
	expect_upper(LOWER, "f ./etc/../lib//n", in_lib);
	expect_upper(LOWER, "f gone/n",
		     "d nowhere @755,0,0\nd nowhere/x @755,0,0\nf nowhere/x/n\n");
	expect_upper(LOWER, "l in ../../../etc\nf in/n",
		     "d etc @750,3,7\nf etc/n\nl in ../../../etc @777,0,10\n");
	expect_upper(LOWER, "d lib @700\nf lib/n", "d lib @700,0,10\nf lib/n\n");
	expect_upper(LOWER, "f /etc/n", "d etc @750,3,7\nf etc/n\n");
	expect_refused(LOWER, "f self/n", -ELOOP, "too many symbolic links");
	expect_refused(LOWER, "f ../n", -EINVAL, "../n: leads out of the root");
	expect_refused(LOWER, "f etc/../../n", -EINVAL, "leads out of the root");
}

/* Files of one's own: a directory of theirs over a link to one goes where the link leads. */
static void expect_followed(const char *upper, const char *expected,
			    unsigned int followed)
{
	const char *const lowers[] = { LOWER, NULL }, *const uppers[] = { upper, NULL };
	struct script *script = calloc(1, sizeof(*script));

	assert_non_null(script);
	script_start(script);
	assert_int_equal(script_layer(script, lowers), 0);
	script->follow = true;
	if (script_layer(script, uppers) < 0)
		fail_msg("%s", script->err.text);
	assert_string_equal(script->text, expected);
	assert_int_equal(script->followed, followed);
	tree_done(&script->tree);
	free(script);
}

static void directories_of_ones_own(void **state)
{
	static const char in_lib[] = "d usr @711,4,8\nd usr/lib\nf usr/lib/n\n";

	(void)state;
	expect_followed("d lib @700\nf lib/n", in_lib, 1);
	expect_followed("d abs\nf abs/n\nd up\nd up/lib\nf up/lib/m",
			"d usr @711,4,8\nd usr/lib\nf usr/lib/m\nf usr/lib/n\n", 2);
	expect_followed("f lib/n\nd lib", in_lib, 1);
	/* nowhere, to itself, to a file; and what the source itself has is its own */
	expect_followed("d gone @700\nd self @700",
			"d gone @700,0,10\nd self @700,0,10\n", 0);
	expect_followed("l to file\nd to @700", "d to @700,0,10\n", 0);
	expect_followed("l to usr\nd to @700\nf to/n", "d to @700,0,10\nf to/n\n", 0);
	expect_followed("f lib @600", "f lib @600,0,10\n", 0);
	expect_followed("d etc @700", "d etc @700,0,10\n", 0);
}

static void hard_links(void **state)
{
	(void)state;
	expect_upper("", "f a\nh b a\nh c b", "f a\nf b = a\nf c = a\n");
	expect_upper("", "f z\nh b /z", "f b\nf z = b\n");
	expect_upper(LOWER, "h x etc/a\nh y etc/a", "f x\nf y = x\n");
	expect_upper(LOWER, "h x lib/libc\nh y usr/lib/libc", "f x\nf y = x\n");
	expect_upper(LOWER, "h etc/a etc/a", "d etc @750,3,7\nf etc/a\n");
	expect_upper("", "f a\nh a a", "f a\n");
	expect_upper("", "f a @600\nh b a\nf a @640", "f a @640,0,10\nf b @600,0,10\n");
	expect_upper(LOWER, "h s lib", "l s usr/lib @777,0,10\n");
	expect_refused(LOWER, "h x no", -ENOENT,
		       "x: hard link to 'no', which isn't there");
	expect_refused(LOWER, "h x b\nf b", -ENOENT, "which isn't there");
	expect_refused(LOWER, "f .wh.file\nh x file", -ENOENT, "which isn't there");
	expect_refused(LOWER, "h x etc", -EPERM, "hard link to the directory");
}

static void refuses_and_drops(void **state)
{
	(void)state;
	expect_refused("", "c null 0:0", -EINVAL, "null: a character device 0:0");
	expect_upper("f a", "f ./\nl / x\nh . a\nf n", "f n\n");
	expect_upper("", "s socket\nc null 1:3", "f null\n");
	expect_upper("", "b most 4095:1048575", "f most\n");
	expect_refused("", "b disk 4096:0", -EINVAL, "disk: a device number that Linux");
	expect_refused("", "c tty 0:1048576", -EINVAL, "tty: a device number that Linux");
}

static void limits_are_kept(void **state)
{
	static char deep[400];

	(void)state;
	for (size_t i = 0; i < 65; i++)
		memcpy(deep + strlen(deep), i ? "/a" : "f a", i ? 2 : 3);
	expect_refused("", deep, -E2BIG, "--limit-depth");
	memset(deep, 'a', 260);
	memcpy(deep, "f ", 2);
	deep[260] = '\0';
	expect_refused("", deep, -ENAMETOOLONG, "a name of more than 255");
}

/* Two source layers become one: what the second removes of the first must be gone, what
 * it removes of the layers below must stay removed. */
static void merged_layers(void **state)
{
	static const struct {
		const char *first, *second, *expected;
	} cases[] = {
		{ "f etc/n\nf m", "f etc/.wh.n\nf etc/.wh.a",
		  "d etc @750,3,7\nwhiteout etc/a\nf m\n" },
		{ "d new\nf new/x", "f .wh.new", "" },
		{ "d new\nf new/x", "f new/.wh..wh..opq\nf new/y", "d new\nf new/y\n" },
		{ "f etc/n", "f .wh.etc\nf etc/o", "d! etc @755,0,0\nf etc/o\n" },
		{ "f .wh.etc", "f etc/o", "d! etc @755,0,0\nf etc/o\n" },
		{ "l new etc", "f new/n",
		  "d etc @750,3,7\nf etc/n\nl new etc @777,0,10\n" },
		{ "f new", "f .wh.new\nd new @700", "d new @700,0,10\n" },
		{ "f new", "h other new\nf new @600", "f new @600,0,10\nf other\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct script *script = calloc(1, sizeof(*script));
		const char *const lower[] = { LOWER, NULL };
		const char *const both[] = { cases[i].first, cases[i].second, NULL };

		assert_non_null(script);
		script_start(script);
		assert_int_equal(script_layer(script, lower), 0);
		if (script_layer(script, both) < 0)
			fail_msg("case %zu: %s", i, script->err.text);
		assert_string_equal(script->text, cases[i].expected);
		tree_done(&script->tree);
		free(script);
	}
}

static bool is_doc(const char *path, void *context)
{
	return strcmp(path, context) == 0;
}

static void excluded_paths_are_nowhere(void **state)
{
	struct script *script = calloc(1, sizeof(*script));
	struct layer *layer;

	(void)state;
	assert_non_null(script);
	script_start(script);
	layer = layer_new(&script->tree, 0, UINT32_MAX, &script_limits);
	assert_int_equal(script_add(script, layer, "d doc\nf doc/a\nf x\nh doc/b x"), 0);
	assert_int_equal(layer_finish(layer, is_doc, (void *)"doc", NULL), 0);
	script_tell(script, layer->root);
	assert_string_equal(script->text, "f x\n");
	layer_free(layer);
	tree_done(&script->tree);
	free(script);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whiteouts_touch_lower_layers_only),
		cmocka_unit_test(whiteout_and_directory_make_it_opaque),
		cmocka_unit_test(opaque_by_its_exact_name),
		cmocka_unit_test(marks_are_known_by_name_alone),
		cmocka_unit_test(marks_that_name_nothing_are_errors),
		cmocka_unit_test(last_duplicate_wins),
		cmocka_unit_test(parents_come_from_below),
		cmocka_unit_test(links_on_the_way_end_inside),
		cmocka_unit_test(directories_of_ones_own),
		cmocka_unit_test(hard_links),
		cmocka_unit_test(refuses_and_drops),
		cmocka_unit_test(limits_are_kept),
		cmocka_unit_test(merged_layers),
		cmocka_unit_test(excluded_paths_are_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
