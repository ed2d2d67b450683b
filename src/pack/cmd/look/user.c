/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "pack/cmd/look/parts.h"

#define LOOK_FILE_MAX ((uint64_t)16 << 20) /* of /etc/passwd */

static const char *const user_files[] = { "etc/passwd", "etc/group" };

#define USER_FILES (sizeof(user_files) / sizeof(user_files[0]))

/* The image's file, below @root by the same name. 0; 1: it is not known what will be there;
 * -errno. */
static int bring(struct look *look, int root, const char *name, struct err *err)
{
	const struct tree_inode *inode;
	int r = look_walk(look, name, &inode);

	if (r == 0 && look_is_later(look))
		return 1;
	if (r < 0 || !inode)
		return 0;
	if (!S_ISREG(inode->mode)) /* whatever it is, it is no file there either */
		return mkdirat(root, name, 0700) < 0 ? -errno : 0;
	if (inode->size_bytes > LOOK_FILE_MAX)
		return 1;
	__fd int to = openat(root, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	return to < 0 ? -errno : look_copy(inode, to, err);
}

/* Those two files in a root of their own, where the device's reader finds them. As bring(). */
static int bring_all(struct look *look, int root, struct err *err)
{
	int r = mkdirat(root, "etc", 0700) < 0 ? -errno : 0;

	for (size_t i = 0; i < USER_FILES && r == 0; i++)
		r = bring(look, root, user_files[i], err);
	return r;
}

static void take_away(int temp, int root)
{
	for (size_t i = 0; i < USER_FILES; i++)
		if (unlinkat(root, user_files[i], 0) < 0)
			(void)unlinkat(root, user_files[i], AT_REMOVEDIR);
	(void)unlinkat(root, "etc", AT_REMOVEDIR);
	(void)unlinkat(temp, "user", AT_REMOVEDIR);
}

int look_user(struct look *look, struct err *err)
{
	const char *user = look->manifest->user;
	struct err words = ERR_INIT;
	int r = mkdirat(look->temp, "user", 0700) < 0 ? -errno : 0;
	__fd int root =
		r < 0 ? r
		      : openat(look->temp, "user", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)strcpy(look->identity.home, "/");
	if (root < 0)
		return err_errno(err, r < 0 ? r : -errno, "looking for the user");
	r = bring_all(look, root, err);
	if (r == 0 && identity_resolve(root, user, &look->identity, &words) < 0)
		look_say(look, true, "user %s: %s", user, words.text);
	take_away(look->temp, root);
	return r < 0 ? err_wrap(err, r, "looking for the user") : 0;
}
