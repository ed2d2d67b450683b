#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What is said to somebody who took one kind of source for another, and what a source is called.
# shellcheck source-path=SCRIPTDIR source=words
. "$(dirname "$0")/words"

layout() { "$here/layout.py" "$@"; }

# refused WORDS SOURCE: and there is no image.
refused() {
	refuses "$1" lamina pack -o out -n x -c acme,x --arch amd64 --arg /bin/sh "$2"
	[ ! -e out/images ] || say "there is an image all the same"
}

test_another_transport_is_meant() {
	layout oci img
	layout docker docker.tar
	mkdir root && echo file >root/file
	tar cf oci.tar -C img .
	tar cf root.tar -C root .
	gzip -k oci.tar
	cp -r "$store" store && lamina bundle store -o bundle 2>log
	refused "oci:oci.tar: can't open it: Not a directory: say oci-archive:oci.tar" oci:oci.tar
	refused "say docker-archive:docker.tar" oci:docker.tar
	refused "say docker-archive:docker.tar" oci-archive:docker.tar
	refused "say oci-archive:oci.tar" docker-archive:oci.tar
	refused "say oci:img" oci-archive:img
	refused "say oci:img" docker-archive:img:v1
	refused "say dir:root" oci:root
	refused "tar:root: is a directory: say dir:root" tar:root
	refused "is no squashfs: say oci-archive:oci.tar" squashfs:oci.tar
	refused "tar:oci.tar: is an OCI image layout: say oci-archive:oci.tar" tar:oci.tar
	refused "tar:oci.tar.gz: is an OCI image layout: say oci-archive:oci.tar.gz" tar:oci.tar.gz
	refused "dir:img: is an OCI image layout: say oci:img" dir:img
	mkdir saved && tar xf docker.tar -C saved && echo {} >saved/repositories
	refused "dir:saved: is what docker save writes, and no root" dir:saved
	tar cf saved.tar -C saved .
	refused "tar:saved.tar: is what docker save writes: say docker-archive:saved.tar" tar:saved.tar
	mv saved/repositories saved/version
	refused "dir:saved: is skopeo's dir:, of which skopeo copy makes an oci:, and no root" dir:saved
	refused "tar:bundle: is a bundle, and no root" tar:bundle
	refused "is packed already" oci-archive:bundle
	refused "dir:store: is a store, and no root" dir:store
	refused "./img: say what it is: oci:./img" ./img
	refused "root: say what it is: dir:root" root
	refused "oci.tar: say what it is: oci-archive:oci.tar" oci.tar
	refused "root.tar: say what it is: tar:root.tar" root.tar
	refused "none: a source begins with docker:, oci:, oci-archive:" none
	refused "squashfs:, as docker://nginx does" none
	refused "oci:none: can't open it: No such file or directory" oci:none
	! grep ": say" "$top/err" || say "a guess at nothing"
}

# Of what no transport takes, what it is and what to do; of bytes that nobody knows, nothing.
test_what_is_no_source() {
	need mke2fs
	need mksquashfs
	mkdir -p root/bin && echo file >root/file
	python3 -c 'import zipfile; zipfile.ZipFile("zip", "w").writestr("a", "b")'
	truncate -s 1M ext4 && mke2fs -q -t ext4 -F ext4
	mksquashfs root squash -quiet -noappend >/dev/null
	gzip -k ext4 && gzip -k squash
	cp /bin/true program && echo '#!/bin/sh' >script && : >empty
	{ head -c 510 /dev/zero; printf '\125\252'; } >disk
	printf '!<arch>\ndebian-binary' >deb
	echo 070701 >cpio
	head -c 40000 /dev/zero | tr '\0' x >unknown
	gzip -k unknown
	for transport in squashfs tar dir oci oci-archive docker-archive; do
		refused ": it is a zip archive: unpack it, and say dir:" $transport:zip
		refused ": it is an ext2, ext3 or ext4 file system: mount it, and say dir:" $transport:ext4
		refused ": it is an ext2, ext3 or ext4 file system, compressed: decompress it" $transport:ext4.gz
		refused ": it is a program: put it into a folder, and say dir:" $transport:program
		refused ": it is a script: put it into a folder, and say dir:" $transport:script
		refused ": it is a disk: mount its root, and say dir:" $transport:disk
		refused ": it is an ar archive, such as a Debian package: unpack it, and say dir:" $transport:deb
		refused ": it is a cpio archive: unpack it, and say dir:" $transport:cpio
		refused ": it is empty" $transport:empty
		refused ": it is a squashfs, compressed: decompress it" $transport:squash.gz
		for source in unknown unknown.gz; do
			refused "lamina: $transport:$source: " $transport:$source
			! grep -E ": (it is|say) " "$top/err" || say "a guess at unknown bytes"
		done
		[ $transport = squashfs ] || refused ": say squashfs:squash" $transport:squash
	done
	refused "zip: it is a zip archive: unpack it, and say dir:" zip
}

