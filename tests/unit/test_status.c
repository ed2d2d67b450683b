/* SPDX-License-Identifier: Apache-2.0 */
#include "rendered.h"

#include <stdio.h>
#include <string.h>

#include "ctl/next.h"
#include "ctl/status.h"

/* Golden: who reads `status --json` relies on these keys. Change them in laminactl(8) too. */

#define HEX8(c) c c c c c c c c
#define HEX64(c) HEX8(HEX8(c))
#define BS HEX64("b")

static struct status status;

static void set_image(enum decide_slot slot, uint8_t byte, uint64_t serial)
{
	struct facts *facts = &status.slots[slot];

	*facts = (struct facts){ .known = true,
				 .name = "thermostat",
				 .version = "1.4.2",
				 .serial = serial,
				 .size_bytes = 5 << 20,
				 .layer_count = 3,
				 .signers = { { "9d6cc1118973aec6", "0011223344556677" },
					      2 } };
	memset(&facts->id, byte, sizeof(facts->id));
}

static void set_id(struct digest *id, uint8_t byte)
{
	memset(id, byte, sizeof(*id));
}

static void set_trying(void)
{
	status = (struct status){
		.running_slot = "candidate",
		.record = { .seq = 12,
			    .boots = 2,
			    .tries_left = 1,
			    .tries_initial = 3,
			    .reason = RECORD_REASON_WATCHDOG,
			    .floor = 4 },
		.failed = { .name = "thermostat",
			    .version = "1.5",
			    .check = "no route\033[2J",
			    .why = "after 3 starts" },
		.next = DECIDE_CANDIDATE,
		.floor = 4,
		.record_floor = 4,
		.has_file = true,
		.has_copies = true,
		.copies = { { 0, -EBADMSG } },
		.free_bytes = 3 << 20,
		.size_bytes = 64 << 20,
	};
	set_id(&status.running, 0xbb);
	set_id(&status.record.candidate, 0xbb);
	set_id(&status.record.current, 0xaa);
	set_id(&status.record.failed, 0xcc);
	set_image(DECIDE_CANDIDATE, 0xbb, 5);
	set_image(DECIDE_CURRENT, 0xaa, 4);
}

static void test_text_trying(void **state)
{
	struct out out;

	(void)state;
	set_trying();
	render(&out);
	status_text(&out, &status);
	assert_string_equal(
		rendered(&out),
		"state      trying, 1 of 3 tries left\n"
		"running    candidate bbbbbbbbbbbb\n"
		"next boot  candidate bbbbbbbbbbbb\n"
		"candidate  bbbbbbbbbbbb thermostat 1.4.2, serial 5, signed by 9d6cc1118973aec6"
		" 0011223344556677\n"
		"current    aaaaaaaaaaaa thermostat 1.4.2, serial 4, signed by 9d6cc1118973aec6"
		" 0011223344556677\n"
		"failed     cccccccccccc thermostat 1.5: the watchdog reset the device: "
		"after 3 starts\n"
		"           its health check said last: no route?[2J\n"
		"floor      serial 4, of the record\n"
		"record     copy 1 good, copy 2 damaged; 12 writes, 2 candidates started\n"
		"space      3.0 MiB free of 64.0 MiB\n");
}

static void assert_running(const char *words)
{
	struct out out;

	render(&out);
	status_text(&out, &status);
	assert_non_null(strstr(rendered(&out), words));
}

static void test_text_what_became_of_it(void **state)
{
	(void)state;
	set_trying();
	status.next = DECIDE_CURRENT;
	assert_running(
		"state      trying, 1 of 3 tries left, but the next boot doesn't try it\n"
		"running    candidate bbbbbbbbbbbb\n");
	status.record.candidate = (struct digest){ 0 };
	set_id(&status.record.failed, 0xbb);
	status.record.reason = RECORD_REASON_REJECTED;
	assert_running("running    bbbbbbbbbbbb (started as candidate; rejected)\n");
	set_id(&status.record.current, 0xbb);
	status.record.seq = status.record.boots = 1;
	assert_running("running    bbbbbbbbbbbb (started as candidate; now current)\n");
	assert_running("; 1 write, 1 candidate started\n");
	set_id(&status.record.current, 0xaa);
	set_id(&status.record.failed, 0xcc);
	status.running_slot = "factory";
	assert_running("running    factory bbbbbbbbbbbb\n");
	status.running_slot = "";
	assert_running("running    bbbbbbbbbbbb\n");
}

