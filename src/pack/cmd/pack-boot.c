/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/cmd/pack-boot.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "cli/cmd.h"
#include "pack/device/bootblob.h"

int pack_boot_check(const struct pack_boot *boot, const char *command, struct err *err)
{
	if (boot->id && !boot->path)
		return cmd_usage(err, "%s: --boot-id goes with --boot", command);
	if (boot->id && !boot_id_valid(boot->id, strlen(boot->id)))
		return cmd_usage(
			err, "%s: --boot-id: '%s' is not 1 to %d of A-Z a-z 0-9 . _ -",
			command, boot->id, BOOT_ID_SIZE - 1);
	return 0;
}

/* What its initramfs says is what the device will compare the image with. */
static int find_id(const struct pack_boot *boot, const struct bootblob_file *blob,
		   char ret_id[BOOT_ID_SIZE], struct err *err)
{
	struct bootblob_look look;
	int r = bootblob_look(blob, &look);

	if (r < 0)
		return err_set(err, r, "a FIT that is damaged");
	if (boot->id && look.id[0] && strcmp(boot->id, look.id) != 0)
		return err_set(err, -EINVAL, "its initramfs has another boot id: %s",
			       look.id);
	if (!boot->id && !look.id[0])
		return err_set(
			err, -ENOENT,
			"there is no boot id in it (lamina initramfs --kernel): say "
			"--boot-id ID");
	(void)stpcpy(ret_id, boot->id ? boot->id : look.id);
	return 0;
}

static int stage(const struct bootblob_file *blob, struct staging *staging,
		 struct manifest_boot *ret_boot, struct err *err)
{
	unsigned int number;
	__fd int fd = staging_file(staging, &number, err);
	int r;

	if (fd < 0)
		return fd;
	r = fd_write_all(fd, blob->bytes, blob->size);
	if (r == 0)
		r = sha256_of(blob->bytes, blob->size, &ret_boot->blob);
	if (r == 0)
		r = staging_add_blob(staging, number, &ret_boot->blob);
	ret_boot->size = blob->size;
	return r < 0 ? err_errno(err, r, "boot blob") : 0;
}

int pack_boot_add(const struct pack_boot *boot, struct staging *staging,
		  struct manifest *manifest, struct err *err)
{
	struct bootblob_file blob = { NULL, 0 };
	struct manifest_boot found;
	int r = boot->path ? bootblob_read(boot->path, &blob, err) : 0;

	if (r < 0 || !boot->path)
		return r;
	r = find_id(boot, &blob, found.id, err);
	if (r == 0)
		r = stage(&blob, staging, &found, err);
	bootblob_file_done(&blob);
	if (r < 0)
		return err_wrap(err, r, "%s", boot->path);
	manifest->boot = found;
	if (manifest->min_init < MANIFEST_BOOT_LEVEL)
		manifest->min_init = MANIFEST_BOOT_LEVEL;
	return 0;
}
