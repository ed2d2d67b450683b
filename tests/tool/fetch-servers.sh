#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# lamina-fetch with the servers that people have: docker-registry with TLS, passwords, certificates and tokens, nginx
# with the files of a registry and with a bundle, squid between.
# shellcheck source-path=SCRIPTDIR source=fetch-words
. "$(dirname "$0")/fetch-words"

test_tls() {
	local id
	device_here
	tls_registry
	id=$(image 3)
	push 3 stable
	# the system's authorities don't know it, another one doesn't either
	later 'certificate' fetch "oci://$at/demo:stable"
	later 'certificate' fetch --cacert other.pem "oci://$at/demo:stable"
	refuses 'nowhere.pem: No such file' fetch --cacert nowhere.pem "oci://$at/demo:stable"
	refuses 'the server answers 400' fetch "oci+http://$at/demo:stable"
	fetch --cacert ca.pem "oci://$at/demo:stable" 2>err || say "$(cat err)"
	current "$id"
}

test_a_client_certificate() {
	local id
	device_here
	tls_registry ", clientcas: [$PWD/ca.pem]"
	id=$(image 3)
	cp client.pem certs/client.cert && cp client.key certs/client.key
	push 3 stable --dest-cert-dir certs
	later 'client certificate (--cert)' fetch --cacert ca.pem "oci://$at/demo:stable"
	fetch --cacert ca.pem --cert client.pem --key client.key "oci://$at/demo:stable" 2>err || say "$(cat err)"
	current "$id"
	image 4 >/dev/null
	push 4 stable --dest-cert-dir certs
	cat client.pem client.key >both.pem
	fetch --cacert ca.pem --cert both.pem "oci://$at/demo:stable" 2>err || say "$(cat err)"
	misused '--key goes with --cert' fetch --key client.key "oci://$at/demo:stable"
}

test_a_password() {
	local id
	need htpasswd
	device_here
	htpasswd -Bbn user 'sec:ret' >htpasswd
	registry "http: {addr: '127.0.0.1:0'}" "auth: {htpasswd: {realm: here, path: $PWD/htpasswd}}"
	id=$(image 3)
	push 3 stable --dest-creds user:sec:ret
	unchanged refuses 'the server answers 401' fetch "oci+http://$at/demo:stable"
	printf 'user:wrong\n' >login
	unchanged refuses 'the server answers 401' fetch --auth-file login "oci+http://$at/demo:stable"
	printf 'nobody\n' >login
	refuses 'login: is not one line USER:PASSWORD' fetch --auth-file login "oci+http://$at/demo:stable"
	printf 'user:sec:ret\n' >login
	fetch --auth-file login "oci+http://$at/demo:stable" 2>err || say "$(cat err)"
	current "$id"
	refuses 'a name or password stands in it' fetch "oci+http://user:sec@$at/demo:stable"
	! grep -rq 'sec:ret' got err || say "the password is told"
	# as `skopeo login` writes it
	skopeo login --authfile auth.json --tls-verify=false -u user -p sec:ret "$at" >/dev/null
	rm -rf got
	fetch --auth-file auth.json "oci+http://$at/demo:stable" 2>err || say "$(cat err)"
	sed -i "s/$at/elsewhere.example/" auth.json
	refuses "auth.json: has no entry for $at" fetch --auth-file auth.json "oci+http://$at/demo:stable"
}

# skopeo judges the token server: it pushes with its tokens.
test_a_token() {
	local id
	need python3 openssl
	device_here
	openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=tokens -keyout tokens.key -out tokens.pem 2>/dev/null
	serve tokens "$here/tokens.py" tokens.pem tokens.key user:secret wanted 300
	registry "http: {addr: '127.0.0.1:0'}" "auth: {token: {realm: 'http://127.0.0.1:$(cat tokens.port)/token',
	  service: here, issuer: issuer, rootcertbundle: $PWD/tokens.pem}}"
	id=$(image 3)
	push 3 stable --dest-creds user:secret
	: >wanted
	unchanged refuses 'a token: the server answers 401' fetch "oci+http://$at/demo:stable"
	printf 'user:secret\n' >login
	fetch --auth-file login "oci+http://$at/demo:stable" 2>err || say "$(cat err)"
	current "$id"
	# one for all requests of a run
	equal "$(cat wanted)" "/token?service=here&scope=repository:demo:pull
