# SPDX-License-Identifier: Apache-2.0
# lamina-fetch for an image without libcurl, by the build's compiler, mostly of other people's code: made once, and
# again when the compiler or our part of it changes.

ifeq ($(CONFIG_LAMINA_FETCH_STATIC),y)
fetch-static := $(O)/lamina-fetch
programs: $(fetch-static)

$(O)/fetch-static-compiler: FORCE
	@test '$(CC)' = "$$(cat $@ 2>/dev/null)" || echo '$(CC)' >$@

$(fetch-static): $(wildcard src/fetch/*.[ch] src/fetch/*/*.[ch]) src/fetch/static/build $(O)/fetch-static-compiler
	$(call say,FETCH,$@)
	$(Q)LAMINA_VERSION='$(full-version)' LAMINA_FETCH_HAWKBIT=$(CONFIG_LAMINA_FETCH_HAWKBIT) src/fetch/static/build '$(CC)' $(O)/fetch-static $@
endif
