#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# laminactl net: what the network's process has written down.
# shellcheck source-path=SCRIPTDIR source=ctl-words
. "$(dirname "$0")/ctl-words"

# state LINE...: that process' file.
state() {
	mkdir -p run/net
	printf '%s\n' "$@" >run/net/state
}

test_text_and_json() {
	local up
	up=$(cut -d. -f1 /proc/uptime)
	state interface=eth0 mac=02:00:00:00:00:01 how=dhcp carrier=yes address=10.0.2.15/24 \
		gateway=10.0.2.2 dns=10.0.2.3 dns=9.9.9.9 "search=home example.org" \
		"until=$(((up + 7300) * 1000))" interface=eth1 mac=02:00:00:00:00:02 how=static \
		carrier=no address=192.0.2.7/24 address=fd00::7/64 gateway=192.0.2.1 gateway=fe80::1 interface=eth2 mac=02:00:00:00:00:03 how=dhcp carrier=yes
	ctl net >out
	equal "$(wc -l <out)" 3
	head -n 1 out | has -xE 'eth0  dhcp  10\.0\.2\.15/24, gateway 10\.0\.2\.2, names by 10\.0\.2\.3 9\.9\.9\.9, in home example\.org, for (2:01|2:00):[0-9]{2} h' ||
		say "$(head -n 1 out)"
	equal "$(sed -n 2p out)" "eth1  static  no cable  192.0.2.7/24 fd00::7/64, gateway 192.0.2.1 fe80::1"
	equal "$(sed -n 3p out)" "eth2  dhcp"
	ctl net --json >json
	equal "$(jq -r '.[].interface' json | paste -sd' ')" "eth0 eth1 eth2"
	equal "$(jq -c '.[0] | [.mac, .how, .carrier, .address, .gateway, .dns, .search]' json)" \
		'["02:00:00:00:00:01","dhcp",true,"10.0.2.15/24","10.0.2.2",["10.0.2.3","9.9.9.9"],"home example.org"]'
	jq -e '.[0].leaseSecondsLeft | . > 7200 and . <= 7300' json >&2
	equal "$(jq -c '.[1] | [.carrier, .gateway, .gateways, .addresses]' json)" \
		'[false,"192.0.2.1",["192.0.2.1","fe80::1"],["192.0.2.7/24","fd00::7/64"]]'
	equal "$(jq -c '.[2] | [.carrier, .address, .addresses, .gateway, .gateways, .dns, .search, .leaseSecondsLeft]' json)" \
		'[true,null,[],null,[],[],null,null]'
	state
	: >run/net/state
	equal "$(ctl net)" ""
	equal "$(ctl net --json | jq -c .)" "[]"
}

# As a supervised program sees it.
test_in_a_container() {
	[ "$(id -u)" = 0 ] || skip "needs root to mount"
	unshare -m true 2>/dev/null || skip "no mount namespace to be had, as in a chroot that is no mount"
	state interface=eth0 how=dhcp carrier=yes
	export -f ctl
	laminactl=$laminactl unshare -m bash -ec 'mount --make-rprivate / && mount --bind run/net run/net && ctl net' >out
	equal "$(cat out)" "eth0  dhcp"
}

test_nobody_there() {
	mkdir -p run
	refuses "nobody looks after a network here" ctl net
	misused "net" ctl net eth0
	# somebody else's file: no terminal gets a command of it
	state interface=e$'\033'[2J how=dhcp
	! ctl net | grep $'\033' || say "it is passed on"
}

tell_all
