/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/device/kernel-need.h"

#include <string.h>

/* Sources: the system calls and mounts of src/init, src/block and src/stack;
 * board/linux.fragment, which is booted with; depends lines of the kernel's Kconfig
 * files. */
static const struct kernel_need needs[] = {
	{ NULL, "BLK_DEV_INITRD", "the kernel starts lamina-init from the initramfs" },
	{ NULL, "RD_GZIP", "lamina initramfs writes gzip" },
	{ NULL, "BINFMT_ELF", "without it the kernel starts no program" },
	{ NULL, "DEVTMPFS", "lamina-init mounts it at /dev to find its disk" },
	{ NULL, "PROC_FS",
	  "lamina-init reads the kernel's command line and descriptors there" },
	{ NULL, "SYSFS", "lamina-init finds disks and partitions there" },
	{ NULL, "SHMEM", "without it a tmpfs has no size limit and no attributes" },
	{ NULL, "TMPFS", "/run, and the writable upper of an image" },
	{ NULL, "TMPFS_XATTR",
	  "overlayfs keeps its marks there when the upper is a tmpfs" },
	{ NULL, "BLOCK", "there are no disks without it" },
	{ NULL, "BLK_DEV", "the menu that has BLK_DEV_LOOP" },
	{ NULL, "BLK_DEV_LOOP", "a layer is a file of the store" },
	{ NULL, "MISC_FILESYSTEMS", "the menu that has SQUASHFS" },
	{ NULL, "SQUASHFS", "every layer is one" },
	{ NULL, "SQUASHFS_XATTR",
	  "whiteouts of directories and file capabilities are attributes" },
	{ NULL, "OVERLAY_FS", "the layers become one tree" },
	{ NULL, "MULTIUSER", "the application runs as the user that its image names" },
	{ NULL, "FILE_LOCKING", "programs lock files, and writers of a store do" },
	{ NULL, "FUTEX", "threads wait with it" },
	{ NULL, "POSIX_TIMERS", "programs have timers and clocks" },
	{ NULL, "EPOLL", "programs wait with it" },
	{ NULL, "SIGNALFD", "programs wait for signals with it" },
	{ NULL, "TIMERFD", "programs wait for times with it" },
	{ NULL, "EVENTFD", "programs wake each other with it" },
	{ NULL, "UNIX98_PTYS", "terminals for whoever logs in" },

	{ "layers=verity", "MD", "the menu that has BLK_DEV_DM" },
	{ "layers=verity", "BLK_DEV_DM", "dm-verity needs it" },
	{ "layers=verity", "DM_VERITY",
	  "every block of a layer is verified when it is read" },
	{ "layers=verity", "CRYPTO_SHA256",
	  "dm-verity hashes with it, and cannot start without" },
	{ "layers=hash", NULL, NULL },

	{ "encrypted", "MD", "the menu that has BLK_DEV_DM" },
	{ "encrypted", "BLK_DEV_DM", "dm-crypt needs it" },
	{ "encrypted", "DM_CRYPT", "what images keep is encrypted" },
	{ "encrypted", "CRYPTO_AES", "dm-crypt's cipher" },
	{ "encrypted", "CRYPTO_XTS", "the cipher's mode" },
	{ "encrypted", "EXT4_FS", "the file system inside" },

	{ "volume-size", "EXT4_FS", "the file system of a volume of a limited size" },

	{ "compression=zstd", "SQUASHFS_ZSTD", "layers are compressed so" },
	{ "compression=gzip", "SQUASHFS_ZLIB", "layers are compressed so" },
	{ "compression=xz", "SQUASHFS_XZ", "layers are compressed so" },
	{ "compression=lz4", "SQUASHFS_LZ4", "layers are compressed so" },
	{ "compression=lzo", "SQUASHFS_LZO", "layers are compressed so" },
	{ "compression=none", NULL, NULL },

	{ "store-type=ext4", "EXT4_FS", "the store's file system" },
	{ "store-type=f2fs", "F2FS_FS", "the store's file system" },
	{ "store-type=f2fs", "F2FS_FS_XATTR",
	  "an upper kept in the store has attributes" },
	{ "store-type=vfat", "VFAT_FS", "the store's file system" },
	{ "store-type=vfat", "NLS_CODEPAGE_437", "short names of a vfat are in it" },
	{ "store-type=vfat", "NLS_ISO8859_1", "vfat's own choice for long names" },
	{ "store-type=squashfs", NULL, NULL }, /* needed in any case */
	{ "store-type=ubifs", "MTD", "the menu that has MTD_UBI" },
	{ "store-type=ubifs", "MTD_UBI", "the store is one of its volumes" },
	{ "store-type=ubifs", "UBIFS_FS", "the store's file system" },
	{ "store-type=ubifs", "UBIFS_FS_XATTR",
	  "an upper kept in the store has attributes" },

	{ "partitions=gpt", "EFI_PARTITION", "the store is found by a name in a GPT" },
	{ "partitions=mbr", "MSDOS_PARTITION", "the store's partition is in an MBR" },
	{ "partitions=none", NULL, NULL },

	{ "disk=virtio", "VIRTIO_BLK", "the disk's driver" },
	{ "disk=mmc", "MMC", "the menu that has MMC_BLOCK" },
	{ "disk=mmc", "MMC_BLOCK", "the disk's driver, besides that of the controller" },
	{ "disk=nvme", "BLK_DEV_NVME", "the disk's driver" },
	{ "disk=sata", "ATA", "the disk's drivers, besides that of the controller" },
	{ "disk=sata", "BLK_DEV_SD", "the disk's driver" },
	{ "disk=usb", "USB_STORAGE",
	  "the disk's driver, besides that of the controller" },
	{ "disk=usb", "BLK_DEV_SD", "the disk's driver" },

	{ "disk=nand", "MTD", "the menu that has MTD_RAW_NAND" },
	{ "disk=nand", "MTD_RAW_NAND",
	  "the flash's driver, besides that of the controller" },
	{ "disk=spi-nand", "SPI", "the menu that has the controllers' drivers" },
	{ "disk=spi-nand", "MTD", "the menu that has MTD_SPI_NAND" },
	{ "disk=spi-nand", "MTD_SPI_NAND",
	  "the flash's driver, besides that of the controller" },
	{ "disk=spi-nor", "SPI", "the menu that has the controllers' drivers" },
	{ "disk=spi-nor", "MTD", "the menu that has MTD_SPI_NOR" },
	{ "disk=spi-nor", "MTD_SPI_NOR",
	  "the flash's driver, besides that of the controller" },

	{ "supervise", "NAMESPACES", "the menu that has the namespaces" },
	{ "supervise", "UTS_NS", "a host name of the application's own" },
	{ "supervise", "IPC_NS", "queues and shared memory of the application's own" },
	{ "supervise", "PID_NS", "processes of the application's own" },
	{ "supervise", "CGROUPS",
	  "programs see there how much of the machine is theirs" },
	{ "confine", "SECCOMP", "the menu that has SECCOMP_FILTER" },
	{ "confine", "SECCOMP_FILTER",
	  "system calls that a confined application must not make are refused" },
	{ "limit=memory", "MEMCG", "the application's `memory`" },
	{ "limit=pids", "CGROUP_PIDS",
	  "the application's `pids`, 512 unless it says else" },
	{ "limit=cpu", "CGROUP_SCHED", "the menu that has FAIR_GROUP_SCHED" },
	{ "limit=cpu", "FAIR_GROUP_SCHED", "the menu that has CFS_BANDWIDTH" },
	{ "limit=cpu", "CFS_BANDWIDTH", "the application's `cpu`" },
	{ "net", "NET", "the menu that has INET" },
	{ "net", "INET", "lo, and addresses" },
	{ "net", "PACKET", "a DHCP client talks before it has an address" },
	{ "net", "NETDEVICES", "the menu that has the interfaces' drivers" },
	{ "network=host", NULL, NULL },
	{ "network=none", "NET", "the menu that has NET_NS" },
	{ "network=none", "NET_NS", "the application's `network none`" },
	{ "watchdog", "WATCHDOG",
	  "the policy names a watchdog; its driver is the board's" },
	{ "updates", "PSTORE", "the menu that has PSTORE_RAM" },
	{ "updates", "PSTORE_RAM",
	  "a panic is read there after the reset: why a new image fell, and what the "
	  "policy's `verity panic` met" },
	{ "time32", "COMPAT_32BIT_TIME",
	  "programs whose time_t has 32 bits sleep and touch files with it" },
	{ "isolate", "NAMESPACES", "the menu that has the namespaces" },
	{ "isolate", "UTS_NS", "a host name of the application's own" },
	{ "isolate", "IPC_NS", "queues and shared memory of the application's own" },
	{ "isolate", "PID_NS", "processes of the application's own" },
};

