#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The sources oci:, oci-archive: and docker-archive:, good ones and all the bad ones.
# shellcheck source-path=SCRIPTDIR source=words
. "$(dirname "$0")/words"

layout() { "$here/layout.py" "$@"; }

pack() { lamina pack -o out --compatible acme,x "$@" 2>"$top/err" || { cat "$top/err" >&2; return 1; }; }

manifest() { cat "out/images/$1/manifest"; }

layers() { manifest "$1" | grep ^layer; }

# What is in the whole stack is the same, whatever the image came in.
expected() { grep ^layer "$fixtures/store/images/$id/manifest"; }

# refused WORDS SOURCE [OPTION...]: and nothing is left.
refused() {
	refuses "$1" lamina pack -o out --compatible acme,x "${@:3}" "$2"
	[ ! -e out ] || say "something is left in out"
}

test_the_config_becomes_the_manifest() {
	layout oci img
	m=$(pack oci:img:v1)
	manifest "$m" >got
	for line in "name img" "version v1" "arch amd64" "arg /bin/sh" "arg -c" "arg true" \
		"env PATH=/bin" "env A=b c" "cwd /srv" "user 1000:1000" "stop-signal SIGINT"; do
		grep -qx "$line" got || say "no '$line'"
	done
	equal "$(grep ^volume got | cut -d ' ' -f 2 | tr '\n' ' ')" "/var/a /var/b "
	equal "$(layers "$m")" "$(expected)"
	grep -q "^source oci:img:v1@sha256:[0-9a-f]\{64\}$" got
}

# What is executed is process 1: nobody stops it.
test_a_stop_signal_goes_with_supervision() {
	layout oci img
	lamina pack -o out --compatible acme,x --run exec oci:img >id 2>err
	grep -qF "the stop signal SIGINT is left out: nobody stops a program that is executed" err
	manifest "$(cat id)" >got
	equal "$(grep -c stop-signal got)" 0
}

test_the_table_is_80_columns_wide() {
	layout oci img
	lamina pack -o out --compatible acme,x oci:img >id 2>table
	grep -v '^lamina: ' table >rows
	[ "$(grep -vc warning rows)" = 3 ] || say "$(cat table)"
	[ -z "$(awk 'length > 80 && !/warning/' rows)" ] || say "$(cat table)"
	grep -qx "lamina: the image's volume /var/b is kept in the device's store; --volume /var/b=tmpfs in memory" \
		table || say "$(cat table)"
}

# program FILE MACHINE: the head of a static ELF file; class, byte order, and the machine at 18.
program() {
	# shellcheck disable=SC2059 # the format is the bytes
	printf "\\177ELF\\2\\1\\1\\0\\0\\0\\0\\0\\0\\0\\0\\0\\2\\0\\$(printf %o "$2")\\0" >"$1"
	head -c 44 /dev/zero >>"$1"
	chmod 755 "$1"
}

test_what_no_device_could_start() {
	mkdir -p root/bin root/etc
	program root/bin/app 183
	echo "known:x:7:7::/:" >root/etc/passwd
	tar cf root.tar -C root .
	gzip -k root.tar
	for source in dir:root tar:root.tar tar:root.tar.gz; do
		set -- -o out -n x -c x --arch arm64 "$source" --owner 0:0
		"$lamina" pack "$@" --arg app --user known 2>err || say "$(cat err)"
		! grep warning err || say "warns"
		rm -r out
		refuses "user stranger: no user stranger in /etc/passwd of the image: no device could start it (--force" \
			"$lamina" pack "$@" --arg none --user stranger
		grep -q "lamina: warning: program: none: not in PATH (" "$top/err" || say "$(cat "$top/err")"
		refuses "user 0:crowd: no group crowd in /etc/group" "$lamina" pack "$@" --arg app --user 0:crowd
		refuses "volume: /bin/app: Not a directory" "$lamina" pack "$@" --arg app --volume /bin/app
		refuses "/dev in the new root: Read-only" "$lamina" pack "$@" --arg app --upper none
		[ ! -e out/images ] || say "there is an image all the same"
		"$lamina" pack "$@" --arg none --force 2>err || say "$(cat err)"
		grep -q "lamina: warning: program: none: not in PATH (" err || say "$(cat err)"
		"$lamina" pack "$@" --arg none --upper persist 2>err || say "what an upper may have: $(cat err)"
		rm -r out
	done
}

