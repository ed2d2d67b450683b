/* SPDX-License-Identifier: Apache-2.0 */
/* Routers' words about names, also hostile ones, and how the kernel hands them on. */
#include "bytes.h"

#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/netlink.h"
#include "net/router.h"

#define NOW 1000000
#define FOR_EVER 0xffffffff

static struct router router;
static uint8_t said[4096];
static size_t size;

static void begin(void)
{
	(void)router_end(&router);
	size = 0;
}

static void add(const void *bytes, size_t count)
{
	assert_true(size + count <= sizeof(said));
	memcpy(said + size, bytes, count);
	size += count;
}

/* The fixed part; it is as long as @units say, whatever follows. */
static void option(unsigned int type, unsigned int units, uint32_t seconds)
{
	const uint8_t head[] = { (uint8_t)type,
				 (uint8_t)units,
				 0,
				 0,
				 (uint8_t)(seconds >> 24),
				 (uint8_t)(seconds >> 16),
				 (uint8_t)(seconds >> 8),
				 (uint8_t)seconds };

	add(head, sizeof(head));
}

static void address(const char *text)
{
	struct net_address parsed;

	assert_int_equal(net_address_parse(text, strlen(text), &parsed), 0);
	add(parsed.bytes, sizeof(parsed.bytes));
}

static void server(const char *text, uint32_t seconds)
{
	option(25, 3, seconds);
	address(text);
}

/* @names are labels, each behind its size, and zeros up to @units. */
static void domains(const char *names, size_t count, unsigned int units, uint32_t seconds)
{
	static const uint8_t zeros[2048];

	option(31, units, seconds);
	add(names, count);
	if (8 + count < (size_t)8 * units)
		add(zeros, (size_t)8 * units - 8 - count);
}

#define DOMAINS(names, units, seconds) domains(names, sizeof(names) - 1, units, seconds)

/* In memory of just that size, so that AddressSanitizer sees what is read beyond. */
static bool take(uint64_t now_ms)
{
	uint8_t *copy = malloc(size + !size);
	bool changed;

	assert_non_null(copy);
	memcpy(copy, said, size);
	changed = router_take(&router, "eth0", copy, size, now_ms);
	free(copy);
	size = 0;
	return changed;
}

/* All words of a list, with a space behind each. */
static const char *list(const struct router_word *words, size_t most)
{
	static char text[1024];

	text[0] = '\0';
	for (size_t i = 0; i < most && words[i].text[0]; i++) {
		(void)strcat(text, words[i].text);
		(void)strcat(text, " ");
	}
	return text;
}

#define ASSERT_SERVERS(wanted) \
	assert_string_equal(list(router.servers, ROUTER_SERVERS), wanted)
#define ASSERT_DOMAINS(wanted) \
	assert_string_equal(list(router.domains, ROUTER_DOMAINS), wanted)

static void servers_and_domains(void **state)
{
	(void)state;
	begin();
	option(25, 5, 1800);
	address("2001:db8::53");
	address("fe80::1");
	DOMAINS("\7example\3org\0\3lan\0", 4, 600);
	assert_true(take(NOW));
	ASSERT_SERVERS("2001:db8::53 fe80::1%eth0 ");
	ASSERT_DOMAINS("example.org lan ");
	/* the same once more is nothing new, but has its time from then on */
	option(25, 5, 1800);
	address("2001:db8::53");
	address("fe80::1");
	DOMAINS("\7example\3org\0\3lan\0", 4, 600);
	assert_false(take(NOW + 500000));
	assert_false(router_expire(&router, NOW + 600000));
	assert_true(router_expire(&router, NOW + 500000 + 600000));
	ASSERT_DOMAINS("");
	ASSERT_SERVERS("2001:db8::53 fe80::1%eth0 ");
	assert_true(router_end(&router));
	assert_false(router_end(&router));
}

