/* SPDX-License-Identifier: Apache-2.0 */
/* What the keys that go with `confine` may say. */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "format/manifest/check.h"

const char *manifest_wrong_capability(const char *text)
{
	return manifest_capability(text)
		       ? NULL
		       : "must be a capability's name without CAP_, or ALL";
}

static bool is_listed(const char *const *list, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], text) == 0)
			return true;
	return false;
}

const char *manifest_clash_cap_add(const struct manifest *manifest, size_t index)
{
	const char *name = manifest->cap_adds[index];

	if (is_listed(manifest->cap_adds, index, name))
		return "stands there already";
	return is_listed(manifest->cap_drops, manifest->cap_drop_count, name)
		       ? "is dropped, too"
		       : NULL;
}

const char *manifest_clash_cap_drop(const struct manifest *manifest, size_t index)
{
	const char *name = manifest->cap_drops[index];

	if (is_listed(manifest->cap_drops, index, name))
		return "stands there already";
	return is_listed(manifest->cap_adds, manifest->cap_add_count, name)
		       ? "is added, too"
		       : NULL;
}

/* ARM's own numbers end below. */
#define MOST_NUMBER 0xfffff

int manifest_next_range(const char **text, uint32_t *ret_first, uint32_t *ret_last)
{
	size_t size = strcspn(*text, ","), one = strcspn(*text, ",-");
	bool two = one < size;
	uint64_t first, last;

	if (size == 0)
		return **text ? -EINVAL : 0;
	if (str_number(*text, one, &first) < 0)
		return -EINVAL;
	last = first;
	if (two &&
	    (str_number(*text + one + 1, size - one - 1, &last) < 0 || last <= first))
		return -EINVAL;
	if (last > MOST_NUMBER)
		return -EINVAL;
	*text += size;
	if (**text == ',' && !*++*text)
		return -EINVAL;
	*ret_first = (uint32_t)first;
	*ret_last = (uint32_t)last;
	return 1;
}

/* Written in one way only: apart, and the smaller ones first. */
const char *manifest_wrong_syscalls(const char *text)
{
	uint32_t first, last, above = 0;
	unsigned int count = 0;
	int r;

	for (; (r = manifest_next_range(&text, &first, &last)) > 0; above = last) {
		if (count++ && first <= above + 1)
			return "must be in ascending order, with numbers between them";
	}
	if (r < 0)
		return "must be numbers up to 1048575, such as 0-40,42";
	return count > MANIFEST_MAX_RANGES ? "has more than 256 ranges" : NULL;
}

/* A page is the least that the kernel counts. */
const char *manifest_wrong_amount(const char *text)
{
	uint64_t bytes;

	if (!*text)
		return NULL;
	if (str_size_parse(text, strlen(text), "kmg", &bytes) < 0 || bytes < 4096)
		return "must be 4096 bytes or more, with k, m, g or nothing behind them";
	return NULL;
}

/* In every container's own /dev already. */
static bool is_taken(const char *name)
{
	static const char *const names[] = { "null",	"zero",	  "full", "random",
					     "urandom", "tty",	  "ptmx", "fd",
					     "stdin",	"stdout", "pts",  "stderr",
					     "mqueue",	"shm" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t size = strlen(names[i]);

		if (strncmp(name, names[i], size) == 0 &&
		    (!name[size] || name[size] == '/'))
			return true;
	}
	return false;
}

const char *manifest_wrong_device(const char *text)
{
	size_t size = strcspn(text, " ");
	char path[256];

	if (text[size] && strcmp(text + size, " r") != 0 &&
	    strcmp(text + size, " rw") != 0)
		return "must be PATH, and r or rw behind it";
	if (size >= sizeof(path))
		return "is longer than 255 bytes";
	memcpy(path, text, size);
	path[size] = '\0';
	if (manifest_wrong_path(path))
		return manifest_wrong_path(path);
	if (strncmp(path, "/dev/", 5) != 0)
		return "must be below /dev";
	return is_taken(path + 5) ? "is there in any case" : NULL;
}

const char *manifest_clash_device(const struct manifest *manifest, size_t index)
{
	const char *path = manifest->devices[index];
	size_t size = strcspn(path, " ");

	for (size_t i = 0; i < index; i++)
		if (strncmp(manifest->devices[i], path, size) == 0 &&
		    strchr(" ", manifest->devices[i][size]))
			return "stands there already";
	return NULL;
}