# What engines make in the container is a layer below all others, which shows where the image has nothing.
test_places_of_a_read_only_root() {
	local first
	layout oci img
	m=$(pack oci:img:v1 -n x --upper none --volume /data/deep=persist --volume /run=tmpfs --cwd /work/here)
	equal "$(layers "$m" | wc -l)" 3
	equal "$(layers "$m" | tail -n +2)" "$(expected)"
	first=$(layers "$m" | sed -n '1s/^layer sha256:\([0-9a-f]*\) .*/\1/p')
	unsquashfs -ll "out/blobs/sha256/$first" >tree
	for path in dev proc sys etc/hosts etc/hostname etc/resolv.conf data/deep run work/here var/a; do
		grep -q "root/root .* squashfs-root/$path\$" tree || say "no /$path"
	done
	equal "$(pack oci:img:v1 -n x --upper none --volume /data/deep=persist --volume /run=tmpfs --cwd /work/here)" "$m"
	equal "$(layers "$(pack oci:img:v1 -n x)")" "$(expected)"
}

test_a_program_for_another_processor() {
	local arch
	mkdir root
	for arch in amd64:62 arm64:183 riscv64:243; do
		program root/app "${arch#*:}"
		"$lamina" pack -o out -n x -c x --arch "${arch%:*}" --arg /app dir:root 2>err || say "$(cat err)"
		! grep warning err || say "warns"
		[ "$arch" != amd64:62 ] || continue
		refuses "program: /app: is for ${arch%:*}, the image for amd64" \
			"$lamina" pack -o out -n x -c x --arch amd64 --arg /app dir:root
	done
}

# as_user COMMAND...: by somebody who isn't root.
as_user() {
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid 4711 --regid 4712 --clear-groups "$@"
	else
		"$@"
	fi
}

owners() { # STORE: of all that is in its one layer
	local blob
	blob=$(ls "$1"/blobs/sha256)
	sqfs2tar -s "$1/blobs/sha256/$blob" 2>/dev/null | tar --numeric-owner -tvf - | awk '{ print $2 }' | sort -u
}

test_whose_files_they_are() {
	local user
	need setpriv sqfs2tar
	[ "$(id -u)" != 0 ] || chmod 711 "$top" . && mkdir mine && chmod 777 mine && cd mine || exit 1
	user=$([ "$(id -u)" = 0 ] && echo 4711 || id -u)
	as_user sh -c 'mkdir -p root/etc && echo key >root/etc/key && ln -s key root/etc/link'
	as_user "$lamina" pack --force --no-cache -o as-is -n x -c x --arch arm --arg /etc/key dir:root 2>err
	grep -qx "lamina: 4 files and directories belong to user $user, as they do here: .*" err ||
		say "$(cat err)"
	[ "$(owners as-is)" != 0/0 ] || say "they are root's"
	as_user "$lamina" pack --force --no-cache -o roots -n x -c x --arch arm --arg /etc/key --owner 0:0 dir:root 2>err
	! grep -q "belong to" err || say "$(cat err)"
	equal "$(owners roots)" 0/0
	as_user "$lamina" pack --force --no-cache -o others -n x -c x --arch arm --arg /etc/key --owner 5:70000 dir:root 2>err
	equal "$(owners others)" 5/70000
	for text in 0 root:root 1: :1 1:2:3 4294967295:1; do
		misused "--owner: '$text' is not UID:GID, in numbers" lamina pack -o out --owner "$text" dir:root
	done
}

test_compressions() {
	layout oci img
	misused "foo: compression is zstd[:LEVEL], gzip[:LEVEL], xz, lz4, lzo[:LEVEL] or none" \
		lamina pack -o out -c x --compression foo oci:img
	misused "zstd:99: " lamina pack -o out -c x --compression zstd:99 oci:img
	misused "xz:1: " lamina pack -o out -c x --compression xz:1 oci:img
	for format in gzip:1 lzo:3 xz:4 lz4:5 zstd:6 none:1; do
		m=$(pack --compression "${format%:*}" oci:img)
		blob=$(layers "$m" | sed -n '1s/^layer sha256:\([0-9a-f]*\) .*/\1/p')
		# the compressor's number is in the superblock, at 20
		equal "$(od -An -tu2 -j 20 -N 2 "out/blobs/sha256/$blob" | tr -d ' ')" "${format#*:}"
	done
}

