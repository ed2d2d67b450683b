################################################################################
#
# lamina-mbedtls
#
################################################################################

# Only unpacked: lamina compiles the few files of it that it needs, with its own
# configuration, once for the device and once for the host.
LAMINA_MBEDTLS_VERSION = 3.6.6
LAMINA_MBEDTLS_SITE = https://github.com/Mbed-TLS/mbedtls/releases/download/mbedtls-$(LAMINA_MBEDTLS_VERSION)
LAMINA_MBEDTLS_SOURCE = mbedtls-$(LAMINA_MBEDTLS_VERSION).tar.bz2
LAMINA_MBEDTLS_DL_SUBDIR = mbedtls
LAMINA_MBEDTLS_LICENSE = Apache-2.0 or GPL-2.0+
LAMINA_MBEDTLS_LICENSE_FILES = LICENSE
LAMINA_MBEDTLS_CPE_ID_VENDOR = arm
LAMINA_MBEDTLS_CPE_ID_PRODUCT = mbed_tls

$(eval $(host-generic-package))
