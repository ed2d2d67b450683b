/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "bytes.h"
#include "format/verity.h"
#include "trust/hash-tree.h"

static int temp_file(char *name)
{
	int fd;

	(void)snprintf(name, 40, "/tmp/test_hash-tree.XXXXXX");
	fd = mkstemp(name);
	assert_true(fd >= 0);
	return fd;
}

/* @size bytes that differ from block to block. */
static unsigned char *noise(size_t size)
{
	unsigned char *bytes = malloc(size);
	uint64_t x = 88172645463325252;

	assert_non_null(bytes);
	for (size_t i = 0; i < size; i += sizeof(x)) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		memcpy(bytes + i, &x, size - i < sizeof(x) ? size - i : sizeof(x));
	}
	return bytes;
}

/* A file of its own with noise in it; unlinked, so that nothing is left behind. */
static int noise_file(size_t size)
{
	unsigned char *bytes = noise(size);
	char name[40];
	int fd = temp_file(name);

	assert_int_equal(unlink(name), 0);
	assert_int_equal(fd_write_all(fd, bytes, size), 0);
	free(bytes);
	return fd;
}

static unsigned char *read_all(int fd, size_t *ret_size)
{
	unsigned char *bytes;
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	bytes = malloc((size_t)st.st_size + 1);
	assert_non_null(bytes);
	assert_int_equal(fd_pread_all(fd, bytes, (size_t)st.st_size, 0), 0);
	*ret_size = (size_t)st.st_size;
	return bytes;
}

/*
 * The format's words once more, all in memory and level by level: hash each block, pad
 * the hashes with zeros to whole blocks, go on with those until one block is left. Puts
 * the levels topmost first into @ret_tree.
 */
static size_t plain_tree(const unsigned char *blocks, size_t count,
			 unsigned char *ret_tree, struct digest *ret_root)
{
	size_t above = (count + 127) / 128, used;
	unsigned char *level;

	if (count == 1) {
		assert_int_equal(sha256_of(blocks, 4096, ret_root), 0);
		return 0;
	}
	level = calloc(above, 4096);
	assert_non_null(level);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(
			sha256_of(blocks + i * 4096, 4096, (struct digest *)level + i),
			0);
	used = plain_tree(level, above, ret_tree, ret_root);
	memcpy(ret_tree + used, level, above * 4096);
	free(level);
	return used + above * 4096;
}

static void compare_with_plain(int fd, size_t size, const struct hash_tree_result *result)
{
	size_t blob_size, data = (size + 4095) / 4096 * 4096, tree_size;
	unsigned char *blob = read_all(fd, &blob_size), *wanted = noise(size), *tree;
	struct verity_superblock sb = { .data_blocks = data / 4096 };
	static uint8_t block[4096];
	struct digest hash;

	assert_int_equal(result->data_bytes, data);
	assert_int_equal(result->size_bytes, blob_size);
	assert_memory_equal(blob, wanted, size);
	for (size_t i = size; i < data; i++)
		assert_int_equal(blob[i], 0);
	tree = malloc(blob_size);
	assert_non_null(tree);
	tree_size = plain_tree(blob, data / 4096, tree, &hash);
	assert_memory_equal(&result->root, &hash, DIGEST_SIZE);
	assert_int_equal(blob_size, data + 4096 + tree_size);
	assert_int_equal(tree_size, verity_tree_blocks(data / 4096) * 4096);
	assert_memory_equal(blob + data + 4096, tree, tree_size);
	verity_uuid(&hash, sb.uuid);
	memset(block, 0, sizeof(block));
	verity_superblock_write(&sb, block);
	assert_memory_equal(blob + data, block, sizeof(block));
	assert_int_equal(sha256_of(blob, blob_size, &hash), 0);
	assert_memory_equal(&result->blob, &hash, DIGEST_SIZE);
	free(tree);
	free(wanted);
	free(blob);
}

static void one_size(size_t size, unsigned int threads)
{
	__fd int fd = noise_file(size);
	struct hash_tree_result result;
	struct err err = ERR_INIT;

	assert_int_equal(hash_tree_append(fd, size, threads, &result, &err), 0);
	compare_with_plain(fd, size, &result);
	assert_int_equal(hash_tree_check(fd, result.size_bytes, result.data_bytes,
					 &result.root, &err),
			 0);
}

