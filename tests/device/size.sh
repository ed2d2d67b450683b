#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# How large a device's programs may be, most of them on x86_64: DEVICE has them as they are by default, EXEC_ONLY an
# init that can't supervise. And what that says of an image that it can't start.
# shellcheck disable=SC2154 # the words' variables
# shellcheck source-path=SCRIPTDIR source=../tool/ctl-words
. "$(dirname "$0")/../tool/ctl-words"
: "${DEVICE:?a device\'s build}" "${EXEC_ONLY:?one without supervision}"

# at_most KIB PROGRAM
at_most() {
	local bytes
	bytes=$(stat -c %s "$2")
	grep -q '^CONFIG_LAMINA_BOARD="qemu-x86_64"' "${2%/*}/.config" ||
		skip "only x86_64 has a limit"
	[ "$bytes" -le $(($1 << 10)) ] || say "$2 has $bytes bytes, more than $1 KiB: see \`make size\`"
}

test_init() { at_most 192 "$DEVICE/lamina-init"; }

# 4 KiB of it ask the boot loader for another kernel.
test_init_that_can_not_supervise() { at_most $((96 + 4)) "$EXEC_ONLY/lamina-init"; }

# With every boot loader's part, and 6 KiB for what updates over a network need.
test_laminactl() { at_most $((150 + 6)) "$DEVICE/laminactl"; }

# On any board, whichever server it asks.
test_static_lamina_fetch() {
	local bytes
	[ -e "$DEVICE/lamina-fetch" ] || skip "not built: LAMINA_FETCH_STATIC"
	bytes=$(stat -c %s "$DEVICE/lamina-fetch")
	[ "$bytes" -le $((400 << 10)) ] || say "$DEVICE/lamina-fetch has $bytes bytes, more than 400 KiB"
}

# To its last byte, a program is what is loaded of it.
test_nothing_that_no_kernel_reads() {
	local program end
	for program in "$DEVICE"/{lamina-init,laminactl,udhcpc}; do
		readelf -SW "$program" | has 'no sections' || say "$program has sections"
		end=$(($(readelf -lW "$program" | awk '$1 == "LOAD" { print $2 "+" $5 }' | tail -n 1)))
		[ "$end" = "$(stat -c %s "$program")" ] || say "$program goes on behind $end"
	done
}

plan() {
	"$EXEC_ONLY/lamina-init" --plan --policy run/policy --keyring run/keyring --store run/store
}

# It reads no more than the names of keys that go with supervision, be they many and on many lines.
test_an_image_that_it_can_not_start() {
	"$EXEC_ONLY/lamina-init" --version >/dev/null 2>&1 || skip "it is no program of this machine"
	device
	there 3 --run supervise --net 'eth0 dhcp' --net 'eth1 dhcp' --health true --hostname x \
		--restart on-failure:3 --unhealthy reboot --control status >/dev/null
	refuses "run supervise: this build can't, only run exec" plan
	old=$(there 4 --run exec --stop-signal SIGUSR1)
	plan >out
	grep -q "^[a-z]* image $old: demo 1.4" out || say "not planned: $(cat out)"
}

# One that goes with supervision does not go without, read or not.
test_a_key_without_supervision() {
	"$EXEC_ONLY/lamina-init" --version >/dev/null 2>&1 || skip "it is no program of this machine"
	device
	old=$(there 3 --run supervise --restart always)
	sed -i 's/^run .*/run exec/' "run/store/images/$old/manifest"
	new=$(sha256sum <"run/store/images/$old/manifest" | cut -c 1-64)
	mv "run/store/images/$old" "run/store/images/$new"
	echo "sig $(cut -d ' ' -f 2 run/keyring) ecdsa-p256-sha256 $(openssl dgst -sha256 -sign "$a.key" \
		"run/store/images/$new/manifest" | base64 -w 0)" >"run/store/images/$new/manifest.sig"
	refuses ": goes with run supervise only" plan
}

tell_all