#define NEED_COUNT (sizeof(needs) / sizeof(needs[0]))

/* Somebody may ask for all that there are. */
_Static_assert(NEED_COUNT <= KERNEL_NEED_FEATURES, "too few features in a selection");

const struct kernel_need *kernel_needs(size_t *ret_count)
{
	*ret_count = NEED_COUNT;
	return needs;
}

/* Is @feature "option=value", or "option" for a NULL value? */
static bool is_feature(const char *feature, const char *option, const char *value)
{
	size_t size = strlen(option);

	if (!feature || strncmp(feature, option, size) != 0)
		return false;
	return value ? feature[size] == '=' && strcmp(feature + size + 1, value) == 0
		     : feature[size] == '\0';
}

bool kernel_select(struct kernel_selection *selection, const char *option,
		   const char *value)
{
	for (size_t i = 0; i < NEED_COUNT; i++) {
		if (!is_feature(needs[i].feature, option, value))
			continue;
		if (!kernel_need_applies(&needs[i], selection))
			selection->features[selection->count++] = needs[i].feature;
		return true;
	}
	return false;
}

bool kernel_selected(const struct kernel_selection *selection, const char *option)
{
	size_t size = strlen(option);

	for (size_t i = 0; i < selection->count; i++)
		if (strncmp(selection->features[i], option, size) == 0 &&
		    strchr("=", selection->features[i][size]))
			return true;
	return false;
}

bool kernel_need_applies(const struct kernel_need *need,
			 const struct kernel_selection *selection)
{
	if (!need->feature)
		return true;
	for (size_t i = 0; i < selection->count; i++)
		if (strcmp(selection->features[i], need->feature) == 0)
			return true;
	return false;
}
