/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "pack/import/tar.h"

#define BLOCK 512

struct tape {
	char bytes[BLOCK * 40];
	size_t size;
};

static void put(struct tape *tape, const char *bytes, size_t size)
{
	assert_true(tape->size + size + BLOCK <= sizeof(tape->bytes));
	memcpy(tape->bytes + tape->size, bytes, size);
	tape->size += (size + BLOCK - 1) / BLOCK * BLOCK;
}

/* An entry as POSIX.1-1988 describes it, or as V7 wrote it when @magic is "". */
static void add(struct tape *tape, char type, const char *name, const char *link,
		const char *body, size_t size, const char *magic)
{
	char header[BLOCK] = { 0 };
	unsigned int sum = 0;

	(void)snprintf(header, 100, "%s", name);
	memcpy(header + 100, "0000644", 8);
	memcpy(header + 108, "0000007", 8);
	memcpy(header + 116, "0000010", 8);
	(void)snprintf(header + 124, 12, "%011zo", size);
	(void)snprintf(header + 136, 12, "%011o", 1000);
	memset(header + 148, ' ', 8);
	header[156] = type;
	(void)snprintf(header + 157, 100, "%s", link);
	memcpy(header + 257, magic, strlen(magic));
	for (size_t i = 0; i < BLOCK; i++)
		sum += (unsigned char)header[i];
	(void)snprintf(header + 148, 8, "%06o", sum);
	put(tape, header, BLOCK);
	if (size)
		put(tape, body, size);
}

struct heard {
	char names[400];
	uint64_t bytes;
	uint32_t mode; /* of the last */
};

static int hear(void *context, const struct layer_entry *entry, struct err *err)
{
	struct heard *heard = context;
	size_t used = strlen(heard->names);

	(void)err;
	(void)snprintf(heard->names + used, sizeof(heard->names) - used, "%.40s%s%s|",
		       entry->path, entry->hardlink ? "=" : "",
		       entry->hardlink ? entry->hardlink : "");
	heard->bytes += entry->size_bytes;
	heard->mode = entry->mode;
	return 0;
}

static struct tar_notes notes; /* of what was read last */

static int read_part(const struct tape *tape, size_t size, bool complete,
		     struct heard *ret_heard, struct err *err)
{
	int fd = memfd_create("tar", MFD_CLOEXEC);
	struct content content = { .fd = fd, .size_bytes = size, .complete = complete };
	struct tree tree;
	int r;

	*ret_heard = (struct heard){ 0 };
	assert_int_equal(fd_write_all(fd, tape->bytes, size), 0);
	assert_int_equal(tree_init(&tree), 0);
	r = tar_read(&tree, &content, hear, ret_heard, &notes, err);
	tree_done(&tree);
	fd_close(fd);
	return r;
}

static const char text[700] = "seven hundred bytes";
#define GNU "ustar  "

static void fill(struct tape *tape, const char *magic)
{
	*tape = (struct tape){ 0 };
	add(tape, '0', "file", "", text, sizeof(text), magic);
	add(tape, '1', "again", "file", "", 0, magic);
	add(tape, '2', "link", "file", "", 0, magic);
	add(tape, '0', "last", "", text, 10, magic);
}

static void every_cut_is_noticed(void **state)
{
	static const char *const magics[] = { "", "ustar", GNU };
	static struct tape tape;
	struct heard heard;

	(void)state;
	for (size_t m = 0; m < 3; m++) {
		fill(&tape, magics[m]);
		for (size_t size = 0; size <= tape.size; size++) {
			struct err err = ERR_INIT;

			assert_int_equal(read_part(&tape, size, false, &heard, &err),
					 -EBADMSG);
			assert_true(err.text[0]);
		}
		assert_int_equal(read_part(&tape, tape.size + BLOCK, false, &heard, NULL),
				 0);
		assert_string_equal(heard.names, "file|again=file|link|last|");
		assert_int_equal(heard.bytes, sizeof(text) + 10);
	}
}

/* umoci writes such, and their digest is right. */
static void an_end_that_somebody_vouches_for(void **state)
{
	static struct tape tape;
	struct heard heard;

	(void)state;
	fill(&tape, "ustar");
	for (size_t size = tape.size - BLOCK + 10; size <= tape.size; size++) {
		assert_int_equal(read_part(&tape, size, true, &heard, NULL), 0);
		assert_string_equal(heard.names, "file|again=file|link|last|");
	}
	assert_int_equal(read_part(&tape, tape.size - BLOCK + 9, true, &heard, NULL),
			 -EBADMSG);
	assert_int_equal(
		read_part(&tape, tape.size - 2 * BLOCK + 100, true, &heard, NULL),
		-EBADMSG);
	assert_int_equal(read_part(&tape, 0, true, &heard, NULL), 0);
	assert_string_equal(heard.names, "");
}

