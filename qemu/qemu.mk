# SPDX-License-Identifier: Apache-2.0
# Boots: the demo and the stories. Included by the Makefile.

LAMINA ?= $(HOST_O)/lamina
CASE ?=
RESULTS ?=
qemu-args = --board $(board) --lamina $(LAMINA) --init $(O)/lamina-init

ifeq ($(CONFIG_LAMINA_FOR_DEVICE),y)

run-demo: all
	@qemu/demo $(qemu-args) --build $(O)/demo

# IMAGE=SOURCE... and PORT=N... for one's own image instead of the demo's.
IMAGE ?=
PORT ?=
MEM ?= 512
PACK ?=

run: all
ifneq ($(IMAGE),)
	@qemu/try $(qemu-args) --build $(O)/try --mem $(MEM) $(foreach p,$(PORT),--port $(p)) \
		--pack '$(subst ','\'',$(PACK))' $(IMAGE)
else
	@board/host/setup demo $(board)
	@qemu/demo $(qemu-args) --build $(O)/demo --interactive
endif

# What is flashed onto a board that starts from its firmware.
disk: all
	@board/host/setup kernel demo $(board)
	@qemu/demo $(qemu-args) --build $(O)/demo --disk

check-demo: all
	@mkdir -p $(O)
	@{ qemu/demo $(qemu-args) --build $(O)/demo >$(O)/demo.log 2>&1 && echo "ok demo/$(board)" || \
		echo "FAIL demo/$(board): see $(O)/demo.log"; } | tee -a $(or $(RESULTS),/dev/null)
	@! tail -n 1 $(or $(RESULTS),/dev/null) | grep -q '^FAIL demo'

# What a story has root inside try, for the device.
escape := $(O)/tests/escape/escape
$(escape): $(wildcard tests/escape/*.c) tests/escape/escape.h $(flags)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) -D_GNU_SOURCE -static -O1 -Wall -Wextra -o $@ $(filter %.c,$^)

check-qemu: all $(escape)
	@qemu/story $(qemu-args) --build $(O)/stories $(if $(RESULTS),--results $(RESULTS)) \
		$(foreach c,$(CASE),--case '$(c)')

# On Debian's kernel, which has what the board's leaves out: there is all that the attempts look for.
fat := $(O)/tests/fat/load
$(fat): tests/fat/load.c $(flags)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) -D_GNU_SOURCE -static -Os -Wall -Wextra -o $@ $<

check-escape: all $(escape) $(fat)
	@board/host/setup fat $(board)
	@qemu/story $(qemu-args) --build $(O)/stories-fat --fat $(fat) \
		$(if $(RESULTS),--results $(RESULTS)) --case escape

# With UBI, which no board's configuration has.
ubi := $(O)/ubi
$(ubi)/.config: $(O)/.config
	@mkdir -p $(@D)
	@grep -vE 'LAMINA_(UBI|LOADER_HELPER|UDHCPC|HOST_TOOL)[= ]' $< >$@.new
	@printf '%s\n' CONFIG_LAMINA_UBI=y CONFIG_LAMINA_LOADER_HELPER=y '# CONFIG_LAMINA_UDHCPC is not set' \
		'# CONFIG_LAMINA_HOST_TOOL is not set' >>$@.new && mv $@.new $@
	+@$(MAKE) O=$(ubi) BOARD=$(BOARD) olddefconfig >/dev/null

ubi-programs: all $(fat) $(ubi)/.config
	@grep -qsw block2mtd board/$(board)/modules || \
		{ echo "$(board): no block2mtd in Debian's kernel for it, which makes flash of a disk" >&2; exit 1; }
	+@$(MAKE) O=$(ubi) BOARD=$(BOARD) programs crash-guest
	@board/host/setup fat $(board)

check-ubi: ubi-programs
	@qemu/story $(qemu-args) --init $(ubi)/lamina-init --build $(O)/stories-fat --fat $(fat) \
		$(if $(RESULTS),--results $(RESULTS)) --case '$(or $(CASE),ubi-*)'
	$(if $(CASE),,+@$(MAKE) check-crash-ubi)

# Power cuts at what an update writes to flash, NOR and NAND: every write, or some.
crash-ubi check-crash-ubi: ubi-programs crash-tool
	@tests/crash/run --board $(board) --lamina $(LAMINA) --init $(ubi)/lamina-init --fat $(fat) --type 'ubi nand' \
		--programs $(ubi)/tests/crash --tool $(HOST_O)/tests/crash/crash --build $(O)/crash-ubi \
		$(if $(filter check-%,$@),--quick) $(if $(RESULTS),--results $(RESULTS))

# With a TPM, which Debian's kernel has drivers for: make BOARD=efi-x86_64 check-tpm.
check-tpm: all $(fat)
	@board/host/setup fat $(board)
	@qemu/story $(qemu-args) --build $(O)/stories-fat --fat $(fat) --timeout 900 \
		$(if $(RESULTS),--results $(RESULTS)) --case 'tpm-*'

# Every story of every board whose firmware checks what it starts, and that board's demo. One at a time: each
# compiles the device's programs once more.
loader-boards := $(patsubst board/%/board.conf,%,$(shell grep -lE '^LOADER=(uboot|efi|grub)$$' board/*/board.conf))
# The device's programs of a loader's board beside this one's.
loader-make = $(MAKE) BOARD=$(1) O=$(O)/$(1) HOST_O=$(HOST_O) $(if $(RESULTS),RESULTS=$(abspath $(RESULTS)))

# One of them that takes no other processor, and both boots and refuses.
check-loader:
	@$(call loader-make,efi-x86_64) CASE=flipped-bit check-qemu

check-loaders:
	@for board in $(loader-boards); do $(call loader-make,$$board) check-qemu check-demo || exit; done
	@$(call loader-make,efi-x86_64) check-tpm

else

run-demo run disk check-qemu check-demo check-escape check-ubi check-tpm crash-ubi check-crash-ubi:
	@echo "$@ boots a board: say make BOARD=$(first-board) $@" >&2; exit 1

endif

.PHONY: run-demo run disk check-qemu check-demo check-escape check-ubi check-tpm ubi-programs crash-ubi \
	check-crash-ubi check-loader check-loaders
