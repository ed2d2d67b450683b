/* SPDX-License-Identifier: Apache-2.0 */
/* Which system calls the image may make, by a profile of Docker's kind. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "format/manifest/key.h"
#include "pack/cmd/describe.h"
#include "pack/seccomp/profile.h"

#define PROFILE_MAX ((size_t)1 << 20)

static int read_file(const char *path, const struct manifest *manifest,
		     char ret_text[PROFILE_TEXT_SIZE], struct err *err)
{
	__fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *bytes = malloc(PROFILE_MAX);
	ssize_t size = fd < 0 ? -errno : -ENOMEM;
	int r;

	if (fd >= 0 && bytes)
		size = fd_read_file(fd, bytes, PROFILE_MAX);
	r = size < 0 ? err_errno(err, (int)size, "reading it")
		     : profile_ranges(bytes, (size_t)size, manifest, ret_text, err);
	free(bytes);
	return r;
}

int describe_syscalls(const struct describe_options *options, struct manifest *manifest,
		      struct err *err)
{
	const char *profile = options->seccomp;
	static char text[PROFILE_TEXT_SIZE];
	int r;

	if (manifest->run != MANIFEST_RUN_SUPERVISE)
		return profile ? err_set(err, -EINVAL,
					 "--seccomp goes with --run supervise")
			       : 0;
	if (options->keys[MANIFEST_KEY_syscalls].count || !manifest->confine ||
	    (profile && strcmp(profile, "none") == 0))
		return 0;
	r = profile ? read_file(profile, manifest, text, err)
		    : profile_ranges(profile_standard, profile_standard_size, manifest,
				     text, err);
	if (r < 0)
		return err_wrap(err, r, "--seccomp %s", profile ? profile : "");
	return manifest_key_take(manifest, &manifest_keys[MANIFEST_KEY_syscalls], text,
				 err);
}