static void headers_for_the_next_and_for_all(void **state)
{
	static struct tape tape;
	char name[201];
	struct heard heard;

	(void)state;
	memset(name, 'n', 200);
	name[200] = '\0';
	tape = (struct tape){ 0 };
	add(&tape, 'g', "pax_global_header", "", "20 comment=a remark\n", 20, "ustar");
	add(&tape, 'x', "PaxHeaders/x", "", "15 path=of/pax\n", 15, "ustar");
	add(&tape, '0', "short", "", text, 3, "ustar");
	add(&tape, 'L', "././@LongLink", "", name, sizeof(name), GNU);
	add(&tape, '5', "cut", "", "", 0, GNU);
	add(&tape, 'K', "././@LongLink", "", name, sizeof(name), GNU);
	add(&tape, '1', "hard", "cut", "", 0, GNU);
	assert_int_equal(read_part(&tape, tape.size + 2 * BLOCK, false, &heard, NULL), 0);
	assert_true(strncmp(heard.names, "of/pax|nnnn", 11) == 0);
	assert_non_null(strstr(heard.names, "n|hard=nnnn"));
}

static int read_whole(const struct tape *tape, struct heard *heard, struct err *err)
{
	*err = (struct err)ERR_INIT;
	return read_part(tape, tape->size + 2 * BLOCK, false, heard, err);
}

static void a_single_block_of_zeros_is_no_end(void **state)
{
	static const char zeros[3 * BLOCK];
	static struct tape tape;
	struct heard heard;
	struct err err;

	(void)state;
	for (size_t blocks = 1; blocks <= 3; blocks++) {
		tape = (struct tape){ 0 };
		add(&tape, '0', "holes", "", zeros, 2 * BLOCK, "ustar");
		put(&tape, zeros, blocks * BLOCK);
		add(&tape, '0', "more", "", text, 3, "ustar");
		if (blocks == 1) {
			assert_int_equal(read_whole(&tape, &heard, &err), -EBADMSG);
			assert_non_null(strstr(err.text, "a single block of zeros"));
			continue;
		}
		assert_int_equal(read_whole(&tape, &heard, &err), 0);
		assert_string_equal(heard.names, "holes|");
		assert_in_range(notes.behind_end, 2 * BLOCK, 5 * BLOCK);
	}
	/* one that ends the file is one that ends the tar, to the engines as well */
	fill(&tape, "ustar");
	assert_int_equal(read_part(&tape, tape.size + BLOCK, false, &heard, NULL), 0);
	assert_int_equal(notes.behind_end, 0);
}

static void zeros_are_an_empty_tar_only_to_their_end(void **state)
{
	static const char zeros[20 * BLOCK];
	static struct tape tape;
	struct heard heard;
	struct err err;

	(void)state;
	for (size_t blocks = 1; blocks <= 20; blocks++) {
		tape = (struct tape){ 0 };
		put(&tape, zeros, blocks * BLOCK);
		assert_int_equal(read_part(&tape, tape.size, false, &heard, NULL), 0);
		put(&tape, "a disk's boot sector", 20);
		assert_int_equal(read_whole(&tape, &heard, &err), -EBADMSG);
		assert_non_null(strstr(err.text, "is no tar"));
	}
}

static void nothing_is_cut_or_changed_in_silence(void **state)
{
	static const struct {
		const char *record;
		size_t size;
	} bad[] = {
		{ "14 path=a\0bc\n", 14 },
		{ "18 linkpath=a\0bc\n", 18 },
		{ "30 SCHILY.xattr.user\0.a=value\n", 30 },
		{ "10 uid=1x\n", 10 },
		{ "11 uid=1.5\n", 11 },
		{ "11 gid=0x1\n", 11 },
		{ "31 uid=18446744073709551617001\n", 31 },
		{ "17 uid=4294967295\n", 17 },
		{ "17 gid=4294967295\n", 17 },
		{ "11 path=ab\n", 11 },
		{ "9 path=ab\n", 11 },
		{ "path=ab\n", 8 },
		{ "4 =\n", 4 },
	};
	static struct tape tape;
	struct heard heard;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		tape = (struct tape){ 0 };
		add(&tape, 'x', "PaxHeaders/x", "", bad[i].record, bad[i].size, "ustar");
		add(&tape, i == 1 ? '1' : '0', "name", "", "", 0, "ustar");
		if (strstr(bad[i].record, "11 path=ab")) {
			assert_int_equal(read_whole(&tape, &heard, &err), 0);
			assert_string_equal(heard.names, "ab|");
			continue;
		}
		if (read_whole(&tape, &heard, &err) == 0)
			fail_msg("takes %s", bad[i].record);
	}
}

