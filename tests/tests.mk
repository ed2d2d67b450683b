# SPDX-License-Identifier: Apache-2.0
# Test programs, and the goals that run them. Included by the Makefile.

test-rooms := $(if $(CONFIG_LAMINA_FOR_DEVICE),$(filter-out pack/%,$(rooms)),$(rooms))
test-libs = $(if $(static),,-lcmocka) $(sort $(foreach r,$(test-rooms),$(libs-$(r))))
test-archives = $(foreach r,$(test-rooms),$(O)/src/$(r).a) $(mbedtls-archive)

# Tests of what a configuration may leave out, or that make what they need with it.
needs-LAMINA_TOOL := unit/test_child unit/test_decompress unit/test_describe unit/test_import-plan unit/test_layer \
	unit/test_look unit/test_members unit/test_oci unit/test_output unit/test_pax unit/test_place unit/test_profile unit/test_rdiff \
	unit/test_spool unit/test_tar unit/test_tool unit/test_tree unit/test_zstd
needs-LAMINA_SIGN := fake/test_scrub fake/test_ctl-boot fake/test_ctl-install fake/test_ctl-slots fake/test_gc fake/test_images fake/test_boot-blob fake/test_init fake/test_init-slots fake/test_install \
	fake/test_install-delta fake/test_install-hostile fake/test_install-set fake/test_judge fake/test_keeper fake/test_place fake/test_sized fake/test_reset fake/test_select fake/test_stage \
	fake/test_timeline fake/test_update fake/test_update-record fake/test_update-verity live/test_store live/test_store-disk \
	unit/test_scrub unit/test_hash-tree unit/test_pem unit/test_private-key unit/test_rsa \
	unit/test_select unit/test_select-open unit/test_select-slots unit/test_settings unit/test_store
needs-LAMINA_INIT := live/test_control live/test_copyup fake/test_log fake/test_saver fake/test_stage fake/test_start fake/test_supervise fake/test_failure fake/test_init fake/test_init-slots fake/test_keeper fake/test_place fake/test_sized \
	fake/test_timeline fake/test_update fake/test_update-record fake/test_update-verity
# Without dm-verity and hashes at boot, init refuses every image.
needs-LAMINA_VERITY := fake/test_stage fake/test_supervise fake/test_dm fake/test_init fake/test_init-slots fake/test_keeper fake/test_place fake/test_sized \
	fake/test_timeline fake/test_update fake/test_update-record fake/test_update-verity live/test_dm live/test_large
needs-LAMINA_UPDATE := fake/test_judge fake/test_supervise fake/test_change fake/test_images fake/test_keeper fake/test_select fake/test_update \
	fake/test_update-record fake/test_update-verity unit/test_decide-model unit/test_slots-model unit/test_select unit/test_select-open unit/test_select-slots
needs-LAMINA_WATCHDOG := fake/test_supervise fake/test_keeper fake/test_update
needs-LAMINA_SUPERVISE := live/test_confine unit/test_filter fake/test_supervise fake/test_log fake/test_saver fake/test_start live/test_control live/test_join
needs-LAMINA_NET := fake/test_network unit/test_lease unit/test_router
needs-LAMINA_TIMELINE := fake/test_timeline
needs-LAMINA_KEY_P256 := unit/test_key unit/test_p256
needs-LAMINA_KEY_RSA := unit/test_key unit/test_rsa
needs-LAMINA_CTL := fake/test_ctl-boot fake/test_ctl-install fake/test_ctl-slots fake/test_images unit/test_guard unit/test_out unit/test_status
needs-LAMINA_CHANNEL := fake/test_ctl-channel
needs-LAMINA_FETCH := unit/test_fetch-parse unit/test_pace
needs-LAMINA_PLAN := fake/test_images
needs-LAMINA_LOADER_EFI := fake/test_efi
needs-LAMINA_LOADER_RPI := fake/test_rpi
needs-LAMINA_LOADER_HELPER := fake/test_helper unit/test_helper
needs-LAMINA_UBI := fake/test_ubi fake/test_ubi-layer
needs-LAMINA_VOLUME_SIZE := fake/test_sized
needs-LAMINA_SECRET := fake/test_vault fake/test_vault-mount live/test_crypt unit/test_hkdf unit/test_secret
lacks := $(foreach s,TOOL INIT VERITY UPDATE WATCHDOG SUPERVISE NET TIMELINE KEY_P256 KEY_RSA CTL CHANNEL PLAN LOADER_EFI LOADER_RPI LOADER_HELPER SECRET VOLUME_SIZE UBI FETCH,\
	$(if $(CONFIG_LAMINA_$s),,LAMINA_$s)) $(if $(signs),,LAMINA_SIGN)
