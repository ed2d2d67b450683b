/* SPDX-License-Identifier: Apache-2.0 */
/* Lines `net`: what they may say, and which interface they are for. */
#include "bytes.h"

#include <errno.h>

#include "format/net.h"

static struct net_line line;

static int parse(const char *text, struct err *err)
{
	return net_parse(text, strlen(text), &line, err);
}

static void good(const char *text)
{
	struct err err = ERR_INIT;

	if (parse(text, &err) < 0)
		fail_msg("'%s': %s", text, err.text);
}

static void bad(const char *text)
{
	struct err err = ERR_INIT;

	if (parse(text, &err) != -EBADMSG || !err.text[0])
		fail_msg("'%s' is taken", text);
}

static void what_lines_say(void **state)
{
	char text[NET_ADDRESS_TEXT_SIZE];

	(void)state;
	good("* dhcp");
	assert_int_equal(line.kind, NET_DHCP);
	assert_int_equal(line.match, NET_ANY);
	assert_string_equal(line.hostname, "");
	good("eth0 dhcp hostname=kitchen-2.local");
	assert_int_equal(line.match, NET_BY_NAME);
	assert_string_equal(line.name, "eth0");
	assert_string_equal(line.hostname, "kitchen-2.local");
	good("mac=52:54:00:12:34:ff static 192.0.2.7/24 gateway=192.0.2.1 dns=9.9.9.9,1.1.1.1");
	assert_int_equal(line.kind, NET_STATIC);
	assert_int_equal(line.match, NET_BY_MAC);
	assert_int_equal(line.mac[5], 0xff);
	assert_int_equal(line.address_count, 1);
	assert_string_equal(net_address_text(&line.addresses[0].address, text),
			    "192.0.2.7");
	assert_int_equal(line.addresses[0].length, 24);
	assert_string_equal(net_address_text(&line.gateways.ipv4, text), "192.0.2.1");
	assert_false(net_address_is_set(&line.gateways.ipv6));
	assert_int_equal(line.dns_count, 2);
	assert_string_equal(net_address_text(&line.dns[1], text), "1.1.1.1");
	good("br-lan.7 static 10.0.0.1/32");
	assert_false(net_address_is_set(&line.gateways.ipv4));
	good("eth0 static 192.0.2.0/31");
	good("eth0 static 10.0.0.255/8 gateway=10.0.0.1");
	good("local");
	assert_int_equal(line.kind, NET_LOCAL);
	good("none");
	assert_int_equal(line.kind, NET_NONE);
}

static void several_addresses(void **state)
{
	char text[NET_ADDRESS_TEXT_SIZE];

	(void)state;
	good("eth0 static 192.0.2.7/24 2001:db8::7/64 10.0.0.7/8 gateway=192.0.2.1 "
	     "gateway=fe80::1 dns=2001:4860:4860::8888,9.9.9.9");
	assert_int_equal(line.address_count, 3);
	assert_string_equal(net_address_text(&line.addresses[1].address, text),
			    "2001:db8::7");
	assert_int_equal(line.addresses[1].length, 64);
	assert_string_equal(net_address_text(&line.gateways.ipv4, text), "192.0.2.1");
	assert_string_equal(net_address_text(&line.gateways.ipv6, text), "fe80::1");
	assert_string_equal(net_address_text(&line.dns[0], text), "2001:4860:4860::8888");
	assert_string_equal(net_address_text(&line.dns[1], text), "9.9.9.9");
	good("eth0 static fd00::1/128");
	good("eth0 static fd00::/127");
	good("eth0 static fd00::ffff/112");
	good("eth0 static fe80::5/64 gateway=fd00::1");
}

