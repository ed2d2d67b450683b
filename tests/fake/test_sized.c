/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Volumes of a limited size, as they are made, found and grown, with each call failing in turn, and
 * with the power cut at each: what is made is whole or made anew, what is there stays as it is.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/le.h"
#include "base/sys.h"
#include "fake/machine.h"
#include "format/manifest.h"

#define BLOCK 4096
#define SIZE ((size_t)MANIFEST_VOLUME_LEAST)
#define NAME "volumes/thermostat/data"
#define HALF "volumes/thermostat/%new"
#define HERE "/run/lamina/private/store/"
#define ASIDE "/aside/" /* where a store is mounted that a boot has left */

static const uint8_t *template;
static uint8_t file[16 * BLOCK]; /* of a volume that is there */
static size_t file_size;	 /* 0: none is */
static bool grows;

/* With a file system of that many blocks in it. */
static void make_file(size_t size, uint64_t blocks)
{
	memset(file, 'u', sizeof(file));
	le_put(file + 1024 + 4, blocks, 4);
	le_put(file + 1024 + 0x18, 2, 4);
	le_put(file + 1024 + 0x38, 0xef53, 2);
	le_put(file + 1024 + 0x150, 0, 4);
	file_size = size;
}

static void setup_sized(void)
{
	setup();
	fake_boot();
	template = fake_template();
	fake_dir("@ext4:lost+found");
	fake_text("@squashfs:data/conf/default", "shipped");
	fake_config.free_blocks = 1 << 20;
	if (file_size)
		fake_bytes(STORE NAME, file, file_size);
}

/* The store's top, wherever that is after a boot. */
static const char *find_store(void)
{
	if (fake_exists(HERE "volumes"))
		return HERE;
	fake_dir(ASIDE);
	if (!fake_exists(ASIDE "images"))
		assert_int_equal(sys_mount("/dev/vda", ASIDE, "ext4", 0, NULL), 0);
	return ASIDE;
}

static const char *in_store(const char *name)
{
	static char paths[2][128];
	static int turn;
	char *path = paths[turn++ % 2];

	(void)snprintf(path, sizeof(paths[0]), "%s%s", find_store(), name);
	return path;
}

static size_t size_of(const char *name)
{
	struct stat st;

	return sys_fstatat(AT_FDCWD, in_store(name), &st, AT_SYMLINK_NOFOLLOW) == 0
		       ? (size_t)st.st_size
		       : 0;
}

/* What is in the store of volumes, into that of the next machine. */
static void start_again(void)
{
	static const char *const names[] = { "%new",	     "volumes",
					     "volumes/%new", "volumes/thermostat",
					     HALF,	     NAME };
	struct {
		bool is_there, is_file;
		char *bytes;
		size_t size;
	} found[sizeof(names) / sizeof(names[0])];
	size_t count = sizeof(names) / sizeof(names[0]), kept = file_size;

	for (size_t i = 0; i < count; i++) {
		found[i].is_there = fake_exists(in_store(names[i]));
		found[i].is_file = found[i].is_there && i >= 4;
		found[i].size = found[i].is_file ? size_of(names[i]) : 0;
		found[i].bytes = malloc(found[i].size + 1);
		if (found[i].size)
			memcpy(found[i].bytes, fake_text_of(in_store(names[i])),
			       found[i].size);
	}
	file_size = 0;
	setup_sized();
	file_size = kept;
	for (size_t i = 0; i < count; i++) {
		char path[128];

		(void)snprintf(path, sizeof(path), STORE "%s", names[i]);
		if (found[i].is_file)
			fake_bytes(path, found[i].bytes, found[i].size);
		else if (found[i].is_there)
			fake_dir(path);
		free(found[i].bytes);
	}
}

/* Whatever was before: it is made now, or as it was. */
static void starts(const char *call)
{
	struct err err = ERR_INIT;
	int r = 0;

	start_again();
	if (fake_run(boot, &err, &r) != FAKE_EXECED)
		fail_msg("after %s: %d: %s", call, r, err.text);
	assert_null(fake_leaks());
	if (fake_exists("/run/lamina/notes"))
		fail_msg("after %s: %s", call, fake_text_of("/run/lamina/notes"));
	assert_string_equal(fake_type_of("/data/."), "ext4");
	assert_false(fake_exists(in_store(HALF)));
	assert_int_equal(size_of(NAME), grows || !file_size ? SIZE : file_size);
	if (file_size) {
		assert_memory_equal(fake_text_of(in_store(NAME)), file, file_size);
		return;
	}
	assert_memory_equal(fake_text_of(in_store(NAME)), template + 24 + 8, BLOCK);
	assert_memory_equal(fake_text_of(in_store(NAME)) + 4 * BLOCK,
			    template + 24 + 8 + BLOCK + 8, BLOCK);
}

/* What is told, with the reason, keeps nothing from its start: where it is there already. */
static bool is_told(int number)
{
	const char *at = strstr(fake_console(), ": volume /data: ");

	return file_size && at && strstr(at, err_reason(-number));
}

