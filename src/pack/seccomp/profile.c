/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/seccomp/profile.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/str.h"
#include "cli/cmd.h"
#include "pack/seccomp/table.h"
#include "pack/source/doc.h"

struct profile {
	const struct manifest *manifest;
	uint64_t capabilities;
	bool *allowed, *refused; /* by the table's places */
	char unknown[200];	 /* names that no table has */
	struct err *err;
};

/* --- does a rule count? ------------------------------------------------------------- */

static bool has_arch(const json_t *list, const char *arch)
{
	const char *text;
	size_t i;
	json_t *item;

	json_array_foreach ((json_t *)(uintptr_t)list, i, item) {
		text = json_string_value(item);
		if (text && strcmp(text, arch) == 0)
			return true;
	}
	return false;
}

/* How many of these capabilities the image has. */
static size_t has_capabilities(const struct profile *profile, const json_t *list)
{
	size_t i, count = 0;
	json_t *item;

	json_array_foreach ((json_t *)(uintptr_t)list, i, item) {
		const char *text = json_string_value(item);

		if (text && strncmp(text, "CAP_", 4) == 0 &&
		    profile->capabilities & manifest_capability(text + 4))
			count++;
	}
	return count;
}

/* A device's kernel is newer than any `minKernel`. */
static int applies(const struct profile *profile, const json_t *rule)
{
	const char *arch = profile->manifest->arch;
	const json_t *in = NULL, *out = NULL, *caps = NULL, *archs = NULL,
		     *no_caps = NULL, *no_archs = NULL;
	int r = doc_object(rule, "includes", &in, profile->err);

	if (r == 0)
		r = doc_object(rule, "excludes", &out, profile->err);
	if (r == 0 && in)
		r = doc_array(in, "caps", &caps, profile->err);
	if (r == 0 && in)
		r = doc_array(in, "arches", &archs, profile->err);
	if (r == 0 && out)
		r = doc_array(out, "caps", &no_caps, profile->err);
	if (r == 0 && out)
		r = doc_array(out, "arches", &no_archs, profile->err);
	if (r < 0)
		return r;
	return has_capabilities(profile, caps) == json_array_size(caps) &&
	       (json_array_size(archs) == 0 || has_arch(archs, arch)) &&
	       has_capabilities(profile, no_caps) == 0 && !has_arch(no_archs, arch);
}

/* --- what it says ------------------------------------------------------------------- */

/* 1: it allows, 0: it refuses. */
static int read_action(const struct profile *profile, const json_t *object,
		       const char *key)
{
	static const struct {
		const char *name;
		bool allows;
	} actions[] = {
		{ "SCMP_ACT_ALLOW", true },	    { "SCMP_ACT_LOG", true },
		{ "SCMP_ACT_ERRNO", false },	    { "SCMP_ACT_KILL", false },
		{ "SCMP_ACT_KILL_PROCESS", false }, { "SCMP_ACT_KILL_THREAD", false },
		{ "SCMP_ACT_TRAP", false },	    { "SCMP_ACT_TRACE", false },
	};
	const char *text = NULL;
	int r = doc_string(object, key, &text, profile->err);

	for (size_t i = 0; r == 0 && text && i < sizeof(actions) / sizeof(actions[0]);
	     i++)
		if (strcmp(text, actions[i].name) == 0)
			return actions[i].allows;
	if (r < 0)
		return r;
	return text ? err_set(profile->err, -EBADMSG, "%s: '%.40s' is no action", key,
			      text)
		    : err_set(profile->err, -EBADMSG, "%s is missing", key);
}

static uint64_t argument(const json_t *arg, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(arg, key));
}

/* Is it one of those that every device has by itself (container/filter.c)? */
static bool is_kept(const char *name, const json_t *arg, bool allows)
{
	const char *op = json_string_value(json_object_get(arg, "op"));
	uint64_t value = argument(arg, "value");

	if (!op || argument(arg, "index") != 0)
		return false;
	if (strcmp(name, "clone") == 0)
		return allows && strcmp(op, "SCMP_CMP_MASKED_EQ") == 0 &&
		       value == 0x7e020000 && argument(arg, "valueTwo") == 0;
	if (strcmp(name, "personality") == 0)
		return allows && strcmp(op, "SCMP_CMP_EQ") == 0 &&
		       (value == 0xffffffff || !(value & ~(uint64_t)0x20008));
	return strcmp(name, "socket") == 0 &&
	       strcmp(op, allows ? "SCMP_CMP_NE" : "SCMP_CMP_EQ") == 0 &&
	       (value == AF_ALG || value == AF_VSOCK);
}

static bool are_kept(const char *name, const json_t *args, bool allows)
{
	size_t i;
	json_t *arg;

	json_array_foreach ((json_t *)(uintptr_t)args, i, arg) {
		if (!is_kept(name, arg, allows))
			return false;
	}
	return true;
}

static void note_unknown(struct profile *profile, const char *name)
{
	size_t used = strlen(profile->unknown);

	(void)snprintf(profile->unknown + used, sizeof(profile->unknown) - used, "%s%s",
		       used ? ", " : "", name);
}