test_paths_do_not_get_into_the_image() {
	layout oci img
	m=$(pack oci:img)
	mkdir -p deep/er && cp -r img deep/er/
	equal "$(pack oci:deep/er/img)" "$m"
	equal "$(pack "oci:$PWD/img")" "$m"
	equal "$(cd deep && lamina pack -o ../out --compatible acme,x oci:er/img)" "$m"
}

test_every_compression() {
	need skopeo
	layout oci img
	for format in gzip zstd; do
		skopeo copy -q --dest-compress-format $format oci:img:v1 oci:$format:v1
		equal "$(layers "$(pack oci:$format)")" "$(expected)"
	done
}

test_archives() {
	need skopeo
	layout oci img
	skopeo copy -q oci:img:v1 oci-archive:o.tar:v1
	skopeo copy -q oci:img:v1 docker-archive:d.tar:team/app:1.2
	equal "$(layers "$(pack oci-archive:o.tar)")" "$(expected)"
	equal "$(layers "$(pack docker-archive:d.tar)")" "$(expected)"
}

test_archives_made_by_tar() {
	layout oci img
	tar cf plain.tar -C img .
	equal "$(layers "$(pack oci-archive:plain.tar)")" "$(expected)"
	tar cf plain.tar --format pax -C img index.json oci-layout blobs
	equal "$(layers "$(pack oci-archive:plain.tar)")" "$(expected)"
	tar cf plain.tar --format v7 -C img index.json oci-layout blobs
	equal "$(layers "$(pack oci-archive:plain.tar)")" "$(expected)"
}

test_compressed_archives_and_pipes() {
	layout docker d.tar
	gzip -k d.tar && xz -k d.tar
	m=$(pack --name n docker-archive:d.tar)
	equal "$(layers "$(pack --name n docker-archive:d.tar.gz)")" "$(layers "$m")"
	equal "$(layers "$(pack --name n docker-archive:d.tar.xz)")" "$(layers "$m")"
	layout oci img
	tar cf o.tar -C img .
	gzip -k o.tar && zstd -q o.tar
	mkdir empty
	export TMPDIR=$PWD/empty
	equal "$(layers "$(pack --name n docker-archive:- <d.tar.gz)")" "$(layers "$m")"
	for form in o.tar o.tar.gz o.tar.zst; do
		equal "$(layers "$(pack --name n oci-archive:- <$form)")" "$(expected)"
		equal "$(layers "$(cat $form | pack --name n oci-archive:-)")" "$(expected)"
		equal "$(layers "$(pack --name n oci-archive:-:v1 <$form)")" "$(expected)"
	done
	refuses "oci-archive:-" lamina pack -o none -c x oci-archive:- <d.tar
	equal "$(ls -A empty)" ""
}

test_a_digest_as_reference() {
	layout many img
	digest=$(jq -r '.manifests[0].digest' img/index.json)
	pack "oci:img:$digest" >/dev/null
	pack "oci:img:@$digest" >/dev/null
	nested=$(jq -r '.manifests[1].digest' img/index.json)
	inner=$(jq -r '.manifests[3].digest' "img/blobs/sha256/${nested#sha256:}")
	grep -qx "arch arm64" < <(manifest "$(pack "oci:img:$inner")")
}

test_platforms() {
	layout many img
	for want in linux/amd64:amd64 linux/arm/v7:arm linux/arm/v6:arm linux/arm64:arm64 \
		linux/arm64/v8:arm64; do
		grep -qx "arch ${want#*:}" < <(manifest "$(pack --platform "${want%:*}" oci:img:multi)")
	done
	rm -r out
	refused "linux/arm/v6, linux/arm/v7" oci:img:multi --platform linux/arm
	refused "no image for linux/riscv64; there are: linux/amd64" oci:img:multi \
		--platform linux/riscv64
	refused "linux/amd64, linux/arm/v6, linux/arm/v7, linux/arm64/v8" oci:img:multi
	refused "is for linux/amd64, not for linux/arm64" oci:img:one --platform linux/arm64
	refused "is not OS/ARCH" oci:img:multi --platform arm
	refused "is not OS/ARCH" oci:img:multi --platform /
	refused "is not OS/ARCH" oci:img:multi --platform a/b/c/d
	layout levels lev
	for want in linux/amd64:plain linux/amd64/v3:v3 linux/amd64/v2:v2; do
		grep -qx "version ${want#*:}" < <(manifest "$(pack --platform "${want%:*}" oci:lev)") || say "$want"
	done
}

