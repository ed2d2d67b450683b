################################################################################
#
# lamina-librsync
#
################################################################################

# Buildroot's librsync has no host variant.
LAMINA_LIBRSYNC_VERSION = 2.3.4
LAMINA_LIBRSYNC_SOURCE = librsync-$(LAMINA_LIBRSYNC_VERSION).tar.gz
LAMINA_LIBRSYNC_SITE = \
	https://github.com/librsync/librsync/releases/download/v$(LAMINA_LIBRSYNC_VERSION)
LAMINA_LIBRSYNC_DL_SUBDIR = librsync
LAMINA_LIBRSYNC_LICENSE = LGPL-2.1+
LAMINA_LIBRSYNC_LICENSE_FILES = COPYING
LAMINA_LIBRSYNC_CPE_ID_VENDOR = librsync_project
LAMINA_LIBRSYNC_CPE_ID_PRODUCT = librsync

# The library alone: the program wants popt.
HOST_LAMINA_LIBRSYNC_CONF_OPTS = \
	-DBUILD_RDIFF=OFF -DENABLE_COMPRESSION=OFF -DENABLE_TRACE=OFF

$(eval $(host-cmake-package))
