/* SPDX-License-Identifier: Apache-2.0 */
/* What the lines of a set say together. */
#include <string.h>

#include "format/set.h"
#include "manifest-lines.h"

#define MEMBER(name, digit)                                           \
	"member " name " sha256:" digit A16 A16 A16 "aaaaaaaaaaaaaaa" \
	" size 400\n"
#define HEAD                                                                                       \
	"lamina 1\nname set\nserial 1\ncompatible a\ncompatible b\narch amd64\nmin-init 3\n" LAYER \
	"\n" MEMBER("x", "1") MEMBER("y", "2") MEMBER("z", "3") "run set\n"

static int parse(const char *bytes, struct err *err)
{
	*err = (struct err)ERR_INIT;
	return manifest_parse(bytes, strlen(bytes), &manifest, err);
}

static void assert_good(const char *lines)
{
	static char bytes[8192], again[MANIFEST_MAX_SIZE];
	struct err err;
	int size;

	(void)snprintf(bytes, sizeof(bytes), "%s%s", HEAD, lines);
	assert_int_equal(parse(bytes, &err), 0);
	size = manifest_write(&manifest, again, sizeof(again), &err);
	assert_true(size > 0);
	assert_int_equal(parse(again, &err), 0);
}

static void assert_bad(const char *lines, const char *words)
{
	static char bytes[8192];
	struct err err;

	(void)snprintf(bytes, sizeof(bytes), "%s%s", HEAD, lines);
	assert_int_equal(parse(bytes, &err), -EBADMSG);
	assert_string_equal(err.text, words);
}

static void lines(void **state)
{
	struct set_need need;
	struct set_share share;

	(void)state;
	assert_good("needs x y\nneeds x z healthy\nneeds y z done\n"
		    "share x:/data z:/var/data ro\nnet * dhcp\nhostname thing\n");
	assert_int_equal(manifest.member_count, 3);
	assert_string_equal(manifest.members[1].name, "y");
	assert_int_equal(manifest.members[2].size_bytes, 400);
	assert_true(set_need(&manifest, 1, &need));
	assert_true(need.who == 0 && need.on == 2 && need.how == SET_HEALTHY);
	assert_true(set_need(&manifest, 0, &need));
	assert_true(need.who == 0 && need.on == 1 && need.how == SET_STARTED);
	assert_true(set_share(&manifest, 0, &share));
	assert_true(share.from == 0 && share.to == 2 && share.ro);
	assert_string_equal(share.from_path, "/data");
	assert_string_equal(share.to_path, "/var/data");
	assert_int_equal(set_find(&manifest, "y", 1), 1);
	assert_int_equal(set_find(&manifest, "yy", 2), 3);
}

static void wrong_lines(void **state)
{
	static const char need[] =
		"line 13: needs: must be network or, in a set, MEMBER OTHER "
		"[started|healthy|done]";
	static const char share[] =
		"line 13: share: must be MEMBER:/path MEMBER:/path, and ro or nothing";

	(void)state;
	assert_bad("needs x\n", need);
	assert_bad("needs x y ready\n", need);
	assert_bad("needs x y started now\n", need);
	assert_bad("needs x X\n", need);
	assert_bad("needs x w\n", "needs: `x w`: there is no such member");
	assert_bad("needs network\n",
		   "needs: `network`: is said by a member, not by the set");
	assert_bad("needs x y\nneeds x y done\n",
		   "needs: `x y done`: stands there twice");
	assert_bad("needs x x\n", "needs: a circle: x would wait for itself");
	assert_bad("needs z y\nneeds x y\nneeds y z healthy\n",
		   "needs: a circle: x would wait for itself");
	assert_bad("share x:/d\n", share);
	assert_bad("share x:d y:/d\n", share);
	assert_bad("share x:/proc y:/d\n", share);
	assert_bad("share x:/d y:/d rw\n", share);
	assert_bad("share x:/d w:/d\n", "share: `x:/d w:/d`: there is no such member");
	assert_bad("share x:/d x:/e\n", "share: `x:/d x:/e`: takes two members");
	assert_bad("share x:/d y:/d\nshare z:/d y:/d\n",
		   "share: `z:/d y:/d`: its place is taken");
	assert_bad("share x:/d y:/d/e\nshare z:/d y:/d\n",
		   "share: `z:/d y:/d`: its place is taken");
	assert_good("share x:/d y:/d\nshare z:/d y:/d/e\nshare x:/d z:/d\n");
	assert_bad("share x:/d y:/dev/shm\n", share);
	assert_bad("arg /bin/sh\n", "arg: is for its members to say, not for a set");
	assert_bad("upper none\n", "upper: is for its members to say, not for a set");
	assert_bad(MEMBER("x", "4"),
		   "line 13: member: the same name stands there already");
	assert_bad("member w sha256:1 size 1\n",
		   "line 13: member: must be sha256: and 64 lower-case hex digits");
	assert_bad("member w sha256:" A64 " size 65537\n",
		   "line 13: member: a manifest has 1 to 65536 bytes");
	assert_bad("member W sha256:" A64 " size 1\n",
		   "line 13: member: must match [a-z0-9][a-z0-9._-]{0,62}");
}