/token?service=here&scope=repository:demo:pull"
}

# free_port: nobody listens there now.
free_port() {
	need python3
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

answers() { curl -s -o /dev/null --noproxy '*' "http://$1/"; }

# web: nginx on $at, with the files of www; what was asked of it is in asked.
web() {
	need nginx curl
	at=127.0.0.1:$(free_port)
	mkdir -p www
	cat >nginx.conf <<-CONF
	daemon off; pid $PWD/nginx.pid; error_log $PWD/nginx.log notice;
	events {}
	http {
		client_body_temp_path $PWD/t; proxy_temp_path $PWD/t; fastcgi_temp_path $PWD/t; uwsgi_temp_path $PWD/t;
		scgi_temp_path $PWD/t;
		log_format asked '\$request_method \$uri \$http_range \$status \$body_bytes_sent';
		server {
			listen $at; root $PWD/www; access_log $PWD/asked asked; default_type application/octet-stream;
			location ~ /manifests/ { default_type application/vnd.oci.image.manifest.v1+json; }
		}
	}
	CONF
	# its user may look into the directories of the test
	PATH=$PATH:/usr/sbin nginx -c "$PWD/nginx.conf" 2>nginx.err &
	# shellcheck disable=SC2064
	trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT
	soon answers "$at" || say "nginx: $(tail -n 1 nginx.err)"
	: >asked
}

# published SERIAL TAG: the image as files of a registry.
published() {
	local digest
	[ -e "$1.lamina" ] || lamina bundle "image-$1" -o "$1.lamina" 2>/dev/null
	mkdir -p www/v2/demo/manifests www/v2/demo/blobs bundle
	tar -xf "$1.lamina" -C bundle
	digest=$(jq -r '.manifests[0].digest' bundle/index.json)
	for file in bundle/blobs/sha256/*; do
		cp "$file" "www/v2/demo/blobs/sha256:${file##*/}"
	done
	cp "bundle/blobs/sha256/${digest#sha256:}" "www/v2/demo/manifests/$digest"
	cp "bundle/blobs/sha256/${digest#sha256:}" "www/v2/demo/manifests/$2"
	# nginx tells files of one size apart by the second
	touch -d "@$((1700000000 + $1))" "www/v2/demo/manifests/$2"
	chmod -R go+rX www
}

test_files_of_a_registry() {
	local old new
	need jq
	device_here
	web
	old=$(image 3) new=$(image 4)
	published 3 stable
	fetch "oci+http://$at/demo:stable" 2>err || say "$(cat err)"
	current "$old"
	: >asked
	fetch "oci+http://$at/demo:stable" 2>err
	equal "$(cat asked)" "HEAD /v2/demo/manifests/stable - 200 0"
	published 4 stable
	fetch "oci+http://$at/demo:stable" 2>err || say "$(cat err)"
	candidate "$new"
	grep -q "blobs/sha256:$(layer 4 2) " asked
	! grep -q "blobs/sha256:$(layer 4 0) " asked
}

