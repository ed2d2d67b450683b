#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# lamina-init --plan: which image a boot would start, why not another, and what it would do.
# shellcheck disable=SC2154 # the words' variables
# shellcheck source-path=SCRIPTDIR source=ctl-words
. "$(dirname "$0")/ctl-words"

plan() {
	"${laminactl%/*}/lamina-init" --plan --policy run/policy --keyring run/keyring \
		--store run/store
}

# Two images, and the record with so many tries left.
trying() {
	device
	old=$(there 3 --run exec) new=$(there 4 --run exec)
	record write run/store/state seq=1 "current=$old" "candidate=$new" tries=3 "tries_left=$1"
}

test_one_image() {
	device
	old=$(there 3 --run exec)
	unchanged plan >out
	grep -q "^current image $old: demo 1.3, serial 3, signed by" out
	grep -q "^layer 0: sha256:" out
	grep -q "^run: exec /bin/sh" out
}

test_without_a_version() {
	device
	old=$(there 3 --version "" --run exec)
	unchanged plan >out
	grep -q "^current image $old: demo, serial 3, signed by" out
}

test_candidate() {
	trying 2
	unchanged plan >out
	grep -q "^candidate image $new: demo 1.4" out
}

test_candidate_without_tries() {
	trying 0
	unchanged plan >out
	grep -q "^candidate image .*: tries used up after 3 starts$" out
	grep -q "^current image $old: " out
}

test_why_not() {
	trying 3
	rm "run/store/images/$new/manifest.sig"
	unchanged plan >out
	grep -q "^candidate image ${new:0:12}: not signed" out
	grep -q "^current image $old: " out
	rm "run/store/images/$old/manifest.sig"
	refuses "current image ${old:0:12}: not signed" plan
}

tell_all