static void test_text_nothing(void **state)
{
	struct out out;

	(void)state;
	status = (struct status){
		.running_slot = "",
		.failed = { "", "", "", "", "" },
		.next = DECIDE_NONE,
		.record_r = -ENOENT,
		.writable = true,
		.space_r = -EIO,
	};
	render(&out);
	status_text(&out, &status);
	assert_string_equal(rendered(&out),
			    "state      no image\n"
			    "next boot  nothing: no image would start\n"
			    "floor      none\n"
			    "record     none: the next boot makes one up\n");
}

static void test_text_fetch(void **state)
{
	static const struct {
		uint64_t age_s;
		const char *words;
	} ages[] = {
		{ 0, "0 s" },	      { 119, "119 s" },		 { 120, "2 min" },
		{ 7199, "119 min" },  { 7200, "2 h" },		 { 172799, "47 h" },
		{ 172800, "2 days" }, { 86400000, "1000 days" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ages) / sizeof(ages[0]); i++) {
		char wanted[80];
		struct out out;

		status = (struct status){ .fetch = "no\033way",
					  .fetch_age_s = ages[i].age_s };
		(void)snprintf(wanted, sizeof(wanted),
			       "fetch      failed %s ago: no?way\n", ages[i].words);
		render(&out);
		status_channels_text(&out, &status);
		assert_string_equal(rendered(&out), wanted);
	}
}

static void test_json_trying(void **state)
{
	struct out out;

	(void)state;
	set_trying();
	status.slots[DECIDE_CURRENT].r = -EBADMSG;
	(void)err_set(&status.slots[DECIDE_CURRENT].err, 0, "layer 1: bad");
	render(&out);
	json_open(&out, NULL, '{');
	status_json(&out, &status);
	json_close(&out, '}');
	assert_string_equal(
		rendered(&out),
		"{\n"
		"  \"state\": \"trying\",\n"
		"  \"running\": {\n"
		"    \"id\": \"" BS "\",\n"
		"    \"slot\": \"candidate\"\n"
		"  },\n"
		"  \"app\": null,\n"
		"  \"next\": {\n"
		"    \"slot\": \"candidate\",\n"
		"    \"id\": \"" HEX64(
			"b") "\"\n"
			     "  },\n"
			     "  \"candidate\": {\n"
			     "    \"id\": \"" HEX64(
				     "b") "\",\n"
					  "    \"holds\": true,\n"
					  "    \"name\": \"thermostat\",\n"
					  "    \"version\": \"1.4.2\",\n"
					  "    \"serial\": 5,\n"
					  "    \"layers\": 3,\n"
					  "    \"size\": 5242880,\n"
					  "    \"kernel\": null,\n"
					  "    \"signers\": [\n"
					  "      \"9d6cc1118973aec6\",\n"
					  "      \"0011223344556677\"\n"
					  "    ],\n"
					  "    \"triesLeft\": 1,\n"
					  "    \"tries\": 3\n"
					  "  },\n"
					  "  \"current\": {\n"
					  "    \"id\": \"" HEX64(
						  "a") "\",\n"
						       "    \"holds\": false,\n"
						       "    \"reason\": \"layer 1: bad\",\n"
						       "    \"name\": \"thermostat\",\n"
						       "    \"version\": \"1.4.2\",\n"
						       "    \"serial\": 4,\n"
						       "    \"layers\": 3,\n"
						       "    \"size\": 5242880,\n"
						       "    \"kernel\": null,\n"
						       "    \"signers\": [\n"
						       "      \"9d6cc1118973aec6\",\n"
						       "      \"0011223344556677\"\n"
						       "    ]\n"
						       "  },\n"
						       "  \"previous\": null,\n"
						       "  \"kernel\": null,\n"
						       "  \"loader\": null,\n"
						       "  \"without\": [],\n"
						       "  \"failed\": {\n"
						       "    \"id\": \"" HEX64(
							       "c") "\",\n"
								    "    \"name\": \"thermostat\",\n"
								    "    \"version\": \"1.5\",\n"
								    "    \"reason\": \"watchdog\",\n"
								    "    \"why\": \"after 3 starts\",\n"
								    "    \"check\": \"no route\\u001b[2J\"\n"
								    "  },\n"
								    "  \"refused\": 0,\n"
								    "  \"floor\": {\n"
								    "    \"serial\": 4,\n"
								    "    \"level\": \"record\"\n"
								    "  },\n"
								    "  \"record\": {\n"
								    "    \"valid\": true,\n"
								    "    \"copies\": [\n"
								    "      \"good\",\n"
								    "      \"damaged\"\n"
								    "    ],\n"
								    "    \"writes\": 12,\n"
								    "    \"candidatesStarted\": 2\n"
								    "  },\n"
								    "  \"space\": {\n"
								    "    \"free\": 3145728,\n"
								    "    \"size\": 67108864\n"
								    "  }\n"
								    "}\n");
}

