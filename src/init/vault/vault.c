/* SPDX-License-Identifier: Apache-2.0 */
#include "init/vault/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/mount.h>

#include "base/fd.h"
#include "base/str.h"
#include "base/sys.h"
#include "block/backing.h"
#include "block/crypt.h"
#include "init/pid1/console.h"
#include "init/vault/ext4.h"
#include "init/vault/medium.h"
#include "init/vault/secret.h"
#include "init/vault/template.h"
#include "stack/mount.h"
#include "store/store.h"
#include "store/vault.h"
#include "trust/hkdf.h"

#define MAPPED "lamina-encrypted"
#define MAPPED_LONGER \
	MAPPED "-longer" /* the kernel takes the other away a little later */

struct opening {
	struct medium medium;
	struct vault vault;
	uint8_t key[CRYPT_KEY_SIZE];
	char mapped[CRYPT_PATH_SIZE];
};

/* The key, and what says that it is the right one. */
static int derive(const struct secret *secret, struct vault_head *head,
		  uint8_t key[CRYPT_KEY_SIZE])
{
	int r = hkdf_key(secret->bytes, secret->size, head->salt, VAULT_SALT_SIZE,
			 "lamina vault 1 key", key, CRYPT_KEY_SIZE);

	return r < 0 ? r
		     : hkdf_key(secret->bytes, secret->size, head->salt, VAULT_SALT_SIZE,
				"lamina vault 1 check", head->check, VAULT_CHECK_SIZE);
}

static int unlock(struct opening *opening, const char *helper, struct err *err)
{
	struct vault_head *head = &opening->vault.head, read = *head;
	static struct secret secret;
	int r = 0;

	if (opening->vault.is == VAULT_IS_BLANK) {
		read = (struct vault_head){ .erased = false };
		r = vault_random(read.salt, VAULT_SALT_SIZE);
		if (r < 0)
			return err_errno(err, r, "/dev/random");
	}
	r = secret_get(helper, &secret, err);
	if (r < 0)
		return r;
	r = derive(&secret, &read, opening->key);
	secret_wipe(&secret);
	if (r < 0)
		return err_errno(err, r, "the key");
	if (opening->vault.is == VAULT_IS_MADE &&
	    memcmp(head->check, read.check, VAULT_CHECK_SIZE) != 0)
		return err_set(err, -EKEYREJECTED,
			       "the secret is another than that it was made with");
	*head = read;
	return 0;
}

/* The heads last: until they are there, nobody takes this for a file system. */
static int make(const struct opening *opening, int mapped, struct err *err)
{
	__fd int file = sys_openat(AT_FDCWD, TEMPLATE_FILE, O_RDONLY | O_CLOEXEC, 0);
	uint64_t size = 0;
	int r = file < 0 ? file : template_size(file, &size);

	if (r < 0)
		return err_errno(err, r, TEMPLATE_FILE);
	if (size > opening->medium.size_bytes - VAULT_DATA)
		return err_set(err, -ENOSPC, "is too small for a file system");
	/* an old one whose erasing was cut short */
	r = vault_erase(opening->medium.fd);
	if (r < 0)
		return err_errno(err, r, "erasing an old one");
	console_say("encrypted volumes: making them");
	r = template_write(file, mapped);
	return r < 0 ? err_errno(err, r, "writing a file system") : 0;
}

static uint64_t data_bytes(const struct opening *opening)
{
	return opening->medium.size_bytes - VAULT_DATA;
}

static int map_as(struct opening *opening, const char *name, struct err *err)
{
	const struct crypt crypt = {
		.name = name,
		.device = opening->medium.path,
		.at_bytes = VAULT_DATA,
		.size_bytes = data_bytes(opening),
		.key = opening->key,
	};

	return crypt_open(&crypt, opening->mapped, err);
}

static void say_growing(const char *why)
{
	console_say("encrypted volumes: growing them: %s", why);
}

/* As long as the policy has it. With zeros in place of what was cut off, the file system would be
 * mounted without that. */
static int map_made(struct opening *opening, const struct policy *policy, struct err *err)
{
	__fd int mapped = map_as(opening, MAPPED, err);
	uint64_t used = mapped < 0 ? 0 : ext4_bytes(mapped);
	char size[16];
	int r;

	if (mapped < 0)
		return mapped;
	if (used > data_bytes(opening))
		return err_set(err, -EUCLEAN, "%s of its file system were cut off",
			       str_size(used - data_bytes(opening), size));
	r = used ? medium_grow(&opening->medium, policy, err) : 0;
	if (r < 0)
		say_growing(err->text);
	return r > 0 ? map_as(opening, MAPPED_LONGER, err) : TAKE_FD(mapped);
}

static int map_new(struct opening *opening, const struct policy *policy, struct err *err)
{
	int r = medium_grow(&opening->medium, policy, err);
	__fd int mapped = r < 0 ? r : map_as(opening, MAPPED, err);

	if (mapped < 0)
		return mapped;
	r = make(opening, mapped, err);
	return r < 0 ? r : TAKE_FD(mapped);
}

static int map(struct opening *opening, const struct policy *policy, struct err *err)
{
	__fd int mapped = opening->vault.is == VAULT_IS_BLANK
				  ? map_new(opening, policy, err)
				  : map_made(opening, policy, err);
	int r = mapped;

	if (r >= 0)
		r = vault_write(opening->medium.fd, &opening->vault, &opening->vault.head,
				err);
	return r < 0 ? r : TAKE_FD(mapped);
}

/* To all of the medium, which may have grown. As it is it works, too. */
static void grow(const struct opening *opening, int dir)
{
	int r = ext4_grow(dir, data_bytes(opening));

	if (r < 0)
		say_growing(err_reason(r));
}

static int mount_mapped(const struct opening *opening, const char *target,
			struct err *err)
{
	const unsigned int attrs =
		MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	int r = sys_mkdirat(AT_FDCWD, target, 0700);
	__fd int dir = -EBADF;

	if (r < 0 && r != -EEXIST)
		return err_errno(err, r, "%s", target);
	r = mount_new("ext4", opening->mapped, "errors=remount-ro", attrs, target, err);
	if (r < 0)
		return r;
	dir = store_open(target, err);
	r = dir < 0 ? dir : store_check(dir, err);
	if (r < 0) { /* another image may try */
		(void)sys_umount2(target, MNT_DETACH);
		return r;
	}
	grow(opening, dir);
	return TAKE_FD(dir);
}

static int open_it(struct opening *opening, const struct policy *policy,
		   const char *target, struct err *err)
{
	__fd int mapped = -EBADF;
	int r = vault_read(opening->medium.fd, &opening->vault, err);

	if (r < 0)
		return r;
	if (opening->vault.is == VAULT_IS_OTHER)
		return err_set(err, -EUCLEAN,
			       "there is something else: nothing is written over it");
	if (opening->vault.is == VAULT_IS_DAMAGED)
		return err_set(err, -EUCLEAN, "both heads are damaged");
	r = unlock(opening, policy->secret, err);
	if (r == 0)
		r = mapped = map(opening, policy, err);
	explicit_bzero(opening->key, sizeof(opening->key));
	return r < 0 ? r : mount_mapped(opening, target, err);
}

int vault_mount(const struct policy *policy, const char *store, const char *target,
		struct err *err)
{
	static struct opening opening;
	int r = medium_open(&opening.medium, policy, store, target, err);

	if (r == 0)
		r = open_it(&opening, policy, target, err);
	medium_close(&opening.medium);
	return r < 0 ? err_wrap(err, r, "encrypted %s",
				policy->encrypted[0] ? policy->encrypted
						     : "file of the store")
		     : r;
}