/* A line that only sets have, in an image; a set of nothing; an init that knows no sets. */
static void where_they_stand(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(manifest_parse(text, with("share x:/d y:/d"), &manifest, &err),
			 -EBADMSG);
	assert_string_equal(err.text, "share: goes with run set only");
	assert_int_equal(parse("lamina 1\nname a\nserial 1\ncompatible a\narch amd64\n"
			       "min-init 3\n" LAYER "\nrun set\n",
			       &err),
			 -EBADMSG);
	assert_string_equal(err.text, "member is missing");
	assert_good("");
	assert_int_equal(manifest_fits(&manifest, "a", "amd64", &err), 0);
	manifest.min_init = 2;
	assert_int_equal(manifest_fits(&manifest, "a", "amd64", &err), -EINVAL);
	assert_string_equal(err.text, "run set: takes min-init 3 or more");
}

/* Blobs: layers, then members. */
static void blobs(void **state)
{
	struct manifest_blob blob;

	(void)state;
	assert_good("");
	assert_true(manifest_blob(&manifest, 0, &blob));
	assert_true(blob.digest == &manifest.layers[0].blob);
	assert_true(manifest_blob(&manifest, 3, &blob));
	assert_true(blob.digest == &manifest.members[2].digest && blob.size_bytes == 400);
	assert_false(manifest_blob(&manifest, 4, &blob));
}

#define IMAGE                                                                                    \
	"lamina 1\nname x\nserial 1\ncompatible a\ncompatible b\narch amd64\nmin-init 2\n" LAYER \
	"\nvolume /data persist\nvolume /tmp tmpfs\narg /run\nrun supervise\n"

/* @edit: the words of the image to replace, and what by. */
static void check_member(const char *set_lines, size_t index, const char *from,
			 const char *to, const char *words)
{
	static struct manifest set;
	static char bytes[8192];
	const char *at = strstr(IMAGE, from);
	struct err err = ERR_INIT;
	int r;

	(void)snprintf(bytes, sizeof(bytes), "%s%s", HEAD, set_lines);
	assert_int_equal(manifest_parse(bytes, strlen(bytes), &set, &err), 0);
	assert_non_null(at);
	(void)snprintf(bytes, sizeof(bytes), "%.*s%s%s", (int)(at - IMAGE), IMAGE, to,
		       at + strlen(from));
	assert_int_equal(parse(bytes, &err), 0);
	r = set_check_member(&set, index, &manifest, &err);
	assert_string_equal(r < 0 ? err.text : "", words);
}

static void members(void **state)
{
	(void)state;
	check_member("", 0, "name", "name", "");
	check_member("", 0, "arch amd64", "arch arm64",
		     "arch: is for arm64, the set for amd64");
	check_member("", 0, "compatible b\n", "", "compatible: is not for b, as the set");
	check_member("", 0, "run supervise", "run exec",
		     "run: must be supervise in a set");
	check_member("", 0, "f527", "0527", "layer 0 is none of the set's");
	check_member("share x:/data y:/d\n", 0, "name", "name", "");
	check_member("share x:/tmp y:/d\n", 0, "name", "name",
		     "share: has no persistent volume /tmp");
	check_member("share y:/d x:/data\n", 0, "name", "name",
		     "share: has a volume of its own at /data");
	check_member("share y:/d x:/srv\n", 0, "/data", "/srv/a",
		     "share: has a volume of its own at /srv/a");
	check_member("share y:/d x:/data/d\n", 0, "name", "name", "");
	check_member("share y:/d x:/srv\n", 0, "arg", "inject /srv/conf\narg",
		     "share: has an injected file at /srv/conf");
	check_member("share y:/d x:/srv/conf/d\n", 0, "arg", "inject /srv/conf\narg",
		     "share: has an injected file at /srv/conf");
	check_member("share y:/d x:/srv\n", 0, "arg", "inject /srv.conf\narg", "");
}

/* Engines make images that have one layer twice; what is on top is seen. */
static void layers_of_a_member(void **state)
{
	static const char order[] = "bacacb";
	static struct manifest set = { .layer_count = 3 },
			       member = { .layer_count = sizeof(order) - 1 };
	uint16_t layers[MANIFEST_MAX_LAYERS];

	(void)state;
	for (size_t i = 0; i < set.layer_count; i++)
		set.layers[i].blob.bytes[0] = (uint8_t)('a' + i);
	for (size_t i = 0; i < member.layer_count; i++)
		member.layers[i].blob.bytes[0] = (uint8_t)order[i];
	assert_int_equal(set_layers(&set, &member, layers), 3);
	assert_int_equal(layers[0], 0);
	assert_int_equal(layers[1], 2);
	assert_int_equal(layers[2], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(wrong_lines),
		cmocka_unit_test(where_they_stand),
		cmocka_unit_test(blobs),
		cmocka_unit_test(members),
		cmocka_unit_test(layers_of_a_member),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
