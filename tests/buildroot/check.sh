#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the external tree rootfs/buildroot with the Buildroot tree $BUILDROOT, for 64-bit ARM or the
# board $BUILDROOT_BOARD, without any network but Debian's packages, and boots what comes out. All of
# it is below $O/buildroot. Prints a line a check; without a tree it is skipped. With
# BUILDROOT_KERNEL=board, the boot takes the board's own kernel, which is there already, in place of
# one that Buildroot builds.
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C
# An outer make's options and variables are not meant for Buildroot's.
build=${O:-build}
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL GNUMAKEFLAGS O CC CFLAGS LDFLAGS DESTDIR

me=check-buildroot
# shellcheck source=board/host/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../board/host/lib.sh"
# shellcheck source=rootfs/oci.sh
source "$top/rootfs/oci.sh"
here=$top/tests/buildroot
board=${BUILDROOT_BOARD:-qemu-aarch64}
lamina_config=lamina_${board/-/_}_defconfig
linux=/usr/src/linux-source-6.12.tar.xz

# passed NAME COMMAND...: its line, and what it said if it failed.
passed()
{
	local name=$1 status

	shift
	# not as a condition: there, bash would go on after what fails inside
	set +e
	(set -e && "$@") >"$work/$name.log" 2>&1
	status=$?
	set -e
	if [[ $status -eq 0 ]]; then
		echo "ok buildroot/$name"
	else
		tail -n 30 "$work/$name.log" >&2
		echo "FAIL buildroot/$name: see $work/$name.log"
		exit 1
	fi
}

br()
{
	make -C "$buildroot" O="$work/output" BR2_EXTERNAL="$external" "$@"
}

# The sources as a release has them: without git, and without what is built.
release()
{
	rm -rf "$work/lamina"
	mkdir "$work/lamina"
	if [[ -e $top/.git ]]; then
		(cd "$top" && git ls-files -z --cached --others --exclude-standard |
			tar --null -T - -cf -) | tar -x -C "$work/lamina"
	else
		tar -C "$top" --exclude=./build -cf - . | tar -x -C "$work/lamina"
	fi
}

# Buildroot's own opinion of the external tree's files.
check_package()
{
	local files

	mapfile -t files < <(find "$external" -type f)
	(cd "$buildroot" && PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 utils/check-package -b "${files[@]}")
}

# Every line of a defconfig is still there when Buildroot has read it.
defconfig()
{
	local line lost=0

	br "$1"
	while read -r line; do
		grep -qxF "$line" "$work/output/.config" || { echo "lost: $line"; lost=1; }
	done <"$external/configs/$1"
	return "$lost"
}

# Lamina's own tests say what a signature and a layer are worth; here, that each form of the root file
# system becomes a base layer, and that a command can sign. Buildroot's OCI image comes from a host
# package that Debian hasn't got: umoci's is one too.
base_squashfs()
{
	br BR2_LAMINA_BASE_SQUASHFS=y LAMINA_PUB="$work/check.pub" \
		LAMINA_SIGN_CMD="openssl dgst -sha256 -sign '$work/check.key'" target-post-image
}

base_oci()
{
	rm -rf "$images/rootfs-oci"
	oci_image "$images/rootfs-oci" "$(board_conf "$board" GOARCH)" "$images/rootfs.tar" -- --config.entrypoint /sbin/init
	br BR2_LAMINA_BASE_OCI=y BR2_LAMINA_PROGRAM= LAMINA_KEY="$work/check.key" target-post-image
}

# refused WORDS VARIABLE...: no image then, and an error that says WORDS.
refused()
{
	local words=$1 status=0

	shift
	br "$@" target-post-image >"$work/refused.out" 2>&1 || status=$?
	cat "$work/refused.out"
	[[ $status -ne 0 ]]
	grep -qF -- "$words" "$work/refused.out"
}

