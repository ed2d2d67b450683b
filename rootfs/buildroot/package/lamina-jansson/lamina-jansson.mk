################################################################################
#
# lamina-jansson
#
################################################################################

# Buildroot's jansson has no host variant.
LAMINA_JANSSON_VERSION = 2.14
LAMINA_JANSSON_SOURCE = jansson-$(LAMINA_JANSSON_VERSION).tar.bz2
LAMINA_JANSSON_SITE = \
	https://github.com/akheron/jansson/releases/download/v$(LAMINA_JANSSON_VERSION)
LAMINA_JANSSON_DL_SUBDIR = jansson
LAMINA_JANSSON_LICENSE = MIT
LAMINA_JANSSON_LICENSE_FILES = LICENSE
LAMINA_JANSSON_CPE_ID_VENDOR = jansson_project
LAMINA_JANSSON_CPE_ID_PRODUCT = jansson

$(eval $(host-autotools-package))
