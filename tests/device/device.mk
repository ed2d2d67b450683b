# SPDX-License-Identifier: Apache-2.0
# The test programs as a device's: built like its programs, with their libc, and run in the board's
# QEMU under its kernel. Included by tests/tests.mk.

ifeq ($(CONFIG_LAMINA_FOR_DEVICE),y)

# Debian's library is for the workstation's libc. What it asks the system's headers for is there in musl.
cmocka-source := $(O)/cmocka/source
cmocka-obj := $(O)/cmocka/cmocka.o
cmocka-has := MALLOC_H INTTYPES_H SIGNAL_H STRINGS_H GCC_THREAD_LOCAL_STORAGE CLOCK_REALTIME \
	SIGLONGJMP STRSIGNAL STRUCT_TIMESPEC
# musl's uintptr_t is not the one that cmocka.h would declare.
cmocka-cflags := -isystem $(cmocka-source)/include -D_UINTPTR_T_DEFINED

$(cmocka-source):
	@mkdir -p $(@D)
	$(Q)dir=$$(tests/device/cmocka) && ln -sfn "$$dir" $@

$(cmocka-obj): $(autoconf) $(flags) tests/device/device.mk | $(cmocka-source)
	$(call say,CC,$@)
	$(Q)$(CC) $(filter-out $(warnings),$(cflags)) -w $(cmocka-cflags) $(addprefix -DHAVE_,$(cmocka-has)) \
		-c -o $@ $(cmocka-source)/src/cmocka.c

$(O)/tests/unit/%.o $(O)/tests/fake/%.o $(O)/tests/live/%.o $(O)/tests/only.o: cflags += $(cmocka-cflags)
# They and cmocka know floating point.
$(O)/tests/%.o $(cmocka-obj): cflags-integer :=
$(addsuffix .o,$(unit-tests) $(fake-tests) $(live-tests)) $(fake-kernel) $(O)/tests/live/live.o $(O)/tests/only.o: | $(cmocka-source)

# As the board's programs are configured, but with signatures of our own, and each file compiled by
# itself: seventy programs are linked.
device := $(O)/device
device-make = $(MAKE) O=$(device) BOARD=$(BOARD)

$(device)/.config: $(O)/.config tests/device/device.mk
	@mkdir -p $(@D)
	@grep -vE 'LAMINA_(SIGN|LTO|HOST_TOOL)[= ]' $< >$@.new
	@printf '%s\n' CONFIG_LAMINA_SIGN=y '# CONFIG_LAMINA_LTO is not set' \
		'# CONFIG_LAMINA_HOST_TOOL is not set' >>$@.new && mv $@.new $@
	+@$(device-make) olddefconfig >/dev/null

check-device: $(device)/.config
	+@$(device-make) run-device

# Sizes that are limits, of these programs and of an init that can't supervise.
exec-only := $(O)/exec-only
exec-only-make = $(MAKE) O=$(exec-only) BOARD=$(BOARD)

$(exec-only)/.config: $(O)/.config tests/device/device.mk
	@mkdir -p $(@D)
	@grep -vE 'LAMINA_(SUPERVISE|NET|UDHCPC|SECRET|HOST_TOOL)[= ]' $< >$@.new
	@printf '# CONFIG_LAMINA_%s is not set\n' SUPERVISE SECRET HOST_TOOL >>$@.new && mv $@.new $@
	+@$(exec-only-make) olddefconfig >/dev/null

check-size: programs host-tool $(exec-only)/.config
	+@$(exec-only-make) programs
	@O=$(HOST_O) DEVICE=$(abspath $(O)) EXEC_ONLY=$(abspath $(exec-only)) \
		tests/run $(run-flags) tests/device/size.sh

# In the build below.
device-tests := $(unit-tests) $(fake-tests) $(live-tests)
device-skips := $(foreach s,$(lacks),$(foreach t,$(needs-$s),--skip '$t=needs CONFIG_$s'))
ifneq ($(TEST),)
device-tests := $(filter $(addprefix $(O)/tests/,$(TEST)),$(device-tests))
device-skips :=
endif

run-device: $(device-tests)
	@tests/device/run --board $(board) $(if $(RESULTS),--results $(RESULTS)) \
		$(device-skips) $(or $(device-tests),$(error no such test: $(TEST)))

else

check-device check-size:
	@echo "$@ boots a board: say make BOARD=$(first-board) $@" >&2; exit 1

endif

.PHONY: check-device check-size run-device
