/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The policy and the keyring of the initramfs: what no disk can change. */
#include "base/err.h"
#include "format/keyring.h"
#include "format/policy.h"

#define SETTINGS_POLICY "/etc/lamina/policy"
#define SETTINGS_KEYRING "/etc/lamina/keyring"

struct settings {
	struct policy policy;
	const char
		*boot_id; /* of the kernel that runs, "": it has none; NULL: nobody knows,
				and an image for any will do */
	struct keyring keyring;
};

/* Which kernel and initramfs this is: boot-id.h. 0, also where the file is missing: "" then;
 * or -errno. */
#define SETTINGS_BOOT "/etc/lamina/boot"
int settings_read_boot(const char *path, char ret_id[BOOT_ID_SIZE], struct err *err);

/* Each 0 or -errno. The keyring's ids are checked against its keys, and that there are as
 * many as @threshold, the policy's: -EINVAL when not, for then no image could be good. */
int settings_read_policy(const char *path, struct policy *ret_policy, struct err *err);
int settings_read_keyring(const char *path, uint32_t threshold,
			  struct keyring *ret_keyring, struct err *err);
