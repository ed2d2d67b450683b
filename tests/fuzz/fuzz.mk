# SPDX-License-Identifier: Apache-2.0
# Fuzzers, and the unit tests under AddressSanitizer and UBSan. Each has a whole build of its own
# below the build directory: clang's for the fuzzers, with every room instrumented.
# Included by tests/tests.mk.

fuzz-sources := $(wildcard tests/fuzz/fuzz_*.c)
fuzzers := $(patsubst %.c,$(O)/%,$(fuzz-sources))

sanitize := -fsanitize=address,undefined
sanitized-make = $(MAKE) CROSS_COMPILE= BOARD= CPPFLAGS= LDFLAGS=$(sanitize) \
	CFLAGS="-O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=undefined $(sanitize)$(1)"
fuzz-make = $(call sanitized-make, -fsanitize=fuzzer-no-link) O=$(O)/fuzz CC=clang
asan-make = $(call sanitized-make) O=$(O)/asan CC=$(HOSTCC)

# libFuzzer brings main().
$(fuzzers): %: %.o $(test-archives)
	$(call say,LD,$@)
	$(Q)$(CC) $(ldflags) -fsanitize=fuzzer -o $@ $< -Wl,--start-group $(filter %.a,$^) \
		-Wl,--end-group $(filter-out -lcmocka,$(test-libs))

fuzz-programs: $(fuzzers)

# Seconds for each fuzzer, and the names (stems) of some only: make fuzz SECONDS=600 FUZZ=manifest
SECONDS ?= 60
FUZZ ?= $(patsubst tests/fuzz/fuzz_%.c,%,$(fuzz-sources))

# The short run of `make test`: the seeds, and what is found beside them in a few seconds.
check-fuzz: SECONDS = 5
fuzz check-fuzz:
	@command -v clang >/dev/null || \
		{ echo "clang is missing; board/host/setup fuzz installs it" >&2; exit 1; }
	@test -f $(O)/fuzz/.config || $(fuzz-make) host_defconfig
	@$(fuzz-make) fuzz-programs
	@FUZZ_DIR=$(O)/fuzz FUZZ_SECONDS=$(SECONDS) FUZZ="$(FUZZ)" \
		tests/run $(run-flags) tests/fuzz/fuzz.sh

check-asan:
	@test -f $(O)/asan/.config || $(asan-make) host_defconfig
	@$(asan-make) check

.PHONY: fuzz check-fuzz fuzz-programs check-asan
