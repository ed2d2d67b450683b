/* SPDX-License-Identifier: Apache-2.0 */
#include "format/net.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "format/lines.h"

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* "52:54:00:12:34:56" */
static int parse_mac(const char *text, size_t size, uint8_t ret_mac[NET_MAC_SIZE])
{
	if (size != 3 * NET_MAC_SIZE - 1)
		return -EBADMSG;
	for (size_t i = 0; i < NET_MAC_SIZE; i++) {
		if (str_hex_decode(text + 3 * i, 2, &ret_mac[i], 1) < 0 ||
		    (i > 0 && text[3 * i - 1] != ':'))
			return -EBADMSG;
	}
	return 0;
}

/* Letters and digits, and behind the first one what is in @others, too. */
static bool word_valid(const char *text, size_t size, const char *others)
{
	for (size_t i = 0; i < size; i++)
		if (!text[i] ||
		    (!strchr(ALNUM, text[i]) && (i == 0 || !strchr(others, text[i]))))
			return false;
	return size > 0;
}

static int parse_match(const char *word, size_t size, struct net_line *line)
{
	static const char mac[] = "mac=";
	const size_t skip = sizeof(mac) - 1;

	if (lines_equal(word, size, "*")) {
		line->match = NET_ANY;
		return 0;
	}
	if (size > skip && memcmp(word, mac, skip) == 0) {
		line->match = NET_BY_MAC;
		return parse_mac(word + skip, size - skip, line->mac);
	}
	if (size >= NET_NAME_SIZE || !word_valid(word, size, "._-") ||
	    lines_equal(word, size, "lo"))
		return -EBADMSG;
	line->match = NET_BY_NAME;
	memcpy(line->name, word, size);
	return 0;
}

/* What stands behind @name ("gateway="), and its size; NULL: that is another word. */
static const char *value_of(const char *word, size_t *size, const char *name)
{
	size_t skip = strlen(name);

	if (*size <= skip || memcmp(word, name, skip) != 0)
		return NULL;
	*size -= skip;
	return word + skip;
}

static int parse_hostname(const char *text, size_t size, struct net_line *line)
{
	if (size >= NET_HOSTNAME_SIZE || line->hostname[0] ||
	    !word_valid(text, size, ".-"))
		return -EBADMSG;
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '.' && (i + 1 == size || text[i + 1] == '.'))
			return -EBADMSG;
	}
	memcpy(line->hostname, text, size);
	return 0;
}

static int parse_dns(const char *text, size_t size, struct net_line *line)
{
	if (line->dns_count)
		return -EBADMSG;
	for (;;) {
		const char *comma = memchr(text, ',', size);
		size_t one = comma ? (size_t)(comma - text) : size;

		/* a resolver would have to be told by which interface */
		if (line->dns_count == NET_MAX_DNS ||
		    net_address_parse(text, one, &line->dns[line->dns_count]) < 0 ||
		    net_address_is_near(&line->dns[line->dns_count]))
			return -EBADMSG;
		line->dns_count++;
		if (!comma)
			return 0;
		text += one + 1;
		size -= one + 1;
	}
}

static int parse_gateway(const char *text, size_t size, struct net_line *line)
{
	struct net_address gateway, *place;

	if (net_address_parse(text, size, &gateway) < 0)
		return -EBADMSG;
	place = net_address_is_ipv6(&gateway) ? &line->gateways.ipv6
					      : &line->gateways.ipv4;
	if (net_address_is_set(place))
		return -EBADMSG;
	*place = gateway;
	return 0;
}

static int parse_address(const char *text, size_t size, struct net_line *line)
{
	return line->address_count == NET_MAX_ADDRESSES
		       ? -EBADMSG
		       : net_address_parse_prefix(
				 text, size, &line->addresses[line->address_count++]);
}

#define STATIC_TAKES                                                   \
	"static takes addresses of a machine with their prefixes, as " \
	"192.0.2.7/24 or 2001:db8::7/64, gateway=ADDRESS and dns=ADDRESS,..."

static int parse_options(struct lines *lines, struct net_line *line, struct err *err)
{
	static const struct {
		const char *name;
		enum net_kind kind;
		int (*parse)(const char *text, size_t size, struct net_line *line);
	} options[] = {
		{ "hostname=", NET_DHCP, parse_hostname },
		{ "gateway=", NET_STATIC, parse_gateway },
		{ "dns=", NET_STATIC, parse_dns },
		{ "", NET_STATIC, parse_address },
	};
	const char *word;
	size_t size;
	int r;

	while ((r = lines_word(lines, &word, &size, err)) > 0) {
		int good = -EBADMSG;

		for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
			size_t left = size;
			const char *value = value_of(word, &left, options[i].name);

			if (!value || options[i].kind != line->kind)
				continue;
			good = options[i].parse(value, left, line);
			break;
		}
		if (good < 0)
			return lines_bad(lines, err, "%.*s: %s",
					 (int)(size > 80 ? 80 : size), word,
					 line->kind == NET_DHCP
						 ? "dhcp takes hostname=NAME only"
						 : STATIC_TAKES);
	}
	return r;
}

