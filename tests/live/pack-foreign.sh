#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# tests/live/pack-foreign.sh: images and roots that umoci, skopeo, buildah and mmdebstrap made. What
# the kernel shows of them packed is compared with what those tools themselves make of them.
# shellcheck disable=SC2317 # functions are called by name
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
lamina=$(realpath "$O/lamina")
same=$PWD/tests/pack/same.py
failed=0

skip() { printf 'skip pack-foreign/%s: %s\n' "$1" "$2"; }

# In a mount namespace where only $scratch can be written: these tools run as root, and when one
# fails, no empty path may lead to this machine's own files.
lock_up()
{
	local at
	mount --bind "$scratch" "$scratch" || return 1
	findmnt -rno TARGET | while read -r at; do
		case $at in "$scratch" | /proc* | /sys* | /dev | /dev/pts) continue ;; esac
		mount -o remount,bind,ro "$at" || [[ $at != / ]] || return 1
	done
	# what buildah keeps there is for nobody
	for at in /run /var/tmp /var/cache; do
		mount -t tmpfs none "$at" || return 1
	done
	[[ ! -w / && -w $scratch ]] && mkdir "$scratch/home"
}

if [[ $(id -u) -ne 0 ]]; then
	skip all 'mounting needs root'
	exit 0
fi
if [[ ! -w /dev/loop-control ]]; then
	skip all 'no loop devices here'
	exit 0
fi
if ! unshare -m true 2>/dev/null; then
	skip all 'no mount namespace to be had, as in a chroot that is no mount'
	exit 0
fi
if [[ ${1:-} != --inside ]]; then
	scratch=$(mktemp -d)
	trap 'rm -rf --one-file-system "$scratch"' EXIT
	unshare -m "$0" --inside "$scratch" # and what it mounted goes with it
	exit
fi
scratch=$2
if ! lock_up 2>/dev/null; then
	skip all 'no mount namespace of its own with everything else read-only'
	exit 0
fi
export TMPDIR=$scratch HOME=$scratch/home LAMINA_CACHE=$scratch/cache

# compare NAME [--without FIELDS] DIR SOURCE...
compare()
{
	local name=$1 options=() said
	shift
	if [[ $1 == --without ]]; then
		options=("$1" "$2")
		shift 2
	fi
	if said=$(unshare -m "$same" "${options[@]}" "$lamina" "$@" 2>&1); then
		printf 'ok pack-foreign/%s\n' "$name"
	else
		failed=1
		printf '%s\n' "$said" >&2
		printf 'FAIL pack-foreign/%s: %s\n' "$name" "$(head -n 1 <<<"$said" | cut -c 1-200)"
	fi
}

have() # NAME PROGRAM...: or says why not
{
	local name=$1 program
	shift
	for program; do
		command -v "$program" >/dev/null && continue
		skip "$name" "$program is not installed"
		return 1
	done
}