left-out := $(foreach s,$(lacks),$(needs-$s)) \
	$(if $(CONFIG_LAMINA_SECRET)$(CONFIG_LAMINA_VOLUME_SIZE),,unit/test_template)
tests-in = $(addprefix $(O)/tests/,$(filter-out $(left-out),\
	$(patsubst tests/%.c,%,$(wildcard tests/$(1)/test_*.c))))

unit-tests := $(call tests-in,unit)
fake-tests := $(call tests-in,fake)
live-tests := $(call tests-in,live)
fake-kernel := $(patsubst %.c,$(O)/%.o,$(filter-out tests/fake/test_%,$(wildcard tests/fake/*.c)))

include tests/device/device.mk

$(O)/tests/.found: board/host/needs board/host/probes
	@mkdir -p $(@D)
	@board/host/needs --headers '$(CC) $(CPPFLAGS) $(CFLAGS)' check
	@touch $@

$(O)/tests/%.o: tests/%.c $(autoconf) $(flags) | $(if $(found),$(O)/tests/.found)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(cflags) -Itests -MMD -MP -c -o $@ $<

# Each program on its own where it is to run elsewhere (a device's) or beside a runtime that wants to
# come first (a sanitizer's). Otherwise all share two objects that hold the rooms, the second with the
# fake kernel in place of base/sys, so that a changed file is linked twice and not eighty times. The two
# tools have commands of the same name: each object has one of them, and tests of the other are linked alone.
shared-tests := $(if $(or $(static),$(findstring -fsanitize,$(CFLAGS))),,y)
test-objs = $(foreach r,$(filter-out $(1),$(test-rooms)),$(objs-$(r)))
link-test = $(Q)$(CC) $(ldflags) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group

# Sweeps verify the same signature at every step: known.c does it once. The fake kernel comes first, so
# that nothing of base/sys is ever drawn from its archive.
$(fake-tests): ldflags += -Wl,--wrap=key_verify

ifeq ($(shared-tests),y)
shared := $(O)/tests/rooms.so $(O)/tests/fake.so
alone := $(addprefix $(O)/tests/,$(filter-out $(left-out) fake/%,$(needs-LAMINA_CTL)))
use-shared = -Wl,-rpath,'$$ORIGIN/..'

$(O)/tests/rooms.so: $(call test-objs,ctl)
$(O)/tests/fake.so: $(filter-out $(O)/src/base/sys/%.o,$(call test-objs,pack/cmd)) $(fake-kernel) $(O)/tests/known.o
$(O)/tests/fake.so: ldflags += -Wl,--wrap=key_verify
$(shared): $(O)/tests/only.o $(mbedtls-archive) $(flags)
	$(call say,LD,$@)
	$(Q)$(CC) -shared -Wl,-soname,$(@F) -Wl,-z,defs $(ldflags) -o $@ $(filter %.o,$^) \
		$(mbedtls-archive) $(test-libs)

# Which it is linked with counts, not what that holds: order-only.
$(filter-out $(alone),$(unit-tests)) $(live-tests): %: %.o $(flags) | $(O)/tests/rooms.so
	$(call say,LD,$@)
	$(link-test) $(use-shared) $(O)/tests/rooms.so $(mbedtls-archive) $(test-libs)
$(fake-tests): %: %.o $(flags) | $(O)/tests/fake.so
	$(call say,LD,$@)
	$(link-test) $(use-shared) $(O)/tests/fake.so $(mbedtls-archive) $(test-libs)
else
alone := $(unit-tests) $(live-tests)
$(fake-tests): %: %.o $(fake-kernel) $(O)/tests/known.o $(O)/tests/only.o $(cmocka-obj) $(test-archives)
	$(call say,LD,$@)
	$(link-test) $(test-libs)
endif

$(live-tests): $(O)/tests/live/live.o
$(alone): %: %.o $(O)/tests/only.o $(cmocka-obj) $(test-archives)
	$(call say,LD,$@)
	$(link-test) $(test-libs)
$(O)/tests/unit/test_guard: ldflags += -Wl,--wrap=sys_fork

-include $(wildcard $(O)/tests/*.d $(O)/tests/*/*.d)
.PRECIOUS: $(O)/tests/%.o

test-programs: $(unit-tests) $(fake-tests) $(live-tests)

# Results go to the file RESULTS, which `make test` counts, or are counted at once.
RESULTS ?=
run-flags = $(if $(RESULTS),--results $(RESULTS),--summary)

# TEST="unit/test_x fake/test_y/case tool/disk": only these, and only what they need is built. A word is
# FOLDER/PROGRAM or FOLDER/PROGRAM/CASE, where a case may be a pattern.
TEST ?=
test-name = $(word 1,$(subst /, ,$(1)))/$(word 2,$(subst /, ,$(1)))
test-case = $(addprefix :,$(word 3,$(subst /, ,$(1))))
test-script = $(wildcard tests/$(test-name).sh)
test-program = $(filter $(O)/tests/$(test-name),$(unit-tests) $(fake-tests) $(live-tests))
one-test = $(or $(test-script),$(test-program),$(error no such test here: $(1)))
test-runs = $(foreach t,$(1),$(call one-test,$(t))$(call test-case,$(t)))
test-built = $(foreach t,$(1),$(or $(call test-program,$(t)),test-programs programs))

# Everything, as `make test` runs it: from the device's configuration, the results counted once.
run-tests:
	@mkdir -p $(O)
	@MAKE='$(MAKE)' tests/all '$(abspath $(O)/results)' test-builds \
		check-tree check check-size check-qemu check-demo check-loader check-crash check-buildroot -- \
		check-warnings check-asan check-fuzz check-live check-tool

# What needs no compiler: includes, formats, documents.
tree-tests := $(filter-out %/warnings.sh %/links.sh,$(wildcard tests/tree/*.sh))

check-tree:
	@tests/run $(run-flags) $(tree-tests)

format:
	@tests/tree/format.sh --apply

# Both compilers, all warnings, as errors.
check-warnings:
	@O='$(O)' MAKE='$(MAKE)' tests/run $(run-flags) tests/tree/warnings.sh

strict := $(O)/warnings
strict-make = $(MAKE) O=$(strict) CC=gcc CROSS_COMPILE= BOARD= CPPFLAGS= LDFLAGS= CFLAGS="-O2 -Werror"

strict-gcc:
	+@test -f $(strict)/.config || $(strict-make) host_defconfig
	+@$(strict-make) programs test-programs

# The external tree for Buildroot, with a tree of Buildroot.
BUILDROOT ?=
check-buildroot:
	@BUILDROOT='$(BUILDROOT)' O='$(abspath $(O))' tests/run $(run-flags) tests/buildroot/check.sh

# Every choice the other way round, one at a time: it builds, and its unit tests pass.
check-configs:
	@O='$(abspath $(O))/configs' MAKE='$(MAKE)' tests/configs $(addprefix --only ,$(ONLY))

check-uses:
	@tests/run tests/tree/uses.sh

ifeq ($(CONFIG_LAMINA_FOR_HOST),y)
ifeq ($(TEST),)
check: test-programs programs
	@O=$(O) tests/run $(run-flags) $(unit-tests) $(fake-tests) $(if $(RESULTS),,$(tree-tests)) \
		$(if $(shared-tests),tests/tree/links.sh)
else
check: $(call test-built,$(TEST))
	@O=$(O) tests/run --summary $(call test-runs,$(TEST))
endif
check-live: test-programs programs
	@O=$(O) tests/run $(run-flags) $(live-tests) $(wildcard tests/live/*.sh)
check-tool: programs
	@O=$(O) tests/run $(run-flags) $(wildcard tests/tool/*.sh)
# What check-tool does a few hundred times: CUTS=n.
check-cuts: programs
	@rm -f $(O)/cuts
	@CUTS=$(or $(CUTS),10000) O=$(O) tests/run tests/tool/fetch-faults.sh:cuts_at_random_bytes && cat $(O)/cuts
test-builds: programs test-programs
else
check check-live check-tool check-cuts test-programs-host test-builds-host:
	+@test -f $(HOST_O)/.config || $(host-make) host_defconfig
	+@$(host-make) $(@:%-host=%)
test-builds: programs test-builds-host
endif

.PHONY: format run-tests check-tree check-warnings strict-gcc check check-live check-tool check-cuts check-uses \
	check-buildroot check-configs test-programs test-programs-host test-builds test-builds-host
include tests/fuzz/fuzz.mk
include tests/bench/bench.mk
include tests/crash/crash.mk
