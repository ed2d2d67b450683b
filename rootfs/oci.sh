# SPDX-License-Identifier: Apache-2.0
# Making small OCI images with tar and umoci, for the demo and for the boot stories. To be
# sourced by bash after board/host/lib.sh. Same input, same bytes; nobody has to be root.
# shellcheck shell=bash disable=SC2154 # lib.sh sets $top

epoch=1970-01-01T00:00:00Z
applets=(\[ ash awk basename cat chmod chown cmp cp cttyhack cut date dd df dirname dmesg du echo
	env expr false find free grep gzip head hexdump hostname httpd id ifconfig ip kill less
	ln ls md5sum mkdir mknod more mount mv netstat nslookup od ping ps pwd readlink realpath
	reset rm rmdir route sed seq setsid sh sha256sum sleep sort stat stty tail tar tee test
	time top touch tr true tty udhcpc umount uname uniq uptime vi wc wget which xargs yes)
system_applets=(halt losetup poweroff reboot sysctl)

# oci_busybox DIR DEB_ARCH: a root directory with busybox and its names.
oci_busybox()
{
	local name

	mkdir -p "$1"/{bin,dev,etc,proc,root,run,sbin,sys,tmp,usr/bin,usr/sbin}
	chmod 1777 "$1/tmp"
	install -m 755 "$("$top/rootfs/busybox" "$2")" "$1/bin/busybox"
	for name in "${applets[@]}"; do
		ln -s busybox "$1/bin/$name"
	done
	for name in "${system_applets[@]}"; do
		ln -s ../bin/busybox "$1/sbin/$name"
	done
}

# oci_layer DIR TAR: the directory's files as a layer, owned by root.
oci_layer()
{
	tar -C "$1" --format=pax --pax-option=delete=atime,delete=ctime --sort=name \
		--owner=0 --group=0 --numeric-owner --mtime="$epoch" -cf "$2" .
}

# oci_image LAYOUT GOARCH LAYER-TAR... -- CONFIG...: a new layout with one image, tagged 1.0;
# CONFIG are umoci's --config options.
oci_image()
{
	local layout=$1 image=$1:1.0 goarch=$2

	shift 2
	umoci init --layout "$layout"
	umoci new --image "$image"
	while [[ $# -gt 0 && $1 != -- ]]; do
		umoci raw add-layer --image "$image" --history.created "$epoch" \
			--history.created_by "${1##*/}" "$1"
		shift
	done
	umoci config --image "$image" --no-history --created "$epoch" --author Lamina \
		--os linux --architecture "$goarch" "${@:2}"
	# what umoci replaced on the way is of no use to anybody
	umoci gc --layout "$layout"
}
