/* SPDX-License-Identifier: Apache-2.0 */
#include "format/manifest/check.h"

#include <stdint.h>
#include <string.h>

#include "base/str.h"
#include "format/net.h"
#include "format/set.h"

#define DIGITS "0123456789"

/* @most characters at most, each a lower-case letter, a digit, where @upper says so an
 * upper-case letter, or one of @first, and behind the first one of @rest. */
static bool matches(const char *text, bool upper, const char *first, const char *rest,
		    size_t most)
{
	const char *others = first;
	size_t size = 0;

	for (char c; (c = text[size]); size++, others = rest) {
		if ((c < 'a' || c > 'z') && (c < '0' || c > '9') &&
		    (!upper || c < 'A' || c > 'Z') && !strchr(others, c))
			return false;
	}
	return size > 0 && size <= most;
}

const char *manifest_wrong_name(const char *text)
{
	if (!matches(text, false, "", "._-", MANIFEST_NAME_SIZE - 1))
		return "must match [a-z0-9][a-z0-9._-]{0,62}";
	return NULL;
}

const char *manifest_wrong_version(const char *text)
{
	if (!matches(text, true, "", "._~:+-", MANIFEST_VERSION_SIZE - 1))
		return "must match [A-Za-z0-9][A-Za-z0-9._~:+-]{0,63}";
	return NULL;
}

const char *manifest_wrong_compatible(const char *text)
{
	if (!matches(text, true, "", ",._+/-", 127))
		return "must match [A-Za-z0-9][A-Za-z0-9,._+/-]{0,126}";
	return NULL;
}

const char *manifest_wrong_arch(const char *text)
{
	static const char names[][8] = { "amd64", "arm64", "arm", "riscv64" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(text, names[i]) == 0)
			return NULL;
	return "must be amd64, arm64, arm or riscv64";
}

/* A user's or group's name or id. */
static bool who_valid(const char *text, size_t size)
{
	char name[65];
	uint64_t id;

	if (size == 0 || size >= sizeof(name))
		return false;
	memcpy(name, text, size);
	name[size] = '\0';
	/* 2^32-1 means "leave it as it is" to setresuid(2): the process would stay root.
	 */
	if (strspn(name, DIGITS) == size)
		return str_number(name, size, &id) == 0 && id < UINT32_MAX;
	return matches(name, true, "_.", "_.@+$-", sizeof(name) - 1);
}

const char *manifest_wrong_user(const char *text)
{
	size_t user = strcspn(text, ":");

	if (!who_valid(text, user) ||
	    (text[user] && !who_valid(text + user + 1, strlen(text + user + 1))))
		return "must be NAME or ID, and :NAME or :ID where there is a group";
	return NULL;
}

const char *manifest_wrong_signal(const char *text)
{
	return manifest_signal(text) < 0 ? "is no signal to stop by" : NULL;
}

const char *manifest_wrong_env(const char *text)
{
	size_t name = strcspn(text, "=");

	return name == 0 || !text[name] ? "must be NAME=value" : NULL;
}

const char *manifest_wrong_hostname(const char *text)
{
	if (*text && !matches(text, true, "", ".-", 63))
		return "must match [A-Za-z0-9][A-Za-z0-9.-]{0,62}";
	for (const char *dot = text; (dot = strchr(dot, '.')); dot++)
		if (!dot[1] || dot[1] == '.')
			return "has nothing behind a dot";
	return NULL;
}

/* The reason lasts until the next call. */
const char *manifest_wrong_net(const char *text)
{
	static struct err err;
	struct net_line line;

	return net_parse(text, strlen(text), &line, &err) < 0 ? err.text : NULL;
}

const char *manifest_wrong_needs(const char *text)
{
	return strcmp(text, "network") == 0 ? NULL : set_wrong_need(text);
}

const char *manifest_wrong_share(const char *text)
{
	return set_wrong_share(text);
}

const char *manifest_wrong_source(const char *text)
{
	return *text ? NULL : "value missing";
}

static const char *wrong_component(const char *name, size_t size)
{
	if (size == 0)
		return "has an empty component";
	if (size > 255)
		return "has a component of more than 255 bytes";
	if (name[0] == '.' && (size == 1 || (size == 2 && name[1] == '.')))
		return "has . or .. in it";
	return NULL;
}

