/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/cmd/ports.h"

#include <string.h>

#include "base/str.h"
#include "cli/cmd.h"

/* False: it is no port, nor a range of them. */
static bool parse(const char *text, size_t size, struct port *ret_port)
{
	const char *slash = memchr(text, '/', size);
	size_t ports = slash ? (size_t)(slash - text) : size;
	const char *dash = memchr(text, '-', ports);
	size_t first = dash ? (size_t)(dash - text) : ports;
	const char *protocol = slash ? slash + 1 : "tcp";
	size_t protocol_size = slash ? size - ports - 1 : strlen(protocol);
	uint64_t from, to;

	if (str_number(text, first, &from) < 0)
		return false;
	to = from;
	if (dash && str_number(dash + 1, ports - first - 1, &to) < 0)
		return false;
	if (from < 1 || to < from || to > 65535 || protocol_size == 0 ||
	    protocol_size >= sizeof(ret_port->protocol))
		return false;
	for (size_t i = 0; i < protocol_size; i++)
		if (protocol[i] < 'a' || protocol[i] > 'z')
			return false;
	*ret_port =
		(struct port){ .first = (unsigned int)from, .last = (unsigned int)to };
	memcpy(ret_port->protocol, protocol, protocol_size);
	return true;
}

size_t ports_text(const struct source *sources, size_t count, char ret_text[PORTS_SIZE])
{
	struct port port;
	struct str s;

	str_init(&s, ret_text, PORTS_SIZE);
	for (size_t i = 0; i < count; i++) {
		const struct source_texts *texts = &sources[i].config.ports;

		for (size_t k = 0; k < texts->count; k++) {
			const char *text = texts->items[k];
			size_t size = strlen(text);

			if (parse(text, size, &port) && s.used + size + 2 < PORTS_SIZE)
				str_addf(&s, "%s\n", text);
		}
	}
	return s.used;
}

static bool is_one(const struct port *a, const struct port *b)
{
	return strcmp(a->protocol, b->protocol) == 0 && a->first <= b->last &&
	       b->first <= a->last;
}

void ports_add(struct ports *ports, const char *text, size_t size)
{
	struct port port;

	if (ports->count == PORTS_MAX || !parse(text, size, &port))
		return;
	for (size_t i = 0; i < ports->count; i++) {
		const struct port *other = &ports->items[i];

		if (is_one(&port, other) && port.first >= other->first &&
		    port.last <= other->last)
			return;
	}
	ports->items[ports->count++] = port;
}

void ports_add_lines(struct ports *ports, const char *text, size_t size)
{
	const char *end = text + size;

	while (text < end) {
		const char *line = memchr(text, '\n', (size_t)(end - text));
		const char *stop = line ? line : end;

		ports_add(ports, text, (size_t)(stop - text));
		text = stop + 1;
	}
}

static void compare_two(const struct manifest *set, size_t a, size_t b,
			const struct ports *ports)
{
	for (size_t i = 0; i < ports[a].count; i++) {
		const struct port *one = &ports[a].items[i];

		for (size_t k = 0; k < ports[b].count; k++) {
			const struct port *other = &ports[b].items[k];

			if (is_one(one, other))
				cmd_note("warning: %s and %s both have port %u/%s, and "
					 "one network",
					 set->members[a].name, set->members[b].name,
					 one->first > other->first ? one->first
								   : other->first,
					 one->protocol);
		}
	}
}

void ports_compare(const struct manifest *set, const struct ports *ports)
{
	for (size_t b = 0; b < set->member_count; b++)
		for (size_t a = 0; a < b; a++)
			compare_two(set, a, b, ports);
}
