#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes a signed image of Buildroot's root file system, and the initramfs and the disk that boot
# it. Buildroot runs it with the folder of the images; external.mk exports the options. From the
# caller's environment: LAMINA_KEY, a private key in PEM; or LAMINA_SIGN_CMD, a command that
# signs its standard input. LAMINA_PUB is the public key: beside LAMINA_KEY if it isn't said.
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
rm -rf "$store" lamina-initramfs lamina-disk.img

key=${LAMINA_KEY:-}
pub=${LAMINA_PUB:-${key:+${key%.key}.pub}}
[ -n "$key${LAMINA_SIGN_CMD:-}" ] ||
	die "no key to sign with: make one with $HOST_DIR/bin/lamina keygen -o release," \
		"then say make LAMINA_KEY=\$PWD/release.key"
[ -z "$key" ] || [ -r "$key" ] || die "can't read $key: LAMINA_KEY is a whole path, from / on"
[ -n "$pub" ] || die "LAMINA_SIGN_CMD needs LAMINA_PUB, the public key as a file"
[ -r "$pub" ] || die "can't read the public key $pub: say LAMINA_PUB=FILE"

# An option of several words, one --arg each.
set --
for word in $LAMINA_IMAGE_PROGRAM; do
	set -- "$@" --arg "$word"
done

# shellcheck disable=SC2086,SC2153 # lists; and the names are as external.mk has them
lamina pack --output "$store" --name "$LAMINA_IMAGE_NAME" --serial "$LAMINA_IMAGE_SERIAL" \
	--compatible "$LAMINA_IMAGE_COMPATIBLE" --arch "$LAMINA_IMAGE_ARCH" "$@" \
	$LAMINA_IMAGE_PACK_OPTIONS "$LAMINA_IMAGE_BASE" $LAMINA_IMAGE_LAYERS
if [ -n "$key" ]; then
	lamina sign "$store" --key "$key"
else
	lamina sign "$store" --sign-cmd "$LAMINA_SIGN_CMD" --pub "$pub"
fi
lamina verify "$store" --key "$pub" || die "$pub isn't the public half of the key that signed"

sed "s/@COMPATIBLE@/$LAMINA_IMAGE_COMPATIBLE/" "$LAMINA_IMAGE_POLICY" >"$policy"
lamina initramfs --output lamina-initramfs --init lamina-init --ctl laminactl --policy "$policy" --key "$pub"
# shellcheck disable=SC2086 # a list
lamina disk "$store" --output lamina-disk.img $LAMINA_IMAGE_DISK_OPTIONS