# Only ever in a root of our own: with a tool that failed, its path would be empty, and this
# machine's own root meant.
ours() { [[ -n $1 && $1 == "$scratch"/* && -d $1 ]]; }

# A root with something of everything, in the directory $1.
first()
{
	ours "$1" || return 1
	mkdir -p "$1"/{bin,dev,etc/app,home/user,usr/lib/deep/er,var/log,opt/old/sub}
	printf 'shell' >"$1/bin/sh"
	ln "$1/bin/sh" "$1/bin/ash"
	ln -s usr/lib "$1/lib"
	printf 'libc' >"$1/usr/lib/libc"
	printf 'deep' >"$1/usr/lib/deep/er/file"
	printf 'old' >"$1/opt/old/a"
	printf 'old' >"$1/opt/old/sub/b"
	: >"$1/etc/empty"
	printf 'x' >"$1/etc/app/config"
	printf 'n' >"$1/home/user/$(printf 'n%.0s' {1..255})"
	printf 'o' >"$1/home/user/"$'\xff\xfe odd\n'
	truncate -s 3M "$1/var/log/hole" && printf 'end' >>"$1/var/log/hole"
	head -c 300000 /dev/urandom >"$1/var/log/noise"
	chown -R 1000:1001 "$1/home/user"
	chown 70000:2000000 "$1/etc/empty"
	chmod 4755 "$1/bin/sh"
	chmod 1777 "$1/var/log"
	mkfifo "$1/dev/fifo"
	mknod "$1/dev/null" c 1 3
	mknod "$1/dev/disk" b 8 300
	setfattr -n user.note -v 'a=b' "$1/etc/app/config"
	setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 "$1/bin/ash"
	touch -d '2001-02-03 04:05:06' "$1/etc/empty" "$1/usr/lib/libc" "$1/etc/app"
}

# What the next layer does to it: deletes, replaces each type by another, links to what is below.
second()
{
	ours "$1" || return 1
	rm -r "$1/opt/old" "$1/etc/empty" "$1/home/user"
	mkdir "$1/etc/empty"
	printf 'in' >"$1/etc/empty/in"
	printf 'user' >"$1/home/user"
	rm "$1/lib" && mkdir "$1/lib" && printf 'real' >"$1/lib/libc"
	rm "$1/dev/null" && ln -s zero "$1/dev/null"
	chmod 700 "$1/usr/lib/deep"
	ln "$1/usr/lib/libc" "$1/usr/lib/libc.2"
	printf 'new' >"$1/usr/lib/deep/er/new"
	setfattr -x user.note "$1/etc/app/config"
}

third() # the same directory and name come again, as something else
{
	ours "$1" || return 1
	mkdir -p "$1/opt/old"
	printf 'again' >"$1/opt/old/a"
	rm -r "$1/etc/empty" && ln -s app "$1/etc/empty"
	rm "$1/home/user" && mkdir "$1/home/user"
}

# --- umoci makes and unpacks; skopeo copies ---
# `umoci unpack` 0.4.7 is no judge of links: it links to files of lower layers, which a device has
# as a copy in the upper layer. tests/pack/second.py lists all that it is known to do otherwise, and
# compares it with the reference, stack by stack.
umoci_image()
{
	local n
	umoci init --layout "$scratch/img" && umoci new --image "$scratch/img:v1" || return 1
	for n in first second third; do
		umoci unpack --image "$scratch/img:v1" "$scratch/bundle" &&
			"$n" "$scratch/bundle/rootfs" &&
			umoci repack --image "$scratch/img:v1" "$scratch/bundle" || return 1
		rm -r "$scratch/bundle"
	done
	mkdir "$scratch/insert" && printf 'inserted' >"$scratch/insert/only"
	umoci insert --opaque --image "$scratch/img:v1" "$scratch/insert" /usr/lib/deep &&
		umoci unpack --image "$scratch/img:v1" "$scratch/oracle"
}

if have umoci umoci; then
	if umoci_image >"$scratch/said" 2>&1; then
		compare umoci --without links "$scratch/oracle/rootfs" "oci:$scratch/img:v1"
	else
		tail -n 5 "$scratch/said" >&2
		printf 'FAIL pack-foreign/umoci: umoci: %s\n' "$(tail -n 1 "$scratch/said")"
		failed=1
	fi
	if tests/pack/second.py --count 60 >"$scratch/said" 2>&1; then
		printf 'ok pack-foreign/umoci-second-opinion\n'
	else
		failed=1
		printf 'FAIL pack-foreign/umoci-second-opinion: %s\n' "$(head -n 1 "$scratch/said" | cut -c 1-200)"
	fi
	if have skopeo skopeo; then
		skopeo copy -q "oci:$scratch/img:v1" "oci-archive:$scratch/o.tar:v1"
		skopeo copy -q "oci:$scratch/img:v1" "docker-archive:$scratch/d.tar:app:v1"
		skopeo copy -q --dest-compress-format zstd "oci:$scratch/img:v1" "oci:$scratch/zstd:v1"
		compare skopeo-oci-archive --without links "$scratch/oracle/rootfs" "oci-archive:$scratch/o.tar"
		compare skopeo-docker-archive --without links "$scratch/oracle/rootfs" \
			"docker-archive:$scratch/d.tar"
		compare skopeo-zstd --without links "$scratch/oracle/rootfs" "oci:$scratch/zstd"
	fi
fi

# --- buildah, whose layers come from overlayfs itself ---
build() { buildah --root "$scratch/buildah" --runroot "$scratch/run" --storage-driver overlay "$@"; }

buildah_image()
{
	local container root n base=scratch
	for n in first second third; do
		container=$(build from --pull-never "$base") && root=$(build mount "$container") &&
			"$n" "$root" && build commit -q "$container" "$n" &&
			build umount "$container" || return 1
		base=localhost/$n
	done
	build push -q third "oci:$scratch/built:v1" && mkdir "$scratch/shown" &&
		container=$(build from --pull-never localhost/third) &&
		root=$(build mount "$container") && ours "$root" &&
		cp -a --sparse=always "$root/." "$scratch/shown" || return 1
	chmod 755 "$scratch/shown" # of the root, for which no layer has an entry, buildah makes 0555
	touch -d @0 "$scratch/shown" # and the present time
	build umount --all
	build rm --all
}

if have buildah buildah; then
	if buildah_image >"$scratch/said" 2>&1; then
		compare buildah "$scratch/shown" "oci:$scratch/built"
	else
		skip buildah "buildah does not work here: $(tail -n 1 "$scratch/said")"
	fi
fi

# --- a Debian root, of the packages' own tars ---
debian()
{
	local mirror codename
	# shellcheck disable=SC2016 # apt's own variables
	read -r mirror codename < <(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' \
		'Created-By: Packages' 'Component: main' 'Origin: Debian' | sed q) &&
		mmdebstrap --quiet --variant=extract --include=busybox-static,base-files,login \
			"$codename" "$scratch/debian.tar" "$mirror" &&
		mkdir "$scratch/debian" &&
		tar --xattrs --xattrs-include='*' --numeric-owner -C "$scratch/debian" -xpf "$scratch/debian.tar"
}

if have mmdebstrap mmdebstrap; then
	if debian >"$scratch/said" 2>&1; then
		compare mmdebstrap "$scratch/debian" "tar:$scratch/debian.tar"
	else
		skip mmdebstrap "no Debian mirror: $(tail -n 1 "$scratch/said")"
	fi
fi
exit "$failed"
