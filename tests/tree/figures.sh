#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What man pages say in figures is what the source has. Prints a line.
set -euo pipefail
cd "$(dirname "$0")/../.."

# PAGE|ITEM|WORDS|FILE|NAME[/DIVISOR]: somewhere in the page, or in those items of it that begin so, WORDS
# stand with the value of NAME in place of N.
figures='
format/lamina-manifest.5||A manifest has at most N bytes|format/manifest.h|MANIFEST_MAX_SIZE
format/lamina-manifest.5|compatible|1 to N lines|format/manifest.h|MANIFEST_MAX_COMPATIBLE
format/lamina-manifest.5|arg|1 to N lines|format/manifest.h|MANIFEST_MAX_ARGS
format/lamina-manifest.5|env|At most N lines|format/manifest.h|MANIFEST_MAX_ENV
format/lamina-manifest.5|volume|At most N lines|format/manifest.h|MANIFEST_MAX_VOLUMES
format/lamina-manifest.5|inject|At most N lines|format/manifest.h|MANIFEST_MAX_INJECTS
format/lamina-manifest.5|health-arg|At most N lines|format/manifest.h|MANIFEST_MAX_HEALTH_ARGS
format/lamina-manifest.5|net|At most N lines|format/manifest.h|MANIFEST_MAX_NETS
format/lamina-manifest.5|net|addresses, at most N, of|format/net.h|NET_MAX_ADDRESSES
format/lamina-manifest.5|net|at most N servers for names|format/net.h|NET_MAX_DNS
format/lamina-manifest.5|cap-add|At most N lines|format/manifest.h|MANIFEST_MAX_CAPS
format/lamina-manifest.5|cap-drop|At most N lines|format/manifest.h|MANIFEST_MAX_CAPS
format/lamina-manifest.5|device|At most N lines|format/manifest.h|MANIFEST_MAX_DEVICES
format/lamina-manifest.5||and from N ms again|supervise/restart.c|LEAST_MS
format/lamina-manifest.5||once it has run for N seconds|supervise/restart.c|GOOD_RUN_MS/1000
format/lamina-manifest.5||has its address, and at most N seconds|init/supervise/app.c|NEEDS_MS/1000
container/lamina-container.7||after N ms, twice as long|supervise/restart.c|LEAST_MS
container/lamina-container.7||after a run of N seconds|supervise/restart.c|GOOD_RUN_MS/1000
format/lamina-policy.5||It has at most N bytes|format/policy.h|POLICY_MAX_SIZE
format/lamina-policy.5||It is started every N seconds|init/trial/keeper.c|CHECK_EVERY_S
format/lamina-policy.5||0 to N, and|format/policy/policy.c|MAX_SECONDS
format/lamina-keyring.5||A keyring has 1 to N lines|format/keyring.h|KEYRING_MAX_KEYS
format/lamina-keyring.5||at most N bytes|format/keyring.h|KEYRING_MAX_SIZE
format/lamina-signature.5||A file has 1 to N lines|format/signature.h|SIGNATURE_MAX_COUNT
format/lamina-signature.5||at most N bytes|format/signature.h|SIGNATURE_MAX_SIZE
format/lamina-channel.5||have at most N bytes|format/channel.h|CHANNEL_BODY_SIZE
format/lamina-record.5||at bytes 0 and N, each|format/record.h|RECORD_STRIDE
format/lamina-record.5||each of N bytes|format/record.h|RECORD_SIZE
format/lamina-record.5||the first N bytes of the SHA-256|format/record.h|RECORD_SUM_SIZE
format/lamina-store.5||copies N bytes apart|format/record.h|RECORD_STRIDE
format/lamina-layer.5||in the first N of 4096 bytes|format/verity.h|VERITY_SUPERBLOCK_SIZE
init/lamina-init.8||of more than N entries|store/images.c|DIR_MAX_ENTRIES
init/lamina-init.8||It may have N MiB|init/inject.h|INJECT_MAX_SIZE/1048576
init/lamina-init.8||and N seconds the device goes down|init/supervise/command.c|END_MS/1000
pack/cmd/lamina-pack.1||wait with its start until there is a network, and at most N s|init/supervise/app.c|NEEDS_MS/1000
pack/cmd/lamina-kernel-check.1||one before 5.N is refused|pack/device/kernel-need.h|KERNEL_NEED_MINOR
'

# item PAGE NAME: what stands below its items of that name, or all of the page, as one line.
item()
{
	awk -v name="$2" '/^\.It / { on = !name || $3 == name }
		!name || on' "$1" | tr '\n' ' '
}

bad='' count=0
while IFS='|' read -r page name words file constant; do
	[[ -n $page ]] || continue
	count=$((count + 1))
	divisor=${constant##*/}; [[ $constant == */* ]] || divisor=1
	value=$(sed -nE "s/^#define ${constant%%/*} \(?([0-9]+)\)?([[:space:]].*)?\$/\1/p" "src/$file")
	[[ -n $value ]] || { bad+=" src/$file has no number ${constant%%/*};"; continue; }
	value=$((value / ${divisor:-1}))
	[[ $(item "src/$page" "$name") == *"${words/N/$value}"* ]] ||
		bad+=" $page${name:+ ($name)} does not say '${words/N/$value}';"
done <<<"$figures"
if [[ -z $bad && $count -gt 0 ]]; then echo "ok figures: $count"; else echo "FAIL figures:$bad"; fi
