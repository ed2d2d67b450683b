/* SPDX-License-Identifier: Apache-2.0 */
/* How it is confined, limited and looked after. */
#include <string.h>

#include "pack/compose/parts.h"
#include "pack/compose/values.h"

int compose_take_restart(struct compose_reader *reader, const struct compose_key *key,
			 const yaml_node_t *value)
{
	const char *text;
	int r = compose_text(reader, value, key->name, &text);

	if (r < 0)
		return r;
	reader->restart_said = true;
	if (strcmp(text, "unless-stopped") == 0)
		text = "always"; /* what somebody stopped is up again after a boot */
	if (strcmp(text, "always") != 0 && strcmp(text, "no") != 0 &&
	    strncmp(text, "on-failure", 10) != 0)
		return compose_wrong(reader, value, key->name,
				     "'%.40s' is not no, always, unless-stopped or "
				     "on-failure[:N]",
				     text);
	return compose_option(reader, value, "restart", "%s", text);
}

int compose_take_privileged(struct compose_reader *reader, const struct compose_key *key,
			    const yaml_node_t *value)
{
	bool yes;
	int r = compose_bool(reader, value, key->name, &yes);

	return r < 0 || !yes ? r : compose_option(reader, value, "confine", "no");
}

int compose_take_read_only(struct compose_reader *reader, const struct compose_key *key,
			   const yaml_node_t *value)
{
	bool yes;
	int r = compose_bool(reader, value, key->name, &yes);

	return r < 0 || !yes ? r : compose_option(reader, value, "upper", "none");
}

int compose_take_cpus(struct compose_reader *reader, const struct compose_key *key,
		      const yaml_node_t *value)
{
	const char *text;
	uint64_t percent;
	int r = compose_scalar(reader, value, key->name, &text);

	if (r < 0)
		return r;
	if (compose_percent(text, &percent) < 0)
		return compose_wrong(reader, value, key->name,
				     "'%.40s' is no number of hundredths such as 0.25",
				     text);
	return percent ? compose_option(reader, value, "cpu", "%llu%%",
					(unsigned long long)percent)
		       : 0;
}

int compose_take_pids(struct compose_reader *reader, const struct compose_key *key,
		      const yaml_node_t *value)
{
	int64_t number;
	int r = compose_number(reader, value, key->name, &number);

	if (r < 0)
		return r;
	return compose_option(reader, value, "pids", "%lld",
			      number == -1 ? 0 : (long long)number);
}

static int take_device(struct compose_reader *reader, const char *key,
		       const yaml_node_t *node)
{
	const char *text, *inside, *modes = "rw";
	size_t size;
	int r = compose_text(reader, node, key, &text);

	if (r < 0)
		return r;
	size = strcspn(text, ":");
	inside = text[size] ? text + size + 1 : text;
	if (text[size]) {
		size_t end = strcspn(inside, ":");

		if (end != size || strncmp(text, inside, size) != 0)
			return compose_unkept(
				reader, node, key,
				"'%.60s': a device has the same path inside", text);
		if (inside[end])
			modes = inside + end + 1;
	}
	if (strcmp(modes, "r") != 0 && strcmp(modes, "rm") != 0 &&
	    strcmp(modes, "rw") != 0 && strcmp(modes, "rwm") != 0)
		return compose_wrong(reader, node, key, "'%.40s' is not r or rw", modes);
	return compose_option(reader, node, "device", "%.*s %s", (int)size, text,
			      modes[1] == 'w' ? "rw" : "r");
}

int compose_take_devices(struct compose_reader *reader, const struct compose_key *key,
			 const yaml_node_t *value)
{
	const yaml_node_t *item;
	int r = 0;

	for (size_t i = 0; r == 0 && (item = compose_item(reader, value, i)); i++)
		r = take_device(reader, key->name, item);
	return r;
}

int compose_take_network_mode(struct compose_reader *reader,
			      const struct compose_key *key, const yaml_node_t *value)
{
	const char *text;
	int r = compose_text(reader, value, key->name, &text);

	if (r < 0 || strcmp(text, "host") == 0)
		return r;
	if (strcmp(text, "none") == 0)
		return compose_option(reader, value, "network", "none");
	return compose_unkept(reader, value, key->name,
			      "members have the machine's network");
}
