/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes.h"

#include <errno.h>
#include <stdlib.h>

#include "base/str.h"
#include "format/policy.h"

#define KEY "4a87545e723091eb ecdsa-p256-sha256"
/* as long as a point, and beginning like one */
#define POINT                                                                \
	"BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
	"AAAAAAAAAAAAAAAAAAAAA="

static char bytes[POLICY_MAX_SIZE + 2];
static struct policy policy;

static void everything(void **state)
{
	size_t size = read_data("full.policy", bytes, sizeof(bytes));
	struct err err = ERR_INIT;

	(void)state;
	assert_refused(policy_parse(bytes, size, &policy, &err), 0, err, "");
	assert_string_equal(policy.store, "PARTLABEL=lamina data");
	assert_string_equal(policy.store_type, "f2fs");
	assert_int_equal(policy.store_timeout_s, 30);
	assert_string_equal(policy.factory, "PARTLABEL=factory");
	assert_string_equal(policy.factory_type, "squashfs");
	assert_false(policy_factory_in_initramfs(&policy));
	assert_string_equal(policy.state, "PARTUUID=0b5c1f6e-02");
	assert_string_equal(policy.compatible, "acme,thermostat-v2");
	assert_int_equal(policy.threshold, 2);
	assert_int_equal(policy.floor, 12);
	assert_int_equal(policy.raise_floor, POLICY_RAISE_PREVIOUS);
	assert_int_equal(policy.tries, 5);
	assert_int_equal(policy.confirm, POLICY_CONFIRM_CHECK);
	assert_string_equal(policy.confirm_check, "/usr/libexec/healthy");
	assert_int_equal(policy.on_failure, POLICY_REBOOT);
	assert_int_equal(policy.on_failure_delay_s, 60);
	assert_true(policy.verity_panic);
	assert_string_equal(policy.watchdog, "/dev/watchdog0");
	assert_int_equal(policy.watchdog_timeout_s, 30);
	assert_int_equal(policy.allow, POLICY_ALLOW_DEBUG | POLICY_ALLOW_USE);
}

static void defaults(void **state)
{
	size_t size = read_data("least.policy", bytes, sizeof(bytes));
	struct err err = ERR_INIT;

	(void)state;
	assert_refused(policy_parse(bytes, size, &policy, &err), 0, err, "");
	assert_string_equal(policy.store, "/dev/vda");
	assert_string_equal(policy.store_type, "ext4");
	assert_int_equal(policy.store_timeout_s, 10);
	assert_string_equal(policy.factory, "");
	assert_false(policy_factory_in_initramfs(&policy));
	assert_string_equal(policy.factory_type, "ext4");
	assert_string_equal(policy.state, "");
	assert_int_equal(policy.threshold, 1);
	assert_int_equal(policy.floor, 0);
	assert_int_equal(policy.raise_floor, POLICY_RAISE_PREVIOUS);
	assert_int_equal(policy.tries, 3);
	assert_int_equal(policy.confirm, POLICY_CONFIRM_MANUAL);
	assert_int_equal(policy.on_failure, POLICY_REBOOT);
	assert_int_equal(policy.on_failure_delay_s, 10);
	assert_false(policy.verity_panic);
	assert_string_equal(policy.watchdog, "");
	assert_int_equal(policy.watchdog_timeout_s, 0);
	assert_int_equal(policy.allow, 0);
}

/* @line behind the two that must be there: line 3. */
static int parse_with(const char *line, struct err *err)
{
	struct str s;

	str_init(&s, bytes, sizeof(bytes));
	if (strncmp(line, "store ", 6) != 0)
		str_add(&s, "store LABEL=x\n");
	else
		str_add(&s, "\n");
	str_add(&s, strncmp(line, "compatible", 10) != 0 ? "compatible a\n" : "#\n");
	str_addf(&s, "%s\n", line);
	return policy_parse(bytes, s.used, &policy, err);
}