# Of an archive that somebody made smaller, too.
test_an_image_that_is_no_image() {
	layout oci img
	layout docker docker.tar
	mkdir root && echo file >root/file
	tar czf root.tar.gz -C root .
	tar czf oci.tar.gz -C img .
	gzip -k docker.tar
	refused "squashfs:root.tar.gz: is no squashfs: say tar:root.tar.gz" squashfs:root.tar.gz
	refused "squashfs:oci.tar.gz: is no squashfs: say oci-archive:oci.tar.gz" squashfs:oci.tar.gz
	refused "squashfs:docker.tar.gz: is no squashfs: say docker-archive:docker.tar.gz" squashfs:docker.tar.gz
	refused "oci.tar.gz: say what it is: oci-archive:oci.tar.gz" oci.tar.gz
	refused "root.tar.gz: say what it is: tar:root.tar.gz" root.tar.gz
	refused "index.json is missing: say tar:root.tar.gz" oci-archive:root.tar.gz
	refused "manifest.json: is missing: say tar:root.tar.gz" docker-archive:root.tar.gz
	refused "no OCI image layout, but what docker save writes" oci-archive:docker.tar.gz
	refused "no manifest.json, but an OCI image layout" docker-archive:oci.tar.gz
	for source in docker.tar docker.tar.gz; do
		refused "tar:$source: is what docker save writes: say docker-archive:$source" tar:$source
	done
	refused "docker.tar: say what it is: docker-archive:docker.tar" docker.tar
}

test_what_is_no_store_and_no_bundle() {
	layout oci img
	layout docker docker.tar
	tar --format=ustar -cf oci.tar -C img .
	for command in inspect verify; do
		set -- lamina $command
		[ $command = inspect ] || set -- "$@" --key "$a.pub"
		refuses "img: not a store: there is no images directory; \`lamina pack\` takes it, as oci:img" "$@" img
		refuses "\`lamina pack\` takes it, as oci-archive:oci.tar" "$@" oci.tar
		refuses "\`lamina pack\` takes it, as docker-archive:docker.tar" "$@" docker.tar
	done
	mkdir root && echo file >root/file
	tar --format=ustar -cf root.tar -C root .
	refuses "root.tar: not a bundle: where manifest should be: not a tar header as bundles have them" lamina inspect root.tar
	lamina bundle "$store" -o bundle 2>log
	for command in "disk -o disk" "sign --key $a.key"; do
		refuses "bundle: a bundle: \`lamina unbundle\` makes a store of it" lamina $command bundle
		refuses "root.tar: not a store: a file" lamina $command root.tar
	done
	flip bundle 3
	refuses "bundle: not a bundle: where manifest should be: a damaged tar header: its checksum is wrong" \
		lamina inspect bundle
	! grep "lamina pack" "$top/err" || say "that is no image for pack"
	flip bundle 3
	truncate -s 3000 bundle
	refuses "the bundle ends in the middle of it" lamina inspect bundle
}

test_an_output_in_what_is_packed() {
	mkdir -p root/bin
	echo file >root/file
	lamina pack -o root/store -n x -c x --arch arm --arg /x dir:root >first 2>err
	grep -q "lamina: root/store is in what is packed, and left out" err
	lamina pack -o root/store -n x -c x --arch arm --arg /x dir:root >second 2>err
	same first second
	refuses "dir:root: is where the image goes" lamina pack -o root -n x -c x --arch arm --arg /x dir:root
	(cd root && lamina pack -o store -n x -c x --arch arm --arg /x dir:. 2>&1 >/dev/null) |
		grep -q "lamina: store is in what is packed, and left out"
}

