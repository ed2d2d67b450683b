/* SPDX-License-Identifier: Apache-2.0 */
#include "slot/state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/page.h"
#include "base/path.h"
#include "base/sys.h"
#include "trust/sha256.h"

#define FILE_NAME "state"
#define NEW_NAME "state.new"

/* Aligned as direct reads want it. A copy is written with the zeros behind it: a whole
 * page needs no reading first, which a bad sector would fail. */
static _Alignas(RECORD_STRIDE) uint8_t slot[RECORD_STRIDE];

void state_give_back(void)
{
	page_give_back(slot, sizeof(slot));
}

/* Whatever else has the file's name, nobody's record is in it. */
static bool is_file(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_size >= RECORD_ROOM;
}

static int refuse(bool device, struct err *err)
{
	return err_set(err, device ? -EINVAL : -EBADMSG,
		       "boot record: not %sa file of %d bytes or more",
		       device ? "a block device or " : "", RECORD_ROOM);
}

static int check_kind(int fd, bool device, struct err *err)
{
	struct stat st;
	int r = sys_fstat(fd, &st);

	if (r < 0)
		return err_errno(err, r, "boot record");
	return (device && S_ISBLK(st.st_mode)) || is_file(&st) ? 0 : refuse(device, err);
}

static int look(int store, struct stat *ret_st)
{
	return sys_fstatat(store, FILE_NAME, ret_st, AT_SYMLINK_NOFOLLOW);
}

int state_open(int store, const char *device, bool write, struct err *err)
{
	int flags = write ? O_RDWR : O_RDONLY, r;
	struct stat st;
	__fd int fd =
		device ? sys_openat(AT_FDCWD, device, flags | O_NONBLOCK | O_CLOEXEC, 0)
		       : path_open_own(store, FILE_NAME, flags, 0);

	/* a link, a socket, a directory to be written... */
	if (fd < 0 && fd != -ENOENT && !device && look(store, &st) == 0 && !is_file(&st))
		return refuse(false, err);
	if (fd < 0)
		return err_errno(err, fd, "boot record");
	r = check_kind(fd, device, err);
	return r < 0 ? r : TAKE_FD(fd);
}

/* Zeros written out, so that writing the record later allocates nothing. */
static int fill_new(int fd)
{
	int r = 0;

	memset(slot, 0, sizeof(slot));
	for (int i = 0; r == 0 && i < RECORD_COPIES; i++)
		r = fd_pwrite_all(fd, slot, sizeof(slot), (uint64_t)i * RECORD_STRIDE);
	return r < 0 ? r : sys_fsync(fd);
}

/* A directory must be empty. 0, also when nothing was there. */
static int take_away(int store, const char *name)
{
	int r = sys_unlinkat(store, name, 0);

	if (r == -EISDIR)
		r = sys_unlinkat(store, name, AT_REMOVEDIR);
	return r == -ENOENT ? 0 : r;
}

/* What is in the way goes as the new file comes; only a directory has to go before. */
static int make_way(int store)
{
	struct stat st;
	int r = look(store, &st);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (is_file(&st))
		return -EEXIST;
	return S_ISDIR(st.st_mode) ? take_away(store, FILE_NAME) : 0;
}

