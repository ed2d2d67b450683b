/* SPDX-License-Identifier: Apache-2.0 */
#include "container/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"

/* (uid_t)-1 means "no change" to the kernel. */
#define MAX_ID (UINT32_MAX - 1)

struct word {
	const char *text;
	size_t size;
};

static bool equal(struct word a, struct word b)
{
	return a.size == b.size && memcmp(a.text, b.text, a.size) == 0;
}

static bool number(struct word word, uint32_t *ret_id)
{
	uint64_t value;

	if (str_number(word.text, word.size, &value) < 0 || value > MAX_ID)
		return false;
	*ret_id = (uint32_t)value;
	return true;
}

/* Cuts the text up to @mark off @rest; the whole rest when there is none. */
static struct word cut(struct word *rest, char mark)
{
	const char *end = rest->size ? memchr(rest->text, mark, rest->size) : NULL;
	struct word word = { rest->text, end ? (size_t)(end - rest->text) : rest->size };
	size_t used = word.size + (end != NULL);

	rest->text += used;
	rest->size -= used;
	return word;
}

/* A file read line by line through fixed memory. A line that does not fit is passed over
 * whole, as libc's own readers do with what they can't use. */
struct reader {
	int fd;
	char buf[4096];
	size_t used, at;
};

static int reader_open(struct reader *reader, int root, const char *name)
{
	struct stat st;
	__fd int fd = path_open_in(root, name, O_RDONLY | O_NONBLOCK);
	int r;

	reader->fd = -EBADF;
	reader->used = reader->at = 0;
	if (fd < 0)
		return fd;
	r = sys_fstat(fd, &st);
	if (r < 0)
		return r;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	reader->fd = TAKE_FD(fd);
	return 0;
}

static int reader_fill(struct reader *reader)
{
	ssize_t n;

	reader->used -= reader->at;
	memmove(reader->buf, reader->buf + reader->at, reader->used);
	reader->at = 0;
	if (reader->used == sizeof(reader->buf))
		return -ENOBUFS;
	do {
		n = sys_read(reader->fd, reader->buf + reader->used,
			     sizeof(reader->buf) - reader->used);
	} while (n == -EINTR);
	if (n > 0)
		reader->used += (size_t)n;
	return (int)n;
}

/* 1 with a line, which lasts until the next call; 0 at the end; -errno. */
static int reader_next(struct reader *reader, struct word *ret_line)
{
	bool skipping = false;

	for (;;) {
		struct word rest = { reader->buf + reader->at,
				     reader->used - reader->at };
		bool whole = rest.size && memchr(rest.text, '\n', rest.size);
		int r = 0;

		if (!whole)
			r = reader_fill(reader);
		if (!whole && r == -ENOBUFS) {
			skipping = true;
			reader->used = 0;
			continue;
		}
		if (r < 0)
			return r;
		if (!whole && r > 0)
			continue;
		rest = (struct word){ reader->buf + reader->at,
				      reader->used - reader->at };
		if (rest.size == 0)
			return 0;
		*ret_line = cut(&rest, '\n');
		reader->at = reader->used - rest.size;
		if (!skipping)
			return 1;
		skipping = false;
	}
}

struct passwd {
	char name[64];
	uint32_t uid, gid;
	char home[sizeof(((struct identity *)0)->home)];
};

static void keep(char *to, size_t size, struct word word)
{
	if (word.size >= size)
		word.size = 0;
	memcpy(to, word.text, word.size);
	to[word.size] = '\0';
}

/* name:password:uid:gid:comment:home:shell */
static bool read_passwd(struct word line, struct word *ret_name, struct passwd *ret_entry)
{
	struct word uid, gid, home;

	*ret_name = cut(&line, ':');
	(void)cut(&line, ':');
	uid = cut(&line, ':');
	gid = cut(&line, ':');
	(void)cut(&line, ':');
	home = cut(&line, ':');
	if (!number(uid, &ret_entry->uid) || !number(gid, &ret_entry->gid))
		return false;
	keep(ret_entry->name, sizeof(ret_entry->name), *ret_name);
	keep(ret_entry->home, sizeof(ret_entry->home), home);
	return true;
}

/* Also where /etc is a file, as an application may have left it. */
static bool is_absent(int r)
{
	return r == -ENOENT || r == -ENOTDIR;
}

/* The first entry of that name, or of that number. 1; 0 when there is none; -errno. */
static int find_passwd(int root, struct word user, struct passwd *ret_entry)
{
	struct reader reader;
	struct word line, name;
	uint32_t uid = 0;
	bool numeric = number(user, &uid);
	int r = reader_open(&reader, root, "etc/passwd");

	if (r < 0)
		return is_absent(r) ? 0 : r;
	while ((r = reader_next(&reader, &line)) > 0) {
		if (!read_passwd(line, &name, ret_entry))
			continue;
		if (equal(name, user) || (numeric && ret_entry->uid == uid))
			break;
	}
	fd_close(reader.fd);
	return r;
}