/* Around blocks, one and two levels, and the pieces that threads take (128 blocks). */
static void sizes(void **state)
{
	static const size_t bytes[] = { 1, 95, 4095, 4096, 4097, 8192, 8193 };
	static const size_t blocks[] = { 3,   127, 128, 129, 130, 255, 256,
					 257, 383, 384, 385, 511, 512, 513 };

	(void)state;
	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++)
		one_size(bytes[i], 0);
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
		one_size(blocks[i] * 4096, 0);
}

/* 128 * 128 blocks are the last that two levels hold. */
static void three_levels(void **state)
{
	(void)state;
	one_size((size_t)128 * 128 * 4096, 2);
	one_size((size_t)128 * 128 * 4096 + 1, 2);
}

static void any_number_of_threads(void **state)
{
	(void)state;
	for (unsigned int threads = 1; threads <= 20; threads++)
		one_size(5 * 1024 * 1024 + 17, threads);
}

/* What lay behind the squashfs, from a build before, does not get into the blob. */
static void longer_file(void **state)
{
	struct hash_tree_result result;
	struct err err = ERR_INIT;
	__fd int fd = noise_file(5000);

	(void)state;
	assert_int_equal(ftruncate(fd, 5000), 0);
	assert_int_equal(fd_pwrite_all(fd, "old", 3, 100000), 0);
	assert_int_equal(hash_tree_append(fd, 5000, 1, &result, &err), 0);
	compare_with_plain(fd, 5000, &result);
}

static void refusals(void **state)
{
	struct hash_tree_result result;
	struct err err = ERR_INIT;
	__fd int fd = noise_file(10000);
	char path[32];

	(void)state;
	assert_int_equal(hash_tree_append(fd, 0, 1, &result, &err), -EINVAL);
	assert_int_equal(hash_tree_append(fd, UINT64_MAX, 1, &result, &err), -EINVAL);
	assert_int_equal(hash_tree_append(-1, 4096, 1, &result, &err), -EBADF);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	__fd int read_only = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(read_only >= 0);
	assert_true(hash_tree_append(read_only, 4096, 1, &result, &err) < 0);
	assert_int_equal(strncmp(err.text, "hash tree: ", 11), 0);
}

/* Where in the blob a block lies, in the words of hash_tree_check(). */
static void name_of(size_t block, size_t data_blocks, char *ret_name, size_t room)
{
	if (block < data_blocks)
		(void)snprintf(ret_name, room, "data block %zu is damaged", block);
	else if (block == data_blocks)
		(void)snprintf(ret_name, room, "superblock is damaged");
	else if (block == data_blocks + 1)
		(void)snprintf(ret_name, room, "root hash does not match");
	else
		(void)snprintf(ret_name, room, "hash block %zu of level 0 is damaged",
			       block - data_blocks - 2);
}

/* One bit in each block of data, superblock and both levels, at moving places. */
static void flipped(void **state)
{
	struct hash_tree_result result;
	size_t blocks = 300;
	struct err err = ERR_INIT;
	__fd int fd = noise_file(blocks * 4096);
	char name[64];

	(void)state;
	assert_int_equal(hash_tree_append(fd, blocks * 4096, 0, &result, &err), 0);
	assert_int_equal(result.size_bytes, (blocks + 1 + 1 + 3) * 4096);
	for (size_t block = 0; block < result.size_bytes / 4096; block++) {
		uint64_t at = block * 4096 + block * 1237 % 4096;
		unsigned char byte, other;

		assert_int_equal(fd_pread_all(fd, &byte, 1, at), 0);
		other = byte ^ (unsigned char)(1 << block % 8);
		assert_int_equal(fd_pwrite_all(fd, &other, 1, at), 0);
		name_of(block, blocks, name, sizeof(name));
		assert_refused(hash_tree_check(fd, result.size_bytes, result.data_bytes,
					       &result.root, &err),
			       -EBADMSG, err, name);
		assert_int_equal(fd_pwrite_all(fd, &byte, 1, at), 0);
	}
	assert_int_equal(hash_tree_check(fd, result.size_bytes, result.data_bytes,
					 &result.root, &err),
			 0);
}

