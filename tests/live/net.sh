#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# tests/live/net.sh: the network's process with real interfaces (veth) and real servers (busybox' udhcpd),
# in network namespaces of its own: leases, cables, interfaces that come and go, and processes that die.
# shellcheck disable=SC2317 # functions are called by name, through is() and within()
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export LC_ALL=C
init=$(realpath "${O:?}")/lamina-init

skip() { printf 'skip net: %s\n' "$1"; exit; }
if [[ -z ${NET_INSIDE:-} ]]; then
	[[ $EUID -eq 0 ]] || skip "needs root"
	grep -q '^CONFIG_LAMINA_NET=y' "$O/.config" || skip "this build has no network"
	for tool in ip busybox unshare nsenter; do
		command -v "$tool" >/dev/null || skip "there is no $tool"
	done
	[[ $(busybox --list | grep -cxE 'udhcpc|udhcpd') -eq 2 ]] || skip "busybox has no DHCP here"
	unshare -m true 2>/dev/null || skip "no mount namespace to be had, as in a chroot that is no mount"
	unshare -n ip link add veth0 type veth peer name peer0 2>/dev/null || skip "no veth interfaces here"
	NET_INSIDE=y exec unshare -nm "$0"
fi

scratch=$(mktemp -d)
pids=()
finish()
{
	[[ ${#pids[@]} -eq 0 ]] || kill "${pids[@]}" 2>/dev/null || true
	wait
	rm -rf "$scratch"
}
trap finish EXIT
failed=0
run=$scratch/run
mkdir -p "$run" "$scratch/store/inject"
ln -s "$(command -v busybox)" "$scratch/udhcpc"
ip link set lo up

# in the network of the servers
unshare -n sleep 1000 &
far=$!
pids+=("$far")
there() { nsenter -t "$far" -n "$@"; }

# cable N: interface dev$N here, whose other end is far$N there.
cable()
{
	ip link add "dev$1" type veth peer name "far$1"
	ip link set "far$1" netns "$far"
	there ip address add "10.$1.0.1/16" dev "far$1"
	there ip link set "far$1" up
}

# server N ADDRESS DNS [SECONDS]: a DHCP server on far$N that has one address to give; $server is its process.
server()
{
	: >"$scratch/leases$1"
	printf '%s\n' "start $2" "end $2" "interface far$1" "lease_file $scratch/leases$1" \
		"pidfile $scratch/pid$1" "opt subnet 255.255.0.0" "opt router ${2%.*}.1" "opt dns $3" \
		"opt lease ${4:-6000}" "opt domain home$1.example" >"$scratch/conf$1"
	nsenter -t "$far" -n busybox udhcpd -f "$scratch/conf$1" 2>>"$scratch/udhcpd.log" &
	server=$!
	pids+=("$server")
}

# service LINE...: starts the process; $service is its number.
service()
{
	: >"$scratch/ready"
	(exec -a lamina-net "$init" "$run" "$scratch/udhcpc" "$scratch/store" "${how:-replace}" "$@" >"$scratch/ready" \
		2>>"$scratch/said") &
	service=$!
	pids+=("$service")
}

end() { kill -9 "$1"; wait "$1" 2>/dev/null || true; }

# within SECONDS COMMAND...: it succeeds in that time, or in as many times that as machines may be slower.
slow=8
within()
{
	local tenths=$(($1 * 10 * slow))
	shift
	until "$@"; do
		((tenths-- > 0)) || return 1
		sleep 0.1
	done
}

addresses() { ip -4 -o address show "dev$1" | awk '{ print $4 }' | paste -sd' '; }
has() { [[ $(addresses "$1") == "$2" ]]; }
names() { [[ $(paste -sd' ' "$run/resolv.conf" 2>/dev/null) == "$1" ]]; }
gateway() { [[ $(ip route show default dev "dev$1" | cut -d' ' -f 1-3) == "$2" ]]; }
tells() { grep -qx "$1" "$run/state"; }
client() { pgrep -P "$service" udhcpc | head -n 1; }
another_client() { [[ $(client) && $(client) != "$1" ]]; }

# is NAME COMMAND...: a test that passes when the command does
is()
{
	local name=$1
	shift
	if "$@"; then
		printf 'ok net/%s\n' "$name"
	else
		printf 'FAIL net/%s: not "%s"; addresses %s; %s; %s\n' "$name" "$*" "$(ip -4 -o address | grep -v ' lo ' |
			awk '{ print $2, $4 }' | paste -sd,)" "$(paste -sd' ' "$run/resolv.conf")" "$(tail -n 1 "$scratch/said")"
		failed=1
	fi
}

is_far() { [[ $(readlink "/proc/$far/ns/net") != "$(readlink /proc/self/ns/net)" ]]; }
within 5 is_far
cable 1
server 1 10.1.0.9 10.1.0.53 30
service 'dev1 dhcp hostname=kitchen' 'dev2 dhcp' 'dev3 static 192.0.2.7/24 gateway=192.0.2.1 dns=192.0.2.53'
is a-lease within 10 has 1 10.1.0.9/16
is the-gateway within 2 gateway 1 "default via 10.1.0.1"
is names-of-the-lease within 2 names "search home1.example nameserver 10.1.0.53"
is process-1-is-told within 2 test -s "$scratch/ready"
is what-laminactl-reads tells 'address=10.1.0.9/16'
# bind below port 1024, raw sockets, interfaces: nothing else of root's
rights() { grep -qiE "^CapEff:	0*$1$" "/proc/$(client)/status"; }
is what-the-client-may rights 3400
is nobody-else-is-touched test -z "$(ip -4 -o address show | grep -vE ' lo | dev1 ')"

until_ms() { sed -n '/=dev1$/,/until=/s/^until=//p' "$run/state"; }
later_than() { (($(until_ms) + 0 > $1 + 0)); }
is it-is-renewed within 45 later_than "$(until_ms)"
is nothing-is-said-of-that test "$(grep -c 'dev1: 10.1.0.9/16' "$scratch/said")" -eq 1

# another network at the other end of the same cable
end "$server"
there ip link set far1 down
server 1 10.1.0.77 10.1.0.54
first=$server
is the-cable-is-seen within 2 tells 'carrier=no'
is it-stays-without-a-cable has 1 10.1.0.9/16
there ip link set far1 up
is another-lease within 30 has 1 10.1.0.77/16
is its-names within 2 names "search home1.example nameserver 10.1.0.54"
is its-gateway within 2 gateway 1 "default via 10.1.0.1"

# a second interface that comes later, and whose server comes later still
cable 2
is a-late-interface within 5 tells 'interface=dev2'
sleep 1
server 2 10.2.0.9 "10.2.0.53 10.1.0.54"
is a-late-server within 30 has 2 10.2.0.9/16
is names-of-both within 2 names \
	"search home1.example home2.example nameserver 10.1.0.54 nameserver 10.2.0.53"
is both-gateways within 2 gateway 2 "default via 10.2.0.1"

# without its cable the first is not the way out any more; then it is in a network that knows nothing of
# what it had, and whose server does not answer to that
way_out() { [[ $(ip route get 198.51.100.1 2>/dev/null) == *"dev dev$1 "* ]]; }
is the-way-out within 2 way_out 1
there ip link set far1 down
is the-other-way-out within 5 way_out 2
end "$first"
there ip address flush dev far1
there ip address add 10.7.0.1/16 dev far1
server 1 10.7.0.9 10.7.0.53
there ip link set far1 up
meanwhile() { has 1 10.1.0.77/16 || has 1 10.7.0.9/16; }
is its-address-meanwhile meanwhile
is another-network within 15 has 1 10.7.0.9/16
is its-way-out within 2 way_out 1
end "$server"
there ip link set far1 down
there ip link set far1 up
sleep 10
is it-stays-without-a-server has 1 10.7.0.9/16
there ip link set far1 down
there ip address flush dev far1
there ip address add 10.1.0.1/16 dev far1
server 1 10.1.0.77 10.1.0.54
there ip link set far1 up
is back-again within 15 has 1 10.1.0.77/16

cable 3
is a-fixed-address within 5 has 3 192.0.2.7/24
is its-gateway-too within 2 gateway 3 "default via 192.0.2.1"
ip link delete dev3
is an-interface-that-goes within 5 names \
	"search home1.example home2.example nameserver 10.1.0.54 nameserver 10.2.0.53"

# a client that dies, and then the process itself
old=$(client)
kill -9 "$old"
is another-client within 5 another_client "$old"
is an-address-meanwhile has 1 10.1.0.77/16
old=$(client)
end "$service"
is no-client-is-left within 5 test ! -e "/proc/$old/exe"
is addresses-stay has 2 10.2.0.9/16
service 'local' 'dev1 dhcp' 'dev2 dhcp'
sleep 0.3
is names-stay-too names "search home1.example home2.example nameserver 10.1.0.54 nameserver 10.2.0.53"
is told-once-more within 20 test -s "$scratch/ready"
is the-same-one within 20 has 1 10.1.0.77/16
end "$service"

# the device's own lines
echo 'net dev2 static 10.2.0.99/16 dns=10.2.0.98' >"$scratch/store/inject/net"
service 'local' 'dev1 dhcp' 'dev2 dhcp'
is local-lines within 5 has 2 10.2.0.99/16
is and-no-others within 5 names "nameserver 10.2.0.98"
end "$service"

# who has the file itself mounted sees the change
exec {kept}<"$run/resolv.conf"
echo 'net dev2 static 10.2.0.99/16 dns=10.2.0.97' >"$scratch/store/inject/net"
how=overwrite service local
is overwritten within 5 names "nameserver 10.2.0.97"
is in-its-place grep -q 10.2.0.97 "/proc/self/fd/$kept"
end "$service"

# several fixed addresses of both kinds; those that a line before had go, and what a router announced stays
cable 4
kept6() { ip -6 -o address show "dev4" scope global | awk '{ print $4 }' | sort | paste -sd' '; }
has6() { [[ $(kept6) == "$1" ]]; }
way6() { [[ $(ip -6 route show default dev dev4 | grep -v 'proto ra' | cut -d' ' -f 1-3) == "$1" ]]; }
reached() { there busybox ping -c 1 -W 1 "$1" >/dev/null; }
usable() { [[ ! $(ip -6 -o address show dev4 scope global tentative) ]]; }
service 'dev4 static 10.4.0.9/16 192.0.2.7/24 fd00:4::9/64 fd00:5::9/48 gateway=10.4.0.1 gateway=fe80::1 dns=fd00:4::53,10.4.0.53'
is several-addresses within 5 has 4 "10.4.0.9/16 192.0.2.7/24"
is of-both-kinds within 5 has6 "fd00:4::9/64 fd00:5::9/48"
is at-once-usable usable
is a-gateway-of-ipv4 within 2 gateway 4 "default via 10.4.0.1"
is and-of-ipv6 within 2 way6 "default via fe80::1"
is names-of-both-kinds within 2 names "nameserver fd00:4::53 nameserver 10.4.0.53"
is all-is-told tells 'address=fd00:4::9/64'
is the-gateways-too tells 'gateway=fe80::1'
there ip address add fd00:4::1/64 dev far4 nodad
is they-are-reached within 5 reached fd00:4::9
end "$service"
ip address add fd00:6::9/64 dev dev4 valid_lft 6000 preferred_lft 6000 nodad
service 'dev4 static fd00:4::9/64 fd00:4::a/64'
is others-then within 5 has6 "fd00:4::9/64 fd00:4::a/64 fd00:6::9/64"
is none-of-ipv4 within 5 has 4 ""
is no-gateway-now within 5 way6 ""
end "$service"

# what routers say of names, where nobody has an IPv4 address
if command -v python3 >/dev/null; then
	cable 5
	says() { there "$PWD/qemu/advertise" far5 "$@" 2>>"$scratch/advertised"; }
	has_slaac() { [[ $(ip -6 -o address show dev5 scope global) == *fd00:9:* ]]; }
	service 'dev5 dhcp'
	is a-router-is-asked says asked=60 lifetime=0 prefix=fd00:9:: rdnss=600,fd00:9::53,fe80::1 dnssl=600,lan,home5.example
	is an-address-of-ipv6-alone within 5 has_slaac
	is names-by-a-router within 5 names "search lan home5.example nameserver fd00:9::53 nameserver fe80::1%dev5"
	is a-router-is-told-of tells 'dns=fe80::1%dev5'
	is its-domains-too tells 'search=lan home5.example'
	settled() { has_slaac && [[ ! $(ip -6 -o address show dev5 scope global tentative) ]]; }
	is nobody-else-has-it within 5 settled
	sleep 1
	is neighbours-alone-are-no-network test ! -s "$scratch/ready"
	says
	is a-way-out-is-one within 5 test -s "$scratch/ready"
	is there-is-no-lease has 5 ""
	end "$service"
	service 'dev5 dhcp'
	is told-of-what-is-there within 5 test -s "$scratch/ready"
	is asked-once-more says asked=60 rdnss=600,fd00:9::53,fe80::1 dnssl=600,lan,home5.example

	# a lease's come first, and none twice
	server 5 10.5.0.9 10.5.0.53
	ip link set dev5 down
	there busybox usleep 200000
	ip link set dev5 up
	is a-lease-beside-a-router within 60 has 5 10.5.0.9/16
	is its-names-alone names "search home5.example nameserver 10.5.0.53"
	says rdnss=600,fd00:9::53 dnssl=600,home5.example,lan
	is names-of-both-after-the-lease within 5 names \
		"search home5.example lan nameserver 10.5.0.53 nameserver fd00:9::53"

	# the names that come with an address are there when process 1 hears of it
	end "$service"
	cable 6
	service 'dev6 dhcp'
	there "$PWD/qemu/advertise" far6 asked=60 prefix=fd00:a:: rdnss=600,fd00:a::53 2>>"$scratch/advertised"
	told() { [[ -s $scratch/ready ]] && grep -qsx 'nameserver fd00:a::53' "$run/resolv.conf"; }
	is told-with-names within 10 told
	end "$service"
	ip link delete dev6
	service 'dev5 dhcp'
	is and-back says asked=60 rdnss=600,fd00:9::53 dnssl=600,home5.example,lan
	is the-lease-again within 60 names "search home5.example lan nameserver 10.5.0.53 nameserver fd00:9::53"

	# a stranger's message, with what the kernel's has
	there "$PWD/qemu/advertise" far5 rdnss=600,fd00:9::54
	is another-one-is-told within 5 names \
		"search home5.example lan nameserver 10.5.0.53 nameserver fd00:9::53 nameserver fd00:9::54"
	forge()
	{
		python3 - <<-'PYTHON'
			import socket, struct
			option = struct.pack("!BBHI", 25, 3, 0, 600) + socket.inet_pton(socket.AF_INET6, "fd00:9::66")
			body = struct.pack("=BBHiBBHI", 10, 0, len(option), socket.if_nametoindex("dev5"), 134, 0, 0, 0) + option
			netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
			netlink.bind((0, 0))
			netlink.sendto(struct.pack("=IHHII", 16 + len(body), 68, 0, 0, 0) + body, (0, 1 << 19))
		PYTHON
	}
	is one-may-send-as-the-kernel-does forge
	says dnssl=600,later
	is what-comes-later within 5 tells 'search=home5.example lan later'
	is the-kernel-alone-is-believed test "$(grep -c 'dns=' "$run/state")" -eq 3

	# taken back, damaged, ended
	says rdnss=0,fd00:9::53 dnssl=0,lan,later
	is it-is-taken-back within 5 names "search home5.example nameserver 10.5.0.53 nameserver fd00:9::54"
	says hex=1904000000000258fd000009000000000000000000000067fd00000900000000 \
		hex=1f02000000000258c008036c616e0000 hex=1f0200000000025807657861
	says rdnss=600,ff02::53,::1,::ffff:10.5.0.99,::
	says rdnss=2,fd00:9::55 dnssl=2,short
	is a-short-one within 5 names \
		"search home5.example short nameserver 10.5.0.53 nameserver fd00:9::54 nameserver fd00:9::55"
	is it-ends within 5 names "search home5.example nameserver 10.5.0.53 nameserver fd00:9::54"

	# who says it only when asked is asked before the end, and by a process that begins anew
	says rdnss=15,fd00:9::54
	is asked-before-the-end says asked=60 rdnss=600,fd00:9::54
	end "$service"
	service 'dev5 dhcp'
	is asked-by-another-process says asked=60 rdnss=600,fd00:9::56
	is what-that-one-hears within 60 names "search home5.example nameserver 10.5.0.53 nameserver fd00:9::56"

	# another cable, without a word of the kernel's
	there ip link set far5 down
	is forgotten-without-a-cable within 5 names "search home5.example nameserver 10.5.0.53"
	there ip link set far5 up
	is asked-by-a-new-cable says asked=60 rdnss=600,fd00:9::57
	is what-is-there-then within 5 names "search home5.example nameserver 10.5.0.53 nameserver fd00:9::57"
	end "$service"

	# a line's own servers count; where it has none a router's do
	service 'dev5 static fd00:9::9/64 dns=fd00:9::1'
	is a-line-with-servers within 5 names "nameserver fd00:9::1"
	says rdnss=600,fd00:9::53 dnssl=600,lan
	sleep 2
	is its-servers-alone names "nameserver fd00:9::1"
	end "$service"
	service 'dev5 static fd00:9::9/64'
	is a-line-without-servers says asked=60 rdnss=600,fd00:9::53 dnssl=600,lan
	is has-its-routers within 5 names "search lan nameserver fd00:9::53"
	end "$service"
	service 'dev4 dhcp'
	sleep 1
	says rdnss=600,fd00:9::53
	sleep 2
	is no-line-no-names test ! "$(grep -s fd00:9 "$run/state")"
else
	printf 'skip net: %s\n' "there is no python3"
fi
exit "$failed"
