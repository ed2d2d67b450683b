# SPDX-License-Identifier: Apache-2.0
# Words for boot stories whose image is used over the network. qemu/story-one sources this after
# qemu/words.sh.
#
#   needs_network               whether init was built with it; the next two need it
#   served                      the image of busybox' web server, as lamina pack made it, instead
#                               of image
#   supervised [EDIT...]        image, and its program is supervised
#   app NAME [PACK-OPTION...]   the image of rootfs/apps/NAME, as lamina pack made it
#   watch SCRIPT [LINE...]      its health is checked every second by a shell's lines; more of the manifest
#   hit SIGNAL CONDITION        the program is ended once, from inside, when the shell's condition holds
#   boot_server [OPTION...]     boots in the background with port 80, or $guest_port, forwarded, and
#                               goes on
#   fetch TEXT [PATH]           its page, or what is at that path, has TEXT, at last
#   ask TEXT PROTOCOL [WORD...] asked by qemu/ask, the server says TEXT, at last; it may be asked more
#                               than once
#   down_by PROTOCOL [WORD...]  asked so, the machine goes down in order
#   nobody                      nobody answers there
#   monitor COMMAND             tells QEMU's monitor, as people would
#   forwarded                   takes the port to ask at from the monitor, for a network card that is not
#                               boot_server's
#   cable_here                  this machine, in a network of its own with interface tap0, will be at the other
#                               end of the cable; there COMMAND... is run in it
#   boot_by_cable               boots in the background with that cable
#   fetch_there TEXT ADDRESS [PATH]   its page, or what is at that path, has TEXT, at last
#   stop                        ends the machine
#   goes_down                   it ends by itself, in order
# shellcheck shell=bash disable=SC2154,SC2034 # cases share variables and words

needs_network()
{
	grep -q '^CONFIG_LAMINA_NET=y' "${init%/*}/.config" ||
		skip "this init was built without the network"
}

supervised()
{
	needs_network
	image
	edit 's/^run .*/run supervise\nrestart always/' 's/^min-init .*/min-init 2/' "$@"
}

served()
{
	needs_network
	packed=$fixtures/httpd
	layers='' image
	cp "$packed"/images/*/manifest "$work/manifest"
}

app()
{
	local layouts root

	needs_network
	layouts=$("$top/rootfs/apps/build" "$(board_conf "$board" DEB_ARCH)" 2>"$work/apps.log") ||
		skip "$(tail -n 1 "$work/apps.log")"
	root=$(sed -n 's/^root=//p' "$top/rootfs/apps/$1")
	packed=$fixtures/app-$1-${layouts##*-}$(printf '%s' "${*:2}" | tr -c 'a-z' -)
	[[ -d $packed ]] || "$lamina" pack --output "$packed" --name story --version 1 --serial 5 \
		--compatible "lamina,$board" "${@:2}" "oci:$layouts/$root:$1" >"$work/pack.log" 2>&1 ||
		fail "lamina pack: $(tail -n 1 "$work/pack.log")"
	layers='' image
	cp "$packed"/images/*/manifest "$work/manifest"
}

# The script says whether it is well, not whether the machine is fast.
watch()
{
	printf '%s\n' 'health interval=1 timeout=300 start=0 start-interval=1 retries=3' \
		'health-arg /bin/sh' 'health-arg -c' "health-arg $(spell "$1")" "${@:2}" >>"$work/manifest"
}

# Not only once: a signal for which there is no handler yet is none to process 1.
hit()
{
	watch "now=\$(cut -d' ' -f22 /proc/1/stat)
[ -s /tmp/hit ] || echo \$now >/tmp/hit
[ \$(cat /tmp/hit) != \$now ] || ! $2 || kill -$1 1
true"
}

boot_server()
{
	ending=''
	prepare
	rm -f "$work/port"
	(run --forward "0:${guest_port:-80}" --port-file "$work/port" --qmp "$work/qmp" "$@") &
	running=$!
	trap 'kill "$running" 2>/dev/null || true' EXIT
}