/* Of several bad blocks the first is named, whichever thread found one first. */
static void first_of_many(void **state)
{
	struct hash_tree_result result;
	struct err err = ERR_INIT;
	size_t blocks = 3000;
	__fd int fd = noise_file(blocks * 4096);

	(void)state;
	assert_int_equal(hash_tree_append(fd, blocks * 4096, 0, &result, &err), 0);
	for (size_t block = 700; block < blocks; block += 90)
		assert_int_equal(fd_pwrite_all(fd, "damage", 6, block * 4096), 0);
	for (int i = 0; i < 20; i++)
		assert_refused(hash_tree_check(fd, result.size_bytes, result.data_bytes,
					       &result.root, &err),
			       -EBADMSG, err, "data block 700 is damaged");
}

static void figures_that_do_not_fit(void **state)
{
	struct hash_tree_result result;
	struct err err = ERR_INIT;
	__fd int fd = noise_file(40000);
	struct digest root;

	(void)state;
	assert_int_equal(hash_tree_append(fd, 40000, 0, &result, &err), 0);
	assert_int_equal(hash_tree_check(fd, result.size_bytes - 1, result.data_bytes,
					 &result.root, &err),
			 -EBADMSG);
	assert_int_equal(hash_tree_check(fd, result.size_bytes, result.data_bytes - 4096,
					 &result.root, &err),
			 -EBADMSG);
	assert_int_equal(hash_tree_check(fd, result.size_bytes, 0, &result.root, &err),
			 -EBADMSG);
	root = result.root;
	root.bytes[31] ^= 1;
	assert_refused(
		hash_tree_check(fd, result.size_bytes, result.data_bytes, &root, &err),
		-EBADMSG, err, "root hash does not match");
	assert_int_equal(ftruncate(fd, (off_t)result.size_bytes - 1), 0);
	assert_int_equal(hash_tree_check(fd, result.size_bytes, result.data_bytes,
					 &result.root, &err),
			 -EIO);
}

static void set(const char *name, const char *value)
{
	assert_int_equal(setenv(name, value, 1), 0);
}

static const char verify[] =
	"veritysetup verify \"$BLOB\" \"$BLOB\" $ROOT --hash-offset=$DATA 2>/dev/null";
static const char format_again[] = "trap 'rm -f \"$BLOB.data\" \"$BLOB.hash\"' EXIT\n"
				   "uuid=$(veritysetup dump \"$BLOB\" "
				   "--hash-offset=$DATA | awk '/^UUID:/ { print $2 }')\n"
				   "head -c $DATA \"$BLOB\" >\"$BLOB.data\" &&\n"
				   "veritysetup format --salt=- --uuid=$uuid "
				   "\"$BLOB.data\" \"$BLOB.hash\" >/dev/null &&\n"
				   "cat \"$BLOB.data\" \"$BLOB.hash\" | cmp - \"$BLOB\"";

static void one_with_veritysetup(size_t size)
{
	struct hash_tree_result result;
	char name[40], text[DIGEST_HEX_SIZE];
	struct err err = ERR_INIT;
	__fd int fd = temp_file(name);
	unsigned char *bytes = noise(size);

	set("BLOB", name);
	(void)snprintf(text, sizeof(text), "%zu", size);
	set("DATA", text);
	assert_int_equal(fd_write_all(fd, bytes, size), 0);
	free(bytes);
	assert_int_equal(hash_tree_append(fd, size, 0, &result, &err), 0);
	digest_hex(&result.root, text);
	set("ROOT", text);
	assert_int_equal(system(verify), 0);
	assert_int_equal(system(format_again), 0);
	assert_int_equal(fd_pwrite_all(fd, "damage", 6, size - 4000), 0);
	assert_int_not_equal(system(verify), 0);
	assert_int_equal(unlink(name), 0);
}

/* veritysetup verifies ours, makes the same bytes, and finds damage in them. */
static void veritysetup(void **state)
{
	static const size_t blocks[] = { 1, 2, 128, 129, 16384, 16385 };
	char path[4096];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s:/usr/sbin:/sbin", getenv("PATH"));
	set("PATH", path);
	if (system("veritysetup --version >/dev/null 2>&1") != 0)
		skip_for("no veritysetup");
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
		one_with_veritysetup(blocks[i] * 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(three_levels),
		cmocka_unit_test(any_number_of_threads),
		cmocka_unit_test(longer_file),
		cmocka_unit_test(refusals),
		cmocka_unit_test(flipped),
		cmocka_unit_test(first_of_many),
		cmocka_unit_test(figures_that_do_not_fit),
		cmocka_unit_test(veritysetup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
