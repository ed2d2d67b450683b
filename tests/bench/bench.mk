# SPDX-License-Identifier: Apache-2.0
# Figures, side by side with what people use today. Included by tests/tests.mk.

$(O)/tests/bench/verity: $(O)/tests/bench/verity.o $(test-archives)
	$(call say,LD,$@)
	$(Q)$(CC) $(ldflags) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group \
		$(filter-out -lcmocka,$(test-libs))

$(O)/tests/bench/cpu: $(O)/tests/bench/cpu.o $(test-archives)
	$(call say,LD,$@)
	$(Q)$(CC) $(ldflags) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group

# RUNS=n of each contestant instead of 3; ONLY="tree entries": only these parts.
ifeq ($(CONFIG_LAMINA_FOR_HOST),y)
bench-pack: programs $(O)/tests/bench/verity
	@tests/bench/pack.py --build $(O) --work $(O)/bench/pack $(if $(RUNS),--runs $(RUNS)) \
		$(addprefix --only ,$(ONLY))
bench-boot bench-cpu:
	@echo "a boot needs a device's configuration: make bench" >&2; exit 1
else
bench-pack:
	@test -f $(HOST_O)/.config || $(host-make) host_defconfig
	@$(host-make) $@
bench-cpu: $(O)/tests/bench/cpu host-tool
	@tests/bench/cpu.py --board $(board) --program $< --lamina $(LAMINA) --work $(O)/bench/cpu
bench-boot: programs host-tool
	@tests/bench/boot.py --build $(O) --host $(HOST_O) --work $(O)/bench/boot
endif

# One after the other: two at a time would measure each other.
run-bench:
	@$(MAKE) bench-boot
	@$(MAKE) bench-pack

.PHONY: run-bench bench-cpu bench-boot bench-pack