const char *manifest_wrong_path(const char *text)
{
	const char *at = text;

	if (text[0] != '/')
		return "must be an absolute path";
	if (strlen(text) > 4095)
		return "is longer than 4095 bytes";
	for (size_t i = 0; text[i]; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return "has a control character in it";
	while (*at && text[1]) {
		size_t size = strcspn(++at, "/");
		const char *wrong = wrong_component(at, size);

		if (wrong)
			return wrong;
		at += size;
	}
	return NULL;
}

bool manifest_below(const char *path, const char *top)
{
	size_t size = strlen(top);

	return strncmp(path, top, size) == 0 && (path[size] == '\0' || path[size] == '/');
}

/*
 * Places that are the kernel's and init's own: an image must not be able to dress up what
 * they say, to itself or to the tools on the device.
 */
static const char *wrong_place(const char *path)
{
	static const char places[][12] = { "/proc", "/sys", "/dev", "/run/lamina" };
	const char *wrong = manifest_wrong_path(path);
	bool taken = strcmp(path, "/") == 0 || strcmp(path, "/run") == 0;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		taken = taken || manifest_below(path, places[i]);
	if (!wrong && taken)
		return "must not be / or /run, nor in /proc, /sys, /dev or /run/lamina";
	return wrong;
}

/* Nothing of the kernel's is there, and programs want it writable. */
static bool is_memory(const char *path)
{
	return strcmp(path, "/dev/shm") == 0 || strcmp(path, "/run") == 0;
}

const char *manifest_wrong_volume(const char *text)
{
	return is_memory(text) ? NULL : wrong_place(text);
}

const char *manifest_wrong_inject(const char *text)
{
	return wrong_place(text);
}

const char *manifest_clash_compatible(const struct manifest *manifest, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(manifest->compatible[i], manifest->compatible[index]) == 0)
			return "stands there already";
	return NULL;
}

/* A blob may be in the stack twice, but has one size and one root hash. */
const char *manifest_clash_layer(const struct manifest *manifest, size_t index)
{
	const struct manifest_layer *layer = &manifest->layers[index];

	for (size_t i = 0; i < index; i++) {
		const struct manifest_layer *other = &manifest->layers[i];

		if (digest_equal(&layer->blob, &other->blob) &&
		    (layer->size_bytes != other->size_bytes ||
		     layer->data_bytes != other->data_bytes ||
		     !digest_equal(&layer->root, &other->root)))
			return "contradicts the line of the same blob";
	}
	return NULL;
}

const char *manifest_clash_volume(const struct manifest *manifest, size_t index)
{
	const char *path = manifest->volumes[index].path;

	/* each start of a supervised one makes a /dev with a tmpfs there */
	if (manifest->volumes[index].persist && is_memory(path) &&
	    (manifest->min_init >= MANIFEST_SUPERVISE_LEVEL || !path[4]))
		return "is memory, not kept: must be tmpfs";
	for (size_t i = 0; i < index; i++) {
		if (strcmp(manifest->volumes[i].path, path) == 0)
			return "stands there already";
		if (manifest_below(manifest->volumes[i].path, path))
			return "would hide a volume that stands before it";
	}
	for (size_t i = 0; i < manifest->inject_count; i++)
		if (manifest_below(path, manifest->injects[i]))
			return "an injected file is in the way of a volume";
	return NULL;
}

/* A file can't be where a directory must be. */
const char *manifest_clash_inject(const struct manifest *manifest, size_t index)
{
	const char *file = manifest->injects[index];

	for (size_t i = 0; i < manifest->volume_count; i++)
		if (manifest_below(manifest->volumes[i].path, file))
			return "is in the way of a volume";
	for (size_t i = 0; i < index; i++)
		if (manifest_below(manifest->injects[i], file) ||
		    manifest_below(file, manifest->injects[i]))
			return "is in the way of another injected file";
	return NULL;
}

const char *manifest_clash_arg(const struct manifest *manifest, size_t index)
{
	return index == 0 && !*manifest->args[0] ? "the first names the program" : NULL;
}

const char *manifest_clash_env(const struct manifest *manifest, size_t index)
{
	size_t name = strcspn(manifest->env[index], "=") + 1;

	for (size_t i = 0; i < index; i++)
		if (strncmp(manifest->env[i], manifest->env[index], name) == 0)
			return "the same name stands there already";
	return NULL;
}

static void parse_net(const char *text, struct net_line *ret_line)
{
	/* each has been looked at by itself */
	(void)net_parse(text, strlen(text), ret_line, NULL);
}

const char *manifest_clash_net(const struct manifest *manifest, size_t index)
{
	struct net_line line, other;

	parse_net(manifest->nets[index], &line);
	for (size_t i = 0; i < index; i++) {
		parse_net(manifest->nets[i], &other);
		if (line.kind == NET_NONE || other.kind == NET_NONE)
			return "none stands alone";
		if (net_same_match(&line, &other))
			return "stands there already";
	}
	return NULL;
}

const char *manifest_clash_needs(const struct manifest *manifest, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(manifest->needs[i], manifest->needs[index]) == 0)
			return "stands there already";
	return NULL;
}

/* A blob may be that of two members, but has one size. */
const char *manifest_clash_member(const struct manifest *manifest, size_t index)
{
	const struct manifest_member *member = &manifest->members[index];

	for (size_t i = 0; i < index; i++) {
		const struct manifest_member *other = &manifest->members[i];

		if (strcmp(other->name, member->name) == 0)
			return "the same name stands there already";
		if (digest_equal(&other->digest, &member->digest) &&
		    other->size_bytes != member->size_bytes)
			return "contradicts the line of the same manifest";
	}
	return NULL;
}