static void lifetimes(void **state)
{
	(void)state;
	begin();
	server("2001:db8::1", 10);
	server("2001:db8::2", FOR_EVER);
	server("2001:db8::3", 0);
	assert_true(take(NOW));
	ASSERT_SERVERS("2001:db8::1 2001:db8::2 ");
	assert_true(router_next(&router) == NOW + 10000);
	assert_false(router_expire(&router, NOW + 9999));
	assert_true(router_expire(&router, NOW + 10000));
	assert_false(router_expire(&router, NOW + 10000));
	ASSERT_SERVERS("2001:db8::2 ");
	assert_true(router_next(&router) == UINT64_MAX);
	assert_false(router_expire(&router, UINT64_MAX - 1));
	/* taken back */
	server("2001:db8::2", 0);
	DOMAINS("\3lan\0", 2, 0);
	assert_true(take(NOW));
	ASSERT_SERVERS("");
	ASSERT_DOMAINS("");
	/* the longest that ends */
	server("2001:db8::1", FOR_EVER - 1);
	assert_true(take(NOW));
	assert_true(router.servers[0].until_ms == NOW + (uint64_t)(FOR_EVER - 1) * 1000);
	/* a longer life, and a shorter one: the last word counts */
	server("2001:db8::1", 5);
	assert_false(take(NOW));
	assert_true(router_expire(&router, NOW + 5000));
}

/* One that says more than there is room for doesn't change the list with each word. */
static void too_many(void **state)
{
	(void)state;
	begin();
	for (int again = 0; again < 3; again++) {
		uint64_t now_ms = NOW + (uint64_t)again * 1000;

		option(25, 9, 60);
		address("2001:db8::1");
		address("2001:db8::2");
		address("2001:db8::3");
		address("2001:db8::4");
		server("2001:db8::5", 6000);
		DOMAINS("\1a\0\1b\0\1c\0\1d\0\1e\0", 3, 60);
		assert_int_equal(take(now_ms), again == 0);
		ASSERT_SERVERS("2001:db8::1 2001:db8::2 2001:db8::3 ");
		ASSERT_DOMAINS("a b c d ");
	}
	/* what goes makes room, and the others keep their order */
	server("2001:db8::2", 0);
	server("2001:db8::5", 6000);
	assert_true(take(NOW));
	ASSERT_SERVERS("2001:db8::1 2001:db8::3 ");
	server("2001:db8::5", 6000);
	assert_true(take(NOW));
	ASSERT_SERVERS("2001:db8::1 2001:db8::3 2001:db8::5 ");
}

/* What no machine may have. */
static void no_servers(void **state)
{
	static const uint8_t none[][16] = {
		{ 0 },
		{ [15] = 1 },
		{ 0xff, 2, [15] = 0xfb },
		{ [10] = 0xff, 0xff, 127, 0, 0, 1 },
		{ [10] = 0xff, 0xff, 192, 0, 2, 1 },
		{ [12] = 192, 0, 2, 1 },
	};

	(void)state;
	begin();
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		option(25, 3, 60);
		add(none[i], sizeof(none[i]));
		assert_false(take(NOW));
	}
	/* beside them, one that may be */
	option(25, 5, 60);
	add(none[1], sizeof(none[1]));
	address("fd00::53");
	assert_true(take(NOW));
	ASSERT_SERVERS("fd00::53 ");
}

