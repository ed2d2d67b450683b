# SPDX-License-Identifier: Apache-2.0
# Test programs of the host build, and the goals that run them. Included by the Makefile.

test-rooms := $(filter-out %/init %/ctl %/pack,$(rooms))
test-libs = -lcmocka $(sort $(foreach r,$(rooms),$(libs-$(r))))
test-archives = $(foreach r,$(rooms),$(O)/src/$(r).a) $(mbedtls-archive)

unit-tests := $(patsubst tests/unit/%.c,$(O)/tests/unit/%,$(wildcard tests/unit/test_*.c))
fake-tests := $(patsubst tests/fake/%.c,$(O)/tests/fake/%,$(wildcard tests/fake/test_*.c))
live-tests := $(patsubst tests/live/%.c,$(O)/tests/live/%,$(wildcard tests/live/test_*.c))
fake-kernel := $(patsubst %.c,$(O)/%.o,$(filter-out tests/fake/test_%,$(wildcard tests/fake/*.c)))

$(O)/tests/%.o: tests/%.c $(autoconf) $(flags)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(cflags) -Itests -MMD -MP -c -o $@ $<

$(live-tests): $(O)/tests/live/live.o
$(unit-tests) $(live-tests): %: %.o $(test-archives)
	$(call say,LD,$@)
	$(Q)$(CC) $(ldflags) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(test-libs)

# The fake kernel comes first, so that base/sys.o is never drawn from its archive.
$(fake-tests): %: %.o $(fake-kernel) $(test-archives)
	$(call say,LD,$@)
	$(Q)$(CC) $(ldflags) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) \
		-Wl,--end-group $(test-libs)

-include $(wildcard $(O)/tests/*/*.d)
.PRECIOUS: $(O)/tests/%.o

test-programs: $(unit-tests) $(fake-tests) $(live-tests)

# Results go to the file RESULTS, which `make test` counts, or are counted at once.
RESULTS ?=
run-flags = $(if $(RESULTS),--results $(RESULTS),--summary)

# Everything, as `make test` runs it: from the device's configuration, the results counted once.
test-goals := check-tree check check-warnings check-asan check-fuzz check-live check-tool \
	check-qemu check-demo check-crash check-buildroot

run-tests:
	@mkdir -p $(O)
	@MAKE='$(MAKE)' tests/all '$(abspath $(O)/results)' $(test-goals)

# What needs no compiler: includes, formats, documents.
tree-tests := $(filter-out %/warnings.sh,$(wildcard tests/tree/*.sh))

check-tree:
	@tests/run $(run-flags) $(tree-tests)

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

check-uses:
	@tests/run tests/tree/uses.sh

ifeq ($(CONFIG_LAMINA_FOR_HOST),y)
check: test-programs
	@tests/run $(run-flags) $(unit-tests) $(fake-tests) $(if $(RESULTS),,$(tree-tests))
check-live: test-programs programs
	@O=$(O) tests/run $(run-flags) $(live-tests) $(wildcard tests/live/*.sh)
check-tool: programs
	@O=$(O) tests/run $(run-flags) $(wildcard tests/tool/*.sh)
else
check check-live check-tool test-programs-host:
	+@test -f $(HOST_O)/.config || $(host-make) host_defconfig
	+@$(host-make) $(patsubst test-programs-host,test-programs,$@)
endif

.PHONY: run-tests check-tree check-warnings strict-gcc check check-live check-tool check-uses check-buildroot test-programs test-programs-host
include tests/fuzz/fuzz.mk
include tests/bench/bench.mk
include tests/crash/crash.mk
