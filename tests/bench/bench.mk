# SPDX-License-Identifier: Apache-2.0
# Figures, side by side with what people use today. Included by tests/tests.mk.

$(O)/tests/bench/verity: $(O)/tests/bench/verity.o $(test-archives)
	$(call say,LD,$@)
	$(Q)$(CC) $(ldflags) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group \
		$(filter-out -lcmocka,$(test-libs))

$(O)/tests/bench/cpu: $(O)/tests/bench/cpu.o $(test-archives)
	$(call say,LD,$@)
	$(Q)$(CC) $(ldflags) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group

$(O)/tests/bench/rss: $(O)/tests/bench/rss.o
	$(call say,LD,$@)
	$(Q)$(CC) $(ldflags) -o $@ $<

# What a device runs, by a workstation's compiler.
$(O)/tests/bench/start: $(O)/tests/bench/start.o $(test-archives)
	$(call say,LD,$@)
	$(Q)$(CC) $(ldflags) -Wl,--wrap=sys_setrlimit -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group \
		$(filter-out -lcmocka,$(test-libs))

# RUNS=n of each contestant instead of 3; PART=n: hundredths of the root for the ten layers; ONLY="tree entries": only these parts.
ifeq ($(CONFIG_LAMINA_FOR_HOST),y)
bench-pack: programs $(O)/tests/bench/verity
	@tests/bench/pack.py --build $(O) --work $(O)/bench/pack $(if $(RUNS),--runs $(RUNS)) \
		$(if $(PART),--part $(PART)) $(addprefix --only ,$(ONLY))
bench-start: $(O)/tests/bench/start programs
	@tests/bench/start.sh $< $(O)/lamina $(O)/bench/start $(RUNS)
bench-boot bench-chains bench-cpu bench-memory bench-network bench-resident bench-set bench-update run-bench-peers \
run-bench-serve:
	@echo "a boot needs a device's configuration: make bench" >&2; exit 1
else
bench-pack bench-start:
	@test -f $(HOST_O)/.config || $(host-make) host_defconfig
	@$(host-make) $@
bench-cpu: $(O)/tests/bench/cpu host-tool
	@tests/bench/cpu.py --board $(board) --program $< --lamina $(LAMINA) --work $(O)/bench/cpu
bench-boot: programs host-tool
	@tests/bench/boot.py --build $(O) --host $(HOST_O) --work $(O)/bench/boot
# make BOARD=uboot-aarch64 bench-chains: of a board that starts from its firmware; as root, updates too.
bench-chains: programs host-tool
	@$(if $(filter 0,$(shell id -u)),unshare -m) tests/bench/chains.py --board $(board) --build $(O) \
		--lamina $(LAMINA) --work $(O)/bench/chains $(if $(filter 0,$(shell id -u)),--ctl $(HOST_O)/laminactl) $(if $(RUNS),--runs $(RUNS))
bench-memory: programs host-tool
	@tests/bench/memory.py --board $(board) --build $(O) --host $(HOST_O) --work $(O)/bench/memory
# What a device runs, on this machine: the board must be one of its architecture.
bench-update: programs host-tool $(O)/tests/bench/rss
	@tests/bench/update.py --lamina $(LAMINA) --ctl $(O)/laminactl --rss $(O)/tests/bench/rss \
		--work $(O)/bench/update $(if $(RUNS),--runs $(RUNS))
# As root; the board must be one of this machine's architecture.
bench-set: programs host-tool
	@tests/bench/set.py --build $(O) --host $(HOST_O) --work $(O)/bench/set $(if $(RUNS),--runs $(RUNS))
bench-resident: programs host-tool
	@tests/bench/resident.py --build $(O) --host $(HOST_O) --work $(O)/bench/resident
bench-network: programs host-tool $(O)/tests/bench/rss
	@roots=$$(tests/bench/debian-fix) && tests/bench/network.py --lamina $(LAMINA) --ctl $(O)/laminactl \
		--rss $(O)/tests/bench/rss --roots "$$roots" --work $(O)/bench/network $(if $(RUNS),--runs $(RUNS))
	@src/fetch/static/for-test $(goarch) $(O)/bench/lamina-fetch
	@tests/bench/fetch.py --lamina $(LAMINA) --ctl $(O)/laminactl --fetch $(O)/bench/lamina-fetch \
		--image $(O)/bench/network/one-2 --work $(O)/bench/fetch $(if $(RUNS),--runs $(RUNS))
	@echo && echo "a million devices that ask once an hour: the most requests of 10 s"
	@$(host-make) $(HOST_O)/tests/unit/test_pace
	@$(HOST_O)/tests/unit/test_pace 2>&1 | sed -n 's/^# of the mean/  of the mean/p'
run-bench-peers: programs host-tool
	@tests/bench/peers.py --build $(O) --host $(HOST_O) --work $(abspath $(O))/bench/peers \
		--output tests/bench/peers.md
run-bench-serve: programs host-tool
	@tests/bench/serve.py --build $(O) --host $(HOST_O) --work $(abspath $(O))/bench/serve \
		$(if $(RUNS),--runs $(RUNS))
endif

# One after the other: two at a time would measure each other.
run-bench:
	@$(MAKE) bench-boot
	@$(MAKE) bench-cpu
	@$(MAKE) bench-memory
	@$(MAKE) bench-resident
	@$(MAKE) bench-pack
	@$(MAKE) bench-update
	@$(MAKE) bench-network
	@$(MAKE) bench-start
	@$(MAKE) bench-set

.PHONY: run-bench run-bench-peers run-bench-serve bench-cpu bench-boot bench-chains bench-memory bench-network bench-pack \
	bench-resident bench-set bench-start bench-update