/* What a power cut left is removed when it is made again; what can't be looked at does not grow. */
static bool forgives(const char *call, int number)
{
	static const char *const calls[] = { "unlinkat %new", "openat2 data",
					     "fstat, openat2 data",
					     "pread, openat2 data" };
	static const char *const again[] = { "pread", "pwrite", "read", "write" };

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (strncmp(call, calls[i], strlen(calls[i])) == 0)
			return true;
	}
	for (size_t i = 0; number == EINTR && i < sizeof(again) / sizeof(again[0]); i++) {
		if (strncmp(call, again[i], strlen(again[i])) == 0)
			return true;
	}
	return false;
}

static void check(enum fake_end end, int r, const char *call, int number,
		  const struct err *err)
{
	if (end == FAKE_EXECED) {
		if (!is_told(number) && !forgives(call, number))
			fail_msg("%s, %d: the failure was lost: %s", call, number,
				 fake_console());
		return;
	}
	if (end != FAKE_RETURNED || r != -number ||
	    !strstr(err->text, "volume /data: ") ||
	    !strstr(err->text, err_reason(-number)))
		fail_msg("%s, %d: %d: %s", call, number, r, err->text);
	if (fake_leaks())
		fail_msg("%s, %d: left behind: %s", call, number, fake_leaks());
	/* no kernel refuses to detach one */
	if (fake_mounts() != 4 && strncmp(call, "umount2", 7) != 0)
		fail_msg("%s, %d: %d mounts", call, number, fake_mounts());
	/* no image after it finds a store that is full of it */
	if (!file_size && strncmp(call, "unlinkat %new", 13) != 0)
		assert_false(fake_exists(in_store(HALF)));
}

static int find_call(const char *part, int from)
{
	while (from <= fake_calls() && !strstr(fake_call(from), part))
		from++;
	if (from > fake_calls())
		fail_msg("no call is '%s'", part);
	return from;
}

static int first, last; /* of the calls that a volume needs */

static void find_calls(void)
{
	setup_sized();
	assert_boots();
	first = find_call("openat2 volumes", 1);
	last = find_call("nosymfollow", first);
}

static void fail_each(void)
{
	static const int numbers[] = { ENOSPC, EIO, EDQUOT, EROFS, ENOMEM, EINTR };

	find_calls();
	for (int n = first; n <= last; n++) {
		for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
			struct err err = ERR_INIT;
			char call[224];
			enum fake_end end;
			int r = 0;

			setup_sized();
			fake_fail(n, numbers[i]);
			end = fake_run(boot, &err, &r);
			(void)snprintf(call, sizeof(call), "%s", fake_failed());
			fake_fail(0, 0);
			check(end, r, call, numbers[i], &err);
			if (i == 0)
				starts(call);
		}
	}
}

/* Nothing is done about it any more, and the next start begins with what is there. */
static void cut_each(void)
{
	find_calls();
	for (int n = first; n <= last + 1; n++) {
		struct err err = ERR_INIT;
		char call[224];
		bool synced;
		int r = 0;

		setup_sized();
		fake_cut(n);
		(void)fake_run(boot, &err, &r);
		(void)snprintf(call, sizeof(call), "%s", fake_failed());
		synced = fake_called("syncfs");
		fake_fail(0, 0);
		if (fake_exists(in_store(NAME)) && !file_size)
			assert_true(synced);
		starts(call);
	}
}

static void plain(const char *lines)
{
	plain_machine();
	machine.manifest = lines;
	file_size = 0;
	grows = false;
}

static void making(void **state)
{
	(void)state;
	plain("volume /data persist size=16m\n");
	fail_each();
	cut_each();
	plain("volume /data persist fresh size=16m\n");
	cut_each();
}

/* As an image without a size finds it, too. */
static void opening(void **state)
{
	(void)state;
	plain("volume /data persist\n");
	make_file(sizeof(file), 16);
	fail_each();
	cut_each();
}

static void growing(void **state)
{
	(void)state;
	plain("volume /data persist size=16m\n");
	make_file(sizeof(file), 16);
	grows = true;
	fail_each();
	cut_each();
}

/* A boot that is told of, with no more than so many bytes of file. */
static void assert_told(const char *words, size_t size)
{
	assert_boots();
	if (!strstr(fake_console(), words))
		fail_msg("no '%s': %s", words, fake_console());
	assert_non_null(strstr(fake_text_of("/run/lamina/notes"), "volume /data: "));
	assert_int_equal(size_of(NAME), size);
	if (size)
		assert_memory_equal(fake_text_of(in_store(NAME)), file, size);
}

/* What was cut off is lost; zeros in its place would be taken for files. */
static void what_is_no_whole_file_system(void **state)
{
	(void)state;
	plain("volume /data persist size=16m\n");
	make_file(sizeof(file) / 2, 16);
	setup_sized();
	assert_boots();
	assert_false(fake_called("fallocate"));
	assert_false(fake_called("ioctl 0x6610"));
	assert_int_equal(size_of(NAME), file_size);
	make_file(sizeof(file), 16);
	file[1024 + 0x38] = 0;
	setup_sized();
	assert_boots();
	assert_false(fake_called("fallocate"));
	assert_int_equal(size_of(NAME), file_size);
	/* too short for a block */
	make_file(100, 0);
	setup_sized();
	assert_told("passed over: volume /data: ", file_size);
}

