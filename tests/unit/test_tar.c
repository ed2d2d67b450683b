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
	return 0;
}

static int read_part(const struct tape *tape, size_t size, bool complete,
		     struct heard *ret_heard, struct err *err)
{
	int fd = memfd_create("tar", MFD_CLOEXEC);
	struct content content = { .fd = fd, .size_bytes = size, .complete = complete };
	struct tar_notes notes;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cut_is_noticed),
		cmocka_unit_test(an_end_that_somebody_vouches_for),
		cmocka_unit_test(headers_for_the_next_and_for_all),
	};

	return cmocka_run_group_tests_name("tar", tests, NULL, NULL);
}