test_an_architecture_that_contradicts() {
	layout oci img
	refuses "--arch arm64: the image is for amd64, as it says itself" \
		"$lamina" pack -o out -n x -c x --arch arm64 oci:img
	lamina pack -o out -n x -c x --arch x86_64 oci:img >/dev/null 2>&1
}

test_times_that_squashfs_has_not() {
	mkdir root
	touch -d 1960-01-01 root/early
	touch -d 2200-01-01 root/late
	touch -d 2020-01-01 root/other
	lamina pack -o out -n x -c x --arch arm --arg /x dir:root >/dev/null 2>err
	grep -q "lamina: 2 times before 1970 or after 2106 are the nearest that squashfs has" err || say "$(cat err)"
	rm root/early root/late
	lamina pack -o out -n x -c x --arch arm --arg /x dir:root >/dev/null 2>err
	! grep "times" err || say "$(cat err)"
}

# An image in an OCI layout by what its index calls it, the tag as REF and as containerd's name.
named_layout() { # REF NAME
	layout oci img
	python3 - "$@" <<-'E'
	import json, sys
	index = json.load(open("img/index.json"))
	notes = index["manifests"][0].setdefault("annotations", {})
	notes["org.opencontainers.image.ref.name"], notes["io.containerd.image.name"] = sys.argv[1:]
	json.dump(index, open("img/index.json", "w"))
	E
}

test_names_in_an_oci_layout() {
	named_layout 1.0 docker.io/library/app:1.0
	for ref in 1.0 docker.io/library/app:1.0 app:1.0 library/app:1.0; do
		lamina pack -o out -c x "oci:img:$ref" >got 2>err || say "$ref: $(cat err)"
		grep -qx "name app" out/images/*/manifest || say "$ref: is called otherwise"
		grep -qx "version 1.0" out/images/*/manifest
		rm -r out
	done
	refuses "no image 'app:2'; there are: docker.io/library/app:1.0" lamina pack -o out -c x oci:img:app:2
	refuses "no image 'pp:1.0'" lamina pack -o out -c x oci:img:pp:1.0
	rm -r img
	named_layout latest registry.local/team/app:latest
	for ref in app latest team/app registry.local/team/app; do
		[ "$ref" = team/app ] || lamina pack -o out -c x "oci:img:$ref" >got 2>err || say "$ref: $(cat err)"
	done
}

# A device keeps data by the image's name.
test_options_as_engines_have_them() {
	layout oci img
	local pack=(lamina pack -o out -n x -c acme,x --force)
	refuses "volume '/data:/data': must be PATH alone, or PATH=persist,ro" "${pack[@]}" -v /data:/data oci:img
	refuses "volume '/data:ro': must be PATH alone" "${pack[@]}" -v /data:ro oci:img
	refuses "device '/dev/ttyS1:rw': must be PATH, 'PATH r' or 'PATH rw'" "${pack[@]}" --device /dev/ttyS1:rw oci:img
	refuses "device '/dev/a:/dev/b': must be PATH" "${pack[@]}" --device /dev/a:/dev/b oci:img
	refuses "health 'interval=5': which command?" "${pack[@]}" --health interval=5 oci:img
	"${pack[@]}" --run supervise --device /dev/bsg/0:0:0:0 -v /a:b --confine no --cap-add NET_RAW oci:img 2>err ||
		say "$(cat err)"
	grep -qx 'lamina: --cap-add means nothing with --confine no' err || say "no note: $(cat err)"
}

test_a_name_that_is_only_a_path() {
	layout oci img
	refuses "'img' is only what its file or folder is called: --name NAME" "$lamina" pack -o out -c x oci:img
	[ ! -e out ] || say "something is left"
	lamina pack -o out -c x oci:img >/dev/null 2>err
	grep -q "warning: volumes are kept by the name 'img'" err || say "$(cat err)"
	mkdir root
	"$lamina" pack -o out --force -c x --arch arm --arg /x dir:root >/dev/null 2>err
	! grep "volumes are kept" err || say "without any volume"
	refuses "'root' is only" "$lamina" pack -o out -c x --arch arm --arg /x --upper persist dir:root
	refuses "'root' is only" "$lamina" pack -o out -c x --arch arm --arg /x --volume /data dir:root
	"$lamina" pack -o out --force -c x --arch arm --arg /x --volume /data=tmpfs dir:root >/dev/null 2>err
	! grep "volumes are kept" err || say "without any data that is kept"
}

tell_all
