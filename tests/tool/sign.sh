#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# keygen and sign: keys, signatures made here, by a command and elsewhere.
# shellcheck source-path=SCRIPTDIR source=words
. "$(dirname "$0")/words"

sig() { cat "$store/images/$id/manifest.sig"; }

test_keygen_makes_a_pair_that_openssl_reads() {
	need openssl
	key=$(lamina keygen -o k)
	leaves k.key k.pub
	equal "$(stat -c %a k.key)" 600
	openssl pkey -in k.key -pubout -out derived.pub
	same derived.pub k.pub
	point=$(openssl pkey -pubin -in k.pub -outform DER | tail -c 65 | sha256sum | cut -c 1-16)
	equal "$key" "$point"
}

test_keygen_is_private_whatever_the_umask() {
	(umask 000 && lamina keygen -o k)
	equal "$(stat -c %a k.key)" 600
}

test_keygen_overwrites_nothing() {
	echo old >k.key
	refuses "never overwritten" lamina keygen -o k
	rm k.key && echo old >k.pub
	refuses "never overwritten" lamina keygen -o k
	ln -s nowhere l.key
	refuses "never overwritten" lamina keygen -o l
	leaves k.pub l.key
	equal "$(cat k.pub)" old
}

test_keygen_into_a_missing_directory() {
	refuses "no/k.key: No such file" lamina keygen -o no/k
	leaves
}

test_keygen_keyring() {
	lamina keygen --keyring "$a.pub" "$b.pub" "$a.pub" >ring
	equal "$(wc -l <ring)" 2
	lamina verify "$store" --keyring ring
	refuses "need the public one" lamina keygen --keyring "$a.key"
	misused "missing" lamina keygen --keyring
}

test_sign_replaces_its_own_and_adds_others() {
	sig >one
	lamina sign "$store" --key "$b.key"
	equal "$(wc -l <"$store/images/$id/manifest.sig")" 2
	lamina sign "$store" --key "$a.key"
	equal "$(wc -l <"$store/images/$id/manifest.sig")" 2
	equal "$(sig | head -n 1)" "$(cat one)" # RFC 6979: the same bytes again
	lamina verify "$store" -k "$a.pub" -k "$b.pub" --threshold 2
}

test_sign_with_a_key_made_by_openssl() {
	need openssl
	openssl ecparam -name prime256v1 -genkey -noout -out sec1.key
	openssl pkey -in sec1.key -out pkcs8.key
	openssl pkey -in sec1.key -pubout -out o.pub
	lamina sign "$store" --key sec1.key
	sig >first
	lamina sign "$store" --key pkcs8.key
	equal "$(sig)" "$(cat first)"
	lamina verify "$store" -k o.pub
}

test_sign_by_command() {
	need openssl
	lamina sign "$store" --sign-cmd "openssl dgst -sha256 -sign $b.key" --pub "$b.pub"
	lamina verify "$store" -k "$b.pub"
}

test_sign_by_command_in_base64() { # as cosign answers
	need openssl base64
	lamina sign "$store" --sign-cmd "openssl dgst -sha256 -sign $b.key | base64 -w 0" \
		--pub "$b.pub"
	lamina verify "$store" -k "$b.pub"
}

test_sign_command_sees_the_manifest() {
	need openssl
	lamina sign "$store" --pub "$b.pub" \
		--sign-cmd "tee seen | openssl dgst -sha256 -sign $b.key"
	same seen "$store/images/$id/manifest"
}

test_sign_attached() {
	need openssl
	openssl dgst -sha256 -sign "$b.key" -out s.der "$store/images/$id/manifest"
	lamina sign "$store" --attach s.der --pub "$b.pub"
	lamina verify "$store" -k "$b.pub"
}

test_openssl_verifies_ours() {
	need openssl base64
	cut -d ' ' -f 4 "$store/images/$id/manifest.sig" | base64 -d >s.der
	openssl dgst -sha256 -verify "$a.pub" -signature s.der "$store/images/$id/manifest"
}