test_a_bundle() {
	local old new
	device_here
	web
	old=$(large 3) new=$(large 4)
	lamina bundle image-3 -o www/gateway.lamina 2>/dev/null
	chmod -R go+rX www
	fetch "http://$at/gateway.lamina" 2>err || say "$(cat err)"
	current "$old"
	diff -r image-3/blobs run/store/blobs >&2
	gathered
	: >asked
	fetch "http://$at/gateway.lamina" >out 2>&1
	[ ! -s out ] || say "$(cat out)"
	equal "$(cat asked)" "HEAD /gateway.lamina - 200 0"
	# of the next one, one range each of the layers that lack
	lamina bundle image-4 -o www/next.lamina 2>/dev/null
	# nginx tells files of one size apart by the second
	touch -d '1 hour ago' www/next.lamina
	mv www/next.lamina www/gateway.lamina
	: >asked
	fetch "http://$at/gateway.lamina" 2>err || say "$(cat err)"
	candidate "$new"
	equal "$(grep -c '^GET .* 206 ' asked)" 3
	[ "$(awk '{ sum += $5 } END { print sum }' asked)" -lt $((30000 + $(stat -c %s "image-4/blobs/sha256/$(layer 4 0)") + \
		$(stat -c %s "image-4/blobs/sha256/$(layer 4 3)"))) ]
	refuses 'the server answers 404' fetch "http://$at/nothing.lamina"
	refuses 'begins with none of oci://, oci+http://, https://, http://, hawkbit://' fetch "$at/nothing.lamina"
	refuses "nowhere/ctl: No such file" fetch --dir other --laminactl nowhere/ctl "http://$at/gateway.lamina"
	cp nginx.conf www/other.lamina
	refuses 'not a bundle' fetch "http://$at/other.lamina"
}

test_a_bundle_with_a_long_manifest() {
	local id
	device_here
	web
	id=$(image 3 --env "LONG=$(printf '%020000d' 0)")
	lamina bundle image-3 -o www/gateway.lamina 2>/dev/null
	chmod -R go+rX www
	fetch "http://$at/gateway.lamina" 2>err || say "$(cat err)"
	current "$id"
}

# close: images 3 and 4, of which a large layer differs in a few bytes, and a bundle of 4 for a device that has 3.
close() {
	mkdir -p close-3 close-4
	head -c 1024k /dev/urandom >close-3/file
	head -c 300k /dev/urandom >close-3/other
	cp close-3/file close-4/ && { cat close-3/other; echo more; } >close-4/other
	touch -d @1700000000 close-3 close-4
	old=$(image 3 dir:close-3) new=$(image 4 dir:close-4)
	lamina bundle image-3 -o 3.lamina 2>/dev/null
	lamina bundle image-4 --from image-3 -o www/next.lamina 2>bundle.log || say "$(tail -n 1 bundle.log)"
	chmod -R go+rX www
}

test_a_bundle_with_a_delta() {
	local old new size
	device_here
	web
	close
	ctl install 3.lamina 2>/dev/null
	fetch "http://$at/next.lamina" 2>err || say "$(cat err)"
	candidate "$new"
	cmp "image-4/blobs/sha256/$(layer 4 0)" "run/store/blobs/sha256/$(layer 4 0)"
	gathered
	size=$(awk '{ sum += $5 } END { print sum }' asked)
	[ "$size" -lt 600000 ] || say "$size bytes"
	# a device without the base has no use for it
	rm -rf got run/store && mkdir run/store
	unchanged refuses 'the server has it as a delta only' fetch "http://$at/next.lamina"
}

# with_deltas: image 4 as files of a registry, with that bundle's deltas.
with_deltas() {
	local text layer base delta size digest
	need jq
	published 4 stable
	mkdir -p delta && tar -xf www/next.lamina -C delta
	read -r layer base delta size <delta/deltas
	cp "delta/blobs/sha256/$delta" "www/v2/demo/blobs/sha256:$delta"
	text=$(jq -c --arg to "sha256:$layer" --arg from "sha256:$base" --arg digest "sha256:$delta" --argjson size "$size" \
		'.layers += [{mediaType: "application/vnd.lamina.delta.v1.rdiff", digest: $digest, size: $size,
			annotations: {"org.lamina.delta.from": $from, "org.lamina.delta.to": $to}}]' www/v2/demo/manifests/stable)
	printf %s "$text" >www/v2/demo/manifests/stable
	digest=$(sha256sum www/v2/demo/manifests/stable | cut -d ' ' -f 1)
	cp www/v2/demo/manifests/stable "www/v2/demo/manifests/sha256:$digest"
	chmod -R go+rX www
	the_delta=www/v2/demo/blobs/sha256:$delta
}

