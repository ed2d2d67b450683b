# SPDX-License-Identifier: Apache-2.0
# busybox' DHCP client beside lamina-init, by the build's compiler. Other people's code with a build
# system of its own: made once, and again when the compiler or its configuration changes.

ifeq ($(CONFIG_LAMINA_UDHCPC),y)
udhcpc := $(O)/udhcpc
programs: $(udhcpc)

$(udhcpc)-compiler: FORCE
	@test '$(CC)' = "$$(cat $@ 2>/dev/null)" || echo '$(CC)' >$@

$(udhcpc): src/net/udhcpc/build src/net/udhcpc/config $(udhcpc)-compiler
	$(call say,BUSYBOX,$@)
	$(Q)src/net/udhcpc/build '$(CC)' $(O)/busybox $@
endif
