# SPDX-License-Identifier: Apache-2.0
# Words for boot stories whose image is used over the network. qemu/story-one sources this after
# qemu/words.sh.
#
#   needs_network               whether init was built with it; the next two need it
#   served                      the image of busybox' web server, as lamina pack made it, instead
#                               of image
#   supervised [EDIT...]        image, and its program is supervised
#   boot_server [OPTION...]     boots in the background with port 80 forwarded, and goes on
#   fetch TEXT [PATH]           its page, or what is at that path, has TEXT, at last
#   nobody                      nobody answers there
#   monitor COMMAND             tells QEMU's monitor, as people would
#   stop                        ends the machine
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

boot_server()
{
	ending=''
	prepare
	rm -f "$work/port"
	(run --forward 0:80 --port-file "$work/port" --qmp "$work/qmp" "$@") &
	running=$!
	trap 'kill "$running" 2>/dev/null || true' EXIT
}

answer()
{
	[[ -s $work/port ]] &&
		curl -sSf --max-time 5 "http://127.0.0.1:$(cat "$work/port")${1:-/}" 2>>"$work/curl.log"
}

# A connection that QEMU takes and nobody in the machine does is one that fails.
fetch()
{
	local end=$((SECONDS + timeout)) got=''

	while [[ $SECONDS -lt $end ]]; do
		got=$(answer "${2:-/}") && [[ $got == *"$1"* ]] && return
		kill -0 "$running" 2>/dev/null || fail "the machine ended: $(tail -n 1 "$work/run.log")"
		sleep 0.3
	done
	fail "no page with '$1': $(tail -n 1 "$work/curl.log")"
}

nobody()
{
	! answer "${1:-/}" >/dev/null || fail "somebody answers"
}

monitor()
{
	python3 - "$work/qmp" "$1" <<-'PYTHON' >>"$work/monitor.log" || fail "monitor: $1"
		import json, socket, sys
		qmp = socket.socket(socket.AF_UNIX)
		qmp.connect(sys.argv[1])
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

stop()
{
	kill "$running" 2>/dev/null || true
	wait "$running" || true
	look
}
