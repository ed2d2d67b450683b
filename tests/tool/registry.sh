#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# push, pull and publish: images in registries, and in directories that a web server serves as one.
# shellcheck source-path=SCRIPTDIR source=server-words
. "$(dirname "$0")/server-words"

# a_set: a signed set of two members in the folder set.
a_set() {
	for name in web broker; do
		lamina pack -o $name --name $name --compatible acme,x --run supervise --arg /bin/$name "oci:$fixtures/oci"
	done
	lamina set -o set --name both --compatible acme,x --serial 4 --version 2 web=web broker=broker
	lamina sign set --key "$a.key"
}

# comes_back STORE SPEC: it does, to the last byte of its bundle.
comes_back() {
	rm -rf back
	equal "$(lamina pull "$2" -o back --key "$a.pub")" "$(ls "$1/images")"
	diff -r "$1" back
	lamina bundle "$1" -o there.tar && lamina bundle back -o - | cmp - there.tar
}

# tidy COMMAND...: leaves nothing in $TMPDIR.
tidy() {
	mkdir -p temp
	TMPDIR=$PWD/temp "$@"
	[ -z "$(ls temp)" ] || say "left behind: $(ls temp)"
}

test_there_and_back() {
	docker_registry
	equal "$(tidy lamina push "$store" "docker://$at/acme/demo:v1")" "$id"
	tidy comes_back "$store" "docker://$at/acme/demo:v1"
	lamina bundle "$store" -o b.tar
	tidy lamina push b.tar "docker://$at/demo:from-bundle"
	comes_back "$store" "docker://$at/demo:from-bundle"
	# one and the same image there, whichever way it came
	curl -sf -H 'Accept: application/vnd.oci.image.manifest.v1+json' "http://$at/v2/acme/demo/manifests/v1" >one
	curl -sf -H 'Accept: application/vnd.oci.image.manifest.v1+json' "http://$at/v2/demo/manifests/from-bundle" >two
	same one two
	skopeo copy -q oci-archive:b.tar "docker://$at/by:skopeo"
	curl -sf -H 'Accept: application/vnd.oci.image.manifest.v1+json' "http://$at/v2/by/manifests/skopeo" | cmp - one
	skopeo copy -q "docker://$at/by:skopeo" oci-archive:skopeo.tar
	lamina unbundle oci-archive:skopeo.tar -o u && diff -r "$store" u
}

test_a_set_there_and_back() {
	docker_registry
	a_set >log 2>&1 || say "$(tail -n 1 log)"
	lamina push set "docker://$at/both:2"
	comes_back set "docker://$at/both:2"
}