# A connection that QEMU takes and nobody in the machine does is one that fails, and one that nobody
# answers is given up: after longer each time, for a slow machine may need that.
at_last()
{
	local end=$((SECONDS + timeout)) began patience=5

	while [[ $SECONDS -lt $end ]]; do
		began=$SECONDS
		got=$("${@:2}") && [[ $got == *"$1"* ]] && return
		kill -0 "$running" 2>/dev/null || fail "the machine ended: $(tail -n 1 "$work/run.log")"
		[[ $((SECONDS - began)) -lt $patience ]] || patience=$((patience * 2))
		sleep 0.3
	done
	return 1
}

answer()
{
	[[ -s $work/port ]] && curl -sSf --max-time "${patience:-5}" \
		"http://127.0.0.1:$(cat "$work/port")${1:-/}" 2>>"$work/curl.log"
}

fetch()
{
	local got=''

	at_last "$1" answer "${2:-/}" || fail "no page with '$1': $(tail -n 1 "$work/curl.log")"
}

# asked PROTOCOL [WORD...]: what the server says.
asked()
{
	[[ -s $work/port ]] &&
		"$top/qemu/ask" "${patience:-5}" "$1" "$(cat "$work/port")" "${@:2}" 2>>"$work/ask.log"
}

ask()
{
	local got=''

	at_last "$1" asked "${@:2}" ||
		fail "$2 does not say '$1' but '$got': $(tail -n 1 "$work/ask.log")"
}

# Whether it answers is not known: the machine may be down before.
down_by()
{
	while kill -0 "$running" 2>/dev/null; do
		asked "$@" >/dev/null || true
		sleep 0.3
	done
	goes_down
}

nobody()
{
	! answer "${1:-/}" >/dev/null || fail "somebody answers"
}

monitor()
{
	python3 - "$work/qmp" "$1" <<-'PYTHON' >>"$work/monitor.log" || fail "monitor: $1"
		import json, socket, sys, time
		for _ in range(600):
		    qmp = socket.socket(socket.AF_UNIX)
		    if qmp.connect_ex(sys.argv[1]) == 0:
		        break
		    time.sleep(0.1)
		lines = qmp.makefile("rw")
		lines.readline()
		for command, arguments in (("qmp_capabilities", {}),
		                           ("human-monitor-command", {"command-line": sys.argv[2]})):
		    print(json.dumps({"execute": command, "arguments": arguments}), file=lines, flush=True)
		    while "return" not in (reply := json.loads(lines.readline())):
		        assert "error" not in reply, reply
		print(reply)
	PYTHON
}

forwarded()
{
	: >"$work/monitor.log"
	monitor "info usernet"
	sed -n 's/.*HOST_FORWARD\] *[0-9]* *127.0.0.1 *\([0-9]*\) .*/\1/p' <<<"$(sed 's/\\r\\n/\n/g' "$work/monitor.log")" \
		>"$work/port"
	[[ -s $work/port ]] || fail "no port is forwarded: $(tail -n 1 "$work/monitor.log")"
}

cable_here()
{
	[[ $EUID -eq 0 ]] && unshare -n ip tuntap add tap0 mode tap 2>>"$work/tap.log" ||
		skip "no tap interface can be made here"
	unshare -n sleep infinity &
	far=$!
	trap 'kill "$far" 2>/dev/null || true' EXIT
	until [[ $(readlink "/proc/$far/ns/net") != "$(readlink /proc/self/ns/net)" ]]; do sleep 0.1; done
	there ip tuntap add tap0 mode tap
	there ip link set tap0 up
}

there() { nsenter -t "$far" -n "$@"; }

boot_by_cable()
{
	ending='' runner=(nsenter -t "$far" -n)
	prepare
	(run -- -netdev tap,id=net0,ifname=tap0,script=no,downscript=no -device "virtio-net-pci,netdev=net0,romfile=") &
	running=$!
	trap 'kill "$running" "$far" 2>/dev/null || true' EXIT
}

answer_there()
{
	there curl -gsSf --max-time "$patience" "http://[$1]${2:-/}" 2>>"$work/curl.log"
}

fetch_there()
{
	local got=''

	at_last "$1" answer_there "${@:2}" || fail "$2: no page with '$1': $(tail -n 1 "$work/curl.log")"
}

stop()
{
	kill "$running" 2>/dev/null || true
	wait "$running" || true
	look
}

goes_down()
{
	local status=0

	wait "$running" || status=$?
	[[ $status -eq 0 ]] || fail "QEMU ended with status $status: $(tail -n 1 "$work/run.log")"
	ending="Restarting system" look
}