/* One spelling each: RFC 5952's. */
static void spellings(void **state)
{
	static const char *const as_they_are[] = {
		"2001:db8::",
		"2001:db8::1",
		"2001:db8:0:1::",
		"2001:0:0:1::1",
		"2001:db8:0:1:1:1:1:1",
		"1:2:3:4:5:6:7:8",
		"1::8",
		"2001:db8:1::2:0:0",
		"::1:0:0:0:1",
		"64:ff9b::c000:207",
		"abcd:ef01:2345:6789:abcd:ef01:2345:6789",
	};
	static const char *const bad_ones[] = {
		"2001:DB8::1",
		"2001:db8::01",
		"2001:db8:0:0:1:0:0:0",
		"2001:db8::0",
		"2001:db8::1::2",
		"2001:db8:::1",
		":1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:",
		"1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9",
		"1:2:3:4:5:6:7::8",
		"12345::1",
		"2001:db8::g",
		"2001:db8::1%eth0",
		"[2001:db8::1]",
		"1:2::4:5:6:7:8:9",
		"2001:db8::192.0.2.7",
		"::ffff:192.0.2.7",
		"::ffff:c000:207",
		"::",
		"::1",
		":",
		"ff02::1",
		"::c000:207",
		"2001:db8:0:1:1:1:1:1 ",
		"1:0:0:0:5:0:0::",
		"2001:db8:1:0:0:2::",
	};
	struct net_address address;
	char text[NET_ADDRESS_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(as_they_are) / sizeof(as_they_are[0]); i++) {
		if (net_address_parse(as_they_are[i], strlen(as_they_are[i]), &address) <
		    0)
			fail_msg("'%s' is not taken", as_they_are[i]);
		assert_true(net_address_is_ipv6(&address));
		assert_string_equal(net_address_text(&address, text), as_they_are[i]);
	}
	for (size_t i = 0; i < sizeof(bad_ones) / sizeof(bad_ones[0]); i++)
		if (net_address_parse(bad_ones[i], strlen(bad_ones[i]), &address) == 0)
			fail_msg("'%s' is taken", bad_ones[i]);
	assert_int_equal(net_address_parse("9.9.9.9", 7, &address), 0);
	assert_false(net_address_is_ipv6(&address));
}