test_a_delta_from_a_registry() {
	local old new size the_delta
	device_here
	web
	close
	with_deltas
	ctl install 3.lamina 2>/dev/null
	cp -r run before-run
	faults once:100000
	fetch "oci+http://$via/demo:stable" 2>err || say "$(cat err)"
	candidate "$new"
	cmp "image-4/blobs/sha256/$(layer 4 0)" "run/store/blobs/sha256/$(layer 4 0)"
	gathered
	[ "$(layer_bytes)" -lt 600000 ] || say "$(layer_bytes) bytes"
	! grep -q "blobs/sha256:$(layer 4 0) " asked
	# what is no delta costs its bytes, and the layer comes whole
	rm -rf got run && mv before-run run
	size=$(stat -c %s "$the_delta")
	head -c "$size" /dev/zero >zeros
	bad=$(sha256sum zeros | cut -d ' ' -f 1)
	cp zeros "www/v2/demo/blobs/sha256:$bad"
	sed -i "s/${the_delta##*:}/$bad/" www/v2/demo/manifests/stable
	cp www/v2/demo/manifests/stable "www/v2/demo/manifests/sha256:$(sha256sum <www/v2/demo/manifests/stable | cut -d ' ' -f 1)"
	chmod -R go+rX www
	fetch "oci+http://$at/demo:stable" 2>err || say "$(cat err)"
	grep -q 'once more, without deltas' err || say "$(cat err)"
	candidate "$new"
	gathered
}

test_a_bundle_that_is_cut_off() {
	local id fault
	device_here
	web
	id=$(large 3)
	lamina bundle image-3 -o www/gateway.lamina 2>/dev/null
	chmod -R go+rX www
	for fault in '' whole late past; do
		rm -rf got run/store && mkdir run/store
		# shellcheck disable=SC2086
		faults once:300000 $fault
		fetch "http://$via/gateway.lamina" 2>err || say "$fault: $(cat err)"
		current "$id"
		diff -r image-3/blobs run/store/blobs >&2
	done
}

# proxy PORT: squid, which takes requests for any port of this machine.
proxy() {
	need squid
	# the registry is at that address alone
	echo '127.0.0.1 localhost' >hosts
	cat >squid.conf <<-CONF
	http_port 127.0.0.1:$1
	pid_filename $PWD/squid.pid
	access_log stdio:$PWD/passed
	cache_log $PWD/squid.log
	hosts_file $PWD/hosts
	cache deny all
	cache_mem 8 MB
	coredump_dir $PWD
	http_access allow localhost
	shutdown_lifetime 0 seconds
	$(printf '%s\n' "${@:2}")
	CONF
	chmod 777 .
	PATH=$PATH:/usr/sbin squid -N -f squid.conf >squid.err 2>&1 &
	# shellcheck disable=SC2064
	trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT
	soon answers "127.0.0.1:$1" || say "squid: $(tail -n 1 squid.err squid.log)"
}

test_a_proxy() {
	local id port
	device_here
	tls_registry
	id=$(image 3)
	push 3 stable
	port=$(free_port)
	later "connect to server" fetch --cacert ca.pem --proxy http://127.0.0.1:1 "oci://$at/demo:stable"
	proxy "$port"
	fetch --cacert ca.pem --proxy "http://127.0.0.1:$port" "oci://$at/demo:stable" 2>err || say "$(cat err)"
	current "$id"
	grep -q "CONNECT localhost:" passed
	image 4 >/dev/null && push 4 stable
	rm passed
	https_proxy=http://127.0.0.1:$port fetch --cacert ca.pem "oci://$at/demo:stable" 2>err || say "$(cat err)"
	misused 'a password stands in it' fetch --proxy http://u:p@127.0.0.1:1 "oci://$at/demo:stable"
}

tell_all "$@"
