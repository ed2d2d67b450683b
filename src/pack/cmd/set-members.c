/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/cmd/set-members.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "pack/cmd/pack-options.h"

struct set_member *set_members_find(struct set_members *members, const char *name,
				    size_t size)
{
	for (size_t i = 0; i < members->count; i++) {
		struct set_member *member = &members->items[i];

		if (strlen(member->name) == size && memcmp(member->name, name, size) == 0)
			return member;
	}
	return NULL;
}

int set_members_add(struct set_members *members, const char *name, size_t size,
		    struct err *err)
{
	char text[MANIFEST_NAME_SIZE];

	if (size >= sizeof(text))
		return err_set(err, -EINVAL, "member %.20s...: the name is too long",
			       name);
	(void)snprintf(text, sizeof(text), "%.*s", (int)size, name);
	if (!manifest_name_valid(text))
		return err_set(err, -EINVAL,
			       "member %s: a name has a-z, 0-9, '.', '_' and '-'", text);
	if (set_members_find(members, name, size))
		return err_set(err, -EINVAL,
			       "member %s: the same name stands there already", text);
	if (members->count == MANIFEST_MAX_MEMBERS)
		return err_set(err, -E2BIG, "a set has at most %d members",
			       MANIFEST_MAX_MEMBERS);
	if (source_set(&members->items[members->count].name, text) < 0)
		return err_errno(err, -ENOMEM, "member %s", text);
	members->count++;
	return 0;
}

/* What the set itself says of each, or where only lamina set puts it. */
static bool is_others(const char *name)
{
	return strcmp(name, "output") == 0 || strcmp(name, "name") == 0 ||
	       strcmp(name, "json") == 0;
}

static const struct cmd_option *find_option(const char *name, size_t size)
{
	for (const struct cmd_option *option = pack_options; option->name; option++) {
		if (strlen(option->name) == size && memcmp(option->name, name, size) == 0)
			return is_others(option->name) ? NULL : option;
	}
	return NULL;
}

int set_members_option(struct set_member *member, const char *text, struct err *err)
{
	size_t size = strcspn(text, " ");
	const struct cmd_option *option = find_option(text, size);
	char *word = NULL;
	int r;

	if (!option)
		return err_set(err, -EINVAL,
			       "'%.*s' is no option of lamina pack for a member",
			       (int)size, text);
	if ((option->arg != NULL) != (text[size] == ' '))
		return err_set(err, -EINVAL, "%s %s", option->name,
			       option->arg ? "takes a value" : "takes no value");
	r = option->arg ? asprintf(&word, "--%s=%s", option->name, text + size + 1)
			: asprintf(&word, "--%s", option->name);
	r = r < 0 ? -ENOMEM : source_texts_add(&member->options, word);
	free(word);
	return r < 0 ? err_errno(err, r, "member %s", member->name) : 0;
}

void set_members_done(struct set_members *members)
{
	for (size_t i = 0; i < members->count; i++) {
		free(members->items[i].name);
		source_texts_done(&members->items[i].sources);
		source_texts_done(&members->items[i].options);
		source_texts_done(&members->items[i].ports);
	}
}
