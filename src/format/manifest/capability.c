/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "format/manifest.h"

/* In the kernel's order, linux/capability.h. */
static const char names[] =
	"CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP "
	"LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER "
	"SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE "
	"SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP "
	"MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF "
	"CHECKPOINT_RESTORE ";

/* What podman leaves to a container's root: CHOWN DAC_OVERRIDE FOWNER FSETID KILL
 * NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT. Docker's three more are those
 * by which it reached the disk (MKNOD) and the wire (NET_RAW). */
#define STANDARD 0x800405fbU

uint64_t manifest_capability(const char *name)
{
	size_t size = strlen(name);
	uint64_t bit = 1;

	if (strcmp(name, "ALL") == 0)
		return MANIFEST_ALL_CAPABILITIES;
	for (const char *at = names; *at; bit <<= 1) {
		size_t word = strcspn(at, " ");

		if (word == size && memcmp(at, name, size) == 0)
			return bit;
		at += word + 1;
	}
	return 0;
}

int manifest_capability_name(unsigned int number, char ret_name[MANIFEST_CAPABILITY_SIZE])
{
	const char *at = names;
	size_t size;

	for (; number > 0 && *at; number--)
		at += strcspn(at, " ") + 1;
	size = strcspn(at, " ");
	if (size == 0)
		return -EINVAL;
	memcpy(ret_name, at, size);
	ret_name[size] = '\0';
	return 0;
}

static uint64_t all_of(const char *const *list, size_t count)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < count; i++)
		bits |= manifest_capability(list[i]);
	return bits;
}

uint64_t manifest_capabilities(const struct manifest *manifest)
{
	uint64_t add = all_of(manifest->cap_adds, manifest->cap_add_count);
	uint64_t drop = all_of(manifest->cap_drops, manifest->cap_drop_count);

	if (!manifest->confine)
		return MANIFEST_ALL_CAPABILITIES;
	/* one that is named counts more than ALL on the other side */
	if (drop == MANIFEST_ALL_CAPABILITIES)
		return add;
	return (STANDARD | add) & ~drop;
}