/* What it says of one address beside another, NULL: nothing. */
static const char *clash(const struct net_line *line, size_t index)
{
	const struct net_address *address = &line->addresses[index].address;

	for (size_t i = 0; i < index; i++) {
		if (net_address_equal(&line->addresses[i].address, address))
			return "an address stands there twice";
	}
	if (net_address_equal(&line->gateways.ipv4, address) ||
	    net_address_equal(&line->gateways.ipv6, address))
		return "the gateway is another machine";
	return NULL;
}

static int parse_static(struct lines *lines, struct net_line *line, struct err *err)
{
	bool ipv4, ipv6;
	const char *wrong = NULL;
	int r = parse_options(lines, line, err);

	if (r < 0)
		return r;
	if (line->address_count == 0)
		return lines_bad(lines, err, STATIC_TAKES);
	ipv4 = !net_address_is_set(&line->gateways.ipv4);
	ipv6 = !net_address_is_set(&line->gateways.ipv6);
	for (size_t i = 0; !wrong && i < line->address_count; i++) {
		*(net_address_is_ipv6(&line->addresses[i].address) ? &ipv6 : &ipv4) =
			true;
		wrong = clash(line, i);
	}
	if (!wrong && !(ipv4 && ipv6))
		wrong = "a gateway takes an address of its own kind";
	return wrong ? lines_bad(lines, err, "%s", wrong) : 0;
}

static int parse_interface(struct lines *lines, const char *match, size_t match_size,
			   struct net_line *line, struct err *err)
{
	const char *word;
	size_t size;
	int r;

	if (parse_match(match, match_size, line) < 0)
		return lines_bad(lines, err,
				 "%.*s: must be an interface's name, "
				 "mac=XX:XX:XX:XX:XX:XX (lower case) or *",
				 (int)(match_size > 80 ? 80 : match_size), match);
	r = lines_word(lines, &word, &size, err);
	if (r < 0)
		return r;
	if (r > 0 && lines_equal(word, size, "dhcp")) {
		line->kind = NET_DHCP;
		return parse_options(lines, line, err);
	}
	if (r > 0 && lines_equal(word, size, "static") && line->match != NET_ANY) {
		line->kind = NET_STATIC;
		return parse_static(lines, line, err);
	}
	return lines_bad(lines, err,
			 "must be MATCH dhcp, MATCH static ADDRESS/LENGTH... (not "
			 "for *), local or none");
}

static int parse_line(struct lines *lines, struct net_line *line, struct err *err)
{
	const char *word;
	size_t size;
	int r = lines_word(lines, &word, &size, err);

	*line = (struct net_line){ .kind = NET_NONE };
	if (r < 0)
		return r;
	if (r == 0)
		return lines_bad(lines, err, "value missing");
	if (lines->value_size == 0 && lines_equal(word, size, "none"))
		return 0;
	if (lines->value_size == 0 && lines_equal(word, size, "local")) {
		line->kind = NET_LOCAL;
		return 0;
	}
	return parse_interface(lines, word, size, line, err);
}

int net_parse(const char *text, size_t size, struct net_line *ret_line, struct err *err)
{
	struct lines lines = { .value = text, .value_size = size };

	if (size > 0 && (text[0] == ' ' || text[size - 1] == ' '))
		return err_set(err, -EBADMSG, "a space too many");
	return parse_line(&lines, ret_line, err);
}

bool net_same_match(const struct net_line *a, const struct net_line *b)
{
	if (a->kind >= NET_LOCAL || b->kind >= NET_LOCAL)
		return a->kind == b->kind;
	return a->match == b->match && strcmp(a->name, b->name) == 0 &&
	       memcmp(a->mac, b->mac, sizeof(a->mac)) == 0;
}

int net_parse_file(const char *bytes, size_t size, struct net_line *ret_lines,
		   size_t most, size_t *ret_count, struct err *err)
{
	struct lines lines;
	size_t count = 0;
	int r;

	lines_init(&lines, bytes, size);
	lines.comments = true;
	while ((r = lines_next(&lines, err)) > 0) {
		if (!lines_is(&lines, "net"))
			return lines_bad(&lines, err, "must begin with net");
		if (count == most)
			return lines_bad(&lines, err, "more than %u of them",
					 (unsigned int)most);
		r = parse_line(&lines, &ret_lines[count], err);
		if (r < 0)
			return r;
		if (ret_lines[count].kind == NET_LOCAL)
			return lines_bad(&lines, err, "local is where this is");
		for (size_t i = 0; i < count; i++)
			if (net_same_match(&ret_lines[i], &ret_lines[count]))
				return lines_bad(&lines, err, "stands there already");
		count++;
	}
	*ret_count = count;
	return r;
}

static bool matches(const struct net_line *line, const char *name,
		    const uint8_t mac[NET_MAC_SIZE], bool device)
{
	if (line->kind >= NET_LOCAL)
		return false;
	if (line->match == NET_BY_NAME)
		return strcmp(line->name, name) == 0;
	if (line->match == NET_BY_MAC)
		return memcmp(line->mac, mac, NET_MAC_SIZE) == 0;
	return device;
}

const struct net_line *net_find(const struct net_line *lines, size_t count,
				const char *name, const uint8_t mac[NET_MAC_SIZE],
				bool device)
{
	const struct net_line *any = NULL;

	for (size_t i = 0; i < count; i++) {
		if (!matches(&lines[i], name, mac, device))
			continue;
		if (lines[i].match != NET_ANY)
			return &lines[i];
		any = &lines[i];
	}
	return any;
}