/* Whole addresses and nothing else: half of one is no option. */
static void lengths_of_servers(void **state)
{
	(void)state;
	begin();
	for (unsigned int units = 0; units < 8; units++) {
		option(25, units, 60);
		address("2001:db8::1");
		address("2001:db8::2");
		address("2001:db8::3");
		if (units)
			size = (size_t)8 * units;
		assert_int_equal(take(NOW), units == 3 || units == 5 || units == 7);
		(void)router_end(&router);
	}
	/* longer than what there is: 2,040 bytes of which 24 came */
	server("2001:db8::1", 60);
	said[1] = 255;
	assert_false(take(NOW));
	/* each shorter one of a good one */
	for (size_t cut = 0; cut < 24; cut++) {
		server("2001:db8::1", 60);
		size = cut;
		assert_false(take(NOW));
	}
	/* nothing behind an option without a length, and before it what was */
	server("2001:db8::1", 60);
	option(5, 0, 1500);
	server("2001:db8::2", 60);
	assert_true(take(NOW));
	ASSERT_SERVERS("2001:db8::1 ");
	/* others are passed over */
	option(3, 4, 0);
	address("2001:db8::9");
	option(0, 1, 0);
	server("2001:db8::2", 60);
	assert_true(take(NOW));
	ASSERT_SERVERS("2001:db8::1 2001:db8::2 ");
}

static void no_domains(void **state)
{
	static const char *const labels[] = {
		"a b",	"a\nnameserver 6.6.6.6",
		"a.b",	"",
		"-a",	"\xc3\xa4",
		"a/b",	"$(x)",
		"a#",	"a;b",
		"a\tb", ".",
		"*",
	};

	(void)state;
	begin();
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		char name[64] = { (char)strlen(labels[i]) };

		(void)strcpy(name + 1, labels[i]);
		domains(name, strlen(labels[i]) + 2, 8, 60);
		assert_false(take(NOW));
	}
	/* a NUL in the middle; the next one is taken */
	DOMAINS("\3a\0b\0\3lan\0", 3, 60);
	assert_true(take(NOW));
	ASSERT_DOMAINS("lan ");
}

static void torn_domains(void **state)
{
	char name[256];

	(void)state;
	begin();
	/* a label that goes on behind the option, though more bytes follow it */
	DOMAINS("\3lan\0\7exa", 3, 60);
	said[1] = 2;
	assert_true(take(NOW));
	ASSERT_DOMAINS("lan ");
	(void)router_end(&router);
	/* no end */
	DOMAINS("\7example", 2, 60);
	assert_false(take(NOW));
	/* to somewhere else: itself, the option's beginning, kinds that are not there */
	DOMAINS("\1a\xc0\x08\0\0\0\0", 2, 60);
	assert_false(take(NOW));
	DOMAINS("\xc0\0\0\0\0\0\0\0", 2, 60);
	assert_false(take(NOW));
	DOMAINS("\x40lan\0\0\0\0", 2, 60);
	assert_false(take(NOW));
	/* what was sent by one that does not clear what it sends */
	DOMAINS("\3xxx\3lan\0\xf3\x11\x02\x80\x05\x99\xff", 3, 60);
	assert_true(take(NOW));
	ASSERT_DOMAINS("xxx.lan ");
	/* nothing, and only zeros */
	option(31, 1, 60);
	assert_false(take(NOW));
	DOMAINS("", 4, 60);
	assert_false(take(NOW));
	(void)router_end(&router);
	/* of 127 characters, and of one more */
	for (size_t more = 0; more < 2; more++) {
		size_t second = 61 + more;

		memset(name, 'a', sizeof(name));
		name[0] = 63;
		name[64] = (char)second;
		name[65 + second] = 1;
		name[67 + second] = '\0';
		domains(name, 68 + second, 32, 60);
		assert_int_equal(take(NOW), more == 0);
	}
}

static uint32_t draw(void)
{
	static uint32_t seed = 1;

	seed = seed * 1103515245 + 12345;
	return seed >> 8;
}

/* A good word with some bytes that are others. */
static void damaged(void **state)
{
	(void)state;
	for (int i = 0; i < 20000; i++) {
		begin();
		option(25, 5, 60);
		address("2001:db8::1");
		address("fe80::1");
		DOMAINS("\7example\3org\0\3lan\0", 4, 60);
		for (uint32_t flips = draw() % 4 + 1; flips; flips--)
			said[draw() % size] = (uint8_t)draw();
		size = draw() % 2 ? size : draw() % size;
		(void)take(NOW);
		for (size_t d = 0; d < ROUTER_DOMAINS; d++)
			assert_null(strpbrk(router.domains[d].text, " \n#;$/"));
	}
}