# The board's defconfig with this machine's toolchain and kernel source in place of downloads.
offline_config()
{
	local gcc headers sysroot=$work/toolchain/$musl/sysroot
	local left='TOOLCHAIN|LINUX_HEADERS|KERNEL_CUSTOM_VERSION|PATCH_DIR'

	gcc=$("$gnu-gcc" -dumpversion)
	headers=$(awk '/VERSION_MAJOR/ { a = $3 } /VERSION_PATCHLEVEL/ { b = $3 }
		END { print a "_" b }' "$sysroot/usr/include/linux/version.h")
	[[ -n $own_kernel ]] || left+='|LINUX_KERNEL'
	grep -vE "$left" "$external/configs/$lamina_config"
	cat <<-CONFIG
	BR2_TOOLCHAIN_EXTERNAL=y
	BR2_TOOLCHAIN_EXTERNAL_CUSTOM=y
	BR2_TOOLCHAIN_EXTERNAL_PREINSTALLED=y
	BR2_TOOLCHAIN_EXTERNAL_PATH="$work/toolchain"
	BR2_TOOLCHAIN_EXTERNAL_CUSTOM_PREFIX="$musl"
	BR2_TOOLCHAIN_EXTERNAL_GCC_${gcc%%.*}=y
	BR2_TOOLCHAIN_EXTERNAL_HEADERS_$headers=y
	BR2_TOOLCHAIN_EXTERNAL_CUSTOM_MUSL=y
	BR2_GLOBAL_PATCH_DIR="$work/patches"
	BR2_DL_DIR="$work/dl"
	BR2_PRIMARY_SITE="file://$work/nowhere"
	BR2_PRIMARY_SITE_ONLY=y
	BR2_PACKAGE_OVERRIDE_FILE="$work/local.mk"
	BR2_JLEVEL=$(nproc)
	BR2_LAMINA_LAYERS="dir:$work/app"
	BR2_TARGET_ROOTFS_SQUASHFS=y
	BR2_PACKAGE_MBEDTLS=y
	BR2_PACKAGE_LAMINA_FETCH=y
	CONFIG
	[[ -z $own_kernel ]] || cat <<-CONFIG
	BR2_LINUX_KERNEL_CUSTOM_TARBALL=y
	BR2_LINUX_KERNEL_CUSTOM_TARBALL_LOCATION="file://$linux"
	CONFIG
}

configure()
{
	# apt has checked it; Buildroot wants to do so too
	mkdir -p "$work/patches/linux" "$work/dl/linux"
	ln -sf "$linux" "$work/dl/linux/"
	sha256sum "$linux" | sed "s|^|sha256  |; s|  /.*/|  |" >"$work/patches/linux/linux.hash"
	offline_config >"$work/defconfig"
	br BR2_DEFCONFIG="$work/defconfig" defconfig
}

# Prints the packages that have something to download.
names()
{
	br -s show-info | jq -r 'to_entries[] | select(.value.downloads | length > 0)
		| select(.key | test("^(linux|lamina|host-lamina)$") | not) | .key'
}

downloads()
{
	local names

	names=$(names)
	# shellcheck disable=SC2086 # a list
	"$here/downloads" "$buildroot" "$work" $names
}

build()
{
	local key

	# made again of today's sources, which Buildroot wouldn't notice
	rm -rf "$work"/output/build/{,host-}lamina-{[0-9]*,custom}
	br host-lamina
	for key in check other; do
		[[ -e $work/$key.key ]] || "$work/output/host/bin/lamina" keygen -o "$work/$key"
	done
	br LAMINA_KEY="$work/check.key"
}

licences()
{
	br lamina-legal-info host-lamina-mbedtls-legal-info
	cmp "$work/output/legal-info/licenses/lamina-"*/LICENSE "$top/LICENSE"
}

# Buildroot's targets for a package with a Kconfig: an option changes, and is kept.
kconfig()
{
	local config

	config=$(echo "$work"/output/build/lamina-[0-9]*/.config)
	sed -i 's/^CONFIG_LAMINA_LTO=y$/# CONFIG_LAMINA_LTO is not set/' "$config"
	br lamina-diff-config | grep 'LAMINA_LTO y -> n'
	cp "$external/package/lamina/lamina.config" "$work/lamina.config"
	br lamina-update-defconfig LAMINA_KCONFIG_FILE="$work/lamina.config"
	grep -qx '# CONFIG_LAMINA_LTO is not set' "$work/lamina.config"
}

# Sources in another place.
override()
{
	rm -rf "$work/other"
	cp -a "$work/lamina" "$work/other"
	sed -i 's/^version := .*/version := 9.9.9/' "$work/other/Makefile"
	br LAMINA_OVERRIDE_SRCDIR="$work/other" lamina-rebuild
	grep -q '9\.9\.9' "$images/lamina-init"
}

# What Lamina needs has come out of the kernel's configuration, and no more than the board's own
# kernel has: what Buildroot adds is for a root file system on a disk.
kernel()
{
	"$work/output/host/bin/lamina" kernel-check "$work"/output/build/linux-*/.config
	br linux-savedefconfig
	diff <(grep -vE '^# (The|fragments)' "$external/board/$board/linux.config") \
		<(grep -v '^CONFIG_DEVTMPFS_MOUNT=y$' "$work"/output/build/linux-*/defconfig)
	ls -l "$kernel"
}

# lamina-init stays /init in Buildroot's own cpio.
cpio_init()
{
	br BR2_TARGET_ROOTFS_CPIO=y BR2_TARGET_ROOTFS_CPIO_FULL=y rootfs-cpio
	cpio -i --quiet --to-stdout init <"$images/rootfs.cpio" >"$work/init"
	grep -q lamina-init "$work/init"
}

boot()
{
	grep -qx bin/laminactl <<<"$(gzip -dc "$images/lamina-initramfs" | cpio -t --quiet)"
	[[ -n $own_kernel ]] || kernel=$("$top/qemu/kernel" "$board")
	"$top/qemu/run" --board "$board" --kernel "$kernel" \
		--initrd "$images/lamina-initramfs" --disk "$images/lamina-disk.img" --timeout 120
	grep -q 'lamina-init: buildroot .*, 2 layers, verity, signed by' "$work/boot.log"
	grep -q 'check: the application layer on Buildroot' "$work/boot.log"
	grep -q 'check: lamina-fetch: .*[Cc]onnect' "$work/boot.log"
	grep -q 'reboot: Power down' "$work/boot.log"
}

if [[ -z ${BUILDROOT:-} ]]; then
	echo "skip buildroot: no tree given: make check-buildroot BUILDROOT=DIR"
	exit
fi
if [[ ! -r $BUILDROOT/package/pkg-kconfig.mk ]]; then
	echo "FAIL buildroot: $BUILDROOT is no Buildroot tree"
	exit 1
fi
buildroot=$(cd "$BUILDROOT" && pwd)
mkdir -p "$build/buildroot/$board"
work=$(cd "$build/buildroot/$board" && pwd)
external=$work/lamina/rootfs/buildroot
own_kernel=y
[[ ${BUILDROOT_KERNEL:-} != board ]] || own_kernel=''
images=$work/output/images
kernel=$(board_conf "$board" KERNEL_IMAGE)
kernel=$images/${kernel##*/}
gnu=$(board_conf "$board" KERNEL_CROSS)
gnu=${gnu:-x86_64-linux-gnu-}
gnu=${gnu%-}
musl=${gnu/gnu/musl}
"$top/board/host/setup" build kernel qemu buildroot "$board"
rm -rf "$work/app" "$work/toolchain" "$work/local.mk"
cp -R "$here/app" "$work/app"

passed release release
passed check-package check_package
for config in "$external"/configs/*; do
	passed "${config##*/}" defconfig "${config##*/}"
done
passed toolchain "$here/toolchain" "$(board_conf "$board" DEB_ARCH)" "$gnu" "$work/toolchain"
passed configure configure
passed downloads downloads
passed configure configure
passed build build
passed licences licences
[[ -z $own_kernel ]] || passed kernel kernel
passed boot boot
passed base-squashfs base_squashfs
passed base-oci base_oci
passed cpio-init cpio_init
passed no-key refused 'no key to sign with: make one with'
passed other-key refused "other.pub isn't the public half of the key that signed" \
	LAMINA_KEY="$work/check.key" LAMINA_PUB="$work/other.pub"
passed no-layer refused "$work/nowhere" LAMINA_KEY="$work/check.key" \
	BR2_LAMINA_LAYERS="dir:$work/nowhere"
passed kconfig kconfig
passed override override
