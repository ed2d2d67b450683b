#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SWUpdate as its users run it: it installs a bundle by rootfs/swupdate's handler, and, being hawkBit's own client, judges
# the server that tests/tool/hawkbit.sh has. Its sockets and its files are the test's own.
# shellcheck source-path=SCRIPTDIR source=fetch-words
. "$(dirname "$0")/fetch-words"
handler=$(realpath "$here/../../rootfs/swupdate")

# swu SERIAL: SERIAL.swu, signed, with the image's bundle.
swu() {
	need swupdate openssl cpio
	lamina bundle "image-$1" -o update.lamina 2>/dev/null
	[ -e swu.key ] || openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=swu -addext extendedKeyUsage=emailProtection \
		-keyout swu.key -out swu.pem 2>/dev/null
	cat >sw-description <<-END
	software = {
		version = "1.$1";
		hardware-compatibility = [ "1.0" ];
		images: ({
			filename = "update.lamina";
			type = "lamina";
			installed-directly = true;
			sha256 = "$(sha256sum update.lamina | cut -d ' ' -f 1)";
		});
	}
	END
	openssl cms -sign -in sw-description -out sw-description.sig -signer swu.pem -inkey swu.key -outform DER \
		-nosmimecap -binary
	printf '%s\n' sw-description sw-description.sig update.lamina | cpio -o -H crc >"$1.swu" 2>/dev/null
}

# updater ARGUMENT...: swupdate, with the handler and nothing of this machine; it takes the shell's place.
updater() {
	mkdir -p own
	printf 'globals : {};\nidentify : ( { name = "board"; value = "made-up"; } );\n' >updater.cfg
	exec env LUA_PATH="$handler/?.lua;;" LAMINACTL="$PWD/laminactl" RUNTIME_DIRECTORY="$PWD/own" TMPDIR="$PWD/own" \
		swupdate -f updater.cfg -l 5 -k swu.pem -H gw:1.0 -m -M "$@" >swupdate.log 2>&1
}

# update SWU: its exit status, and the last thing that it says, are now and then another run's.
update() {
	(updater -i "$1") || :
	has -a 'SWUPDATE successful' <swupdate.log || { cat swupdate.log >&2 && return 1; }
}

test_the_handler() {
	local old new
	device_here
	old=$(image 3) new=$(image 4)
	swu 3 && swu 4
	update 3.swu || say "$(tail -n 3 swupdate.log)"
	current "$old"
	update 4.swu || say "$(tail -n 3 swupdate.log)"
	candidate "$new"
	# what laminactl refuses fails as a whole, with its words
	ctl reject 2>/dev/null
	unchanged exits 1 'failed on this device (rejected)' update 4.swu
	current "$old"
	# cut off
	head -c 100000 4.swu >cut.swu
	unchanged exits 1 'ERROR' update cut.swu
	rm laminactl
	exits 1 'laminactl: not found' update 4.swu
	[ -z "$(find own -type p)" ] || say "a pipe is left"
}

# asks [OPTION]: swupdate asks the server, until it has told LINE.
asks() { # LINE [OPTION]
	local client
	updater -u "-t acme -u http://127.0.0.1:$(cat ddi.port) -i device-1 -k s3cret ${2:-}" &
	client=$!
	soon grep -qs -- "^$1" feedback || say "$(cut -c 1-60 feedback) $(tail -n 3 swupdate.log)"
	kill "$client"
	wait "$client" || :
}

# The server says what hawkBit would, or its client would not have done all this.
test_it_judges_the_server_of_our_tests() {
	local id
	need swupdate python3
	device_here
	id=$(image 3)
	swu 3
	serve ddi "$here/ddi.py" asked
	echo 'TargetToken s3cret' >token
	echo '12 3.swu' >offer
	echo 00:00:01 >sleep
	asks '12 proceeding none All Chunks Installed'
	current "$id"
	# as after a reboot, which its bootloader would tell of
	asks '12 closed success' '-c 2'
	[ -e offer.closed ]
	grep -q '^data {"board": "made-up"}' feedback
	grep -q ' /acme/controller/v1/device-1 - 200 .* authorization$' asked
	! grep -q ' 40[14] ' asked || say "$(grep ' 40[14] ' asked)"
}

tell_all "$@"