/* They are asked three times when a cable is in, and before something ends. */
static void asking(void **state)
{
	(void)state;
	begin();
	assert_false(router_is_due(&router, NOW));
	assert_true(router_next(&router) == UINT64_MAX);
	router_begin(&router, NOW);
	for (uint64_t at = NOW; at <= NOW + 8000; at += 4000) {
		assert_true(router_next(&router) == at);
		assert_false(router_is_due(&router, at - 1));
		assert_true(router_is_due(&router, at));
		assert_false(router_is_due(&router, at));
	}
	assert_true(router_next(&router) == UINT64_MAX);
	assert_false(router_is_due(&router, UINT64_MAX - 1));
	router_begin(&router, NOW);
	server("2001:db8::1", 60);
	assert_true(take(NOW));
	assert_false(router_is_due(&router, NOW + 47999));
	assert_true(router_next(&router) == NOW + 48000);
	for (uint64_t at = NOW + 48000; at < NOW + 60000; at += 4000)
		assert_true(router_is_due(&router, at));
	assert_true(router_next(&router) == NOW + 60000);
	/* what ends sooner is not worth it */
	server("2001:db8::1", 12);
	assert_false(take(NOW));
	assert_true(router_next(&router) == NOW + 12000);
	assert_false(router_is_due(&router, NOW + 12000));
}

static struct {
	struct nlmsghdr header;
	struct nduseroptmsg info;
	uint8_t options[2048];
} told;
static struct netlink_watch watch;
static int ends[2];

/* As the kernel does it, but for @header_size and @options_size. */
static int tell(size_t header_size, size_t options_size, struct netlink_link *ret_link)
{
	told.header.nlmsg_type = RTM_NEWNDUSEROPT;
	told.header.nlmsg_len = (uint32_t)header_size;
	told.info.nduseropt_family = AF_INET6;
	told.info.nduseropt_ifindex = 7;
	told.info.nduseropt_icmp_type = 134;
	told.info.nduseropt_opts_len = (uint16_t)options_size;
	memcpy(told.options, said, size);
	assert_true(write(ends[0], &told,
			  header_size < sizeof(told) ? header_size : sizeof(told)) > 0);
	return netlink_watch_next(&watch, ret_link);
}

static void of_the_kernel(void **state)
{
	struct netlink_link link;

	(void)state;
	begin();
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
	watch.fd = ends[1];
	server("2001:db8::1", 60);
	assert_int_equal(tell(32 + 24, 24, &link), 1);
	assert_int_equal(link.index, 7);
	assert_int_equal(link.options_size, 24);
	assert_memory_equal(link.options, said, 24);
	/* with its sender's address behind, as it has it */
	assert_int_equal(tell(32 + 24 + 20, 24, &link), 1);
	/* more than there is, less than a header, another's message */
	assert_int_equal(tell(32 + 24, 25, &link), 0);
	assert_int_equal(tell(32 + 24, 65535, &link), 0);
	for (size_t cut = 1; cut < 32; cut++)
		assert_int_equal(tell(cut, 0, &link), 0);
	assert_int_equal(tell(65535, 24, &link), 0);
	assert_int_equal(tell(32, 0, &link), 1);
	assert_int_equal(link.options_size, 0);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(servers_and_domains),
		cmocka_unit_test(lifetimes),
		cmocka_unit_test(too_many),
		cmocka_unit_test(no_servers),
		cmocka_unit_test(lengths_of_servers),
		cmocka_unit_test(no_domains),
		cmocka_unit_test(torn_domains),
		cmocka_unit_test(damaged),
		cmocka_unit_test(asking),
		cmocka_unit_test(of_the_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
