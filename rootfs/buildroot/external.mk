# SPDX-License-Identifier: Apache-2.0

include $(sort $(wildcard $(BR2_EXTERNAL_LAMINA_PATH)/package/*/*.mk))

# What board/post-image.sh is told. The keys come from the caller's environment.
ifeq ($(BR2_LAMINA_IMAGE),y)
export LAMINA_IMAGE_BASE = \
	$(if $(BR2_LAMINA_BASE_OCI),oci:$(BINARIES_DIR)/rootfs-oci,$(strip \
	$(if $(BR2_LAMINA_BASE_SQUASHFS),squashfs:$(BINARIES_DIR)/rootfs.squashfs, \
	tar:$(BINARIES_DIR)/rootfs.tar)))
export LAMINA_IMAGE_ARCH = $(LAMINA_GOARCH)
export LAMINA_IMAGE_NAME = $(call qstrip,$(BR2_LAMINA_NAME))
export LAMINA_IMAGE_SERIAL = $(BR2_LAMINA_SERIAL)
export LAMINA_IMAGE_COMPATIBLE = $(call qstrip,$(BR2_LAMINA_COMPATIBLE))
export LAMINA_IMAGE_PROGRAM = $(call qstrip,$(BR2_LAMINA_PROGRAM))
export LAMINA_IMAGE_LAYERS = $(call qstrip,$(BR2_LAMINA_LAYERS))
export LAMINA_IMAGE_POLICY = $(call qstrip,$(BR2_LAMINA_POLICY))
export LAMINA_IMAGE_BOOT = $(if $(BR2_LAMINA_BOOT_FIT),fit,$(if $(BR2_LAMINA_BOOT_UKI),uki))
export LAMINA_IMAGE_BOOT_KERNEL = $(call qstrip,$(BR2_LAMINA_BOOT_KERNEL))
export LAMINA_IMAGE_BOOT_DTB = $(call qstrip,$(BR2_LAMINA_BOOT_DTB))
export LAMINA_IMAGE_BOOT_CMDLINE = $(call qstrip,$(BR2_LAMINA_BOOT_CMDLINE))
export LAMINA_IMAGE_BOOT_STUB = $(call qstrip,$(BR2_LAMINA_BOOT_STUB))
export LAMINA_IMAGE_BOOT_OPTIONS = $(call qstrip,$(BR2_LAMINA_BOOT_OPTIONS))
export LAMINA_IMAGE_PACK_OPTIONS = $(call qstrip,$(BR2_LAMINA_PACK_OPTIONS))
export LAMINA_IMAGE_DISK_OPTIONS = $(call qstrip,$(BR2_LAMINA_DISK_OPTIONS))
endif
