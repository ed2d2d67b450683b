# SPDX-License-Identifier: Apache-2.0
# What the words of qemu/words-loader.sh do on a board that GRUB starts. qemu/story-one sources this after them.
#
# $firmware is what qemu/firmware made. signer=(...) is as lamina boot takes it.
# shellcheck shell=bash disable=SC2154,SC2034 # cases share variables and words

begin_grub()
{
	own_firmware
	kind=grubenv
	signer=(--key "$firmware/boot.key")
	disk_options+=(--boot-files "$firmware/files")
}

# grub_blob NAME [--initramfs FILE]: a file system with kernel, initramfs and their signatures.
grub_blob()
{
	local name=$1 folder=$work/$1.files fs=$work/$1 from=$initramfs

	[[ ${2:-} != --initramfs ]] || from=$3
	mkdir -p "$folder"
	# newer versions of GRUB leave its start to the firmware
	sbsign --key "$firmware/boot.key" --cert "$firmware/boot.crt" --output "$folder/vmlinuz" "$kernel" \
		>"$work/boot.log" 2>&1 || fail "sbsign: $(tail -n 1 "$work/boot.log")"
	cp "$from" "$folder/initramfs"
	case ${signer[*]} in
	--unsigned) ;;
	"--key $firmware/boot.key") pgp_sign "$firmware/pgp.key" "$folder"/* ;;
	*) pgp_sign '' "$folder"/* ;;
	esac
	rm -f "$fs"
	truncate -s 16M "$fs"
	{ mkfs.fat --invariant "$fs" && mcopy -i "$fs" "$folder"/* ::; } >"$work/boot.log" 2>&1 ||
		fail "$name: $(tail -n 1 "$work/boot.log")"
	rm -r "$folder"
}

# pgp_sign KEY FILE...: with that key, or with one that nobody knows.
pgp_sign()
{
	local file home

	home=$(mktemp -d)
	(
		export GNUPGHOME=$home
		if [[ $1 ]]; then
			gpg --batch --import "$1"
		else
			gpg --batch --passphrase '' --quick-generate-key 'Lamina boot' rsa2048 sign never
		fi
		for file in "${@:2}"; do gpg --batch --detach-sign "$file"; done
		gpgconf --kill gpg-agent
	) >"$work/boot.log" 2>&1
	rm -r "$home"
	[[ -e ${2}.sig ]] || fail "gpg: $(tail -n 1 "$work/boot.log")"
}

# grub_state VARIABLE=VALUE...: in the archive's second file, as grub-editenv would write it.
grub_state()
{
	python3 - "$disk" "$(place boot-state)" "$@" <<-'PYTHON'
		import sys
		lines = ["# GRUB Environment Block"] + [v for v in sys.argv[3:] if v]
		with open(sys.argv[1], "r+b") as disk:
		    disk.seek(int(sys.argv[2]) * 512 + 4096)
		    disk.write(("\n".join(lines) + "\n").encode().ljust(1024, b"#"))
	PYTHON
}
