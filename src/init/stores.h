/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Where images are: finds the devices that the policy names and mounts them read-only,
 * below /run/lamina. */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "format/policy.h"
#include "init/trial/watch.h"

/* The store. Its directory, which the caller owns, or -errno. The watchdog is armed, where
 * the policy has one, before the kernel reads the first byte of the file system. */
int stores_open(const struct policy *policy, struct watch *watch, struct err *err);

#ifdef CONFIG_LAMINA_UPDATE
/* The factory's, on a device or in the initramfs. As stores_open(). */
int stores_open_factory(const struct policy *policy, struct watch *watch,
			struct err *err);

/* The device of the boot record: its path, in static memory, or NULL where the record is
 * a file of the store. 0 or -errno. */
int stores_find_state(const struct policy *policy, const char **ret_path,
		      struct err *err);

/* Is the device with the record still the only one of its name? -ENOTUNIQ, or 0. */
int stores_check_state(const struct policy *policy, struct err *err);

/* The store, writable for a moment, and read-only again. 0 or -errno. */
int stores_writable(bool writable, struct err *err);
#else
static inline int stores_open_factory(const struct policy *policy, struct watch *watch,
				      struct err *err)
{
	(void)watch;
	return err_set(err, -ENOTSUP, "factory %s: not in this build", policy->factory);
}

static inline int stores_find_state(const struct policy *policy, const char **ret_path,
				    struct err *err)
{
	(void)policy;
	(void)err;
	*ret_path = NULL;
	return 0;
}

static inline int stores_check_state(const struct policy *policy, struct err *err)
{
	(void)policy;
	(void)err;
	return 0;
}

static inline int stores_writable(bool writable, struct err *err)
{
	(void)writable;
	(void)err;
	return 0;
}
#endif
