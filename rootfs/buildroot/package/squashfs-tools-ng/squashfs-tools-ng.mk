################################################################################
#
# squashfs-tools-ng
#
################################################################################

SQUASHFS_TOOLS_NG_VERSION = 1.3.2
SQUASHFS_TOOLS_NG_SOURCE = squashfs-tools-ng-$(SQUASHFS_TOOLS_NG_VERSION).tar.xz
SQUASHFS_TOOLS_NG_SITE = https://infraroot.at/pub/squashfs
SQUASHFS_TOOLS_NG_LICENSE = LGPL-3.0+ (library), GPL-3.0+ (tools)
SQUASHFS_TOOLS_NG_LICENSE_FILES = licenses/GPLv3.txt licenses/LGPLv3.txt

HOST_SQUASHFS_TOOLS_NG_DEPENDENCIES = \
	host-lz4 host-lzo host-pkgconf host-xz host-zlib host-zstd
HOST_SQUASHFS_TOOLS_NG_CONF_OPTS = \
	--with-gzip --with-lz4 --with-lzo --with-xz --with-zstd \
	--without-bzip2 --without-selinux

$(eval $(host-autotools-package))