static int create(int store, int *ret_fd)
{
	int r = make_way(store);

	if (r == 0)
		r = take_away(store, NEW_NAME);
	if (r < 0)
		return r;
	__fd int fd = path_open_own(store, NEW_NAME, O_RDWR | O_CREAT | O_EXCL, 0600);

	if (fd < 0)
		return fd;
	r = fill_new(fd);
	if (r == 0)
		r = path_move(store, NEW_NAME, store, FILE_NAME);
	if (r < 0) {
		(void)sys_unlinkat(store, NEW_NAME, 0);
		return r;
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int state_create(int store, struct err *err)
{
	__fd int fd = -EBADF;
	int r = create(store, &fd);

	return r < 0 ? err_errno(err, r, "boot record: making the file " FILE_NAME)
		     : TAKE_FD(fd);
}

static int read_slot(int fd, size_t index)
{
	return fd_pread_all(fd, slot, sizeof(slot), index * RECORD_STRIDE);
}

static int read_medium(int fd, size_t index)
{
	return fd_pread_medium(fd, slot, sizeof(slot), index * RECORD_STRIDE);
}

static int sum(const uint8_t bytes[RECORD_SIZE], uint8_t ret_sum[RECORD_SUM_SIZE])
{
	struct digest hash;
	int r = sha256_of(bytes, RECORD_SUM_OFFSET, &hash);

	memcpy(ret_sum, &hash, RECORD_SUM_SIZE);
	return r;
}

/* The copy in the slot. */
static int judge_slot(struct record *ret_record, struct err *err)
{
	uint8_t wanted[RECORD_SUM_SIZE];
	struct record record = { 0 };
	int r = sum(slot, wanted);

	if (r < 0)
		return err_errno(err, r, "sha256");
	r = record_decode(slot, &record, err);
	if (r != -ENODATA &&
	    memcmp(wanted, slot + RECORD_SUM_OFFSET, sizeof(wanted)) != 0)
		return err_set(err, -EBADMSG, "damaged");
	if (r == 0 || r == -ENOTSUP)
		*ret_record = record;
	return r;
}

struct found {
	struct record_copy copies[RECORD_COPIES];
	struct record records[RECORD_COPIES];
	struct err why; /* of the last copy that isn't good */
};

static void find(int fd, struct found *ret_found)
{
	for (size_t i = 0; i < RECORD_COPIES; i++) {
		struct record_copy *copy = &ret_found->copies[i];
		struct err why = ERR_INIT;

		copy->r = read_slot(fd, i);
		if (copy->r < 0)
			(void)err_errno(&why, copy->r, "copy %zu", i);
		else
			copy->r = judge_slot(&ret_found->records[i], &why);
		copy->seq = record_seq(slot);
		if (copy->r < 0)
			ret_found->why = why;
	}
}

/* No copy is whole: one that can't be read may be, so that this is told before damage, and
 * damage before emptiness, which both must have. */
static int tell_none(const struct found *found, struct err *err)
{
	int a = found->copies[0].r, b = found->copies[1].r;

	for (size_t i = 0; i < RECORD_COPIES; i++) {
		int r = found->copies[i].r;

		if (r != -ENODATA && r != -EBADMSG)
			return err_set(err, r, "boot record: copy %zu: %s", i + 1,
				       err_reason(r));
	}
	if (a == -ENODATA && b == -ENODATA)
		return err_set(err, a, "no boot record was ever written");
	return err_set(err, -EBADMSG, "boot record: no copy is whole");
}

int state_read(int fd, struct record *ret_record, struct state_copies *ret_copies,
	       struct err *err)
{
	struct found found;
	size_t newest;

	find(fd, &found);
	for (size_t i = 0; ret_copies && i < RECORD_COPIES; i++)
		ret_copies->copies[i] = found.copies[i].r;
	newest = record_newest(found.copies);
	if (newest == RECORD_COPIES)
		return tell_none(&found, err);
	*ret_record = found.records[newest];
	if (found.copies[newest].r < 0)
		return err_set(err, found.copies[newest].r, "%s", found.why.text);
	return 0;
}

static int write_copy(int fd, size_t index, const uint8_t bytes[RECORD_SIZE],
		      struct err *err)
{
	int r;

	memset(slot, 0, sizeof(slot));
	memcpy(slot, bytes, RECORD_SIZE);
	r = fd_pwrite_all(fd, slot, sizeof(slot), index * RECORD_STRIDE);
	if (r == 0)
		r = sys_fdatasync(fd);
	if (r == 0)
		r = read_medium(fd, index);
	if (r < 0)
		return err_errno(err, r, "copy %zu", index);
	if (memcmp(slot, bytes, RECORD_SIZE) != 0)
		return err_set(err, -EIO, "copy %zu: the medium did not keep it", index);
	return 0;
}

/* The kernel may have dropped what it could not write, and a second flush would be told
 * that all is well: only the medium knows. */
static int tell_failure(int fd, const uint8_t bytes[RECORD_SIZE], int r, struct err *err)
{
	for (size_t i = 0; i < RECORD_COPIES; i++) {
		if (read_medium(fd, i) == 0 && memcmp(slot, bytes, RECORD_SIZE) == 0)
			return err_wrap(err, -EREMOTEIO,
					"boot record: written, but not to both copies");
	}
	return err_wrap(err, r, "boot record: not written, the one before counts");
}

/* Past all that are there; the record's was read before, maybe from a copy that fails now,
 * or is that of a record that was made up. */
static int next_seq(const struct found *found, struct record *record, struct err *err)
{
	size_t newest = record_newest(found->copies);
	const struct record_copy *copy = &found->copies[newest];

	if (newest < RECORD_COPIES && copy->r < 0 && !record->replaces_newer)
		return err_set(err, copy->r, "%s", found->why.text);
	record->seq++;
	if (newest < RECORD_COPIES && (!record_is_later(record->seq, copy->seq) ||
				       !record_is_later(record->seq - 1, copy->seq)))
		record->seq = copy->seq + 1;
	return 0;
}

int state_write(int fd, struct record *record, struct err *err)
{
	uint8_t bytes[RECORD_SIZE];
	struct record next = *record;
	struct found found;
	size_t first;
	int r;

	find(fd, &found);
	r = next_seq(&found, &next, err);
	if (r < 0)
		return r;
	record_encode(&next, bytes);
	r = sum(bytes, bytes + RECORD_SUM_OFFSET);
	if (r < 0)
		return err_errno(err, r, "boot record");
	first = record_first(found.copies);
	r = write_copy(fd, first, bytes, err);
	if (r == 0)
		r = write_copy(fd, RECORD_COPIES - 1 - first, bytes, err);
	if (r < 0)
		r = tell_failure(fd, bytes, r, err);
	if (r == 0 || r == -EREMOTEIO)
		record->seq = next.seq;
	return r;
}