static bool lists(struct word members, struct word name)
{
	while (members.size > 0) {
		struct word member = cut(&members, ',');

		if (equal(member, name))
			return true;
	}
	return false;
}

static int add_group(struct identity *identity, uint32_t gid)
{
	if (gid == identity->gid)
		return 0;
	for (size_t i = 0; i < identity->group_count; i++) {
		if (identity->groups[i] == gid)
			return 0;
	}
	if (identity->group_count == IDENTITY_MAX_GROUPS)
		return -E2BIG;
	identity->groups[identity->group_count++] = gid;
	return 0;
}

/* name:password:gid:members */
static bool read_group(struct word line, struct word *ret_name, uint32_t *ret_gid,
		       struct word *ret_members)
{
	struct word gid;

	*ret_name = cut(&line, ':');
	(void)cut(&line, ':');
	gid = cut(&line, ':');
	*ret_members = cut(&line, ':');
	return number(gid, ret_gid);
}

/* The groups that list @user. 0 or -errno; no group file, no groups. */
static int find_memberships(int root, const char *user, struct identity *identity)
{
	struct word line, name, members, who = { user, strlen(user) };
	struct reader reader;
	uint32_t gid;
	int r = reader_open(&reader, root, "etc/group");

	if (r < 0)
		return is_absent(r) ? 0 : r;
	while ((r = reader_next(&reader, &line)) > 0) {
		if (!read_group(line, &name, &gid, &members) || !lists(members, who))
			continue;
		r = add_group(identity, gid);
		if (r < 0)
			break;
	}
	fd_close(reader.fd);
	return r;
}

/* 1 with the gid; 0 when there is none; -errno. */
static int find_group(int root, struct word group, uint32_t *ret_gid)
{
	struct word line, name, members;
	struct reader reader;
	int r = reader_open(&reader, root, "etc/group");

	if (r < 0)
		return is_absent(r) ? 0 : r;
	while ((r = reader_next(&reader, &line)) > 0) {
		if (read_group(line, &name, ret_gid, &members) && equal(name, group))
			break;
	}
	fd_close(reader.fd);
	return r;
}

static int resolve_user(int root, struct word user, struct passwd *ret_entry,
			struct err *err)
{
	uint32_t uid;
	int r = find_passwd(root, user, ret_entry);

	if (r < 0)
		return err_errno(err, r,
				 "looking for user %.*s in /etc/passwd of the image",
				 (int)user.size, user.text);
	if (r > 0)
		return 0;
	if (!number(user, &uid))
		return err_set(err, -ENOENT, "no user %.*s in /etc/passwd of the image",
			       (int)user.size, user.text);
	*ret_entry = (struct passwd){ .uid = uid, .gid = 0 };
	return 0;
}

static int resolve_group(int root, struct word group, struct identity *identity,
			 struct err *err)
{
	uint32_t gid;
	int r = 1;

	if (!number(group, &gid))
		r = find_group(root, group, &gid);
	if (r < 0)
		return err_errno(err, r,
				 "looking for group %.*s in /etc/group of the image",
				 (int)group.size, group.text);
	if (r == 0)
		return err_set(err, -ENOENT, "no group %.*s in /etc/group of the image",
			       (int)group.size, group.text);
	identity->gid = gid;
	return 0;
}

int identity_resolve(int root, const char *user, struct identity *ret_identity,
		     struct err *err)
{
	struct word rest = { user, strlen(user) };
	bool with_group = memchr(user, ':', rest.size) != NULL;
	struct word name = cut(&rest, ':');
	struct passwd entry;
	int r = resolve_user(root, name, &entry, err);

	if (r < 0)
		return r;
	memset(ret_identity, 0, sizeof(*ret_identity));
	ret_identity->uid = entry.uid;
	ret_identity->gid = entry.gid;
	(void)strcpy(ret_identity->home, entry.home[0] == '/' ? entry.home : "/");
	if (with_group)
		r = resolve_group(root, rest, ret_identity, err);
	else if (entry.name[0])
		r = find_memberships(root, entry.name, ret_identity);
	if (r < 0)
		return with_group ? r
				  : err_errno(err, r,
					      "looking for the groups of user %s in "
					      "/etc/group of the image",
					      entry.name);
	/* a set-group-ID program can't drop it and so get past a file that shuts it out */
	ret_identity->groups[ret_identity->group_count++] = ret_identity->gid;
	return 0;
}

int identity_apply(const struct identity *identity, struct err *err)
{
	int r = sys_setgroups(identity->group_count, identity->groups);

	if (r < 0)
		return err_errno(err, r, "setgroups");
	r = sys_setresgid(identity->gid);
	if (r < 0)
		return err_errno(err, r, "group %u", (unsigned int)identity->gid);
	/* execve makes the saved id the effective one; until then it is a way back */
	r = sys_setresuid(identity->uid, 0);
	if (r < 0)
		return err_errno(err, r, "user %u", (unsigned int)identity->uid);
	return 0;
}

int identity_revert(void)
{
	return sys_setresuid(0, 0);
}
