/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "base/sys.h"

/* The kernel's messages since the last look, one a read: "e " and the text. Notes and
 * warnings are passed over. */
static void read_words(int fs, struct str *words)
{
	char line[128];

	for (int i = 0; i < 8; i++) {
		ssize_t n = sys_read(fs, line, sizeof(line));

		if (n < 0)
			break; /* -ENODATA: no more; -EMSGSIZE: one longer than we show */
		while (n > 0 && line[n - 1] == '\n')
			n--;
		if (n < 3 || line[0] != 'e')
			continue;
		if (words->used)
			str_add(words, "; ");
		str_add_bytes(words, line + 2, (size_t)n - 2);
	}
}

/* "what: the kernel's words (errno's words)" */
static int explain(int fs, int r, const char *what, struct err *err)
{
	char text[160];
	struct str words;

	str_init(&words, text, sizeof(text));
	read_words(fs, &words);
	if (!words.used)
		return err_errno(err, r, "%s", what);
	return err_set(err, r, "%s: %s (%s)", what, text, err_reason(r));
}

int mount_begin(const char *type, struct err *err)
{
	int fs = sys_fsopen(type, FSOPEN_CLOEXEC);

	if (fs == -ENODEV)
		return err_set(err, fs, "no %s in this kernel", type);
	if (fs < 0)
		return err_errno(err, fs, "%s: fsopen", type);
	return fs;
}

int mount_set(int fs, const char *key, const char *value, struct err *err)
{
	unsigned int cmd = value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;
	int r = sys_fsconfig(fs, cmd, key, value, 0);

	return r < 0 ? explain(fs, r, key, err) : 0;
}

int mount_make(int fs, unsigned int attrs, struct err *err)
{
	int r = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);

	if (r < 0)
		return explain(fs, r, "mount", err);
	r = sys_fsmount(fs, FSMOUNT_CLOEXEC, attrs);
	return r < 0 ? explain(fs, r, "fsmount", err) : r;
}

int mount_attach(int mount, const char *target, struct err *err)
{
	int r = mount_move(mount, "", AT_FDCWD, target);

	return r < 0 ? err_errno(err, r, "mount at %s", target) : 0;
}

int mount_move(int from_dirfd, const char *from, int to_dirfd, const char *to)
{
	unsigned int flags = (*from ? 0 : MOVE_MOUNT_F_EMPTY_PATH) |
			     (*to ? 0 : MOVE_MOUNT_T_EMPTY_PATH);

	return sys_move_mount(from_dirfd, from, to_dirfd, to, flags);
}

/* Sets each of "a,b=c". */
static int set_options(int fs, const char *options, struct err *err)
{
	while (*options) {
		size_t size = strcspn(options, ",");
		char option[256], *value;
		int r;

		if (size >= sizeof(option))
			return err_set(err, -EINVAL, "mount option too long: %.40s...",
				       options);
		memcpy(option, options, size);
		option[size] = '\0';
		value = strchr(option, '=');
		if (value)
			*value++ = '\0';
		r = size ? mount_set(fs, option, value, err) : 0;
		if (r < 0)
			return r;
		options += size + (options[size] == ',');
	}
	return 0;
}

/* Sets it up, unattached. */
static int new_mount(int fs, const char *source, const char *options, unsigned int attrs,
		     struct err *err)
{
	int r = source ? mount_set(fs, "source", source, err) : 0;

	if (r == 0 && options)
		r = set_options(fs, options, err);
	return r < 0 ? r : mount_make(fs, attrs, err);
}

int mount_unattached(const char *type, const char *source, const char *options,
		     unsigned int attrs, struct err *err)
{
	__fd int fs = mount_begin(type, err);
	int mount;

	if (fs < 0)
		return fs;
	mount = new_mount(fs, source, options, attrs, err);
	return mount < 0 ? err_wrap(err, mount, "%s%s%s", type, source ? " " : "",
				    source ? source : "")
			 : mount;
}

int mount_new(const char *type, const char *source, const char *options,
	      unsigned int attrs, const char *target, struct err *err)
{
	__fd int mount = mount_unattached(type, source, options, attrs, err);
	int r = mount < 0 ? mount : mount_attach(mount, target, err);

	return r < 0 && mount >= 0 ? err_wrap(err, r, "%s%s%s", type, source ? " " : "",
					      source ? source : "")
				   : r;
}
