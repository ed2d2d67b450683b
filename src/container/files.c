/* SPDX-License-Identifier: Apache-2.0 */
#include "container/files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"
#include "container/show.h"

#define RESOLV "resolv.conf"

/* Where the device's owner gave a file of that name, theirs stays. */
static bool is_injected(const struct container *container, const char *path, int dir,
			const char *name)
{
	struct stat st;

	for (size_t i = 0; i < container->manifest->inject_count; i++) {
		if (strcmp(container->manifest->injects[i], path) == 0)
			return sys_fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			       st.st_size > 0;
	}
	return false;
}

/* A new file: the image's may be a link that leads anywhere. */
static int replace(int dir, const char *name, const char *text, size_t size)
{
	int r = sys_unlinkat(dir, name, 0);
	__fd int fd = -EBADF;

	if (r < 0 && r != -ENOENT)
		return r;
	fd = sys_openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			0644);
	r = fd < 0 ? fd : fd_write_all(fd, text, size);
	return r < 0 ? r : sys_fchmod(fd, 0644);
}

static bool is_read_only(const struct container *container)
{
	return container->manifest->upper == MANIFEST_UPPER_NONE;
}

/* Where nothing can be written, over the image's file. It is one of the container's own /dev,
 * whose name is gone once it is mounted. */
static int cover(int root, const char *path, const struct str *text, struct err *err)
{
	const char *name = path + strlen("/etc/");
	char from[PATH_FD_SIZE];
	__fd int dev = path_open_in(root, "dev", O_PATH | O_DIRECTORY);
	int r = dev < 0 ? dev : replace(dev, name, text->buf, text->used);
	__fd int file =
		r < 0 ? r : sys_openat(dev, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);

	if (file < 0)
		return err_errno(err, file, "%s", path);
	r = show_file(root, path_of_fd(from, file), path, err);
	(void)sys_unlinkat(dev, name, 0);
	return r;
}

static int make_text(int root, int etc, const struct container *container,
		     const char *path, const struct str *text, struct err *err)
{
	const char *name = path + strlen("/etc/");
	int r;

	if (is_injected(container, path, etc, name))
		return 0;
	if (is_read_only(container))
		return cover(root, path, text, err);
	r = replace(etc, name, text->buf, text->used);
	if (r == -EISDIR) /* the image's, and nobody's file */
		return 0;
	return r < 0 ? err_errno(err, r, "%s", path) : 0;
}

static int make_hostname(int root, int etc, const struct container *container,
			 struct err *err)
{
	char buf[80];
	struct str text;

	str_init(&text, buf, sizeof(buf));
	str_addf(&text, "%s\n", container->hostname);
	return make_text(root, etc, container, "/etc/hostname", &text, err);
}

static int make_hosts(int root, int etc, const struct container *container,
		      struct err *err)
{
	char buf[320 + FILES_HOSTS_SIZE];
	struct str text;

	str_init(&text, buf, sizeof(buf));
	str_addf(&text,
		 "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
		 "fe00::\tip6-localnet\nff00::\tip6-mcastprefix\n"
		 "ff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n%s127.0.1.1\t%s\n",
		 container->hosts ? container->hosts : "", container->hostname);
	return make_text(root, etc, container, "/etc/hosts", &text, err);
}

/* A link: what it leads to is replaced as a whole when the network changes, and seen at
 * once; an engine's file of the start would go stale. */
static int make_resolv(int etc, const struct container *container, struct err *err)
{
	char target[96];
	struct str text;
	int r;

	if (!container->net || is_injected(container, "/etc/" RESOLV, etc, RESOLV))
		return 0;
	str_init(&text, target, sizeof(target));
	str_addf(&text, "%s/" RESOLV, container->net);
	r = sys_unlinkat(etc, RESOLV, 0);
	if (r == 0 || r == -ENOENT)
		r = sys_symlinkat(target, etc, RESOLV);
	if (r == -EISDIR)
		return 0;
	return r < 0 ? err_errno(err, r, "/etc/" RESOLV) : 0;
}

static int make_etc(int root, const struct container *container, struct err *err)
{
	__fd int etc = path_make_dirs_in(root, "etc", 0755);
	int r;

	if (etc == -ENOTDIR || etc == -EEXIST) /* a file, or a link to nowhere */
		return 0;
	if (etc < 0)
		return err_errno(err, etc, "/etc");
	r = make_hostname(root, etc, container, err);
	if (r == 0)
		r = make_hosts(root, etc, container, err);
	return r < 0 || is_read_only(container) ? r : make_resolv(etc, container, err);
}

/* Where no link can be made, the file itself: it is overwritten when the network changes,
 * and not replaced. */
static int show_net(int root, const struct container *container, struct err *err)
{
	char from[96];
	struct str text;

	if (!is_read_only(container))
		return show_directory(root, container->net, MS_NOEXEC, err);
	str_init(&text, from, sizeof(from));
	str_addf(&text, "%s/" RESOLV, container->net);
	return show_file(root, from, "/etc/" RESOLV, err);
}

int files_make(int root, const struct container *container, struct err *err)
{
	int r = 0;

	if (container->net)
		r = show_net(root, container, err);
	if (r == 0 && container->control)
		r = show_control(root, container, err);
	/* what a start mounts is gone with it */
	if (r == 0 && (!container->again || is_read_only(container)))
		r = make_etc(root, container, err);
	return r == -EROFS ? 0 : r;
}
