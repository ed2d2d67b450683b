/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/cmdline.h"

#include <errno.h>
#include <string.h>

#define PREFIX "lamina."

struct word {
	const char *text;
	size_t size;
};

/* Each takes its value (NULL: none given) and returns NULL, or why it can't be so. */
static const char *set_debug(struct cmdline *cmdline, const struct word *value)
{
	if (value)
		return "takes no value";
	cmdline->debug = true;
	return NULL;
}

static const char *set_rescue(struct cmdline *cmdline, const struct word *value)
{
	if (value)
		return "takes no value";
	cmdline->rescue = true;
	return NULL;
}

static bool word_is(const struct word *word, const char *text)
{
	return word->size == strlen(text) && memcmp(word->text, text, word->size) == 0;
}

static const char *set_use(struct cmdline *cmdline, const struct word *value)
{
	if (value && word_is(value, "previous"))
		cmdline->use = CMDLINE_USE_PREVIOUS;
	else if (value && word_is(value, "factory"))
		cmdline->use = CMDLINE_USE_FACTORY;
	else
		return "takes previous or factory";
	return NULL;
}

static const char *set_store(struct cmdline *cmdline, const struct word *value)
{
	char text[POLICY_WORD_SIZE];
	enum policy_source kind;
	const char *rest;

	if (!value || value->size == 0 || value->size >= sizeof(text))
		return "takes a device";
	memcpy(text, value->text, value->size);
	text[value->size] = '\0';
	if (policy_source_parse(text, &kind, &rest, NULL) < 0)
		return "takes a device";
	memcpy(cmdline->store, text, value->size + 1);
	return NULL;
}

static const struct parameter {
	const char *name;
	enum policy_allow allow;
	const char *(*set)(struct cmdline *cmdline, const struct word *value);
} parameters[] = {
	{ "debug", POLICY_ALLOW_DEBUG, set_debug },
	{ "use", POLICY_ALLOW_USE, set_use },
	{ "store", POLICY_ALLOW_STORE, set_store },
	{ "rescue", POLICY_ALLOW_RESCUE, set_rescue },
};

static const struct parameter *find(const struct word *name)
{
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
		if (word_is(name, parameters[i].name))
			return &parameters[i];
	}
	return NULL;
}

static void ignore(struct cmdline *cmdline, const struct word *name, const char *reason)
{
	struct cmdline_ignored *ignored;
	size_t size = name->size;

	if (cmdline->ignored_count == CMDLINE_MAX_IGNORED)
		return;
	ignored = &cmdline->ignored[cmdline->ignored_count++];
	if (size > sizeof(ignored->name) - 1)
		size = sizeof(ignored->name) - 1;
	memcpy(ignored->name, name->text, size);
	ignored->name[size] = '\0';
	ignored->reason = reason;
}

/* NAME, NAME=VALUE or NAME="VALUE", the quotes as the kernel takes them */
static void take(struct cmdline *cmdline, const char *text, size_t size,
		 unsigned int allow)
{
	const char *equals = memchr(text, '=', size);
	struct word name = { text, equals ? (size_t)(equals - text) : size };
	struct word value = { equals ? equals + 1 : NULL,
			      equals ? size - name.size - 1 : 0 };
	const struct parameter *parameter = find(&name);
	const char *reason;

	if (value.size > 0 && value.text[0] == '"') {
		value.text++;
		value.size--;
		if (value.size > 0 && value.text[value.size - 1] == '"')
			value.size--;
	}
	if (!parameter)
		reason = "there is no such parameter";
	else if (!(allow & parameter->allow))
		reason = "the policy does not allow it";
	else
		reason = parameter->set(cmdline, equals ? &value : NULL);
	if (reason)
		ignore(cmdline, &name, reason);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\0';
}

void cmdline_parse(const char *text, size_t size, unsigned int allow,
		   struct cmdline *ret_cmdline)
{
	size_t at = 0, prefix = strlen(PREFIX);

	memset(ret_cmdline, 0, sizeof(*ret_cmdline));
	while (at < size) {
		size_t start = at, quote = 0;

		for (; at < size && (quote || !is_blank(text[at])); at++)
			quote ^= text[at] == '"';
		if (at - start == 2 && memcmp(text + start, "--", 2) == 0)
			return; /* the rest is for the program, not for the kernel */
		/* the kernel also takes "name=value" in quotes as a whole */
		if (start < at && text[start] == '"' && text[at - 1] == '"' &&
		    at - start > 1) {
			start++;
			at--;
		}
		if (at - start > prefix && memcmp(text + start, PREFIX, prefix) == 0)
			take(ret_cmdline, text + start + prefix, at - start - prefix,
			     allow);
		at += at < size;
	}
}