static void types_that_no_tar_has(void **state)
{
	static struct tape tape;
	struct heard heard;
	struct err err;

	(void)state;
	for (int type = 1; type < 128; type++) {
		tape = (struct tape){ 0 };
		/* those that are a word about the next entry, and need one */
		if (strchr("gxXKLNVA", type))
			continue;
		add(&tape, (char)type, "name", "name", "", 0, "ustar");
		if (strchr("01234567DS", type))
			assert_int_equal(read_whole(&tape, &heard, &err), 0);
		else if (read_whole(&tape, &heard, &err) != -EBADMSG)
			fail_msg("takes type %d", type);
	}
}

/* The field at @at of an entry's header, and its sum again. */
static void set_field(struct tape *tape, size_t at, const char *bytes, size_t size)
{
	unsigned int sum = 0;

	memcpy(tape->bytes + at, bytes, size);
	memset(tape->bytes + 148, ' ', 8);
	for (size_t i = 0; i < BLOCK; i++)
		sum += (unsigned char)tape->bytes[i];
	(void)snprintf(tape->bytes + 148, 8, "%06o", sum);
}

static void numbers_in_the_old_fields(void **state)
{
	static const struct {
		size_t at, size;
		const char *bytes;
		int result;
	} cases[] = {
		{ 108, 8, "0000008\0", -EBADMSG },
		{ 108, 8, "daemon\0\0", -EBADMSG },
		{ 108, 8, "    12 \0", 0 },
		{ 116, 8, "\0\0\0\0\0\0\0\0", 0 },
		{ 116, 8, "\x80\0\0\0\xff\xff\xff\xff", -EINVAL },
		{ 116, 8, "\x80\0\0\0\xff\xff\xff\xfe", 0 },
		{ 116, 8, "\x80\0\0\1\0\0\0\0", -EINVAL },
		{ 100, 8, "-644\0\0\0\0", -EBADMSG },
		{ 136, 12, "yesterday\0\0\0", -EBADMSG },
		{ 136, 12, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 0 },
	};
	static struct tape tape;
	struct heard heard;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tape = (struct tape){ 0 };
		add(&tape, '0', "name", "", "", 0, "ustar");
		set_field(&tape, cases[i].at, cases[i].bytes, cases[i].size);
		if (read_whole(&tape, &heard, &err) != cases[i].result)
			fail_msg("case %zu: %s", i, err.text);
	}
}

/* star and GNU tar say it in a text, whose reader would change the mode; bsdtar and others as the
 * kernel's own bytes. */
static void an_acl_changes_no_mode(void **state)
{
	static const char acl[] =
		"65 SCHILY.acl.access=user::rwx,user:7:r--:7,group::---,"
		"mask::r-x\n";
	static struct tape tape;
	struct heard heard;
	struct err err;

	(void)state;
	tape = (struct tape){ 0 };
	add(&tape, 'x', "PaxHeaders/x", "", acl, strlen(acl), "ustar");
	add(&tape, '0', "name", "", "", 0, "ustar");
	assert_int_equal(strlen(acl), 65);
	assert_int_equal(read_whole(&tape, &heard, &err), 0);
	assert_int_equal(heard.mode, S_IFREG | 0644);
	assert_int_equal(notes.foreign_xattrs, 1);
}

static void a_long_target_over_an_empty_one(void **state)
{
	static struct tape tape;
	char name[201];
	struct heard heard;
	struct err err;

	(void)state;
	memset(name, 'n', 200);
	name[200] = '\0';
	tape = (struct tape){ 0 };
	add(&tape, 'K', "gnu/target1", "", name, sizeof(name), GNU);
	add(&tape, '2', "soft", "", "", 0, GNU);
	add(&tape, 'K', "gnu/target2", "", name, sizeof(name), GNU);
	add(&tape, '1', "hard", "", "", 0, GNU);
	assert_int_equal(read_whole(&tape, &heard, &err), 0);
	if (strncmp(heard.names, "soft|hard=nnn", 13) != 0)
		fail_msg("%s", heard.names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cut_is_noticed),
		cmocka_unit_test(an_end_that_somebody_vouches_for),
		cmocka_unit_test(headers_for_the_next_and_for_all),
		cmocka_unit_test(a_single_block_of_zeros_is_no_end),
		cmocka_unit_test(zeros_are_an_empty_tar_only_to_their_end),
		cmocka_unit_test(nothing_is_cut_or_changed_in_silence),
		cmocka_unit_test(numbers_in_the_old_fields),
		cmocka_unit_test(types_that_no_tar_has),
		cmocka_unit_test(an_acl_changes_no_mode),
		cmocka_unit_test(a_long_target_over_an_empty_one),
	};

	return cmocka_run_group_tests_name("tar", tests, NULL, NULL);
}