/* Neither is it written to, nor waited for. */
static void what_is_no_file(void **state)
{
	static const int numbers[] = { ENXIO, EACCES }; /* of a socket, of a device */

	(void)state;
	plain("volume /data persist size=16m\n");
	setup_sized();
	fake_fifo(STORE NAME);
	assert_told("passed over: volume /data: ", 0);
	setup_sized();
	fake_link(STORE NAME, "/etc");
	assert_fails(-ELOOP, "volume /data: volumes/thermostat/data of the store: ");
	/* what a directory was cut off as */
	setup_sized();
	fake_text(STORE HALF "/deep/half", "hal");
	assert_boots();
	assert_int_equal(size_of(NAME), SIZE);
	setup_sized();
	fake_fifo(STORE HALF);
	assert_boots();
	assert_int_equal(size_of(NAME), SIZE);
	plain("volume /data persist\n");
	make_file(sizeof(file), 16);
	find_calls();
	first = find_call(NAME, first);
	for (size_t i = 0; i < 2; i++) {
		setup_sized();
		fake_fail(first, numbers[i]);
		assert_told("passed over: volume /data: ", file_size);
	}
}

/* An image that wants more than there is, or than this store can, starts with what is there. */
static void what_can_not_grow(void **state)
{
	static const int numbers[] = { EOPNOTSUPP, EFBIG };

	(void)state;
	plain("volume /data persist size=16m\n");
	make_file(sizeof(file), 16);
	setup_sized();
	fake_config.free_blocks = 100;
	assert_told("not larger: volume /data: 15.9 MiB of room: ", file_size);
	find_calls();
	first = find_call("fallocate", first);
	for (size_t i = 0; i < 2; i++) {
		setup_sized();
		fake_fail(first, numbers[i]);
		assert_told("not larger: volume /data: making it: ", file_size);
	}
	find_calls();
	first = find_call("ioctl 0x6610", first);
	setup_sized();
	fake_fail(first, EPERM);
	assert_boots();
	assert_non_null(strstr(fake_console(), "not larger: volume /data: growing it: "));
}

/* Nothing is made for an image that can't start: nobody would take it away again. */
static void room_for_all(void **state)
{
	(void)state;
	plain("volume /data persist size=16m\nvolume /more persist size=16m\n");
	setup_sized();
	fake_config.free_blocks = 6000;
	assert_fails(-ENOSPC, "volume /data: 32.0 MiB of room: ");
	assert_false(fake_called("fallocate"));
	assert_false(fake_exists(in_store(NAME)));
	setup_sized();
	fake_text(STORE "volumes/thermostat/more/mine", "without a size");
	fake_config.free_blocks = 6000;
	assert_boots();
	/* nor does one grow into the room of another */
	make_file(sizeof(file), 16);
	setup_sized();
	fake_config.free_blocks = 6000;
	assert_told("not larger: volume /data: 31.9 MiB of room: ", file_size);
	assert_int_equal(size_of("volumes/thermostat/more"), SIZE);
}

/* What the kernel gave back as it grew, and whoever copied the file without its zeros. */
static void blocks_of_its_own(void **state)
{
	int n;

	(void)state;
	plain("volume /data persist size=16m\n");
	setup_sized();
	assert_boots();
	n = find_call("fallocate 16777216", find_call("ioctl 0x6610", 1));
	assert_in_range(n, 1, find_call("renameat %new to data", 1));
	plain("volume /data persist\n");
	make_file(sizeof(file), 16);
	setup_sized();
	assert_boots();
	assert_false(fake_called("fallocate"));
	setup_sized();
	fake_config.hole_bytes = BLOCK;
	assert_boots();
	assert_true(fake_called("fallocate 65536"));
	assert_false(fake_exists("/run/lamina/notes"));
	n = find_call("fallocate", 1);
	setup_sized();
	fake_config.hole_bytes = BLOCK;
	fake_fail(n, ENOSPC);
	assert_told("not reserved: volume /data: its room: ", file_size);
}

/* What is on the medium before what. */
static void as_written(void **state)
{
	(void)state;
	plain("volume /data persist size=16m\n");
	setup_sized();
	assert_boots();
	fake_as_written("boot-sized");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_written),
		cmocka_unit_test(blocks_of_its_own),
		cmocka_unit_test(making),
		cmocka_unit_test(opening),
		cmocka_unit_test(growing),
		cmocka_unit_test(what_is_no_whole_file_system),
		cmocka_unit_test(what_is_no_file),
		cmocka_unit_test(what_can_not_grow),
		cmocka_unit_test(room_for_all),
	};

	return cmocka_run_group_tests(tests, make_key, NULL);
}
