/* SPDX-License-Identifier: Apache-2.0 */
/* A DHCP server's word, also a hostile one's, and what several of them come to. */
#include "bytes.h"

#include <errno.h>

#include "base/str.h"
#include "net/links.h"

static struct lease lease;

static int take(const char *const *env, struct err *err)
{
	return lease_read((char *const *)(uintptr_t)env, &lease, err);
}

#define LEASE(...) \
	assert_int_equal(take((const char *const[]){ __VA_ARGS__, NULL }, NULL), 0)
#define NO_LEASE(...) \
	assert_int_equal(take((const char *const[]){ __VA_ARGS__, NULL }, NULL), -EBADMSG)

static void assert_address(const struct net_address *address, const char *wanted)
{
	char text[NET_ADDRESS_TEXT_SIZE];

	assert_string_equal(net_address_text(address, text), wanted);
}

static void all_of_it(void **state)
{
	(void)state;
	LEASE("interface=eth0", "ip=10.0.2.15", "subnet=255.255.252.0", "mask=22",
	      "router=10.0.2.2 10.0.2.3", "dns=10.0.2.3 9.9.9.9", "domain=example.org",
	      "search=a.example b.example", "mtu=1400", "lease=86400",
	      "serverid=10.0.2.2");
	assert_address(&lease.addresses[0].address, "10.0.2.15");
	assert_int_equal(lease.addresses[0].length, 22);
	assert_address(&lease.gateways.ipv4, "10.0.2.2");
	assert_int_equal(lease.dns_count, 2);
	assert_address(&lease.dns[1], "9.9.9.9");
	assert_string_equal(lease.search, "a.example b.example example.org");
	assert_int_equal(lease.mtu, 1400);
	assert_int_equal(lease.seconds, 86400);
}

static void hardly_anything(void **state)
{
	(void)state;
	LEASE("ip=192.168.1.9");
	assert_int_equal(lease.addresses[0].length, 24);
	assert_false(net_address_is_set(&lease.gateways.ipv4));
	assert_int_equal(lease.dns_count, 0);
	assert_string_equal(lease.search, "");
	assert_int_equal(lease.mtu, 0);
	assert_true(lease.seconds == UINT32_MAX);
	LEASE("ip=10.1.1.1");
	assert_int_equal(lease.addresses[0].length, 8);
	LEASE("ip=172.16.0.1");
	assert_int_equal(lease.addresses[0].length, 16);
	NO_LEASE("router=10.0.2.2");
}

static void no_addresses(void **state)
{
	static const char *const ips[] = {
		"ip=",		 "ip=0.0.0.0",	       "ip=127.0.0.1",
		"ip=224.0.0.1",	 "ip=255.255.255.255", "ip=10.0.0",
		"ip=10.0.0.1\n", "ip=10.0.0.1 x",      "ip=10.0.0.256",
		"ip= 10.0.0.1"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ips) / sizeof(ips[0]); i++)
		NO_LEASE(ips[i]);
}

/* What is wrong is left out, and nothing of it gets into a file. */
static void hostile(void **state)
{
	(void)state;
	LEASE("ip=10.0.0.9", "subnet=255.0.255.0", "router=10.0.0.9",
	      "dns=10.0.0.1\nnameserver$(reboot) ;x 127.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5",
	      "domain=a\nnameserver 6.6.6.6",
	      "search=ok.example -x .y z. a..b $(x) ../../etc", "mtu=68", "lease=-1");
	assert_int_equal(lease.addresses[0].length, 8);
	assert_false(net_address_is_set(&lease.gateways.ipv4));
	assert_int_equal(lease.dns_count, 3);
	assert_address(&lease.dns[0], "10.0.0.2");
	assert_string_equal(lease.search, "ok.example z. 6.6.6.6");
	assert_int_equal(lease.mtu, 0);
	assert_true(lease.seconds == UINT32_MAX);
	LEASE("ip=10.0.0.9", "subnet=0.0.0.0", "mtu=99999", "lease=0");
	assert_int_equal(lease.addresses[0].length, 8);
	assert_int_equal(lease.mtu, 0);
	assert_true(lease.seconds == UINT32_MAX);
	LEASE("ip=10.0.0.9", "subnet=255.255.255.255", "router=10.0.0.1");
	assert_int_equal(lease.addresses[0].length, 32);
	assert_address(&lease.gateways.ipv4, "10.0.0.1");
}