static void what_they_must_not(void **state)
{
	static const char nine[] =
		"eth0 static 10.0.0.1/8 10.0.0.2/8 10.0.0.3/8 10.0.0.4/8 "
		"10.0.0.5/8 10.0.0.6/8 10.0.0.7/8 10.0.0.8/8 10.0.0.9/8";
	static const char *const texts[] = {
		"",
		" ",
		"*",
		"eth0",
		"dhcp",
		"* static 192.0.2.7/24",
		"* bootp",
		"lo dhcp",
		"none x",
		"local x",
		"* dhcp ",
		" * dhcp",
		"*  dhcp",
		"eth0  dhcp",
		"a/b dhcp",
		"../x dhcp",
		"-x dhcp",
		"eth0123456789012 dhcp",
		"mac= dhcp",
		"mac=52:54:00:12:34 dhcp",
		"mac=52:54:00:12:34:FF dhcp",
		"mac=52-54-00-12-34-ff dhcp",
		"mac=52:54:00:12:34:ff:00 dhcp",
		"eth0 dhcp hostname=",
		"eth0 dhcp hostname=-a",
		"eth0 dhcp hostname=a..b",
		"eth0 dhcp hostname=a.",
		"eth0 dhcp hostname=a;b",
		"eth0 dhcp hostname=a hostname=b",
		"eth0 dhcp gateway=192.0.2.1",
		"eth0 static",
		"eth0 static 192.0.2.7",
		"eth0 static 192.0.2.7/",
		"eth0 static 192.0.2.7/0",
		"eth0 static 192.0.2.7/33",
		"eth0 static 192.0.2.7/024",
		"eth0 static 192.0.2/24",
		"eth0 static 192.0.2.7.8/24",
		"eth0 static 192.0.2.256/24",
		"eth0 static 192.0.02.7/24",
		"eth0 static 0.0.0.1/24",
		"eth0 static 127.0.0.1/8",
		"eth0 static 224.0.0.1/24",
		"eth0 static 255.255.255.255/24",
		"eth0 static 192.0.2.0/24",
		"eth0 static 192.0.2.255/24",
		"eth0 static 10.255.255.255/8",
		"eth0 static 192.0.2.4/30",
		"eth0 static 192.0.2.7/24 gateway=192.0.2.7",
		"eth0 static 192.0.2.7/24 gateway=",
		"eth0 static 192.0.2.7/24 gateway=192.0.2.1 gateway=192.0.2.2",
		"eth0 static 192.0.2.7/24 dns=",
		"eth0 static 192.0.2.7/24 dns=9.9.9.9,",
		"eth0 static 192.0.2.7/24 dns=9.9.9.9 dns=1.1.1.1",
		"eth0 static 192.0.2.7/24 dns=1.0.0.1,1.0.0.2,1.0.0.3,1.0.0.4",
		"eth0 static 192.0.2.7/24 hostname=a",
		"eth0 static 192.0.2.7/24 192.0.2.7/24",
		"eth0 static 192.0.2.7/24 192.0.2.7/16",
		"eth0 static 192.0.2.7/24 gateway=192.0.2.1 gateway=fe80::1",
		"eth0 static fd00::7/64 gateway=192.0.2.1",
		"eth0 static fd00::7/64 gateway=fd00::7",
		"eth0 static fd00::7/64 gateway=fe80::1 gateway=fe80::2",
		"eth0 static fd00::7/64 dns=fe80::1",
		"eth0 static fd00::/64",
		"eth0 static fd00::7/129",
		"eth0 static fd00::7/0",
		"eth0 static fd00::7",
		"eth0 static gateway=192.0.2.1",
		nine,
		"* static fd00::7/64",
		"eth0 static 192.0.2.7/24 x",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		bad(texts[i]);
	assert_int_equal(net_parse("e\0 dhcp", 7, &line, NULL), -EBADMSG);
}

static int parse_file(const char *text, struct net_line *lines, size_t *ret_count,
		      struct err *err)
{
	return net_parse_file(text, strlen(text), lines, 3, ret_count, err);
}

static void files(void **state)
{
	struct net_line lines[3];
	struct err err = ERR_INIT;
	size_t count = 9;

	(void)state;
	assert_int_equal(parse_file("", lines, &count, &err), 0);
	assert_int_equal(count, 0);
	assert_int_equal(
		parse_file("# mine\n\nnet eth0 static 192.0.2.7/24\nnet * dhcp\n", lines,
			   &count, &err),
		0);
	assert_int_equal(count, 2);
	assert_int_equal(lines[1].kind, NET_DHCP);
#define REFUSED(text, words) \
	assert_refused(parse_file(text, lines, &count, &err), -EBADMSG, err, words)
	REFUSED("net * dhcp", "line 1: does not end in a line feed");
	REFUSED("arg /bin/sh\n", "line 1: must begin with net");
	REFUSED("net * dhcp\nnet local\n", "line 2: local is where this is");
	REFUSED("net * dhcp\nnet * dhcp hostname=a\n", "line 2: stands there already");
	REFUSED("net a dhcp\nnet b dhcp\nnet c dhcp\nnet d dhcp\n",
		"line 4: more than 3 of them");
	REFUSED("net eth0 dhcp x\n", "line 1: x: dhcp takes hostname=NAME only");
}

/* The one that names it, wherever that stands; only hardware is anybody's. */
static void which_line(void **state)
{
	static const uint8_t mac[NET_MAC_SIZE] = { 2, 0, 0, 0, 0, 1 };
	static const uint8_t other[NET_MAC_SIZE] = { 2, 0, 0, 0, 0, 2 };
	struct net_line lines[3];
	size_t count;

	(void)state;
	assert_int_equal(parse_file("net * dhcp\nnet eth0 dhcp\n"
				    "net mac=02:00:00:00:00:01 dhcp\n",
				    lines, &count, NULL),
			 0);
	assert_ptr_equal(net_find(lines, count, "eth0", other, true), &lines[1]);
	assert_ptr_equal(net_find(lines, count, "eth0", other, false), &lines[1]);
	assert_ptr_equal(net_find(lines, count, "eth1", mac, false), &lines[2]);
	assert_ptr_equal(net_find(lines, count, "eth1", other, true), &lines[0]);
	assert_null(net_find(lines, count, "veth1", other, false));
	assert_int_equal(parse_file("net none\n", lines, &count, NULL), 0);
	assert_null(net_find(lines, count, "eth0", mac, true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_lines_say), cmocka_unit_test(several_addresses),
		cmocka_unit_test(spellings),	  cmocka_unit_test(what_they_must_not),
		cmocka_unit_test(files),	  cmocka_unit_test(which_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