test_what_does_not_hold_is_refused() {
	need openssl
	sig >before
	refuses "does not hold" lamina sign "$store" --pub "$a.pub" \
		--sign-cmd "openssl dgst -sha256 -sign $b.key"
	echo other | openssl dgst -sha256 -sign "$b.key" -out s.der
	refuses "does not hold" lamina sign "$store" --attach s.der --pub "$b.pub"
	openssl dgst -sha512 -sign "$b.key" -out s.der "$store/images/$id/manifest"
	refuses "does not hold" lamina sign "$store" --attach s.der --pub "$b.pub"
	equal "$(sig)" "$(cat before)"
}

test_bad_answers_of_a_command() {
	refuses "exit status 3" lamina sign "$store" --sign-cmd "exit 3" --pub "$b.pub"
	refuses "nothing came" lamina sign "$store" --sign-cmd true --pub "$b.pub"
	refuses "too much" lamina sign "$store" --sign-cmd "head -c 9999 /dev/zero" --pub "$b.pub"
	refuses "neither DER nor" lamina sign "$store" --sign-cmd "echo no" --pub "$b.pub"
	refuses "signal 9" lamina sign "$store" --sign-cmd 'kill -9 $$' --pub "$b.pub"
}

test_bad_keys() {
	refuses "no.key: No such file" lamina sign "$store" --key no.key
	: >empty.key
	refuses empty.key lamina sign "$store" --key empty.key
	head -c 100000 /dev/zero >huge.key
	refuses "huge.key: larger" lamina sign "$store" --key huge.key
	head -c 100 "$a.key" >cut.key
	refuses cut.key lamina sign "$store" --key cut.key
	refuses "$a.pub" lamina sign "$store" --key "$a.pub"
	mkdir dir.key
	refuses "is a directory" lamina sign "$store" --key dir.key
}

test_other_kinds_of_keys() {
	need openssl
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp384r1 -out p384.key
	refuses p384.key lamina sign "$store" --key p384.key
	openssl genpkey -algorithm ed25519 -out ed.key
	refuses ed.key lamina sign "$store" --key ed.key
	openssl pkey -in "$a.key" -aes256 -passout pass:x -out locked.key
	refuses locked.key lamina sign "$store" --key locked.key
}

rsa_key() { # BITS [EXPONENT]
	openssl genpkey -algorithm RSA -pkeyopt "rsa_keygen_bits:$1" \
		-pkeyopt "rsa_keygen_pubexp:${2:-65537}" -out rsa.key 2>/dev/null
	openssl pkey -in rsa.key -pubout -out rsa.pub
}

test_rsa_keygen_makes_pairs_that_openssl_reads() {
	need openssl basenc
	for bits in 2048 3072 4096; do
		key=$(lamina keygen --type "rsa$bits" -o "k$bits")
		equal "$(stat -c %a "k$bits.key")" 600
		openssl pkey -in "k$bits.key" -check -noout >&2
		openssl pkey -in "k$bits.key" -pubout -out derived.pub
		same derived.pub "k$bits.pub"
		equal "$(openssl pkey -in "k$bits.key" -noout -text | grep -Ec "$bits bit|65537")" 2
		equal "$key" "$(openssl rsa -in "k$bits.key" -noout -modulus | cut -d = -f 2 |
			basenc --base16 -d | sha256sum | cut -c 1-16)"
		lamina sign "$store" --key "k$bits.key"
		lamina verify "$store" -k "k$bits.pub"
		grep " $key" "$store/images/$id/manifest.sig" >line
		equal "$(cut -d ' ' -f 3 line)" rsa-pkcs1-sha256
		cut -d ' ' -f 4 line | base64 -d >s
		equal "$(stat -c %s s)" "$((bits / 8))"
		openssl dgst -sha256 -verify "k$bits.pub" -signature s "$store/images/$id/manifest"
	done
	lamina verify "$store" -k "$a.pub" -k k2048.pub -k k3072.pub -k k4096.pub --threshold 4
	lamina keygen --keyring "$a.pub" k4096.pub k2048.pub >ring
	equal "$(wc -l <ring)" 3
	lamina verify "$store" --keyring ring --threshold 3
	lamina inspect "$store" --keyring ring >told
	equal "$(grep -c "(holds)" told)" 3
	equal "$(grep -c "(unknown key)" told)" 1
}