static void long_lists(void **state)
{
	static char search[4096];
	struct str s;

	(void)state;
	str_init(&s, search, sizeof(search));
	str_add(&s, "search=");
	for (unsigned int i = 0; i < 200; i++)
		str_addf(&s, "domain%u.example ", i);
	LEASE("ip=10.0.0.9", search);
	assert_true(strlen(lease.search) < sizeof(lease.search));
	assert_memory_equal(lease.search, "domain0.example domain1.example ", 32);
}

static struct links links;
static struct net_line dhcp = { .kind = NET_DHCP };

static struct link *bound(int index, const char *name, const char *const *env)
{
	struct link *link = links_add(&links, index);

	assert_int_equal(take(env, NULL), 0);
	(void)strcpy(link->name, name);
	link->line = &dhcp;
	link->lease = lease;
	link->bound = true;
	return link;
}

static const char *resolv(void)
{
	static char text[2048];
	struct str s;

	str_init(&s, text, sizeof(text));
	links_write_resolv(&links, &s);
	return text;
}

/* One interface's names are not another's loss, and each one's first server comes first. */
static void two_of_them(void **state)
{
	static const char *const first[] = { "ip=10.0.0.9", "dns=10.0.0.1 9.9.9.9",
					     "domain=home", NULL };
	static const char *const second[] = { "ip=10.1.0.9", "dns=10.1.0.1 10.0.0.1",
					      NULL };
	static const char *const third[] = { "ip=10.2.0.9", NULL };

	(void)state;
	memset(&links, 0, sizeof(links));
	assert_string_equal(resolv(), "");
	bound(2, "eth0", first);
	bound(3, "eth1", second);
	bound(4, "eth2", third);
	assert_string_equal(resolv(), "search home\nnameserver 10.0.0.1\n"
				      "nameserver 10.1.0.1\nnameserver 9.9.9.9\n");
	links_find(&links, 2)->bound = false;
	assert_string_equal(resolv(), "nameserver 10.1.0.1\nnameserver 10.0.0.1\n");
	links_remove(&links, links_find(&links, 3));
	assert_string_equal(resolv(), "");
	assert_null(links_find(&links, 3));
	assert_string_equal(links_find(&links, 4)->name, "eth2");
}

static void what_is_told(void **state)
{
	static const char *const env[] = { "ip=10.0.0.9",     "subnet=255.255.255.0",
					   "router=10.0.0.1", "dns=10.0.0.1",
					   "search=home",     NULL };
	char text[1024];
	struct link *link;
	struct str s;

	(void)state;
	memset(&links, 0, sizeof(links));
	link = bound(2, "eth0", env);
	link->carrier = true;
	link->until_ms = 90000;
	str_init(&s, text, sizeof(text));
	links_write_state(&links, &s);
	assert_string_equal(text, "interface=eth0\nmac=00:00:00:00:00:00\nhow=dhcp\n"
				  "carrier=yes\naddress=10.0.0.9/24\ngateway=10.0.0.1\n"
				  "dns=10.0.0.1\nsearch=home\nuntil=90000\n");
	for (int i = 3; i < 3 + LINKS_MAX - 1; i++)
		assert_non_null(links_add(&links, i));
	assert_null(links_add(&links, 99));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it),	cmocka_unit_test(hardly_anything),
		cmocka_unit_test(no_addresses), cmocka_unit_test(hostile),
		cmocka_unit_test(long_lists),	cmocka_unit_test(two_of_them),
		cmocka_unit_test(what_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