static void refusals(void **state)
{
	static const struct {
		const char *line, *words;
	} cases[] = {
		{ "store x", "line 3: store: `x` must be PARTLABEL=, PARTUUID=, LABEL=, "
			     "UUID=, serial= or ubi: and a value, or a path in /dev" },
		{ "store-type", "line 3: store-type: value missing" },
		{ "store-type EXT4",
		  "line 3: store-type: must be a file system's name, such as ext4" },
		{ "store-type ext4 x", "line 3: store-type: has words after its value" },
		{ "store-type aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		  "line 3: store-type: is too long" },
		{ "store-timeout 86401",
		  "line 3: store-timeout: must be a number of 0 to 86400" },
		{ "store-timeout",
		  "line 3: store-timeout: must be a number of 0 to 86400" },
		{ "store-timeout 4294967306",
		  "line 3: store-timeout: must be a number of 0 to 86400" },
		{ "factory", "line 3: factory: value missing" },
		{ "factory PARTLABEL=",
		  "line 3: factory: `PARTLABEL=` must be PARTLABEL=, PARTUUID=, LABEL=, "
		  "UUID=, serial= or ubi: and a value, or a path in /dev" },
		{ "factory factory",
		  "line 3: factory: `factory` must be PARTLABEL=, PARTUUID=, LABEL=, "
		  "UUID=, serial= or ubi: and a value, or a path in /dev" },
		{ "factory /a/../b", "line 3: factory: has . or .. in it" },
		{ "factory /a /b", "line 3: factory: has words after its value" },
		{ "factory-type ext4!",
		  "line 3: factory-type: must be a file system's name, such as ext4" },
		{ "raise-floor", "line 3: raise-floor: must be no, previous or current" },
		{ "raise-floor yes",
		  "line 3: raise-floor: must be no, previous or current" },
		{ "state", "line 3: state: value missing" },
		{ "compatible", "line 3: compatible: value missing" },
		{ "compatible ,", "line 3: compatible: must match "
				  "[A-Za-z0-9][A-Za-z0-9,._+/-]{0,126}" },
		{ "threshold 0", "line 3: threshold: must be a number of 1 to 8" },
		{ "threshold 9", "line 3: threshold: must be a number of 1 to 8" },
		{ "threshold 01", "line 3: threshold: must be a number of 1 to 8" },
		{ "floor 9223372036854775808",
		  "line 3: floor: must be a number of 0 to 9223372036854775807" },
		{ "floor -1",
		  "line 3: floor: must be a number of 0 to 9223372036854775807" },
		{ "tries 0", "line 3: tries: must be a number of 1 to 255" },
		{ "tries 256", "line 3: tries: must be a number of 1 to 255" },
		{ "confirm",
		  "line 3: confirm: must be manual, after SECONDS, healthy SECONDS or "
		  "check PATH" },
		{ "confirm manual 3", "line 3: confirm: has words after its value" },
		{ "confirm after", "line 3: confirm: must be a number of 1 to 86400" },
		{ "confirm check", "line 3: confirm: value missing" },
		{ "confirm check a", "line 3: confirm: must be an absolute path" },
		{ "on-failure", "line 3: on-failure: must be reboot [SECONDS], poweroff, "
				"halt or rescue" },
		{ "on-failure halt 3", "line 3: on-failure: has words after its value" },
		{ "on-failure reboot now",
		  "line 3: on-failure: must be a number of 0 to 86400" },
		{ "confirm after  5", "line 3: two spaces between words" },
		{ "confirm check  /a", "line 3: two spaces between words" },
		{ "allow use  debug", "line 3: two spaces between words" },
		{ "verity off", "line 3: verity: must be eio or panic" },
		{ "guard none", "line 3: guard: must be verity or hash" },
		{ "guard", "line 3: guard: must be verity or hash" },
		{ "guard hash verity", "line 3: guard: has words after its value" },
		{ "channel-key", "line 3: a key id is 16 lower-case hex digits" },
		{ "channel-key " KEY, "line 3: must end in base64 of at most 512 bytes" },
		{ "channel-key " KEY " AAAA",
		  "line 3: channel-key: is not a public key" },
		{ "channel-key " KEY " " POINT " more",
		  "line 3: must end in base64 of at most 512 bytes" },
		{ "watchdog /etc/passwd", "line 3: watchdog: must be a path in /dev" },
		{ "watchdog /dev/../etc", "line 3: watchdog: has . or .. in it" },
		{ "watchdog /dev/watchdog 0",
		  "line 3: watchdog: must be a number of 1 to 86400" },
		{ "allow", "line 3: allow: must name debug, use, store, rescue or exec" },
		{ "allow all",
		  "line 3: allow: must name debug, use, store, rescue or exec" },
		{ "allow use use", "line 3: allow: a word stands there twice" },
		{ "allow use\nallow debug", "line 4: allow: stands there twice" },
		{ "allow  use", "line 3: two spaces after the key" },
		{ " allow use", "line 3: starts with a space" },
		{ "allow use # x",
		  "line 3: allow: must name debug, use, store, rescue or exec" },
		{ "allow use\r", "line 3: byte 0x0d is not printable ASCII" },
		{ "nonsense 1", "line 3: unknown key `nonsense`" },
		{ "store-type %65xt4",
		  "line 3: store-type: is not spelled with %XX as it should be" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;

		assert_refused(parse_with(cases[i].line, &err), -EBADMSG, err,
			       cases[i].words);
	}
}

static void accepted(void **state)
{
	static const char *const lines[] = {
		"store-timeout 0",
		"store-timeout 86400",
		"threshold 8",
		"floor 9223372036854775807",
		"factory /factory",
		"factory /dev/vdb",
		"factory LABEL=factory",
		"factory-type squashfs",
		"raise-floor no",
		"raise-floor current",
		"tries 255",
		"confirm manual",
		"confirm after 86400",
		"on-failure reboot",
		"on-failure reboot 0",
		"on-failure poweroff",
		"on-failure halt",
		"on-failure rescue",
		"verity eio",
		"guard verity",
		"guard hash",
		"watchdog /dev/watchdog",
		"allow exec rescue store use debug",
		"state serial=disk%201",
		"#anything \t\x01",
		"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct err err = ERR_INIT;

		assert_refused(parse_with(lines[i], &err), 0, err, "");
	}
}

static void factory_directory(void **state)
{
	(void)state;
	assert_int_equal(parse_with("factory /a%20b", NULL), 0);
	assert_string_equal(policy.factory, "/a b");
	assert_true(policy_factory_in_initramfs(&policy));
	assert_int_equal(parse_with("factory /dev/vdb", NULL), 0);
	assert_false(policy_factory_in_initramfs(&policy));
}

static void channel_key(void **state)
{
	(void)state;
	assert_int_equal(parse_with("#", NULL), 0);
	assert_int_equal(policy.channel_key.size, 0);
	assert_int_equal(parse_with("channel-key " KEY " " POINT, NULL), 0);
	assert_int_equal(policy.channel_key.size, 65);
	assert_string_equal(policy.channel_key.id, "4a87545e723091eb");
	assert_int_equal(parse_with("channel-key " KEY " " POINT "\nchannel-key " KEY
				    " " POINT,
				    NULL),
			 -EBADMSG);
}

static void whole_files(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_refused(policy_parse("", 0, &policy, &err), -EBADMSG, err,
		       "store is missing");
	assert_refused(policy_parse(SIZED("store LABEL=a\n"), &policy, &err), -EBADMSG,
		       err, "compatible is missing");
	assert_refused(policy_parse(SIZED("compatible a\n"), &policy, &err), -EBADMSG,
		       err, "store is missing");
	memset(bytes, '\n', sizeof(bytes));
	assert_refused(policy_parse(bytes, POLICY_MAX_SIZE, &policy, &err), -EBADMSG, err,
		       "store is missing");
	assert_refused(policy_parse(bytes, POLICY_MAX_SIZE + 1, &policy, &err), -EFBIG,
		       err, "is larger than 4096 bytes");
}

static void sources(void **state)
{
	static const struct {
		const char *text;
		int kind; /* -1: refused */
		const char *value;
	} cases[] = {
		{ "PARTLABEL=a b", POLICY_SOURCE_PARTLABEL, "a b" },
		{ "PARTUUID=0b5c1f6e-02", POLICY_SOURCE_PARTUUID, "0b5c1f6e-02" },
		{ "LABEL=PARTLABEL=", POLICY_SOURCE_LABEL, "PARTLABEL=" },
		{ "UUID=01234567-89ab-CDEF-0123-456789abcdef", POLICY_SOURCE_UUID,
		  "01234567-89ab-CDEF-0123-456789abcdef" },
		{ "serial=x", POLICY_SOURCE_SERIAL, "x" },
		{ "ubi:data", POLICY_SOURCE_UBI, "data" },
		{ "ubi:spi flash/data", POLICY_SOURCE_UBI, "spi flash/data" },
		{ "/dev/disk/x", POLICY_SOURCE_PATH, "/dev/disk/x" },
		{ "", -1, "" },
		{ "PARTLABEL=", -1, "" },
		{ "PARTUUID=x", -1, "" },
		{ "UUID=0123456789abcdef0123456789abcdef01234", -1, "" },
		{ "SERIAL=x", -1, "" },
		{ "partlabel=x", -1, "" },
		{ "/dev/", -1, "" },
		{ "/dev", -1, "" },
		{ "/dev/../etc/passwd", -1, "" },
		{ "/dev//sda", -1, "" },
		{ "/etc/passwd", -1, "" },
		{ "dev/sda", -1, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum policy_source kind = POLICY_SOURCE_PATH;
		struct err err = ERR_INIT;
		const char *value = NULL;
		int r = policy_source_parse(cases[i].text, &kind, &value, &err);

		if (cases[i].kind < 0) {
			assert_int_equal(r, -EBADMSG);
			assert_null(value);
			assert_true(err.text[0]);
			continue;
		}
		assert_int_equal(r, 0);
		assert_int_equal(kind, cases[i].kind);
		assert_string_equal(value, cases[i].value);
	}
}

/* What a UBI volume can't be. */
static void ubi_where_it_can_be(void **state)
{
	static const struct {
		const char *lines, *why; /* NULL: it can */
	} cases[] = {
		{ "store ubi:a\nstore-type ubifs\n", NULL },
		{ "store-type ubifs\nstore ubi:a\n", NULL },
		{ "store ubi:a\nstore-type ubifs\nboot-slot ubi:b\nboot-slot ubi:c\n"
		  "boot-loader helper /x\n",
		  NULL },
		{ "store LABEL=x\nfactory ubi:a\nfactory-type ubifs\n", NULL },
		{ "store ubi:a\n", "`ubi:a` is mounted as ubifs, not as ext4" },
		{ "store ubi:a\nstore-type f2fs\n",
		  "`ubi:a` is mounted as ubifs, not as f2fs" },
		{ "store LABEL=x\nfactory ubi:a\n",
		  "`ubi:a` is mounted as ubifs, not as ext4" },
		{ "store LABEL=x\nstate ubi:a\n",
		  "`ubi:a`: a UBI volume can't be written in place" },
		{ "store LABEL=x\nsecret helper /x\nencrypted ubi:a\n",
		  "`ubi:a`: a UBI volume can't be written in place" },
		{ "store LABEL=x\nboot-slot ubi:b\nboot-slot ubi:c\n"
		  "boot-loader sector ubi:a\n",
		  "`ubi:a`: a UBI volume can't be written in place" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;
		struct str s;
		int r;

		str_init(&s, bytes, sizeof(bytes));
		str_addf(&s, "compatible a\n%s", cases[i].lines);
		r = policy_parse(bytes, s.used, &policy, &err);
		assert_int_equal(r, cases[i].why ? -EBADMSG : 0);
		assert_string_equal(err.text, cases[i].why ? cases[i].why : "");
	}
}

/* No crash, and never a policy that is looser than its words allow. */
static void cut_and_flipped(void **state)
{
	size_t size = read_data("full.policy", bytes, sizeof(bytes));

	(void)state;
	for (size_t cut = 0; cut < size; cut++) {
		struct err err = ERR_INIT;
		char *copy = malloc(cut + 1);

		assert_non_null(copy);
		memcpy(copy, bytes, cut);
		if (policy_parse(copy, cut, &policy, &err) < 0)
			assert_true(err.text[0]);
		else
			assert_int_equal(bytes[cut - 1], '\n');
		free(copy);
	}
	for (size_t bit = 0; bit < 8 * size; bit++) {
		struct err err = ERR_INIT;

		bytes[bit / 8] ^= (char)(1 << bit % 8);
		if (policy_parse(bytes, size, &policy, &err) < 0)
			assert_true(err.text[0]);
		else
			assert_in_range(policy.threshold, 1, 8);
		bytes[bit / 8] ^= (char)(1 << bit % 8);
	}
}

static void example_of_the_page(void **state)
{
	size_t size = read_example("lamina-policy.5", "# Where the images", bytes,
				   sizeof(bytes));
	struct err err = ERR_INIT;

	(void)state;
	assert_refused(policy_parse(bytes, size, &policy, &err), 0, err, "");
}

static int parse_boot(const char *lines, struct err *err)
{
	struct str s;

	str_init(&s, bytes, sizeof(bytes));
	str_addf(&s, "store LABEL=x\nstate LABEL=y\nfactory LABEL=z\ncompatible a\n%s",
		 lines);
	*err = (struct err)ERR_INIT;
	return policy_parse(bytes, s.used, &policy, err);
}

#define A "boot-slot PARTLABEL=boot-a\n"
#define B "boot-slot PARTLABEL=boot-b\n"

static void boot_slots(void **state)
{
	static const struct {
		const char *line, *arg;
		enum policy_loader loader;
	} loaders[] = {
		{ "boot-loader sector LABEL=s\n", "LABEL=s", POLICY_LOADER_SECTOR },
		{ "boot-loader efi\n", "", POLICY_LOADER_EFI },
		{ "boot-loader grubenv UUID=1234\n", "UUID=1234", POLICY_LOADER_GRUBENV },
		{ "boot-loader rpi /dev/mmcblk0p1\n", "/dev/mmcblk0p1",
		  POLICY_LOADER_RPI },
		{ "boot-loader helper /bin/x%20y\n", "/bin/x y", POLICY_LOADER_HELPER },
	};
	char lines[256];
	struct err err;

	(void)state;
	assert_refused(parse_boot("", &err), 0, err, "");
	assert_int_equal(policy.boot_loader, POLICY_LOADER_NONE);
	assert_string_equal(policy.boot_slots[0], "");
	for (size_t i = 0; i < sizeof(loaders) / sizeof(loaders[0]); i++) {
		(void)snprintf(lines, sizeof(lines), A "%s" B, loaders[i].line);
		assert_refused(parse_boot(lines, &err), 0, err, "");
		assert_string_equal(policy.boot_slots[0], "PARTLABEL=boot-a");
		assert_string_equal(policy.boot_slots[1], "PARTLABEL=boot-b");
		assert_int_equal(policy.boot_loader, loaders[i].loader);
		assert_string_equal(policy.boot_loader_arg, loaders[i].arg);
	}
}

static void what_is_encrypted(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_refused(
		parse_with("encrypted PARTLABEL=kept\nsecret helper /bin/tell\n", &err),
		0, err, "");
	assert_string_equal(policy.secret, "/bin/tell");
	assert_string_equal(policy.encrypted, "PARTLABEL=kept");
	assert_int_equal(policy.encrypted_bytes, 0);
	assert_refused(parse_with("secret helper /bin/tell\nencrypted 16777217\n", &err),
		       0, err, "");
	assert_string_equal(policy.encrypted, "");
	assert_int_equal(policy.encrypted_bytes, 16 << 20);
	assert_refused(parse_with("secret helper /bin/tell\nencrypted 2G\n", &err), 0,
		       err, "");
	assert_int_equal(policy.encrypted_bytes, UINT64_C(2) << 30);
}

#define HELPER "secret helper /bin/tell\n"

static void encrypted_refusals(void **state)
{
	static const struct {
		const char *lines, *words;
	} cases[] = {
		{ HELPER, "secret and encrypted go together" },
		{ "encrypted 64M\n", "secret and encrypted go together" },
		{ "encrypted LABEL=x\n", "secret and encrypted go together" },
		{ "secret tell\n", "line 3: secret: must be helper PATH" },
		{ "secret\n", "line 3: secret: must be helper PATH" },
		{ "secret helper\n", "line 3: secret: value missing" },
		{ "secret helper bin/tell\n",
		  "line 3: secret: must be an absolute path" },
		{ "encrypted\n", "line 3: encrypted: value missing" },
		{ "encrypted kept\n",
		  "line 3: encrypted: `kept` must be PARTLABEL=, PARTUUID=, LABEL=, "
		  "UUID=, serial= or ubi: and a value, or a path in /dev" },
		{ "encrypted 16777215\n",
		  "line 3: encrypted: must be a source or 16M or more" },
		{ "encrypted 1X\n",
		  "line 3: encrypted: must be a source or 16M or more" },
		{ "encrypted 99999999T\n",
		  "line 3: encrypted: must be a source or 16M or more" },
		{ "encrypted 64M\nencrypted 64M\n",
		  "line 4: encrypted: stands there twice" },
		{ "encrypted LABEL=x\n" HELPER, "`LABEL=x` is named twice" },
		{ "encrypted LABEL=s\nstate LABEL=s\n" HELPER,
		  "`LABEL=s` is named twice" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;

		assert_refused(parse_with(cases[i].lines, &err), -EBADMSG, err,
			       cases[i].words);
	}
}

static void boot_refusals(void **state)
{
	static const char kinds[] = "line 5: boot-loader: must be sector, grubenv or rpi "
				    "SOURCE, efi or helper PATH";
	static const struct {
		const char *lines, *words;
	} cases[] = {
		{ A,
		  "a boot-slot is missing: two boot-slot, a and b, go with a boot-loader" },
		{ A "boot-loader efi\n",
		  "a boot-slot is missing: two boot-slot, a and b, go with a boot-loader" },
		{ "boot-loader efi\n",
		  "a boot-slot is missing: two boot-slot, a and b, go with a boot-loader" },
		{ A B,
		  "boot-loader is missing: two boot-slot, a and b, go with a boot-loader" },
		{ A B B "boot-loader efi\n",
		  "line 7: boot-slot: stands there more than twice" },
		{ A A "boot-loader efi\n", "`PARTLABEL=boot-a` is named twice" },
		{ A "boot-slot LABEL=x\nboot-loader efi\n", "`LABEL=x` is named twice" },
		{ "boot-slot LABEL=y\n" B "boot-loader efi\n",
		  "`LABEL=y` is named twice" },
		{ "boot-slot LABEL=z\n" B "boot-loader efi\n",
		  "`LABEL=z` is named twice" },
		{ A B "boot-loader sector PARTLABEL=boot-b\n",
		  "`PARTLABEL=boot-b` is named twice" },
		{ A B "boot-loader sector LABEL=y\n", "`LABEL=y` is named twice" },
		{ "boot-slot\n", "line 5: boot-slot: value missing" },
		{ "boot-slot boot-a\n",
		  "line 5: boot-slot: `boot-a` must be PARTLABEL=, PARTUUID=, LABEL=, "
		  "UUID=, serial= or ubi: and a value, or a path in /dev" },
		{ "boot-slot LABEL=a LABEL=b\n",
		  "line 5: boot-slot: has words after its value" },
		{ "boot-loader\n", kinds },
		{ "boot-loader grub\n", kinds },
		{ "boot-loader none\n", kinds },
		{ "boot-loader sector\n", "line 5: boot-loader: value missing" },
		{ "boot-loader efi LABEL=x\n",
		  "line 5: boot-loader: has words after its value" },
		{ "boot-loader helper x\n",
		  "line 5: boot-loader: must be an absolute path" },
		{ "boot-loader efi\nboot-loader efi\n",
		  "line 6: boot-loader: stands there twice" },
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_refused(parse_boot(cases[i].lines, &err), -EBADMSG, err,
			       cases[i].words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything),
		cmocka_unit_test(defaults),
		cmocka_unit_test(refusals),
		cmocka_unit_test(accepted),
		cmocka_unit_test(factory_directory),
		cmocka_unit_test(channel_key),
		cmocka_unit_test(whole_files),
		cmocka_unit_test(sources),
		cmocka_unit_test(ubi_where_it_can_be),
		cmocka_unit_test(cut_and_flipped),
		cmocka_unit_test(example_of_the_page),
		cmocka_unit_test(boot_slots),
		cmocka_unit_test(what_is_encrypted),
		cmocka_unit_test(encrypted_refusals),
		cmocka_unit_test(boot_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
