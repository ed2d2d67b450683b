# SPDX-License-Identifier: Apache-2.0
# Compiles our subset of mbedtls (config.h) with the build's compiler and flags. Its sources are
# fetched when the first object is made, never while the Makefile is read. MBEDTLS_DIR=DIR takes
# sources that are there already.

MBEDTLS_DIR ?=
mbedtls-source := $(O)/mbedtls/source
mbedtls-ready := $(mbedtls-source)
mbedtls-archive := $(O)/mbedtls.a
mbedtls-cflags := -isystem $(mbedtls-source)/include -isystem $(mbedtls-source)/3rdparty/p256-m \
	-DMBEDTLS_CONFIG_FILE='"trust/mbedtls/config.h"' \
	-DMBEDTLS_PSA_CRYPTO_CONFIG_FILE='"trust/mbedtls/config.h"'

mbedtls-files := library/platform_util library/sha256
mbedtls-files += $(if $(CONFIG_LAMINA_KEY_P256),3rdparty/p256-m/p256-m/p256-m)
mbedtls-files += $(if $(CONFIG_LAMINA_KEY_RSA),library/bignum_core library/constant_time)
ifneq ($(signs),)
mbedtls-files += library/asn1parse library/asn1write library/base64 library/bignum \
	library/ecdsa library/ecp library/ecp_curves library/hmac_drbg \
	library/md library/oid library/pem library/pk library/pk_ecc \
	library/pk_wrap library/pkparse library/pkwrite library/platform library/psa_crypto \
	library/psa_crypto_client library/psa_crypto_driver_wrappers_no_static \
	library/psa_crypto_ecp library/psa_crypto_hash library/psa_crypto_mac \
	library/psa_crypto_rsa library/psa_crypto_slot_management library/psa_util \
	library/rsa library/rsa_alt_helpers \
	3rdparty/p256-m/p256-m_driver_entrypoints
endif
mbedtls-objs := $(patsubst %,$(O)/mbedtls/%.o,$(mbedtls-files))

# The link to other sources than last time goes, and with it what was made of them.
ifneq ($(MBEDTLS_DIR),)
ifneq ($(realpath $(mbedtls-source)),$(realpath $(MBEDTLS_DIR)))
$(shell rm -rf $(O)/mbedtls)
endif
endif

$(mbedtls-source):
	@mkdir -p $(@D)
	$(Q)dir=$$(MBEDTLS_DIR='$(MBEDTLS_DIR)' src/trust/mbedtls/fetch) && ln -sfn "$$dir" $@

# Other people's code: our language standard and warnings are not theirs. Its multiplication in
# plain C avoids the CPU's 64-bit one, which is slow on some: not on any that runs Linux.
# Its 256-bit numbers are copied in vector registers.
mbedtls-own-cflags = $(filter-out $(warnings) $(cflags-integer),$(cflags)) -w -DMUL64_IS_CONSTANT_TIME \
	-I$(mbedtls-source)/library -I$(mbedtls-source)/3rdparty/p256-m \
	-I$(mbedtls-source)/3rdparty/p256-m/p256-m

# laminactl and lamina-fetch hash whole layers: they have a SHA-256 of their own, which the linker meets
# before the archive's small one. X-fast.o is another X.o. The instructions that a processor has for it:
# ARM's are mbedtls' affair (config.h), x86's ours.
ifneq ($(CONFIG_LAMINA_TOOL),y)
mbedtls-fast := $(O)/mbedtls/library/sha256-fast.o
sha256-fast := $(mbedtls-fast) $(O)/src/trust/sha256/process.o $(O)/src/trust/sha256/x86.o
$(mbedtls-fast): cflags += -DLAMINA_FAST_SHA256 \
	$(if $(and $(filter arm64,$(GOARCH)),$(CONFIG_LAMINA_CPU_SHA256)),,$(cflags-small))
main-ctl += $(sha256-fast)
main-fetch += $(if $(CONFIG_LAMINA_FETCH),$(sha256-fast))
endif

# It asks for few signatures, and has what checks them in fewer bytes than init. X-small.o is another X.o.
ifeq ($(CONFIG_LAMINA_FAST_VERIFY),y)
mbedtls-small := $(O)/mbedtls/3rdparty/p256-m/p256-m/p256-m-small.o
$(mbedtls-small): cflags += $(cflags-small)
main-ctl += $(mbedtls-small)
endif

$(mbedtls-objs) $(mbedtls-fast) $(mbedtls-small): cflags += $(mbedtls-cflags)
$(mbedtls-objs) $(mbedtls-fast) $(mbedtls-small): $(O)/mbedtls/%.o: $(autoconf) $(flags) src/trust/mbedtls/config.h \
		src/trust/mbedtls/build.mk | $(mbedtls-ready)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(mbedtls-own-cflags) -c -o $@ $(mbedtls-source)/$(patsubst %-small,%,$(*:-fast=)).c

# Nearly all that a boot computes; more instructions aren't saved by padding between them.
ifeq ($(CONFIG_LAMINA_FAST_VERIFY),y)
$(O)/mbedtls/3rdparty/p256-m/p256-m/p256-m.o: cflags += -O2 $(if $(static),$(call known,$(addprefix -fno-align-,functions loops jumps labels)))
endif

# All that laminactl computes.
$(O)/src/trust/sha256/process.o: cflags += $(mbedtls-cflags) -O2 \
	$(if $(static),$(call known,$(addprefix -fno-align-,functions loops jumps labels)))
$(O)/src/trust/sha256/process.o: | $(mbedtls-ready)

# What decides, and computes nothing.
$(addprefix $(O)/src/trust/,key.o merge.o p256.o): cflags += $(cflags-small)

# The header of its arithmetic is not among those that others may include.
$(O)/src/trust/rsa.o: cflags += -isystem $(mbedtls-source)/library

$(mbedtls-archive): $(mbedtls-objs)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) crD $@ $^

# A test that compiles a file of this room into itself, and one that asks mbedtls.
mbedtls-tests := $(O)/tests/unit/test_sha256-process.o $(O)/tests/unit/test_sha256-mbedtls.o $(O)/tests/unit/test_rsa.o \
	$(O)/tests/fuzz/fuzz_key.o $(O)/tests/fuzz/fuzz_rsa.o
$(mbedtls-tests): cflags += $(mbedtls-cflags)
$(mbedtls-tests): | $(mbedtls-ready)

# gcc's dependency lists leave out what system headers include, such as our configuration.
$(objs-trust) $(mbedtls-tests): src/trust/mbedtls/config.h
