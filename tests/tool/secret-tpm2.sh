#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# lamina-secret-tpm2 and a TPM in software: the same boot chain is told the same secret, once a boot; no
# other chain, and no other TPM, is.
# shellcheck source-path=SCRIPTDIR source=words
. "$(dirname "$0")/words"

test_secret() {
	need swtpm python3
	[ -x "${lamina%/*}/lamina-secret-tpm2" ] || skip "built without lamina-secret-tpm2"
	python3 "$here/tpm.py" "${lamina%/*}/lamina-secret-tpm2" "$PWD" >&2
}

tell_all
