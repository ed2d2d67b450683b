/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What a device allows: /etc/lamina/policy of the initramfs. Source: lamina-policy(5). */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "format/boot-id.h"
#include "format/key-line.h"

#define POLICY_MAX_SIZE 4096
#define POLICY_WORD_SIZE 128
#define POLICY_TYPE_SIZE 32
#define POLICY_ENCRYPTED_LEAST ((uint64_t)16 << 20)

enum policy_failure {
	POLICY_REBOOT, /* after on_failure_delay_s */
	POLICY_POWEROFF,
	POLICY_HALT,
	POLICY_RESCUE, /* only where built in; else halt with a reason */
};

enum policy_confirm {
	POLICY_CONFIRM_MANUAL,
	POLICY_CONFIRM_AFTER,
	POLICY_CONFIRM_CHECK,
	POLICY_CONFIRM_HEALTHY, /* as a supervised application itself says */
};

/* What a confirmed image raises the rollback floor to. */
enum policy_raise {
	POLICY_RAISE_NO,
	POLICY_RAISE_PREVIOUS, /* the serial of the image it replaces: one step back; the
				  default */
	POLICY_RAISE_CURRENT,  /* its own serial: no way back */
};

/* What the kernel command line and people may do; each off unless `allow` names it. */
enum policy_allow {
	POLICY_ALLOW_DEBUG = 1 << 0,  /* lamina.debug: more words on the console */
	POLICY_ALLOW_USE = 1 << 1,    /* lamina.use=previous|factory */
	POLICY_ALLOW_STORE = 1 << 2,  /* lamina.store=... */
	POLICY_ALLOW_RESCUE = 1 << 3, /* lamina.rescue */
	POLICY_ALLOW_EXEC = 1 << 4,   /* no word of it: `laminactl exec` */
};

/* How the loader is told which boot slot to start. */
enum policy_loader {
	POLICY_LOADER_NONE,
	POLICY_LOADER_SECTOR,  /* boot_loader_arg is a source: a script's state */
	POLICY_LOADER_EFI,     /* variables of the firmware */
	POLICY_LOADER_GRUBENV, /* a source: the file system with GRUB's file */
	POLICY_LOADER_RPI,     /* a source: the one with autoboot.txt */
	POLICY_LOADER_HELPER,  /* a program of the initramfs */
};

struct policy {
	char store[POLICY_WORD_SIZE];	   /* as policy_source_parse() takes it */
	char store_type[POLICY_TYPE_SIZE]; /* ext4 by default */
	uint32_t store_timeout_s;	   /* 10 by default */
	/* a second store, of the image that the device came with: a source, or a
	 * directory of the initramfs; "": none */
	char factory[POLICY_WORD_SIZE];
	char factory_type[POLICY_TYPE_SIZE]; /* ext4 by default */
	char state[POLICY_WORD_SIZE]; /* a partition; "": the file `state` of the store */
	char compatible[POLICY_WORD_SIZE]; /* must be there */
	uint32_t threshold; /* distinct good signatures needed, 1 by default */
	uint64_t floor;	    /* least serial, 0 by default */
	enum policy_raise raise_floor;
	uint32_t tries; /* 3 by default */
	enum policy_confirm confirm;
	uint32_t confirm_after_s;
	char confirm_check[POLICY_WORD_SIZE];
	enum policy_failure on_failure; /* reboot after 10 s by default */
	uint32_t on_failure_delay_s;
	bool hash_will_do;		 /* `guard hash`; else dm-verity or nothing */
	bool verity_panic;		 /* `verity panic`; else eio */
	char watchdog[POLICY_WORD_SIZE]; /* "" : none */
	uint32_t watchdog_timeout_s;
	unsigned int allow; /* of enum policy_allow */
	struct key_line
		channel_key; /* size 0: none. Whether its id is right takes sha256 */
	/* slots a and b as sources, and who starts them: all three, or none */
	char boot_slots[BOOT_SLOTS][POLICY_WORD_SIZE];
	enum policy_loader boot_loader;
	char boot_loader_arg[POLICY_WORD_SIZE]; /* "": it takes none */
	/* a program of the initramfs that prints the device's secret, "": none; with it goes
	 * where what images write is kept encrypted: a partition as a source, or so many bytes
	 * of the store */
	char secret[POLICY_WORD_SIZE], encrypted[POLICY_WORD_SIZE];
	uint64_t encrypted_bytes; /* where `encrypted` is "" */
};

/* Reads a policy; comments (# first on a line) and empty lines are allowed here, as
 * people write it by hand. 0, -EBADMSG with line and reason, -EFBIG. */
int policy_parse(const char *bytes, size_t size, struct policy *ret_policy,
		 struct err *err);

/* Is `factory` a directory, not a device? */
bool policy_factory_in_initramfs(const struct policy *policy);

/* A source such as PARTLABEL=x split in kind and value; what block/find.c searches. */
enum policy_source {
	POLICY_SOURCE_PARTLABEL,
	POLICY_SOURCE_PARTUUID,
	POLICY_SOURCE_LABEL,
	POLICY_SOURCE_UUID,
	POLICY_SOURCE_SERIAL,
	POLICY_SOURCE_PATH,
	POLICY_SOURCE_UBI, /* only in builds with LAMINA_UBI */
};

/* @ret_value borrows from @text. 0 or -EBADMSG. */
int policy_source_parse(const char *text, enum policy_source *ret_kind,
			const char **ret_value, struct err *err);

/* Is each source that is a UBI volume one that can be? 0 or -EBADMSG. */
#ifdef CONFIG_LAMINA_UBI
int policy_source_check_ubi(const struct policy *policy, struct err *err);
#else
static inline int policy_source_check_ubi(const struct policy *policy, struct err *err)
{
	(void)policy;
	(void)err;
	return 0;
}
#endif