test_names() {
	layout many img
	refused "holds several images" oci:img
	refused "no image 'two'; there are: one, multi" oci:img:two
	refused "no image '@sha256:00'" oci:img:@sha256:00
	refused "nothing: can't open it: No such file" oci:nothing
	refused "index.json is missing" oci:/tmp
	refused "a source begins with" ocy:img
	refused "can't open it" oci:
}

bad_layouts() { # WORDS FAULT...
	local words=$1
	shift
	for fault; do
		layout oci "bad-$fault" "$fault"
		refused "$words" "oci:bad-$fault"
		tar cf bad.tar -C "bad-$fault" . 2>/dev/null
		[ "$fault" = layer-fifo ] || refused "" oci-archive:bad.tar
	done
}

test_bad_layers() {
	bad_layouts "layer 1: blobs/sha256/" layer-missing layer-short layer-fifo layer-link-out
	bad_layouts "its digest is" layer-flipped
	bad_layouts "may not be distributed" layer-foreign
	bad_layouts "layer 0" layer-size-lies layer-size-negative layer-no-object
	bad_layouts "is no file system layer" layer-type-unknown
	bad_layouts "is encrypted" layer-encrypted
	bad_layouts "is not a digest" layer-digest-path layer-digest-upper
	bad_layouts "only sha256" layer-digest-sha512
	bad_layouts "is not a list" layers-no-list
}

test_layers_that_may_not_be_distributed_but_are_here() {
	layout oci img layer-foreign-but-here
	equal "$(layers "$(pack oci:img)")" "$(expected)"
}

test_bad_configs() {
	bad_layouts "its diff_id is" diff-id-lies
	bad_layouts "the config 1 diff ids" diff-id-missing
	bad_layouts "not what its name says" config-flipped manifest-flipped
	bad_layouts "not for linux" config-windows
	bad_layouts '"Env" is not a list' config-env-no-list
	bad_layouts "'n' is not a text" config-label-number
	bad_layouts 'no "rootfs"' config-no-rootfs
	bad_layouts "is no container image, but 'application/vnd.cncf.helm.config.v1+json'" config-chart
	bad_layouts "is no container image, but 'application/vnd.example+type'" config-artifact
	bad_layouts "not JSON" config-no-json config-deep config-twice
	bad_layouts "larger than" config-huge
}

test_bad_indexes() {
	bad_layouts "index.json: not JSON" index-no-json
	bad_layouts 'no "manifests"' index-no-object index-empty
	bad_layouts "larger than" index-huge
	bad_layouts "too many indexes" index-loop
	bad_layouts "more than 1000 images" index-many
}

test_no_fault_is_forgotten() {
	layout faults | while read -r fault; do
		grep -q -- "[ 	]$fault\\( \\|$\\)" "$here/oci.sh" || say "$fault is in no test"
	done
}

test_docker_save() {
	layout docker old.tar
	layout docker-new new.tar
	m=$(pack docker-archive:old.tar)
	equal "$(layers "$m")" "$(expected)"
	grep -qx "name app" < <(manifest "$m")
	grep -qx "version 1.2" < <(manifest "$m")
	equal "$(layers "$(pack docker-archive:new.tar:team/app:1.2)")" "$(expected)"
}

test_docker_save_of_several_images() {
	layout docker-two two.tar
	all="app:1, app:latest, docker.io/library/other:2, @2"
	refused "name one: $all" docker-archive:two.tar
	refused "no image 'other'; there are: $all" docker-archive:two.tar:other
	refused "no image '@3'" docker-archive:two.tar:@3
	equal "$(layers "$(pack docker-archive:two.tar:app)" | wc -l)" 1
	equal "$(layers "$(pack docker-archive:two.tar:app:1)" | wc -l)" 1
	equal "$(layers "$(pack docker-archive:two.tar:other:2)" | wc -l)" 2
	equal "$(layers "$(pack docker-archive:two.tar:docker.io/library/other:2)" | wc -l)" 2
	equal "$(layers "$(pack --name n docker-archive:two.tar:@2)" | wc -l)" 1
}

bad_docker() { # WORDS FAULT...
	local words=$1
	shift
	for fault; do
		layout docker bad.tar "$fault"
		refused "$words" docker-archive:bad.tar
	done
}

test_bad_docker_archives() {
	bad_docker "leads nowhere" link-out link-loop link-nowhere
	bad_docker "leads out of the archive" layer-outside
	bad_docker "nothing/layer.tar: is missing" layer-missing
	bad_docker "not a regular file" layer-directory
	bad_docker "diff ids" layers-fewer
	bad_docker '"Config" is not a text' config-number
	bad_docker "not what its name says" config-other
	bad_docker "lists no images" no-list empty
	bad_docker "Docker before 1.10" old
	bad_docker "manifest.json: is missing" no-manifest
	bad_docker "Truncated" truncated
}

test_archives_that_are_none() {
	echo text >text
	refused "text" docker-archive:text
	refused "/dev/null" oci-archive:/dev/null
	refused "/tmp" oci-archive:/tmp
	head -c 100000 /dev/urandom >noise
	refused "noise" oci-archive:noise
	gzip -c noise >noise.gz
	refused "noise.gz" docker-archive:noise.gz
	tar cf empty.tar -T /dev/null
	refused "index.json is missing" oci-archive:empty.tar
	tar cf some.tar noise
	refused "manifest.json: is missing" docker-archive:some.tar
}

# Where the entries end and the padding begins.
entries_end() { echo $(($(tar tRf "$1" | sed -n 's/^block \([0-9]*\): \*\* .*/\1/p') * 512)); }

test_cut_anywhere() {
	layout docker d.tar
	for cut in $(seq 1 1500 "$(($(entries_end d.tar) - 512))"); do
		head -c "$cut" d.tar >cut.tar
		refused cut.tar docker-archive:cut.tar
	done
	layout oci img
	tar cf o.tar -C img index.json oci-layout blobs
	for cut in $(seq 300 700 "$(($(entries_end o.tar) - 512))"); do
		head -c "$cut" o.tar >cut.tar
		refused cut.tar oci-archive:cut.tar
	done
}