test_rsa_keys_made_by_openssl() {
	need openssl
	rsa_key 3072
	openssl pkey -in rsa.key -traditional -out pkcs1.key
	openssl rsa -in rsa.key -RSAPublicKey_out -out pkcs1.pub
	lamina sign "$store" --key rsa.key
	sig >first
	lamina sign "$store" --key pkcs1.key
	equal "$(sig)" "$(cat first)" # PKCS#1 v1.5: the same bytes again
	lamina verify "$store" -k rsa.pub
	lamina verify "$store" -k pkcs1.pub
	lamina keygen --keyring rsa.pub >ring
	lamina keygen --keyring pkcs1.pub pkcs1.pub >again
	same ring again
	refuses "need the public one" lamina keygen --keyring pkcs1.key
	refuses "need the private one" lamina sign "$store" --key pkcs1.pub
}

test_rsa_by_command_and_attached() {
	need openssl base64
	rsa_key 4096
	manifest=$store/images/$id/manifest
	lamina sign "$store" --pub rsa.pub --sign-cmd "openssl dgst -sha256 -sign rsa.key"
	lamina verify "$store" -k rsa.pub
	sig >by-command
	lamina sign "$store" --pub rsa.pub \
		--sign-cmd "openssl dgst -sha256 -sign rsa.key | base64 -w 0"
	same by-command "$store/images/$id/manifest.sig"
	openssl dgst -sha256 -sign rsa.key -out s "$manifest"
	lamina sign "$store" --attach s --pub rsa.pub
	same by-command "$store/images/$id/manifest.sig"
	lamina sign "$store" --key rsa.key
	same by-command "$store/images/$id/manifest.sig"
}

test_rsa_that_does_not_hold() {
	need openssl
	rsa_key 2048
	manifest=$store/images/$id/manifest
	sig >before
	refuses "does not hold" lamina sign "$store" --pub rsa.pub \
		--sign-cmd "openssl dgst -sha512 -sign rsa.key"
	refuses "does not hold" lamina sign "$store" --pub rsa.pub --sign-cmd \
		"openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sign rsa.key"
	refuses "as long as the RSA key" lamina sign "$store" --pub rsa.pub \
		--sign-cmd "openssl dgst -sha256 -sign $b.key"
	refuses "does not hold" lamina sign "$store" --pub "$b.pub" \
		--sign-cmd "openssl dgst -sha256 -sign rsa.key | base64 -w 0"
	openssl dgst -sha256 -sign rsa.key -out s "$manifest"
	head -c 255 s >short
	refuses "neither" lamina sign "$store" --attach short --pub rsa.pub
	head -c 1000 /dev/zero >long
	refuses "neither" lamina sign "$store" --attach long --pub rsa.pub
	equal "$(sig)" "$(cat before)"
	lamina sign "$store" --key rsa.key
	sed -i 's/rsa-pkcs1-sha256/ecdsa-p256-sha256/' "$store/images/$id/manifest.sig"
	refuses "is not a signature of ecdsa-p256-sha256" lamina verify "$store" -k rsa.pub
}

test_a_line_that_names_another_algorithm() {
	need openssl
	rsa_key 2048
	lamina sign "$store" --key rsa.key
	key=$(lamina keygen --keyring "$a.pub" | cut -d ' ' -f 2)
	# RSA's signature under the name of a P-256 key
	sed -i "/^sig $key/d; s/^sig [0-9a-f]*/sig $key/" "$store/images/$id/manifest.sig"
	refuses "key $key signs with ecdsa-p256-sha256, not rsa-pkcs1-sha256" \
		lamina verify "$store" -k "$a.pub"
}

