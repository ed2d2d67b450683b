################################################################################
#
# lamina
#
################################################################################

# The sources that this external tree is a part of; LAMINA_OVERRIDE_SRCDIR names
# others.
LAMINA_VERSION = 0.2.0
LAMINA_SITE = $(BR2_EXTERNAL_LAMINA_PATH)/../..
LAMINA_SITE_METHOD = local
LAMINA_OVERRIDE_SRCDIR_RSYNC_EXCLUSIONS = --exclude /build
HOST_LAMINA_OVERRIDE_SRCDIR_RSYNC_EXCLUSIONS = --exclude /build
LAMINA_LICENSE = Apache-2.0
LAMINA_LICENSE_FILES = LICENSE
LAMINA_INSTALL_IMAGES = YES
LAMINA_DEPENDENCIES = host-lamina-mbedtls

LAMINA_GOARCH = $(if $(BR2_x86_64),amd64,$(if $(BR2_aarch64),arm64,arm))

# Buildroot's own conf and mconf do.
LAMINA_KCONF = \
	KCONF=$(BUILD_DIR)/buildroot-config/conf \
	KMCONF=$(BUILD_DIR)/buildroot-config/mconf
LAMINA_OPTS = O=. $(LAMINA_KCONF) MBEDTLS_DIR=$(HOST_LAMINA_MBEDTLS_DIR)

LAMINA_KCONFIG_FILE = $(call qstrip,$(BR2_PACKAGE_LAMINA_CONFIG))
LAMINA_KCONFIG_FRAGMENT_FILES = \
	$(call qstrip,$(BR2_PACKAGE_LAMINA_CONFIG_FRAGMENT_FILES))
LAMINA_KCONFIG_OPTS = O=. $(LAMINA_KCONF)
LAMINA_MAKE_OPTS = $(LAMINA_OPTS) \
	CC="$(TARGET_CC)" CFLAGS="$(TARGET_CFLAGS)" LDFLAGS="$(TARGET_LDFLAGS)"

# The tool is the host variant's, and a DHCP client is Buildroot's own matter.
define LAMINA_KCONFIG_FIXUP_CMDS
	$(call KCONFIG_ENABLE_OPT,CONFIG_LAMINA_FOR_DEVICE)
	$(call KCONFIG_DISABLE_OPT,CONFIG_LAMINA_HOST_TOOL)
	$(call KCONFIG_DISABLE_OPT,CONFIG_LAMINA_UDHCPC)
endef

# lamina-fetch is a program of the image, with its libc and libraries: another
# configuration, in a folder of its own.
ifeq ($(BR2_PACKAGE_LAMINA_FETCH),y)
LAMINA_DEPENDENCIES += jansson libcurl
LAMINA_FETCH_MAKE = $(TARGET_MAKE_ENV) $(MAKE) -C $(@D) \
	$(patsubst O=%,O=fetch,$(LAMINA_MAKE_OPTS))

define LAMINA_BUILD_FETCH
	mkdir -p $(@D)/fetch
	printf '%s\n' CONFIG_LAMINA_FOR_HOST=y '# CONFIG_LAMINA_TOOL is not set' \
		'# CONFIG_LAMINA_INIT is not set' >$(@D)/fetch/.config
	$(LAMINA_FETCH_MAKE) olddefconfig
	$(LAMINA_FETCH_MAKE) fetch/lamina-fetch
endef

define LAMINA_INSTALL_FETCH
	$(INSTALL) -D -m 0755 $(@D)/fetch/lamina-fetch \
		$(TARGET_DIR)/usr/bin/lamina-fetch
endef
endif

define LAMINA_BUILD_CMDS
	$(TARGET_MAKE_ENV) $(MAKE) -C $(@D) $(LAMINA_MAKE_OPTS) programs
	$(LAMINA_BUILD_FETCH)
endef

define LAMINA_INSTALL_TARGET_CMDS
	$(TARGET_MAKE_ENV) $(MAKE) -C $(@D) $(LAMINA_MAKE_OPTS) \
		DESTDIR=$(TARGET_DIR) install
	$(LAMINA_INSTALL_FETCH)
endef

define LAMINA_INSTALL_IMAGES_CMDS
	$(INSTALL) -D -m 0755 $(@D)/lamina-init $(BINARIES_DIR)/lamina-init
	$(INSTALL) -D -m 0755 $(@D)/laminactl $(BINARIES_DIR)/laminactl
endef

HOST_LAMINA_DEPENDENCIES = \
	host-e2fsprogs \
	host-lamina-jansson \
	host-lamina-librsync \
	host-lamina-mbedtls \
	host-libarchive \
	host-libyaml \
	host-lzo \
	host-nettle \
	host-squashfs-tools-ng \
	host-zlib \
	host-zstd
HOST_LAMINA_MAKE_OPTS = $(LAMINA_OPTS) \
	CC="$(HOSTCC)" CFLAGS="$(HOST_CFLAGS)" LDFLAGS="$(HOST_LDFLAGS)"

define HOST_LAMINA_CONFIGURE_CMDS
	printf '%s\n' CONFIG_LAMINA_FOR_HOST=y '# CONFIG_LAMINA_FETCH is not set' \
		>$(@D)/.config
	$(HOST_MAKE_ENV) $(MAKE) -C $(@D) $(HOST_LAMINA_MAKE_OPTS) olddefconfig
endef

define HOST_LAMINA_BUILD_CMDS
	$(HOST_MAKE_ENV) $(MAKE) -C $(@D) $(HOST_LAMINA_MAKE_OPTS) programs
endef

define HOST_LAMINA_INSTALL_CMDS
	$(HOST_MAKE_ENV) $(MAKE) -C $(@D) $(HOST_LAMINA_MAKE_OPTS) \
		DESTDIR= prefix=$(HOST_DIR) install
endef

$(eval $(kconfig-package))
$(eval $(host-generic-package))

# lamina-menuconfig may come before any menuconfig of Buildroot's own.
lamina-menuconfig: | $(BUILD_DIR)/buildroot-config/mconf