static void take_name(struct profile *profile, const char *name, const json_t *args,
		      bool allows)
{
	int at = table_find(name);
	bool kept = are_kept(name, args, allows);

	if (at < 0) {
		note_unknown(profile, name);
		return;
	}
	if (!kept)
		cmd_note(
			"system call %s: a rule for some arguments can't be kept: refused",
			name);
	if (allows && kept)
		profile->allowed[at] = true;
	else if (!kept || json_array_size(args) == 0)
		profile->refused[at] = true;
}

static int take_rule(struct profile *profile, const json_t *rule)
{
	const json_t *names = NULL, *args = NULL;
	const char *text;
	int counts = json_is_object(rule)
			     ? applies(profile, rule)
			     : err_set(profile->err, -EBADMSG, "a rule is not an object");
	int allows = counts > 0 ? read_action(profile, rule, "action") : counts, r;
	json_t *name;
	size_t i;

	if (counts <= 0 || allows < 0)
		return counts <= 0 ? counts : allows;
	r = doc_array(rule, "names", &names, profile->err);
	if (r == 0)
		r = doc_array(rule, "args", &args, profile->err);
	if (r < 0)
		return r;
	json_array_foreach ((json_t *)(uintptr_t)names, i, name) {
		text = json_string_value(name);
		if (!text)
			return err_set(profile->err, -EBADMSG, "\"names\": not texts");
		take_name(profile, text, args, allows);
	}
	return 0;
}

static int take_rules(struct profile *profile, const json_t *doc)
{
	const json_t *rules = NULL;
	int allows = read_action(profile, doc, "defaultAction");
	int r = allows < 0 ? allows : doc_array(doc, "syscalls", &rules, profile->err);
	json_t *rule;
	size_t i;

	for (size_t at = 0; r == 0 && at < table_count; at++)
		profile->allowed[at] = allows;
	json_array_foreach ((json_t *)(uintptr_t)rules, i, rule) {
		if (r == 0)
			r = take_rule(profile, rule);
	}
	return r;
}

/* --- the ranges --------------------------------------------------------------------- */

static int compare(const void *one, const void *other)
{
	int32_t a = *(const int32_t *)one, b = *(const int32_t *)other;

	return (a > b) - (a < b);
}

/* The numbers that are left, sorted. How many. */
static size_t collect(const struct profile *profile, int arch, int32_t *ret_numbers)
{
	size_t count = 0;

	for (size_t i = 0; i < table_count; i++)
		if (profile->allowed[i] && !profile->refused[i] &&
		    table_calls[i].numbers[arch] >= 0)
			ret_numbers[count++] = table_calls[i].numbers[arch];
	qsort(ret_numbers, count, sizeof(*ret_numbers), compare);
	return count;
}

static int write_ranges(const int32_t *numbers, size_t count,
			char ret_text[PROFILE_TEXT_SIZE], struct err *err)
{
	size_t ranges = 0;
	struct str s;

	str_init(&s, ret_text, PROFILE_TEXT_SIZE);
	for (size_t i = 0, next; i < count; i = next, ranges++) {
		for (next = i + 1;
		     next < count && numbers[next] <= numbers[next - 1] + 1;)
			next++;
		str_addf(&s, "%s%d", i ? "," : "", numbers[i]);
		if (numbers[next - 1] != numbers[i])
			str_addf(&s, "-%d", numbers[next - 1]);
	}
	if (count == 0)
		return err_set(err, -EINVAL, "it allows no system call");
	if (ranges > MANIFEST_MAX_RANGES)
		return err_set(err, -EINVAL, "it makes more than %d ranges",
			       MANIFEST_MAX_RANGES);
	return 0;
}

static int make(struct profile *profile, const char *bytes, size_t size, int arch,
		char ret_text[PROFILE_TEXT_SIZE])
{
	__doc json_t *doc = doc_parse(bytes, size, profile->err);
	int32_t *numbers;
	int r = doc ? take_rules(profile, doc) : -EBADMSG;

	if (r < 0)
		return r;
	if (profile->unknown[0])
		cmd_note("the profile names system calls that Lamina does not know: %s",
			 profile->unknown);
	numbers = malloc(table_count * sizeof(*numbers));
	if (!numbers)
		return -ENOMEM;
	r = write_ranges(numbers, collect(profile, arch, numbers), ret_text,
			 profile->err);
	free(numbers);
	return r;
}

int profile_ranges(const char *bytes, size_t size, const struct manifest *manifest,
		   char ret_text[PROFILE_TEXT_SIZE], struct err *err)
{
	struct profile profile = {
		.manifest = manifest,
		.capabilities = manifest_capabilities(manifest),
		.allowed = calloc(table_count, sizeof(bool)),
		.refused = calloc(table_count, sizeof(bool)),
		.err = err,
	};
	int arch = table_arch(manifest->arch);
	int r = profile.allowed && profile.refused ? arch : -ENOMEM;

	if (r >= 0)
		r = make(&profile, bytes, size, arch, ret_text);
	free(profile.allowed);
	free(profile.refused);
	return r;
}
