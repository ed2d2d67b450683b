# SPDX-License-Identifier: Apache-2.0
# One non-recursive make over src/*/Kbuild. One build directory (O=) is one configuration and one
# compiler; a device's build calls this file once more for the workstation's tool.

MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

# A release is a tag v$(version). A git tree says how far from it its commit is, or only which one it is,
# and whether that was changed; a tarball of any commit, as Buildroot and Debian build one, is $(version).
version := 0.2.0
described := $(if $(wildcard .git),$(shell git --no-optional-locks describe --tags --match 'v$(version)' \
	--always --abbrev=12 --dirty 2>/dev/null))
ifneq ($(filter v%,$(described)),)
full-version := $(described:v%=%)
else
full-version := $(version)$(addprefix -g,$(described))
endif

V ?= 0
Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' $(1) $(2))

BOARD ?=
O ?= build$(addprefix /,$(BOARD))
$(if $(word 2,x$(O)x),$(error O=$(O): make can't have a space in the name of a file))
HOST_O ?= $(if $(filter file,$(origin O)),build/host,$(O)/host)
HOSTCC ?= gcc
KCONF ?= kconfig-conf
KMCONF ?= kconfig-mconf
DESTDIR ?=
PREFIX ?= /usr
prefix ?= $(PREFIX)

boards := $(patsubst board/%/board.conf,%,$(wildcard board/*/board.conf))
first-board := $(or $(BOARD),qemu-x86_64)
check-board = $(if $(wildcard board/$(1)/$(2)),,$(error no board '$(1)'; one of: $(boards)))
$(if $(BOARD),$(call check-board,$(BOARD),board.conf))

# The workstation's build, from a device's.
host-make = $(MAKE) O=$(HOST_O) CC=$(HOSTCC) CROSS_COMPILE= CFLAGS="-O2 -g" CPPFLAGS= LDFLAGS= BOARD=

# Goals that need no configuration, or make one, or set the machine up before one can be made.
config-goals := config oldconfig olddefconfig menuconfig savedefconfig %_defconfig
outer-goals := help clean list-boards setup demo test dist renew-sources bench bench-peers bench-serve $(config-goals)
inner-goals := $(filter-out $(outer-goals),$(or $(MAKECMDGOALS),all))
ifneq ($(and $(filter $(config-goals),$(MAKECMDGOALS)),$(inner-goals)),)
$(error one make for the configuration ($(filter $(config-goals),$(MAKECMDGOALS))), then another for $(inner-goals))
endif

# --- configuration -----------------------------------------------------------------------------

# Both names, so that Buildroot's conf reads it too.
kconfig-env = CONFIG_=CONFIG_ KCONFIG_CONFIG=$(O)/.config BR2_CONFIG=$(O)/.config

%_defconfig:
	$(call check-board,$*,defconfig)
	@mkdir -p $(O)
	$(call say,CONFIG,$(O)/.config)
	$(Q)$(kconfig-env) $(KCONF) --defconfig=board/$*/defconfig Kconfig >$(O)/.config.log || \
		{ cat $(O)/.config.log >&2; exit 1; }

config oldconfig olddefconfig:
	@mkdir -p $(O)
	$(Q)$(kconfig-env) $(KCONF) $(if $(filter config,$@),--oldaskconfig,--$@) Kconfig

menuconfig:
	@mkdir -p $(O)
	$(Q)$(kconfig-env) $(KMCONF) Kconfig

savedefconfig:
	$(Q)$(kconfig-env) $(KCONF) --savedefconfig=defconfig Kconfig

ifneq ($(inner-goals),)

# Made when missing, brought up to date when Kconfig has changed.
$(O)/.config: Kconfig
	@command -v $(KCONF) >/dev/null || board/host/needs $(or $(filter check,$(inner-goals)),build)
	@$(MAKE) O=$(O) $(if $(wildcard $(O)/.config),olddefconfig >/dev/null && touch $@,$(first-board)_defconfig)

include $(O)/.config

autoconf := $(O)/include/generated/autoconf.h
unquote = $(patsubst "%",%,$(1))
board := $(or $(BOARD),$(call unquote,$(CONFIG_LAMINA_BOARD)))

$(autoconf): $(O)/.config
	@mkdir -p $(@D)
	@sed -n 's/^\(CONFIG_[A-Z0-9_]*\)=y$$/#define \1 1/p; s/^\(CONFIG_[A-Z0-9_]*\)=\([^y].*\)$$/#define \1 \2/p' \
		$< >$@.new && mv $@.new $@

# --- compiler ----------------------------------------------------------------------------------

# Goals that a device's build hands on to the workstation's whole.
handed-on := $(if $(filter-out check check-live check-tool check-cuts,$(inner-goals)),,$(CONFIG_LAMINA_FOR_DEVICE))
ifeq ($(handed-on),y)

check check-live check-tool check-cuts:
	+@test -f $(HOST_O)/.config || $(host-make) host_defconfig
	+@$(host-make) $@

.PHONY: check check-live check-tool check-cuts
else

ifeq ($(CONFIG_LAMINA_FOR_DEVICE),y)
ifeq ($(origin CC),default)
ifneq ($(CROSS_COMPILE),)
CC := $(CROSS_COMPILE)gcc
else
-include board/$(board)/board.conf
CC := $(shell board/host/musl-cross $(GOARCH))
ifeq ($(CC),)
$(error no compiler for $(board): board/host/musl-cross $(GOARCH) failed)
endif
endif
endif
smallest := $(if $(filter undefined,$(origin CFLAGS)),-Oz)
CFLAGS ?= -Os
static := -static
else
ifeq ($(origin CC),default)
CC := $(HOSTCC)
endif
CFLAGS ?= -O2 -g
static :=
endif

AR := $(or $(shell $(CC) -print-prog-name=ar),ar)

warnings := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef \
	-Wformat=2
cflags = -std=gnu11 $(warnings) -ffunction-sections -fdata-sections -fno-strict-aliasing \
	-D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -Isrc -include $(autoconf) \
	$(if $(static),$(cflags-static),$(cflags-shared)) $(cflags-place) $(CPPFLAGS) $(CFLAGS)
# Test programs share one object of all rooms: its code may lie anywhere, but calls within a file stay.
cflags-shared = -fPIC -fno-semantic-interposition
# The same bytes in whatever folder: no absolute path, in an assertion or for a debugger.
cflags-place = -ffile-prefix-map=$(CURDIR)=. $(if $(filter /%,$(O)),-ffile-prefix-map=$(O)=build)
cflags-static = -fno-asynchronous-unwind-tables -fno-unwind-tables -fno-stack-protector -fno-pie \
	-fomit-frame-pointer $(cflags-packed) $(cflags-integer) $(cflags-lto)
# Of these the ones that the compiler knows.
known = $(if $(static),$(foreach f,$(1),$(shell $(CC) -Werror $f -E -x c /dev/null >/dev/null 2>&1 && echo $f)))
# What isn't arithmetic is as small as it gets, where CFLAGS don't say how: the room trust isn't among it.
# What a loop needs is made in it: kept over all of it, it takes a register from others, as does what is kept
# over a call. No path is written twice for what is known on one of them.
cflags-small := $(call known,$(smallest) -fno-inline-small-functions -fno-tree-loop-im -fno-move-loop-invariants \
	-fno-caller-saves -fno-thread-jumps -fno-forward-propagate)
# No table begins where a large processor would like it.
cflags-packed := $(call known,-malign-data=abi)
# No floating point: nothing of it is kept for functions of variable arguments.
cflags-integer := $(call known,-mgeneral-regs-only)
# Fat objects: an archiver that knows nothing of the compiler's own format sees symbols in them.
cflags-lto := $(if $(CONFIG_LAMINA_LTO),-flto -flto-partition=one -ffat-lto-objects $(call known,-fipa-pta))
, := ,
# One read-only segment instead of three, and the data right behind it: no padding between.
# clang finds -no-pie unused beside -static; gcc passes over the -Wno- it doesn't know.
ldflags-static = -static -no-pie -Wno-unused-command-line-argument -s -Wl,--sort-section=alignment -Wl,-z,noseparate-code,-z,norelro,-z,common-page-size=64
# Our own string-libc.o first: whole programs call libc's functions that no file calls.
ldflags-static += -Wl,--undefined=strlen
ldflags-static += $(if $(cflags-lto),$(cflags-static) -ffunction-sections -fdata-sections $(CFLAGS))
ldflags = -Wl,--gc-sections $(if $(static),$(ldflags-static)) $(LDFLAGS)

# Changed flags rebuild what they changed.
flags := $(O)/.flags
flags-text := $(CC) $(cflags) $(cflags-small) $(ldflags)
ifneq ($(flags-text),$(file <$(flags)))
$(shell mkdir -p $(O))
$(file >$(flags),$(flags-text))
endif

# Another commit rebuilds what tells it.
version-file := $(O)/.version
ifneq ($(full-version),$(file <$(version-file)))
$(shell mkdir -p $(O))
$(file >$(version-file),$(full-version))
endif
version-objs := $(O)/src/cli/main.o $(O)/src/init/main.o
$(version-objs): cflags += -DLAMINA_VERSION='"$(full-version)"'
$(version-objs): $(version-file)

# --- rooms -------------------------------------------------------------------------------------

rooms := $(patsubst src/%/Kbuild,%,$(wildcard src/*/Kbuild src/*/*/Kbuild))
programs :=

define room
uses :=
libs :=
obj-y :=
main-obj :=
program-y :=
include src/$(1)/Kbuild
uses-$(1) := $$(uses)
libs-$(1) := $$(libs)
program-$(1) := $$(program-y)
main-$(1) := $$(addprefix $(O)/src/$(1)/,$$(main-obj))
objs-$(1) := $$(if $$(or $$(program-y),$$(if $$(main-obj),,1)),$$(addprefix $(O)/src/$(1)/,$$(obj-y)))
programs += $$(addprefix $(O)/,$$(program-y))
endef
$(foreach r,$(rooms),$(eval $(call room,$(r))))

closure = $(1) $(foreach u,$(uses-$(1)),$(call closure,$(u)))
room-libs = $(sort $(foreach r,$(call closure,$(1)),$(libs-$(r))))
archives = $(patsubst %,$(O)/src/%.a,$(sort $(foreach r,$(1),$(call closure,$(r)))))
objs := $(foreach r,$(rooms),$(objs-$(r)) $(main-$(r)))

$(filter-out $(objs-trust),$(objs)): cflags += $(cflags-small)

all: programs host-tool
programs: $(programs)
	@:

include src/net/udhcpc/build.mk
include src/fetch/static/build.mk
-include src/trust/mbedtls/build.mk
$(objs-trust): cflags += $(mbedtls-cflags)
$(objs-trust): | $(mbedtls-ready)

# What the compiler itself calls, printf for one, has to be there before it looks at the whole.
$(addprefix $(O)/src/base/,printf.o printf-libc.o string-libc.o): cflags += $(if $(cflags-lto),-fno-lto)
# Nor may it take a function's loop for what the function is.
$(O)/src/base/string-libc.o: cflags += -fno-builtin $(call known,-fno-tree-loop-distribute-patterns)

# Which header is missing, and what brings it, instead of the compiler's word at each file. A device's
# compiler is board/host/musl-cross' or somebody else's matter.
found := $(if $(static),,$(O)/.found)
$(O)/.found: board/host/needs board/host/probes
	@board/host/needs --headers '$(CC) $(CPPFLAGS) $(CFLAGS)' $(if $(CONFIG_LAMINA_TOOL),build)
	@touch $@

$(O)/src/%.o: src/%.c $(autoconf) $(flags) | $(found)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(cflags) -MMD -MP -c -o $@ $<

# What it brings along is not among what the compiler sees it include.
$(O)/src/pack/seccomp/default.o: src/pack/seccomp/default.json

define room-archive
$(O)/src/$(1).a: $(objs-$(1)) $(flags) src/$(1)/Kbuild
	@mkdir -p $$(@D)
	$$(call say,AR,$$@)
	$$(Q)rm -f $$@ && $$(AR) crD $$@ $$(filter %.o,$$^)
endef
$(foreach r,$(rooms),$(eval $(call room-archive,$(r))))

define program
$(O)/$(program-$(1)): $(main-$(1)) $(call archives,$(1)) $(mbedtls-archive) $(flags)
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(ldflags) -Wl,-Map=$$@.map -o $$@ $(main-$(1)) \
		-Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group $(call room-libs,$(1))
	$$(Q)$$(if $$(static),board/host/cut-sections $$@)
endef
$(foreach r,$(rooms),$(if $(program-$(r)),$(eval $(call program,$(r)))))

-include $(objs:.o=.d)

# --- the workstation's tool beside a device's programs -------------------------------------------

host-tool:
ifeq ($(CONFIG_LAMINA_HOST_TOOL),y)
	+@test -f $(HOST_O)/.config || $(host-make) host_defconfig
	+@$(host-make) programs
endif

size: programs
	@tests/size $(programs)

# FILE:PLACE:MODE of what is installed. A page goes where its section says.
bindir := $(prefix)/bin
completions := $(prefix)/share/bash-completion/completions
pages = $(foreach f,$(1),$(f):$(prefix)/share/man/man$(patsubst .%,%,$(suffix $(f)))/$(notdir $(f)):644)
installed :=
ifeq ($(CONFIG_LAMINA_TOOL),y)
installed += $(O)/lamina:$(bindir)/lamina:755 src/cli/completion.bash:$(completions)/lamina:644
installed += src/pack/seccomp/default.json:$(prefix)/share/lamina/seccomp.json:644
installed += $(call pages,$(wildcard src/pack/cmd/*.[15] src/format/*.5 src/*/*.7))
endif
ifeq ($(CONFIG_LAMINA_FOR_DEVICE)$(CONFIG_LAMINA_INIT),yy)
installed += $(O)/lamina-init:/init:755
endif
ifeq ($(CONFIG_LAMINA_CTL),y)
installed += $(O)/laminactl:$(bindir)/laminactl:755 src/cli/completion.bash:$(completions)/laminactl:644
installed += $(call pages,$(wildcard src/ctl/*.8 src/*/*.7))
endif
ifeq ($(CONFIG_LAMINA_INIT),y)
installed += $(call pages,$(wildcard src/init/*.8))
endif
ifeq ($(CONFIG_LAMINA_FETCH),y)
installed += $(O)/lamina-fetch:$(bindir)/lamina-fetch:755 $(call pages,src/fetch/lamina-fetch.8)
endif

ifeq ($(CONFIG_LAMINA_SECRET_TPM2),y)
installed += $(call pages,src/tpm2/lamina-secret-tpm2.8)
endif

# Where `lamina initramfs --arch` finds a device's programs.
goarch = $(shell sed -n 's/^GOARCH=//p' board/$(board)/board.conf)
device-files = $(foreach f,$(filter-out $(O)/lamina,$(programs) $(udhcpc) $(fetch-static)),\
	$(f):$(prefix)/lib/lamina/$(goarch)/$(notdir $(f)):755)

field = $(word $(1),$(subst :, ,$(2)))
place = $(foreach f,$(sort $(1)),install -D -m $(call field,3,$(f)) $(call field,1,$(f)) $(DESTDIR)$(call field,2,$(f)) &&) :
take-away = rm -f $(foreach f,$(sort $(1)),$(DESTDIR)$(call field,2,$(f)))

install uninstall:
ifeq ($(CONFIG_LAMINA_FOR_DEVICE)$(DESTDIR),y)
	@echo "make $@: these are a device's programs: say DESTDIR=DIR, or make $@-device for what lamina" \
		"initramfs takes; for this workstation's tool: make O=$(HOST_O) $@" >&2; exit 1
endif
	$(call say,$@,$(DESTDIR)/)
	$(Q)$(call $(if $(filter install,$@),place,take-away),$(installed))

install-device uninstall-device:
ifneq ($(CONFIG_LAMINA_FOR_DEVICE),y)
	@echo "make $@: this is no device's build: say BOARD=NAME" >&2; exit 1
endif
	$(call say,$@,$(DESTDIR)$(prefix)/lib/lamina/$(goarch))
	$(Q)$(call $(if $(filter install%,$@),place,take-away),$(device-files))

install install-device: programs

include tests/tests.mk
include qemu/qemu.mk

endif # handed-on
endif # inner-goals

# --- for people ----------------------------------------------------------------------------------

# Goals that set the machine up first; the rest happens in a second make that can rely on it.
setup:
	@board/host/setup build

demo:
	@board/host/setup build kernel qemu demo
	@$(MAKE) run-demo

test:
	@board/host/setup build kernel qemu demo test fuzz efi-x86_64
	@$(MAKE) run-tests

bench:
	@board/host/setup build kernel qemu demo test bench
	@$(MAKE) run-bench

bench-peers:
	@board/host/setup build kernel qemu peers
	@$(MAKE) run-bench-peers

bench-serve:
	@board/host/setup build kernel qemu demo peers
	@$(MAKE) run-bench-serve

# Other people's code as Debian has it today; what was made of older sources goes.
renew-sources:
	@LAMINA_RENEW=y board/host/source mbedtls 3.6
	@LAMINA_RENEW=y board/host/source busybox 1.37
	$(Q)rm -rf $(wildcard $(addsuffix /mbedtls,$(O) $(HOST_O)) $(addsuffix /busybox,$(O)) $(addsuffix /udhcpc,$(O)))

# What a release is: the commit's files, the same bytes whoever packs them.
dist:
	@board/host/dist '$(full-version)' build

list-boards:
	@for b in $(boards); do printf '%-14s %s\n' $$b "$$(sed -n 3p board/$$b/README.md)"; done

# The configuration stays; so does what lies in the cache.
built := fetch-static fetch-static.log fetch-static-compiler src tests try ubi crash-ubi stories-fat configs warnings-gcc.log warnings-clang.log mbedtls mbedtls.a include demo demo.log stories results \
	results.d cuts busybox udhcpc udhcpc-compiler warnings sanitized device cmocka lamina lamina.map lamina-fetch lamina-fetch.map lamina-init lamina-init.map laminactl laminactl.map lamina-secret-tpm2 lamina-secret-tpm2.map .flags .found .version .config.log

clean:
	$(call say,CLEAN,$(O))
	$(Q)rm -rf $(addprefix $(O)/,$(built)) $(addprefix $(HOST_O)/,$(built))

help:
	@sed 's/^	//' board/host/make-help

.PHONY: all programs host-tool size install uninstall install-device uninstall-device setup demo test dist \
	renew-sources bench bench-peers bench-serve list-boards clean help config oldconfig olddefconfig menuconfig \
	savedefconfig
FORCE:
