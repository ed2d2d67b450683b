#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# tests/live/pack.sh: what `lamina pack` owes its users beside the right tree: the same bytes from
# everywhere, an output that is complete or as it was, a cache and a squashfs nobody believes blindly.
# shellcheck disable=SC2317 # functions are called by name, through is()
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
lamina=$(realpath "$O/lamina")
scratch=$(mktemp -d)
memory=
trap 'umount -q "$scratch/full" || true; rm -rf --one-file-system "$scratch" ${memory:+"$memory"}' EXIT
chmod 755 "$scratch"
export LAMINA_CACHE=$scratch/cache
failed=0

ok() { printf 'ok pack/%s\n' "$1"; }
bad() { printf 'FAIL pack/%s: %s\n' "$1" "$2"; failed=1; }
# is NAME REASON COMMAND...: a test that passes when the command does
is()
{
	local name=$1 reason=$2
	shift 2
	if "$@"; then ok "$name"; else bad "$name" "$reason"; fi
}
pack() { "$lamina" pack --force --name t -c t --arch amd64 --arg /bin/sh "$@" 2>>"$scratch/said"; }
# has [OPTION...] PATTERN: what it is given has such a line. It reads to the end: behind a pipe `grep -q` ends at
# the first match, its writer dies of SIGPIPE now and then, and pipefail makes a failure of it.
has() { [ "$(grep -c "$@")" -gt 0 ]; }
said() { tail -n 1 "$scratch/said"; }
layer_of() { sed -n 's/^layer sha256:\([0-9a-f]*\).*/\1/p' "$1"/images/*/manifest | sed -n "${2}p"; }
none_left() { [[ ! -e $1 ]]; }

# an application's root of some size, with links, an odd owner and an attribute
mkdir -p "$scratch/root"/{bin,etc,usr/lib,tmp}
head -c 3000000 /dev/urandom >"$scratch/root/usr/lib/big"
for i in {1..300}; do printf '%s\n' "$i" >"$scratch/root/etc/f$i"; done
ln -s usr/lib "$scratch/root/lib"
ln "$scratch/root/etc/f1" "$scratch/root/etc/link"
chmod 4755 "$scratch/root/etc/f2"
printf odd >"$scratch/root/etc/"$'\xff\xfe odd\n'
printf 'ü' >"$scratch/root/etc/ü"
truncate -s 5M "$scratch/root/usr/lib/hole"
printf end >>"$scratch/root/usr/lib/hole"
if [[ $(id -u) -eq 0 ]]; then chown 1234:4321 "$scratch/root/etc/f3"; fi
if [[ $(id -u) -eq 0 ]]; then setfattr -n security.capability \
	-v 0x0100000200040000000000000000000000000000 "$scratch/root/etc/f4" || true; fi
tar --xattrs --xattrs-include='*' --numeric-owner --sparse -C "$scratch/root" -cf "$scratch/a.tar" .
gzip -nk "$scratch/a.tar"
mkdir "$scratch/over"
printf new >"$scratch/over/etc.new"
touch "$scratch/over/.wh.tmp"
tar --numeric-owner --owner=0 --group=0 -C "$scratch/over" -cf "$scratch/b.tar" etc.new .wh.tmp
chmod 644 "$scratch"/*.tar*

# --- the same bytes ---
first=$(pack --no-cache -o "$scratch/out" "tar:$scratch/a.tar" "tar:$scratch/b.tar")
same() { [[ $("$@") == "$first" ]]; }
again() { pack --no-cache -o "$scratch/again" "tar:$scratch/a.tar" "tar:$scratch/b.tar"; }
elsewhere() # LOCALE
{
	rm -rf "$scratch/elsewhere"
	(cd "$scratch" && umask 077 && TZ=Pacific/Kiritimati LC_ALL=$1 taskset -c 0 \
		"$lamina" pack --force -o elsewhere --no-cache --name t -c t --arch amd64 --arg /bin/sh \
		tar:a.tar tar:b.tar 2>>said)
}
is same-twice "another image: $(said)" same again
for locale in C POSIX $(locale -a | grep -i utf | sed 5q); do
	is "same-elsewhere-$locale" "another image: $(said)" same elsewhere "$locale"
done
if [[ $(id -u) -eq 0 ]]; then
	mkdir "$scratch/nobody" && chown nobody: "$scratch/nobody"
	as_nobody()
	{
		(cd / && setpriv --reuid nobody --regid nogroup --clear-groups \
			"$lamina" pack --force -o "$scratch/nobody/out" --no-cache --name t -c t --arch amd64 \
			--arg /bin/sh "tar:$scratch/a.tar" "tar:$scratch/b.tar" 2>>"$scratch/said")
	}
	if setpriv --reuid nobody --regid nogroup --clear-groups test -x "$lamina"; then
		is same-as-nobody "another image: $(said)" same as_nobody
	else
		printf 'skip pack/same-as-nobody: nobody may not run %s\n' "$lamina"
	fi
	foreign()
	{
		mkdir -p "$scratch/foreign" && chown nobody: "$scratch/foreign" &&
			chmod 700 "$scratch/foreign" && pack --no-cache -o "$scratch/foreign/out" \
			"tar:$scratch/a.tar" "tar:$scratch/b.tar"
	}
	is same-in-anothers-directory "another image: $(said)" same foreign
else
	printf 'skip pack/same-as-nobody: needs root\n'
fi
pack --no-cache -o "$scratch/gz" "tar:$scratch/a.tar.gz" >/dev/null
is compressed-or-not 'another layer' test "$(layer_of "$scratch/gz" 1)" = "$(layer_of "$scratch/out" 1)"
pack --no-cache -o "$scratch/stdin" tar:- <"$scratch/a.tar.gz" >/dev/null
is from-a-pipe 'another layer' test "$(layer_of "$scratch/stdin" 1)" = "$(layer_of "$scratch/out" 1)"
pack --no-cache -o "$scratch/dir" "dir:$scratch/root" >/dev/null
reordered() { pack --no-cache -o "$scratch/reordered" "$@" >/dev/null &&
	[[ $(layer_of "$scratch/reordered" 1) == "$(layer_of "$scratch/out" 1)" ]]; }
# entries from the last name to the first, so children before their directories
(cd "$scratch/root" && find . -print0 | LC_ALL=C sort -rz >"$scratch/names" && tar --xattrs --xattrs-include='*' \
	--numeric-owner --sparse --no-recursion --null -T "$scratch/names" -cf "$scratch/reversed.tar")
is tar-in-another-order 'another layer' reordered "tar:$scratch/reversed.tar"
# a tmpfs tells names in the order in which they were made
if [[ $(stat -f -c %T /dev/shm 2>/dev/null) == tmpfs && -w /dev/shm ]]; then
	memory=$(mktemp -d /dev/shm/pack.XXXXXX)
	mkdir "$memory/root" && tar --xattrs --xattrs-include='*' --numeric-owner -C "$memory/root" \
		-xpf "$scratch/a.tar"
	mkdir "$memory/turned" && tar --xattrs --xattrs-include='*' --numeric-owner -C "$memory/turned" \
		-xpf "$scratch/reversed.tar"
	is directories-in-another-order 'the same order' test "$(ls -U "$memory/root/etc")" != "$(ls -U "$memory/turned/etc")"
	is directory-in-one-order 'another layer' reordered "dir:$memory/root"
	rm -rf "$scratch/reordered"
	is directory-in-another-order 'another layer' reordered "dir:$memory/turned"
	rm -rf "$memory"
else
	printf 'skip pack/directory-in-another-order: /dev/shm is no tmpfs\n'
fi
is directory-like-its-tar 'another layer' test "$(layer_of "$scratch/dir" 1)" = "$(layer_of "$scratch/out" 1)"

# --- tars of every form hold the same tree ---
mkdir -p "$scratch/forms/sub" && cp --sparse=always "$scratch/root/usr/lib/hole" "$scratch/forms/"
printf 'start' | dd of="$scratch/forms/hole" conv=notrunc seek=1000000 bs=1 status=none
ln "$scratch/forms/hole" "$scratch/forms/sub/link" && ln -s hole "$scratch/forms/soft"
truncate -s 1M "$scratch/forms/nothing"
forms()
{
	local expected='' form
	for form in "$@"; do
		# shellcheck disable=SC2086 # several options
		tar $form --sort=name --numeric-owner --owner=0 --group=0 -C "$scratch/forms" -cf "$scratch/form.tar" . &&
			rm -rf "$scratch/form" &&
			pack --no-cache -o "$scratch/form" "tar:$scratch/form.tar" >/dev/null || return 1
		: "${expected:=$(layer_of "$scratch/form" 1)}"
		[[ $(layer_of "$scratch/form" 1) == "$expected" ]] || { echo "$form" >>"$scratch/said"; return 1; }
	done
}
sparse='--format=posix --sparse --sparse-version'
is tar-forms "another layer: $(said)" forms --format={gnu,v7,oldgnu,ustar,posix} '--format=gnu --sparse' \
	"$sparse=0.0" "$sparse=0.1" "$sparse=1.0" '--format=posix --pax-option=globexthdr.name=g,comment=all'
printf 'long' >"$scratch/forms/sub/$(printf 'n%.0s' {1..250})"
ln -s "$(printf 't%.0s' {1..250})" "$scratch/forms/sub/target"
is tar-forms-long-names "another layer: $(said)" forms --format={gnu,oldgnu,posix} "$sparse=1.0"

epoch()
{
	SOURCE_DATE_EPOCH=1000000000 pack --no-cache -o "$scratch/epoch" "tar:$scratch/a.tar" >/dev/null &&
		unsquashfs -lln "$scratch/epoch/blobs/sha256/$(layer_of "$scratch/epoch" 1)" >"$scratch/times" &&
		! grep -a ' 20[0-9]*-' "$scratch/times" | grep -av ' 2001-09-09 ' >/dev/null
}
is source-date-epoch 'a later time is in the layer' epoch

# --- a squashfs as a source ---
blob=$scratch/out/blobs/sha256/$(layer_of "$scratch/out" 1)
data=$(sed -n '0,/^layer/s/^layer .* data \([0-9]*\) .*/\1/p' "$scratch"/out/images/*/manifest)
head -c "$data" "$blob" >"$scratch/a.squashfs"
pack --no-cache -o "$scratch/squash" "squashfs:$scratch/a.squashfs" >/dev/null
is squashfs-taken-as-it-is 'another layer' test "$(layer_of "$scratch/squash" 1)" = "$(layer_of "$scratch/out" 1)"
from_stdin() { [[ $(layer_of "$scratch/squash1" 1) == "$(layer_of "$scratch/out" 1)" ]] && rm -r "$scratch/squash1"; }
pack --no-cache -o "$scratch/squash1" squashfs:- <"$scratch/a.squashfs" >/dev/null
is squashfs-from-a-file 'another layer' from_stdin
# shellcheck disable=SC2002 # a pipe is the point
cat "$scratch/a.squashfs" | pack --no-cache -o "$scratch/squash1" squashfs:- >/dev/null
is squashfs-from-a-pipe 'another layer' from_stdin
pack --no-cache -o "$scratch/squash2" --exclude etc "squashfs:$scratch/a.squashfs" >/dev/null
excluded() { ! unsquashfs -l "$scratch/squash2/blobs/sha256/$(layer_of "$scratch/squash2" 1)" | grep /etc >/dev/null; }
is squashfs-written-anew 'etc is still there' excluded

# --- what is left out ---
python3 - "$scratch/link.tar" <<-'PY'
	import sys, tarfile
	with tarfile.open(sys.argv[1], "w") as t:
	    i = tarfile.TarInfo("kept")
	    i.type, i.linkname = tarfile.LNKTYPE, "etc/f9"
	    t.addfile(i)
PY
link_left() { ! pack --exclude 'etc/f*' -o "$scratch/none" "tar:$scratch/a.tar" "tar:$scratch/link.tar" >/dev/null; }
is exclude-under-a-link 'packed a link to nothing' link_left
is exclude-under-a-link-says-so "said: $(said)" grep -q "link.tar: kept: hard link to 'etc/f9', which isn't there" "$scratch/said"
link_kept()
{
	pack --exclude 'etc/f*' --merge 1 -o "$scratch/kept" "tar:$scratch/a.tar" "tar:$scratch/link.tar" >/dev/null &&
		[[ $(sqfs2tar "$scratch/kept/blobs/sha256/$(layer_of "$scratch/kept" 1)" | tar -xO kept) == 9 ]]
}
is exclude-merged "failed: $(said)" link_kept
mkdir "$scratch/acl"
if setfacl -m u:1:r "$scratch/acl" 2>/dev/null; then
	acl() { touch "$scratch/acl/x" && setfacl -m u:1:r "$scratch/acl/x" && pack -o "$scratch/acls" "dir:$scratch/acl" \
		>/dev/null && grep -q 'extended attributes left out (ACLs or system' "$scratch/said"; }
	is acl-is-noted "said: $(said)" acl
else
	printf 'skip pack/acl-is-noted: no ACLs here\n'
fi

# --- all or nothing ---
tree() { (cd "$1" && find . -printf '%p %s %T@\n' | sort); }
before=$(tree "$scratch/out")
printf 'hard link to nothing\n' >"$scratch/x" && tar -C "$scratch" -cf "$scratch/bad.tar" x
python3 - "$scratch/bad.tar" <<-'PY'
	import sys, tarfile
	with tarfile.open(sys.argv[1], "a") as t:
	    i = tarfile.TarInfo("link")
	    i.type, i.linkname = tarfile.LNKTYPE, "no/such"
	    t.addfile(i)
PY
fails() { ! pack "$@" >/dev/null; }
is refuses "packed a hard link to nothing" fails -o "$scratch/out" "tar:$scratch/a.tar" "tar:$scratch/bad.tar"
is refusal-names-it "said: $(said)" grep -q "bad.tar: link: hard link to 'no/such', which isn't there" "$scratch/said"
is refused-output-as-it-was 'the output changed' test "$(tree "$scratch/out" | grep -v '^\. ')" = "$(grep -v '^\. ' <<<"$before")"
is refuses-anew 'packed' fails -o "$scratch/none" "tar:$scratch/bad.tar"
is refused-leaves-nothing 'the output was left' none_left "$scratch/none"

head -c 2000000 "$scratch/a.tar.gz" >"$scratch/cut.tar.gz"
head -c 2000256 "$scratch/a.tar" >"$scratch/cut.tar"
is truncated-gzip "packed half a file" fails -o "$scratch/none" "tar:$scratch/cut.tar.gz"
is truncated-tar "packed half a file" fails -o "$scratch/none" "tar:$scratch/cut.tar"
is limit-bytes 'packed' fails -o "$scratch/none" --limit-bytes 100000 "tar:$scratch/a.tar.gz"
is limit-entries 'packed' fails -o "$scratch/none" --limit-entries 100 "tar:$scratch/a.tar"
is limit-depth 'packed' fails -o "$scratch/none" --limit-depth 2 "tar:$scratch/a.tar"
is no-trace 'the output was left' none_left "$scratch/none"

# --- what isn't there: tools, space ---
mkdir "$scratch/bin"
without() { ! PATH=$1 pack --no-cache -o "$scratch/none" "tar:$scratch/b.tar" >/dev/null; }
is without-sqfs2tar 'packed' without "$scratch/bin"
is without-sqfs2tar-says-so "said: $(said)" grep -q 'sqfs2tar is not installed: it is in squashfs-tools-ng' "$scratch/said"
full()
{
	local source
	: >"$scratch/said"
	for source in "dir:$scratch/root" "tar:$scratch/a.tar" "tar:$scratch/a.tar.gz" tar:-; do
		fails --no-cache -o "$scratch/full/out" "$source" <"$scratch/a.tar.gz" &&
			none_left "$scratch/full/out" && said | has 'No space left' || return 1
	done
	# a cache on a full disk is only a cache that keeps nothing
	LAMINA_CACHE=$scratch/full pack -o "$scratch/roomy" "tar:$scratch/a.tar" >/dev/null &&
		[[ -z $(find "$scratch/full" -type f) ]]
}
mkdir "$scratch/full"
if mount -t tmpfs -o size=1m none "$scratch/full" 2>/dev/null; then
	is full-disk "left something or said: $(said)" full
	umount "$scratch/full"
else
	printf 'skip pack/full-disk: mounting needs root\n'
fi

# Stops a pack in the middle: sqfs2tar is one that waits
mkdir "$scratch/slow"
printf '#!/bin/sh\nsleep 1000\n' >"$scratch/slow/sqfs2tar"
chmod +x "$scratch/slow/sqfs2tar"
stop()
{
	PATH=$scratch/slow:$PATH "$lamina" pack --force --name t -c t --arch amd64 --arg /x --no-cache -o "$2" \
		"tar:$scratch/a.tar" >/dev/null 2>&1 &
	local pid=$! i
	for ((i = 0; i < 1200; i++)); do
		[[ -e $2/.lamina-pack/0 ]] && break
		sleep 0.05
	done
	[[ -e $2/.lamina-pack/0 ]] || return 1
	locked=0
	pack -o "$2" "tar:$scratch/b.tar" >/dev/null || locked=$?
	kill "-$1" "$pid"
	wait "$pid" 2>/dev/null || true
}
is interrupted 'did not get that far' stop TERM "$scratch/out"
is locked "a second pack left with $locked: $(said)" test "$locked" = 75
is interrupted-output-as-it-was 'the output changed' test "$(tree "$scratch/out" | grep -v '^\. ')" = "$(grep -v '^\. ' <<<"$before")"
is killed 'did not get that far' stop KILL "$scratch/out"
is interrupted-anew 'did not get that far' stop HUP "$scratch/anew"
is interrupted-anew-leaves-nothing 'the output was left' none_left "$scratch/anew"
next() { pack -o "$scratch/out" "tar:$scratch/b.tar" >/dev/null; }
is next-run-after-kill "failed: $(said)" next
is killed-leaves-nothing 'a leftover' none_left "$scratch/out/.lamina-pack"

# --- compressions and levels ---
leveled()
{
	pack --no-cache --compression "$1" -o "$scratch/level-$1" "tar:$scratch/a.tar" >/dev/null
}
for level in zstd:1 zstd:19 gzip:1 gzip xz lz4 lzo lzo:9 none; do
	is "level-$level" "said: $(said)" leveled "$level"
done

# --- nothing is believed ---
gcc -D_GNU_SOURCE -shared -fPIC -O1 -o "$scratch/saboteur.so" tests/pack/saboteur.c
sabotaged() { ! LD_PRELOAD=$scratch/saboteur.so SABOTAGE=$1 pack --no-cache -o "$scratch/lied" "$2" >/dev/null; }
lied_to() { sabotaged $'lie=77\n' "tar:$scratch/a.tar"; }
is readback "a planted fault was not noticed" lied_to
is readback-names-it "said: $(said)" grep -q 'read back: ./etc/f77: another content' "$scratch/said"

pack -o "$scratch/c1" "tar:$scratch/a.tar" "tar:$scratch/b.tar" >/dev/null
reused() { pack --json -o "$scratch/c2" "tar:$scratch/a.tar" "tar:$scratch/b.tar" | grep -c '"reused"'; }
is cached 'layers were built again' test "$(reused)" = 2
# version 2: of three layers, the one on top is another
version() { pack --json -o "$scratch/versions" "tar:$scratch/a.tar" "tar:$scratch/b.tar" "tar:$scratch/$1" |
	sed -n 's/.*"origin": "\(.*\)",/\1/p' | tr '\n' ' '; }
printf 1 >"$scratch/over/app" && tar -C "$scratch/over" -cf "$scratch/v1.tar" app
printf 2 >"$scratch/over/app" && tar -C "$scratch/over" -cf "$scratch/v2.tar" app
is version-1 'not the layers that are there' test "$(version v1.tar)" = 'reused reused built '
is version-2 'unchanged layers were built again' test "$(version v2.tar)" = 'reused reused built '
is version-2-again 'layers were built again' test "$(version v2.tar)" = 'reused reused reused '
for entry in "$LAMINA_CACHE"/layers/*[0-9a-f]; do
	[[ $entry == *.meta ]] || printf X | dd of="$entry" bs=1 seek=200 conv=notrunc status=none
done
is damaged-cache-is-not-used 'a damaged entry was used' test "$(reused || true)" = 0
is damaged-cache-is-replaced 'layers were built again' test "$(reused)" = 2
for entry in "$LAMINA_CACHE"/layers/*.meta; do sed -i 's/ [0-9a-f]\{8\}/ 00000000/' "$entry"; done
is wrong-root-hash-is-not-used 'a wrong root hash was used' test "$(reused || true)" = 0

# --- the cache has a bound: what was used last stays ---
export LAMINA_CACHE=$scratch/bounded
kept() { find "$LAMINA_CACHE/layers" -name '[0-9a-f]*' ! -name '*.meta' | wc -l; }
one() # NAME: packs a layer of 100 KiB that no other has
{
	[[ -e $scratch/bound-$1.tar ]] || {
		mkdir "$scratch/bound-$1" && head -c 100000 /dev/urandom >"$scratch/bound-$1/f" &&
			tar -C "$scratch/bound-$1" -cf "$scratch/bound-$1.tar" f
	}
	pack --json -o "$scratch/bound" "tar:$scratch/bound-$1.tar" | sed -n 's/.*"origin": "\(.*\)",/\1/p'
}
bounded()
{
	local entry
	one a && one b && one c
	# a is used again; then there is room for two, with d
	LAMINA_CACHE_SIZE=1G one a && LAMINA_CACHE_SIZE=300K one d
	[[ $(kept) == 2 ]] && one a && one d && one b && one c
	: >"$LAMINA_CACHE/layers/.new-1-x"
	entry=$(printf '0%.0s' {1..64})
	: >"$LAMINA_CACHE/layers/$entry.meta"
	touch -d '2 days ago' "$LAMINA_CACHE/layers/.new-1-x" "$LAMINA_CACHE/layers/$entry.meta"
	: >"$LAMINA_CACHE/layers/.new-2-x"
	LAMINA_CACHE_SIZE=0 one a && [[ $(kept) == 0 ]] && ls -A "$LAMINA_CACHE/layers"
}
is cache-has-a-bound "$(bounded | tr '\n' ' ')" test "$(rm -rf "$LAMINA_CACHE"; bounded | tr '\n' ' ')" = \
	'built built built reused built reused reused built built reused .new-2-x '
badly_sized() { ! LAMINA_CACHE_SIZE=$1 pack -o "$scratch/none" "tar:$scratch/b.tar" >/dev/null && said | has LAMINA_CACHE_SIZE; }
for size in x 1T -1 K 99999999999G; do
	is "cache-size-$size" "said: $(said)" badly_sized "$size"
done
export LAMINA_CACHE=$scratch/cache

# --- the verity tree is everybody's ---
verify()
{
	local hash size data root
	while read -r _ hash _ size _ data _ root; do
		veritysetup verify "$scratch/out/blobs/sha256/${hash#sha256:}" \
			"$scratch/out/blobs/sha256/${hash#sha256:}" "$root" --hash-offset="$data" || return 1
		[[ $(stat -c %s "$scratch/out/blobs/sha256/${hash#sha256:}") == "$size" ]] || return 1
		[[ $(sha256sum <"$scratch/out/blobs/sha256/${hash#sha256:}") == "${hash#sha256:} "* ]] || return 1
	done < <(grep -h '^layer' "$scratch"/out/images/*/manifest)
}
PATH=$PATH:/usr/sbin
is veritysetup 'veritysetup does not accept a layer' verify
exit "$failed"
