#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes a signed image of Buildroot's root file system, and the initramfs and the disk that boot
# it. Buildroot runs it with the folder of the images; external.mk exports the options. From the
# caller's environment: LAMINA_KEY, a private key in PEM; or LAMINA_SIGN_CMD, a command that
# signs its standard input. LAMINA_PUB is the public key: beside LAMINA_KEY if it isn't said.
# Where kernel and initramfs come along, the firmware's signer is one more: LAMINA_BOOT_KEY, with its
# certificate beside it or in LAMINA_BOOT_CERT; or LAMINA_BOOT_SIGN_CMD; or nobody, with
# LAMINA_BOOT_UNSIGNED=y.
set -eu
umask 022

die()
{
	echo "post-image: $*" >&2
	exit 1
}

cd "$1"
[ -n "${LAMINA_IMAGE_BASE:-}" ] || die "BR2_LAMINA_IMAGE is off"
[ -n "$LAMINA_IMAGE_COMPATIBLE" ] || die "BR2_LAMINA_COMPATIBLE is empty: name the device"
PATH=$HOST_DIR/bin:$HOST_DIR/sbin:$PATH
store=lamina-store
policy=$(mktemp)
trap 'rm -f "$policy"' EXIT

# What an earlier build left isn't this one's image.
rm -rf "$store" lamina-initramfs lamina-boot lamina-disk.img

key=${LAMINA_KEY:-}
pub=${LAMINA_PUB:-${key:+${key%.key}.pub}}
[ -n "$key${LAMINA_SIGN_CMD:-}" ] ||
	die "no key to sign with: make one with $HOST_DIR/bin/lamina keygen -o release," \
		"then say make LAMINA_KEY=\$PWD/release.key"
[ -z "$key" ] || [ -r "$key" ] || die "can't read $key: LAMINA_KEY is a whole path, from / on"
[ -n "$pub" ] || die "LAMINA_SIGN_CMD needs LAMINA_PUB, the public key as a file"
[ -r "$pub" ] || die "can't read the public key $pub: say LAMINA_PUB=FILE"

sed "s/@COMPATIBLE@/$LAMINA_IMAGE_COMPATIBLE/" "$LAMINA_IMAGE_POLICY" >"$policy"

# The policy says where the slots are, unless it did already.
name_slots()
{
	grep -q '^boot-loader' "$policy" ||
		printf '%s\n' "boot-slot PARTLABEL=boot-a" "boot-slot PARTLABEL=boot-b" "boot-loader $1" >>"$policy"
}

# boot_blob OPTION...: kernel and initramfs, signed for the firmware
boot_blob()
{
	boot_key=${LAMINA_BOOT_KEY:-}
	cert=${LAMINA_BOOT_CERT:-${boot_key:+${boot_key%.key}.crt}}
	if [ -n "$boot_key" ]; then
		[ -r "$boot_key" ] || die "can't read $boot_key: LAMINA_BOOT_KEY is a whole path, from / on"
		set -- "$@" --key "$boot_key"
		[ "$LAMINA_IMAGE_BOOT" != uki ] || set -- "$@" --cert "$cert"
	elif [ -n "${LAMINA_BOOT_SIGN_CMD:-}" ]; then
		set -- "$@" --sign-cmd "$LAMINA_BOOT_SIGN_CMD"
	else
		[ -n "${LAMINA_BOOT_UNSIGNED:-}" ] ||
			die "nobody signs for the firmware: say LAMINA_BOOT_KEY=\$PWD/boot.key," \
				"LAMINA_BOOT_SIGN_CMD=CMD or LAMINA_BOOT_UNSIGNED=y"
		set -- "$@" --unsigned
	fi
	[ -z "${LAMINA_IMAGE_BOOT_DTB:-}" ] || set -- "$@" --dtb "$LAMINA_IMAGE_BOOT_DTB"
	[ -z "${LAMINA_IMAGE_BOOT_CMDLINE:-}" ] || set -- "$@" --cmdline "$LAMINA_IMAGE_BOOT_CMDLINE"
	[ -z "${LAMINA_IMAGE_BOOT_STUB:-}" ] || set -- "$@" --stub "$LAMINA_IMAGE_BOOT_STUB"
	# shellcheck disable=SC2086 # a list
	lamina boot "--$LAMINA_IMAGE_BOOT" --output lamina-boot --kernel "$LAMINA_IMAGE_BOOT_KERNEL" \
		--initramfs lamina-initramfs "$@" ${LAMINA_IMAGE_BOOT_OPTIONS:-}
}

case ${LAMINA_IMAGE_BOOT:-} in
fit) loader=sector && name_slots "sector PARTLABEL=boot-state" ;;
uki) loader=efi && name_slots efi ;;
*) loader='' ;;
esac
lamina initramfs --output lamina-initramfs --init lamina-init --ctl laminactl --policy "$policy" --key "$pub" \
	${loader:+--kernel "$LAMINA_IMAGE_BOOT_KERNEL"}
[ -z "$loader" ] || boot_blob

# An option of several words, one --arg each.
set --
for word in $LAMINA_IMAGE_PROGRAM; do
	set -- "$@" --arg "$word"
done

# shellcheck disable=SC2086,SC2153 # lists; and the names are as external.mk has them
lamina pack --output "$store" --name "$LAMINA_IMAGE_NAME" --serial "$LAMINA_IMAGE_SERIAL" \
	--compatible "$LAMINA_IMAGE_COMPATIBLE" --arch "$LAMINA_IMAGE_ARCH" "$@" \
	${loader:+--boot lamina-boot} $LAMINA_IMAGE_PACK_OPTIONS "$LAMINA_IMAGE_BASE" $LAMINA_IMAGE_LAYERS
if [ -n "$key" ]; then
	lamina sign "$store" --key "$key"
else
	lamina sign "$store" --sign-cmd "$LAMINA_SIGN_CMD" --pub "$pub"
fi
lamina verify "$store" --key "$pub" || die "$pub isn't the public half of the key that signed"

# shellcheck disable=SC2086 # a list
lamina disk "$store" --output lamina-disk.img ${loader:+--boot-loader "$loader"} $LAMINA_IMAGE_DISK_OPTIONS