# Build systems and shared stores have them so: the digest tells whether it is the blob.
test_blobs_that_are_links() {
	layout oci img
	mkdir -p elsewhere
	mv img/blobs/sha256/* elsewhere/
	for file in elsewhere/*; do ln -s "$PWD/$file" "img/blobs/sha256/$(basename "$file")"; done
	equal "$(layers "$(pack oci:img)")" "$(expected)"
	rm -rf out img/blobs/sha256 && ln -s "$PWD/elsewhere" img/blobs/sha256
	equal "$(layers "$(pack oci:img)")" "$(expected)"
	rm -rf out
	for file in elsewhere/*; do echo >>"$file"; done
	refused "has" oci:img
	for file in elsewhere/*; do rm "$file" && mkfifo "$file"; done
	refused "not a regular file" oci:img
}

test_the_limit_holds_for_an_archive() {
	layout docker d.tar
	head -c 3000000 /dev/zero >padding && tar rf d.tar padding
	for tool in gzip zstd xz bzip2; do
		need "$tool"
		"$tool" -c d.tar >d.z
		refused "unpacks to more than 1000000 bytes (--limit-bytes)" docker-archive:d.z --limit-bytes 1000000
		pack docker-archive:d.z >/dev/null && rm -rf out
	done
	refused "unpacks to more than 1000000 bytes (--limit-bytes)" docker-archive:- --limit-bytes 1000000 < <(cat d.tar)
}

test_a_large_window_of_zstd() {
	need zstd
	layout oci img
	tar cf a.tar img
	zstd -q --long=31 -c <a.tar >a.tar.zst
	lamina pack -o out -n x -c x --arch arm --arg /x tar:a.tar.zst 2>"$top/err" || say "$(cat "$top/err")"
}

# root with /bin a link, and a folder of one's own with a directory of that name
test_files_of_ones_own_on_top() {
	local source
	mkdir -p root/usr/bin mine/bin mine/usr/bin
	echo shell >root/usr/bin/sh && chmod 755 root/usr/bin/sh && ln -s usr/bin root/bin
	echo tool >mine/bin/tool
	tar cf root.tar -C root . && tar cf mine.tar -C mine .
	for source in dir:mine tar:mine.tar; do
		for merge in "" "--merge 1"; do
			# shellcheck disable=SC2086 # two words
			lamina pack -o out -n x -c x --arch arm --arg /bin/sh $merge tar:root.tar "$source" 2>err
			grep -q "1 directories follow a link below, the first is bin to usr/bin: --replace-links" err ||
				say "$(cat err)"
			! grep -q "program: /bin/sh: No such" err || say "the shell is gone: $(cat err)"
			rm -rf out
		done
		lamina pack -o out -n x -c x --arch arm --arg /bin/sh --replace-links tar:root.tar "$source" 2>err
		grep -q "warning: program: /bin/sh: No such file" err || say "$(cat err)"
		! grep -q follow err || say "$(cat err)"
		rm -r out
	done
	lamina pack -o out -n x -c x --arch arm --arg /bin/sh tar:root.tar 2>err
	! grep -q follow err || say "$(cat err)"
}

test_what_a_config_says_in_vain_is_told() {
	layout oci img
	python3 - <<-'PY'
		import glob, hashlib, json, os
		# every blob that names another is written anew, from the config up
		top = "img/blobs/sha256/"
		index = json.load(open("img/index.json"))
		manifest = json.load(open(top + index["manifests"][0]["digest"][7:]))
		config = json.load(open(top + manifest["config"]["digest"][7:]))
		config["config"].update(Healthcheck={"Test": ["CMD", "true"]}, Entrypoint=[""], Cmd=["/bin/sh"],
		                        Labels={"org.lamina.nonsense": "1", "org.lamina.confine": "no", "empty": None}, User="app:",
		                        StopSignal="SIGSTOP", ExposedPorts={"80/tcp": {}}, Volumes={"/run": {}, "data": {}})
		def put(what, data):
		    data = json.dumps(data).encode()
		    what.update(digest="sha256:" + hashlib.sha256(data).hexdigest(), size=len(data))
		    open(top + what["digest"][7:], "wb").write(data)
		put(manifest["config"], config)
		put(index["manifests"][0], manifest)
		json.dump(index, open("img/index.json", "w"))
	PY
	m=$(lamina pack -o out -c x oci:img 2>err)
	for words in "the label org.lamina.nonsense" "volume '/run' is left out" \
		"stop signal 'SIGSTOP' is left out" "the image's own label asks for \`confine no\`"; do
		grep -qF "$words" err || say "no '$words' in $(cat err)"
	done
	manifest "$m" >got
	equal "$(grep -cxF -e "arg /bin/sh" -e "user app" -e "volume /data persist" -e "health-arg true" got)" 4
	# every server has ports, and the machine's network all of them
	! grep -q ExposedPorts err || say "$(cat err)"
	lamina pack -o none -c x --net none oci:img 2>err >/dev/null
	grep -qF "of the image's config, these are left out: ExposedPorts" err || say "$(cat err)"
}

# tar writes an ACL as a text, as an attribute, or not at all: the mode is the file's in all of them.
test_one_acl_gives_one_mode() {
	need setfacl tar
	mkdir d && echo x >d/f && chmod 640 d/f
	setfacl -m u:7:rwx,m::rwx d/f 2>/dev/null || skip "no ACLs here"
	tar --acls -cf acls.tar d
	tar --xattrs --xattrs-include='*' -cf xattrs.tar d
	tar -cf none.tar d
	for source in tar:acls.tar tar:xattrs.tar tar:none.tar; do
		m=$(lamina pack --no-cache -o out -n x -c x --arch arm --arg /x "$source" 2>err)
		equal "${first:=$(layers "$m")}" "$(layers "$m")"
		[ "$source" = tar:none.tar ] || grep -q "1 extended attributes left out" err || say "$(cat err)"
	done
}

tell_all
