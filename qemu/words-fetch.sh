# SPDX-License-Identifier: Apache-2.0
# Words for boot stories of a device that looks for its images by itself. qemu/story-one sources this after
# qemu/words-net.sh.
#
#   needs_fetch                 whether the board's lamina-fetch can be made; $work/tool/bin has it then
#   served_registry             the files of $work/www are a registry; $back is what the board reaches it by, at
#                               10.0.2.100, $work/asked what it was asked for, $work/reports what it was told
#   boot_device                 boots in the background, and reboots when it wants to
#   in_stage STORE ID PERCENT   the next word of the channel stable: that image, for so many devices, is there now
#   reported EXPRESSION         of the reports, $work/reports has one at last of which Python says so; s is its status
# shellcheck shell=bash disable=SC2154,SC2034 # cases share variables and words

needs_fetch()
{
	local program=$fixtures/lamina-fetch

	"$top/src/fetch/static/for-test" "$goarch" "$program" >"$work/fetch.log" 2>&1 ||
		skip "no lamina-fetch: $(tail -n 1 "$work/fetch.log")"
	[[ $(stat -c %s "$program") -le $((400 << 10)) ]] || fail "lamina-fetch has $(stat -c %s "$program") bytes"
	mkdir -p "$work/tool/bin"
	cp "$program" "$work/tool/bin/"
}

served_registry()
{
	mkdir -p "$work/www"
	: >"$work/reports"
	"$top/qemu/registry" "$work/www" "$work/registry.port" "$work/asked" "$work/reports" 2>"$work/registry.log" &
	registry=$!
	trap 'kill "$registry" $running 2>/dev/null || true' EXIT
	until [[ -s $work/registry.port ]]; do
		kill -0 "$registry" 2>/dev/null || fail "registry: $(tail -n 1 "$work/registry.log")"
		sleep 0.1
	done
	back=(--back "80:$(cat "$work/registry.port")")
}

boot_device()
{
	ending=''
	prepare
	(run --reboot --watchdog "${back[@]}" "$@") &
	running=$!
}

in_stage()
{
	"$lamina" channel "$1" --image "$2" --output "$work/word" --channel stable --percent "$3" \
		--key "$fixtures/keys/second.key" >"$work/channel.log" 2>&1 ||
		fail "lamina channel: $(tail -n 1 "$work/channel.log")"
	"$lamina" publish "$work/www" "$1" --image "$2" --tag stable --channel "$work/word" --from "$work/old" \
		>"$work/publish.log" 2>&1 || fail "lamina publish: $(tail -n 1 "$work/publish.log")"
}

reported()
{
	local end=$((SECONDS + timeout))

	until python3 - "$1" "$work/reports" <<-'PYTHON' 2>"$work/reported.log"; do
		import json, sys
		ended = open(sys.argv[2]).read().rpartition("\n")[0].splitlines()
		sys.exit(not any(eval(sys.argv[1], {"r": r, "s": r["status"]}) for r in map(json.loads, ended)))
	PYTHON
		[[ $SECONDS -lt $end ]] || fail "no report of '$1': $(tail -n 1 "$work/reports") $(tail -n 1 "$work/reported.log")"
		sleep 0.2
	done
}