test_rsa_keys_that_are_refused() {
	need openssl
	for bits in 1024 2056; do
		rsa_key "$bits"
		refuses "an RSA key of $bits bits: need 2048, 3072 or 4096" \
			lamina sign "$store" --key rsa.key
		refuses "an RSA key of $bits bits: need 2048, 3072 or 4096" \
			lamina verify "$store" -k rsa.pub
	done
	rsa_key 2048 3
	refuses "whose public exponent is not 65537" lamina sign "$store" --key rsa.key
	refuses "whose public exponent is not 65537" lamina verify "$store" -k rsa.pub
	refuses "whose public exponent is not 65537" lamina keygen --keyring rsa.pub
	openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out pss.key 2>/dev/null
	refuses "not an ECDSA P-256 or RSA key" lamina sign "$store" --key pss.key
	misused "'rsa1024' is none of" lamina keygen --type rsa1024 -o x
	misused "takes no --type" lamina keygen --keyring --type rsa2048 "$a.pub"
	rsa_key 2048
	openssl pkey -in rsa.key -aes256 -passout pass:x -out locked.key
	refuses "decrypt it first" lamina sign "$store" --key locked.key
}

test_usage() {
	misused "STORE is missing" lamina sign --key "$a.key"
	misused "say one of" lamina sign "$store"
	misused "say one of" lamina sign "$store" --key "$a.key" --attach x --pub "$a.pub"
	misused "whose signature" lamina sign "$store" --attach x
	misused "--pub goes with" lamina sign "$store" --key "$a.key" --pub "$a.pub"
	misused "what is 'more'" lamina sign "$store" more --key "$a.key"
	misused "unknown" lamina sign --frob
}

test_stores_that_hold_no_such_image() {
	refuses "No such file" lamina sign nothing --key "$a.key"
	mkdir empty
	refuses empty lamina sign empty --key "$a.key"
	refuses "no image whose id begins" lamina sign "$store" --image 0000000 --key "$a.key"
	refuses "not the beginning" lamina sign "$store" --image ../../etc --key "$a.key"
	touch file
	refuses file lamina sign file --key "$a.key"
}

test_one_of_several_images() {
	other=$(lamina pack -o "$store" --name other --compatible acme,x "oci:$fixtures/oci")
	refuses "say which one with --image" lamina sign "$store" --key "$a.key"
	lamina sign "$store" --image "${other:0:10}" --key "$a.key" >out
	equal "$(cut -d ' ' -f 1 out)" "$other"
	lamina verify "$store" --image "$other" -k "$a.pub"
}

test_a_manifest_that_is_not_what_its_name_says() {
	echo "arg more" >>"$store/images/$id/manifest"
	refuses "not what its name says" lamina sign "$store" --key "$a.key"
}

test_damaged_signature_files() {
	: >"$store/images/$id/manifest.sig"
	refuses "manifest.sig: is empty" lamina sign "$store" --key "$a.key"
	echo rubbish >"$store/images/$id/manifest.sig"
	refuses "manifest.sig" lamina sign "$store" --key "$a.key"
	head -c 9999 /dev/zero >"$store/images/$id/manifest.sig"
	refuses "larger" lamina sign "$store" --key "$a.key"
	rm "$store/images/$id/manifest.sig" && ln -s /etc/passwd "$store/images/$id/manifest.sig"
	refuses "symbolic link" lamina sign "$store" --key "$a.key"
}

test_no_more_than_eight_signatures() {
	for n in 1 2 3 4 5 6 7; do
		lamina keygen -o "k$n" && lamina sign "$store" --key "k$n.key"
	done
	refuses "has 8 signatures" lamina sign "$store" --key "$b.key"
	lamina sign "$store" --key k3.key
}

test_a_serial_far_above_the_others() {
	pack_in() { lamina pack -o s --name "$1" --serial "$2" --compatible acme,x --arg /bin/sh "oci:$fixtures/oci" 2>/dev/null; }
	lamina sign s --key "$a.key" --image "$(pack_in one 7)" 2>err || true
	one=$(pack_in one 1000007)
	lamina sign s --key "$a.key" --image "$one" 2>err
	[ ! -s err ] || say "$(cat err)"
	far=$(pack_in one 2000008)
	lamina sign s --key "$a.key" --image "$far" 2>err
	grep -qx 'lamina: serial 2000008 is more than 1000000 above 1000007, the highest of another one here; a device that confirms it may take nothing lower again' err ||
		say "$(cat err)"
	other=$(pack_in other 900000000)
	lamina sign s --key "$a.key" --image "$other" 2>err
	[ ! -s err ] || say "another name: $(cat err)"
	lamina verify s --image "$far" -k "$a.pub" >out
}

tell_all
