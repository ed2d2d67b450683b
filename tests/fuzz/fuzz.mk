# SPDX-License-Identifier: Apache-2.0
# Fuzzers, and the unit tests under AddressSanitizer and UBSan: one whole build more, by clang, below
# the build directory, in which every room is instrumented. Included by tests/tests.mk.

fuzz-sources := $(wildcard tests/fuzz/fuzz_*.c)
fuzzers := $(patsubst %.c,$(O)/%,$(fuzz-sources))

# libFuzzer brings main().
$(fuzzers): %: %.o $(test-archives)
	$(call say,LD,$@)
	$(Q)$(CC) $(ldflags) -fsanitize=fuzzer -o $@ $< -Wl,--start-group $(filter %.a,$^) \
		-Wl,--end-group $(filter-out -lcmocka,$(test-libs))

fuzz-programs: $(fuzzers)

sanitized := $(O)/sanitized
sanitize := -fsanitize=address,undefined
sanitized-make = $(MAKE) O=$(sanitized) CC=clang CROSS_COMPILE= BOARD= CPPFLAGS= LDFLAGS=$(sanitize) \
	CFLAGS="-O1 -g -Werror -fno-omit-frame-pointer -fno-sanitize-recover=undefined $(sanitize) -fsanitize=fuzzer-no-link"

sanitized-config:
	@command -v clang >/dev/null || \
		{ echo "clang is missing; board/host/setup fuzz installs it" >&2; exit 1; }
	@test -f $(sanitized)/.config || $(sanitized-make) host_defconfig

strict-clang: sanitized-config
	+@$(sanitized-make) programs test-programs fuzz-programs

# Seconds for each fuzzer, and the names (stems) of some only: make fuzz SECONDS=600 FUZZ=manifest
SECONDS ?= 60
FUZZ ?= $(patsubst tests/fuzz/fuzz_%.c,%,$(fuzz-sources))

# The short run of `make test`: the seeds, and what is found beside them in a few seconds.
check-fuzz: SECONDS = 5
fuzz check-fuzz: sanitized-config
	@$(sanitized-make) fuzz-programs
	@FUZZ_DIR=$(sanitized) FUZZ_SECONDS=$(SECONDS) FUZZ="$(FUZZ)" \
		tests/run $(run-flags) tests/fuzz/fuzz.sh

# Of the model, which has no more to show here, one walk.
check-asan: sanitized-config
	@LAMINA_MODEL=one $(sanitized-make) check

.PHONY: strict-clang fuzz check-fuzz fuzz-programs sanitized-config check-asan
