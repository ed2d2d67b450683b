#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Mender's update module, driven through its states as Mender's client does, and by that client where it is installed.
# shellcheck source-path=SCRIPTDIR source=fetch-words
. "$(dirname "$0")/fetch-words"
module=$(realpath "$here/../../rootfs/mender/lamina")

# state NAME: the module in that state, below `payload`.
state() { LAMINACTL=./laminactl LAMINA_REBOOT_SECONDS=0 "$module" "$1" payload; }

fails() { if state "$1" 2>err; then say "$1 succeeds"; fi; }

# payload SERIAL: what the client has unpacked of an artifact.
payload() {
	rm -rf payload && mkdir -p payload/files payload/tmp
	lamina bundle "image-$1" -o payload/files/update.lamina 2>/dev/null
}

# reboots STATE ID SLOT: the state asks for a reboot, and then that image runs.
reboots() {
	local r=0
	# shellcheck disable=SC2016
	printf '#!/bin/sh\n[ "$1" != reboot ] || { echo yes >rebooted && exit; }\nexec %q --run %q "$@"\n' "$laminactl" "$PWD/run" >laminactl
	rm -f rebooted
	state "$1" || r=$?
	[ -e rebooted ] || say "$1 doesn't reboot"
	equal "$r" 1
	runs "$2" "$3"
}

# device_with_two: image 3 runs, and 4 is the payload.
device_with_two() {
	device_here
	old=$(image 3) new=$(image 4)
	lamina bundle image-3 -o 3.lamina 2>/dev/null
	ctl install 3.lamina >/dev/null 2>&1
	runs "$old" current
	payload 4
	equal "$(state SupportsRollback)" Yes
	state Download
}

test_an_update() {
	local old new
	device_with_two
	state ArtifactInstall 2>err || say "$(cat err)"
	candidate "$new"
	equal "$(state NeedsArtifactReboot)" Yes
	exits 1 'back at the image before' state ArtifactVerifyReboot
	fails ArtifactCommit
	reboots ArtifactReboot "$new" candidate
	state ArtifactVerifyReboot
	state ArtifactCommit 2>err || say "$(cat err)"
	state Cleanup
	current "$new"
	# the same one once more needs no reboot
	runs "$new" current
	payload 4
	state ArtifactInstall 2>err || say "$(cat err)"
	equal "$(state NeedsArtifactReboot)" No
	state ArtifactCommit 2>err || say "$(cat err)"
}

test_rolled_back_before_and_after_the_reboot() {
	local old new
	device_with_two
	# nothing was installed
	unchanged state ArtifactRollback
	state ArtifactInstall 2>err || say "$(cat err)"
	state ArtifactRollback 2>err || say "$(cat err)"
	current "$old"
	state ArtifactVerifyRollbackReboot
	# what fell before is refused
	exits 1 'failed on this device' state ArtifactInstall
	ctl install --force payload/files/update.lamina >/dev/null 2>&1
	reboots ArtifactReboot "$new" candidate
	state ArtifactRollback 2>err || say "$(cat err)"
	current "$old"
	fails ArtifactVerifyRollbackReboot
	reboots ArtifactRollbackReboot "$old" current
	state ArtifactVerifyRollbackReboot
	state ArtifactRollbackReboot
	state ArtifactFailure && state Cleanup
}

# The policy may confirm it before Mender does, and Mender may want it back all the same.
test_confirmed_by_itself() {
	local old new
	device_with_two
	state ArtifactInstall 2>err || say "$(cat err)"
	runs "$new" candidate
	ctl confirm 2>/dev/null
	state ArtifactRollback 2>err || say "$(cat err)"
	current "$old"
}

test_fallen_back_by_itself() {
	local old new
	device_with_two
	state ArtifactInstall 2>err || say "$(cat err)"
	ctl reject 2>/dev/null
	exits 1 'back at the image before' state ArtifactVerifyReboot
	unchanged state ArtifactRollback
	current "$old"
}

test_bad_payloads() {
	local old new
	device_with_two
	head -c 5000 payload/files/update.lamina >cut && mv cut payload/files/update.lamina
	unchanged exits 1 'update.lamina' state ArtifactInstall
	unchanged state ArtifactRollback
	cp payload/files/update.lamina payload/files/b.lamina
	unchanged exits 1 'is not one file *.lamina' state ArtifactInstall
	rm payload/files/*
	unchanged exits 1 'is not one file *.lamina' state ArtifactInstall
	unchanged state ArtifactRollback
}

# artifact SERIAL: SERIAL.mender, as mender-artifact writes it: versions 3 of a format of tar files.
artifact() {
	local sum
	rm -rf art && mkdir -p art/header/headers/0000 art/data
	lamina bundle "image-$1" -o art/update.lamina 2>/dev/null
	printf '{"format":"mender","version":3}' >art/version
	printf '{"payloads":[{"type":"lamina"}],"artifact_provides":{"artifact_name":"demo-%s"},"artifact_depends":{"device_type":["acme"]}}' \
		"$1" >art/header/header-info
	printf '{"type":"lamina"}' >art/header/headers/0000/type-info
	: >art/header/headers/0000/meta-data
	tar -C art/header -czf art/header.tar.gz header-info headers/0000/type-info headers/0000/meta-data
	tar -C art -czf art/data/0000.tar.gz update.lamina
	sum=$(sha256sum art/update.lamina | cut -d ' ' -f 1)
	(
		cd art
		sha256sum version header.tar.gz
		echo "$sum  data/0000/update.lamina"
	) >art/manifest
	tar -C art -cf "$1.mender" version manifest header.tar.gz data/0000.tar.gz
}

# client ARGUMENT...: Mender's own, with this device's directories, and the module among its own.
client() {
	# shellcheck disable=SC2016
	LAMINACTL=$PWD/laminactl LAMINA_REBOOT_SECONDS=0 unshare -m --propagation private sh -c \
		'mount --bind "$0" /usr/share/mender/modules/v3 && mount --bind etc /etc/mender && exec mender "$@"' "${module%/*}" \
		--no-syslog --log-file mender.log --config mender.conf --data "$PWD/mender" "$@"
}

test_the_client_itself() {
	local old new
	need mender unshare
	[ "$(id -u)" = 0 ] || skip "only root can put a module where Mender looks for them"
	device_with_two
	mkdir -p mender etc
	echo artifact_name=demo-3 >etc/artifact_info
	echo '{}' >mender.conf
	echo device_type=acme >mender/device_type
	artifact 4
	client install 4.mender >out 2>&1 || say "$(tail -n 3 out mender.log)"
	candidate "$new"
	runs "$new" candidate
	client commit >out 2>&1 || say "$(tail -n 3 out mender.log)"
	current "$new"
	equal "$(client show-artifact 2>/dev/null)" demo-4
}

tell_all "$@"