test_a_directory_is_a_registry() {
	local tag
	a_set >log 2>&1 || say "$(tail -n 1 log)"
	lamina bundle "$store" -o b.tar
	equal "$(lamina publish www "$store" set)" "$(printf '%s\n' "$id demo:v1" "$(ls set/images) both:2")"
	lamina publish www b.tar --name acme/fleet/demo --tag stable
	nginx_for www
	tidy comes_back "$store" "docker://$at/demo:v1"
	comes_back "$store" "docker://$at/acme/fleet/demo:stable"
	comes_back set "docker://$at/both:2"
	digest=$(sha256sum <www/v2/demo/manifests/v1 | cut -d ' ' -f 1)
	comes_back "$store" "docker://$at/demo@sha256:$digest"
	curl -sfI "http://$at/v2/demo/manifests/v1" | tr -d '\r' >head
	grep -qi '^content-type: application/vnd.oci.image.manifest.v1+json$' head || say "$(cat head)"
	# a tag of a version is no file of a known kind
	lamina publish www "$store" --tag v1.2.html >/dev/null
	comes_back "$store" "docker://$at/demo:v1.2.html"
	blob=$(sed -n 's/^layer sha256:\([0-9a-f]*\) .*/\1/p' "$store"/images/*/manifest | head -n 1)
	equal "$(curl -sf -r 4096-8191 "http://$at/v2/demo/blobs/sha256:$blob" | sha256sum)" \
		"$(tail -c +4097 "$store/blobs/sha256/$blob" | head -c 4096 | sha256sum)"
}

test_published_again() {
	lamina publish www "$store" >/dev/null
	cp -a www before
	lamina publish www "$store" >/dev/null
	diff -r before www
	blob=www/v2/demo/blobs/sha256:$blob
	inode=$(stat -c %i www/v2/demo/blobs/sha256:* | sort)
	exec 5<"$blob" # or its number is given again
	truncate -s -1 "$blob"
	lamina publish www "$store" >/dev/null
	diff -r before www
	flip "$blob" 99
	lamina publish www "$store" >/dev/null
	diff -r before www
	equal "$(stat -c %i www/v2/demo/blobs/sha256:* | sort | comm -12 - <(echo "$inode") | wc -l)" \
		"$(($(echo "$inode" | wc -l) - 1))"
	[ -z "$(find www -name '.*')" ] || say "left behind: $(find www -name '.*')"
	mkdir tree && echo x >tree/x
	lamina pack -o next --name demo --compatible acme,x --arg /x "oci:$fixtures/oci" dir:tree
	lamina sign next --key "$a.key"
	lamina publish www next --tag two >/dev/null
	equal "$(ls www/v2/demo/manifests | grep -vc sha256:)" 2
}

test_what_is_not_published() {
	refuses "not signed" lamina publish www "$fixtures/unsigned"
	cp -r "$store" bad && flip "bad/blobs/sha256/$blob" 99
	refuses "bad: layer 1 (sha256:${blob:0:12}): its sha256 is not what its name says" lamina publish www bad
	[ -z "$(ls www/v2/demo/manifests)" ] || say "a manifest is there: $(ls www/v2/demo/manifests)"
	for name in ../up /abs A a..b a/ a//b -a ''; do
		misused "not a name" lamina publish www "$store" --name "$name"
	done
	for tag in ../up a/b .x ''; do misused "not a tag" lamina publish www "$store" --tag "$tag"; done
	misused "one image" lamina publish www "$store" "$store" --tag x
	misused "is missing" lamina publish www
	lamina bundle "$store" --from "$store" -o part.tar
	refuses "left out of the bundle" lamina publish www part.tar
	: >file
	refuses "lamina: file/v2: Not a directory" lamina publish file "$store"
	refuses "lamina: nothing: No such file" lamina publish www "$store" --channel nothing
}

test_what_is_not_pushed() {
	mkdir temp && export TMPDIR=$PWD/temp
	misused "does not begin with docker://" lamina push "$store" registry/demo:v1
	misused "does not begin with docker://" lamina pull oci:x -o u
	misused "--output is missing" lamina pull docker://x/y
	refuses "not signed" lamina push "$fixtures/unsigned" docker://127.0.0.1:1/demo:v1
	lamina bundle "$store" --from "$store" -o part.tar
	refuses "left out of the bundle" lamina push part.tar docker://127.0.0.1:1/demo:v1
	mkdir bin
	refuses "skopeo is not installed: it is in skopeo" env PATH="$PWD/bin" "$lamina" push "$store" docker://127.0.0.1:1/demo:v1
	refuses "skopeo is not installed: it is in skopeo" env PATH="$PWD/bin" "$lamina" pull docker://127.0.0.1:1/demo:v1 -o u
	[ -z "$(ls temp)" ] || say "left behind: $(ls temp)"
	[ ! -e u ] || say "something is left"
}

test_a_registry_that_fails() {
	local blob_there
	docker_registry
	tidy refuses "skopeo: exit status " lamina push "$store" docker://127.0.0.1:1/demo:v1
	grep -q 'connection refused' "$top/err" || say "$(cat "$top/err")"
	tidy refuses "docker://$at/demo:none: skopeo: exit status " lamina pull "docker://$at/demo:none" -o u
	grep -qi 'manifest unknown' "$top/err" || say "$(cat "$top/err")"
	cp -r "$store" bad && flip "bad/blobs/sha256/$blob" 99
	tidy refuses "skopeo: exit status " lamina push bad "docker://$at/demo:bad"
	skopeo copy -q "oci:$fixtures/oci:v1" "docker://$at/other:v1"
	tidy refuses "no Lamina image: \`lamina pack\` makes one of it" lamina pull "docker://$at/other:v1" -o u
	lamina push "$store" "docker://$at/demo:v1"
	tidy refuses "not trusted here" lamina pull "docker://$at/demo:v1" -o u --key "$b.pub"
	[ ! -e u ] || say "something is left"
	blob_there=$(find registry-data -path "*/${blob:0:2}/$blob/data")
	flip "$blob_there" 99
	tidy refuses "docker://$at/demo:v1: skopeo: exit status " lamina pull "docker://$at/demo:v1" -o u
	[ ! -e u ] || say "something is left"
}

tell_all
