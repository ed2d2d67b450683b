#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# lamina-fetch as a static program with mbedtls, as an image without libcurl gets it: its size, what TLS it speaks, what
# it makes of a clock that nobody set, and that it fetches as the other one.
# shellcheck source-path=SCRIPTDIR source=fetch-words
. "$(dirname "$0")/fetch-words"
root=$(cd "$here/../.." && pwd)
compiler=$(unset LAMINA_CACHE && case $(uname -m) in
	x86_64) "$root/board/host/musl-cross" amd64 ;;
	aarch64) "$root/board/host/musl-cross" arm64 ;;
	esac) || { echo "FAIL tool-fetch-static: no compiler" && exit 1; }
(unset LAMINA_CACHE && LAMINA_FETCH_FOR_TEST=y "$root/src/fetch/static/build" "$compiler" "$top/build" "$top/lamina-fetch") >"$top/log" 2>&1 || {
	echo "FAIL tool-fetch-static: $(tail -n 1 "$top/log")" && exit 1
}
fetch=$top/lamina-fetch

test_size() {
	local size
	size=$(stat -c %s "$fetch")
	echo "$size bytes" >&2
	[ "$size" -le $((400 * 1024)) ] || say "$size bytes"
	readelf -d "$fetch" 2>&1 | has 'no dynamic section'
}

# valid NAME FROM TO: the server's certificate, from the one date to the other.
valid() {
	openssl ca -batch -config ca.conf -in server.csr -out "$1.pem" -startdate "$2" -enddate "$3" -notext 2>openssl.log ||
		say "$(tail -n 1 openssl.log)"
}

authority() {
	certificates
	: >index.txt
	echo 01 >serial.txt
	printf '%s\n' '[ca]' 'default_ca=d' '[d]' "database=$PWD/index.txt" "serial=$PWD/serial.txt" "new_certs_dir=$PWD" \
		"certificate=$PWD/ca.pem" "private_key=$PWD/ca.key" 'default_md=sha256' 'policy=p' 'x509_extensions=e' \
		'unique_subject=no' '[p]' 'commonName=supplied' '[e]' 'subjectAltName=DNS:localhost,IP:127.0.0.1' >ca.conf
	valid future 20390101000000Z 20491231000000Z
	valid past 20100101000000Z 20110101000000Z
}

# with NAME [KEY]: docker-registry with that certificate.
with() {
	cp "$1.pem" current.pem
	registry "http: {addr: '127.0.0.1:0', tls: {certificate: $PWD/current.pem, key: $PWD/${2:-server}.key}}"
	at=localhost:${at#*:}
}

test_tls_and_the_whole_of_it() {
	local id
	device_here
	authority
	with server
	id=$(large 3)
	push 3 stable
	later 'signed by nobody that is trusted' fetch --cacert other.pem "oci://$at/demo:stable"
	fetch --cacert ca.pem "oci://$at/demo:stable" 2>err || say "$(cat err)"
	current "$id"
	diff -r image-3/blobs run/store/blobs >&2
	gathered
	# without TLS: what is told is nobody's secret here
	faults
	fetch --cacert ca.pem --report "http://$via/report" "oci://$at/demo:stable" 2>err || say "$(cat err)"
	python3 -c 'import json; r = json.load(open("posted")); exit(r["result"] != "unchanged" or not r["status"]["current"])' ||
		say "$(cat err)"
	with other other
	later "is another server's" fetch --cacert other.pem "oci://$at/demo:stable"
}

# The clock is wrong when it stands before the last time that the directory was written.
test_a_clock_that_nobody_set() {
	local id
	device_here
	authority
	with future
	id=$(image 3)
	push 3 stable
	later 'is not yet valid' fetch --cacert ca.pem "oci://$at/demo:stable"
	mkdir -p got && touch -d 2040-01-01 got/lamina-fetch
	later 'signed by nobody that is trusted' fetch --cacert other.pem "oci://$at/demo:stable"
	fetch --cacert ca.pem "oci://$at/demo:stable" 2>err || say "$(cat err)"
	current "$id"
	with past
	touch -d 2040-01-01 got/lamina-fetch
	later 'has expired' fetch --cacert ca.pem "oci://$at/demo:stable"
}

# A stranger's JSON may have them, and nobody asks for one.
test_numbers_that_are_fractions() {
	local id
	need curl
	device_here
	registry
	id=$(image 3)
	push 3 plain
	curl -sf -H 'Accept: application/vnd.oci.image.manifest.v1+json' "http://$at/v2/demo/manifests/plain" |
		sed '1s/{/{"more":[0.25,-1.5e+3,1E-2,7],/' >with-fractions
	curl -sf -X PUT -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' --data-binary @with-fractions \
		"http://$at/v2/demo/manifests/stable"
	fetch "oci+http://$at/demo:stable" 2>err || say "$(cat err)"
	current "$id"
}

test_memory() {
	local kib
	device_here
	authority
	with server
	large 3 65536 >/dev/null
	push 3 stable
	fetch --cacert ca.pem --on-installed 'grep VmHWM "/proc/$PPID/status" >peak' "oci://$at/demo:stable" 2>err ||
		say "$(cat err)"
	kib=$(tr -dc 0-9 <peak)
	echo "$kib KiB" >&2
	[ "$kib" -le 4096 ] || say "$kib KiB"
}

tell_all "$@"
