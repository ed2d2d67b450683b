# SPDX-License-Identifier: Apache-2.0
# Power cuts, replayed: tests/crash/run says how, and which PART=... there are. Included by tests/tests.mk.

# Without the compiler's look at the whole program: it sees no reason to keep what is wrapped.
crash-tool := $(O)/tests/crash/crash
crash-objs := $(patsubst %.c,$(O)/%.o,$(wildcard tests/crash/*.c) tests/known.c)
# One rule broken in each: linked in place of what they wrap.
crash-mutants := $(patsubst tests/crash/mutant/%.c,$(O)/tests/crash/laminactl-%,$(wildcard tests/crash/mutant/*.c))

$(crash-tool): $(crash-objs) $(call archives,slot loader install) $(mbedtls-archive)
	$(call say,LD,$@)
	$(Q)$(CC) $(ldflags) -fno-lto -Wl,--wrap=key_verify -o $@ $(crash-objs) \
		-Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(call room-libs,slot)

wrap-flushed-never := sys_fsync sys_fdatasync
wrap-one-copy := state_write
wrap-set-gc := gc_run manifest_blob
wrap-slot-that-runs := partition_write sys_reboot
$(O)/tests/crash/laminactl-slot-that-runs: $(O)/tests/crash/skip/stays.o

$(crash-mutants): $(O)/tests/crash/laminactl-%: $(O)/tests/crash/mutant/%.o $(main-ctl) $(call archives,ctl) $(mbedtls-archive)
	$(call say,LD,$@)
	$(Q)$(CC) $(ldflags) -fno-lto $(addprefix -Wl$(,)--wrap=,$(wrap-$*)) -o $@ $(filter %.o,$^) \
		-Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(call room-libs,ctl)

# A laminactl that leaves one sync out, which one the environment says, and one that doesn't reboot.
crash-skip := $(O)/tests/crash/skip-one
crash-stays := $(O)/tests/crash/stays
crash-stays-pi := $(O)/tests/crash/stays-pi
wrap-skip-one := sys_fsync sys_fdatasync
wrap-stays := sys_reboot
wrap-stays-pi := sys_reboot sys_reboot_to
$(crash-skip) $(crash-stays): $(O)/tests/crash/%: $(O)/tests/crash/skip/%.o $(main-ctl) $(call archives,ctl) $(mbedtls-archive)
	$(call say,LD,$@)
	$(Q)$(CC) $(ldflags) -fno-lto $(addprefix -Wl$(,)--wrap=,$(wrap-$*)) -o $@ $(filter %.o,$^) \
		-Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(call room-libs,ctl)

# The same with the backend for a Raspberry Pi, which the boards' configurations leave out.
$(O)/tests/crash/pi/%.o: src/loader/%.c $(flags)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(cflags) -fno-lto -DCONFIG_LAMINA_LOADER_RPI=1 -c -o $@ $<
$(crash-stays-pi): $(O)/tests/crash/skip/stays.o $(O)/tests/crash/pi/loader.o $(O)/tests/crash/pi/rpi.o $(main-ctl) $(call archives,ctl) $(mbedtls-archive)
	$(call say,LD,$@)
	$(Q)$(CC) $(ldflags) -fno-lto $(addprefix -Wl$(,)--wrap=,$(wrap-stays-pi)) -o $@ $(filter %.o,$^) \
		-Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(call room-libs,ctl)

ifeq ($(CONFIG_LAMINA_FOR_HOST),y)
crash-tool: $(crash-tool)
	@:
crash-model: $(O)/tests/unit/test_decide-model $(O)/tests/unit/test_slots-model
	@:
crash check-crash:
	@echo "$@ boots a board: say make BOARD=$(first-board) $@" >&2; exit 1
else
crash-tool crash-model: all
	+@$(host-make) $@
# What a guest has of them, for flash.
crash-guest: $(crash-tool) $(crash-stays) $(addprefix $(O)/tests/crash/laminactl-,slot-that-runs flushed-never)
	@:
crash: crash-model
crash check-crash: all crash-tool $(crash-tool) $(crash-mutants) $(crash-skip) $(crash-stays) $(crash-stays-pi)
	@tests/crash/run --board $(board) --lamina $(LAMINA) --init $(O)/lamina-init \
		--programs $(O)/tests/crash --tool $(HOST_O)/tests/crash/crash \
		--build $(O)/crash $(if $(filter check-crash,$@),--quick,--model $(HOST_O)/tests/unit/test_decide-model --model $(HOST_O)/tests/unit/test_slots-model) $(foreach p,$(PART),--part $(p)) $(if $(RESULTS),--results $(RESULTS))
endif

.PHONY: crash check-crash crash-guest crash-tool crash-model