static enum decide_slot next(bool factory, bool writable)
{
	return next_slot(status.slots, &status.record, factory, writable);
}

static void test_next(void **state)
{
	(void)state;
	set_trying();
	assert_int_equal(next(false, true), DECIDE_CANDIDATE);
	assert_int_equal(next(false, false), DECIDE_CURRENT);
	status.slots[DECIDE_CANDIDATE].r = -EBADMSG;
	assert_int_equal(next(false, true), DECIDE_CURRENT);
	status.slots[DECIDE_CURRENT].r = -ENOENT;
	assert_int_equal(next(false, true), DECIDE_NONE);
	assert_int_equal(next(true, true), DECIDE_FACTORY);
	set_id(&status.record.previous, 0xdd);
	set_image(DECIDE_PREVIOUS, 0xdd, 1);
	assert_int_equal(next(true, true), DECIDE_PREVIOUS);
	set_trying();
	status.record.tries_left = 0;
	assert_int_equal(next(false, true), DECIDE_CURRENT);
}

/* a has the kernel of two images, b can't be read. */
static void set_boot(void)
{
	status.boot = (struct status_boot){
		.kernel = "k7",
		.slots.loader = { .ops = &loader_sector,
				  .slots = { "/dev/vda2", "/dev/vda3" } },
		.words = { BOOT_SLOT_A, BOOT_SLOT_B },
		.holds = { 1 << DECIDE_CANDIDATE | 1 << DECIDE_CURRENT, 0 },
		.bad = { 0, -EIO },
	};
}

static void test_boot_text(void **state)
{
	struct out out;

	(void)state;
	set_boot();
	render(&out);
	status_boot_text(&out, &status);
	assert_string_equal(rendered(&out), "kernel     k7\n"
					    "loader     sector: slot a, once b\n"
					    "slot a     candidate, current\n"
					    "slot b     Input/output error\n");
	status.boot.bad[1] = 0;
	status.boot.words.once = BOOT_SLOT_NONE;
	render(&out);
	status_boot_text(&out, &status);
	assert_non_null(strstr(rendered(&out), "sector: slot a\n"
					       "slot a     candidate, current\n"
					       "slot b     the kernel of none"));
	status.boot.r = err_set(&status.boot.err, -ENXIO, "boot slots: gone");
	render(&out);
	status_boot_text(&out, &status);
	assert_string_equal(rendered(&out), "kernel     k7\n"
					    "loader     boot slots: gone\n");
}

static void test_boot_json(void **state)
{
	struct out out;

	(void)state;
	set_boot();
	status.boot.words.once = BOOT_SLOT_NONE;
	render(&out);
	json_open(&out, NULL, '{');
	status_boot_json(&out, &status);
	json_close(&out, '}');
	assert_string_equal(rendered(&out), "{\n"
					    "  \"kernel\": \"k7\",\n"
					    "  \"loader\": {\n"
					    "    \"kind\": \"sector\",\n"
					    "    \"default\": \"a\",\n"
					    "    \"once\": null,\n"
					    "    \"a\": {\n"
					    "      \"device\": \"/dev/vda2\",\n"
					    "      \"holds\": [\n"
					    "        \"candidate\",\n"
					    "        \"current\"\n"
					    "      ]\n"
					    "    },\n"
					    "    \"b\": {\n"
					    "      \"device\": \"/dev/vda3\",\n"
					    "      \"holds\": [],\n"
					    "      \"reason\": \"Input/output error\"\n"
					    "    }\n"
					    "  }\n"
					    "}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_trying),
		cmocka_unit_test(test_text_what_became_of_it),
		cmocka_unit_test(test_text_nothing),
		cmocka_unit_test(test_text_fetch),
		cmocka_unit_test(test_json_trying),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_boot_text),
		cmocka_unit_test(test_boot_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
