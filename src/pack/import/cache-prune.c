/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "pack/import/cache.h"

#define HEX_SIZE (DIGEST_HEX_SIZE - 1)
#define LIMIT_BYTES ((uint64_t)10 << 30) /* when nobody says another */
#define STALE_S (24 * 3600)		 /* nobody is writing such a file any more */

struct kept { /* an entry: a blob, and when it was used last */
	char name[DIGEST_HEX_SIZE];
	uint64_t size_bytes;
	struct timespec used;
};

struct list {
	struct kept *items;
	size_t count;
	uint64_t total_bytes;
};

static bool is_key(const char *name)
{
	return strlen(name) == HEX_SIZE && strspn(name, "0123456789abcdef") == HEX_SIZE;
}

static int keep(struct list *list, const char *name, const struct stat *st)
{
	/* grows by doubling */
	if ((list->count & (list->count - 1)) == 0) {
		struct kept *items =
			realloc(list->items, (2 * list->count + 1) * sizeof(*items));

		if (!items)
			return -ENOMEM;
		list->items = items;
	}
	list->items[list->count] =
		(struct kept){ .size_bytes = (uint64_t)st->st_size, .used = st->st_mtim };
	memcpy(list->items[list->count++].name, name, DIGEST_HEX_SIZE);
	list->total_bytes += (uint64_t)st->st_size;
	return 0;
}

/* What a killed run began, or a part without its other, is nobody's. */
static void remove_stale(int cache, const char *name, const struct stat *st)
{
	struct stat blob;
	char key[DIGEST_HEX_SIZE] = "";

	if (st->st_mtime > time(NULL) - STALE_S)
		return;
	if (strlen(name) == HEX_SIZE + 5 && strcmp(name + HEX_SIZE, ".meta") == 0)
		memcpy(key, name, HEX_SIZE);
	if (strncmp(name, ".new-", 5) == 0 ||
	    (key[0] && fstatat(cache, key, &blob, 0) < 0))
		(void)unlinkat(cache, name, 0);
}

static int read_list(int cache, DIR *dir, struct list *list)
{
	struct dirent *entry;
	int r = 0;

	while (r == 0 && (entry = readdir(dir))) {
		struct stat st;

		if (fstatat(cache, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		if (is_key(entry->d_name))
			r = keep(list, entry->d_name, &st);
		else
			remove_stale(cache, entry->d_name, &st);
	}
	return r;
}

static int by_use(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;

	if (x->used.tv_sec != y->used.tv_sec)
		return x->used.tv_sec < y->used.tv_sec ? -1 : 1;
	if (x->used.tv_nsec != y->used.tv_nsec)
		return x->used.tv_nsec < y->used.tv_nsec ? -1 : 1;
	return strcmp(x->name, y->name);
}

int cache_limit(uint64_t *ret_bytes, struct err *err)
{
	const char *text = getenv("LAMINA_CACHE_SIZE");
	size_t size = text ? strlen(text) : 0;
	char unit = size ? text[size - 1] : '0';
	unsigned int shift = unit == 'K' ? 10 : unit == 'M' ? 20 : unit == 'G' ? 30 : 0;
	uint64_t value;

	*ret_bytes = LIMIT_BYTES;
	if (size == 0)
		return 0;
	if (str_number(text, size - (shift > 0), &value) < 0 ||
	    value > UINT64_MAX >> shift)
		return err_set(err, -EINVAL,
			       "LAMINA_CACHE_SIZE=%s is not a number of bytes, K, M or G",
			       text);
	*ret_bytes = value << shift;
	return 0;
}

int cache_prune(int cache, uint64_t limit_bytes)
{
	struct list list = { .count = 0 };
	/* a description of its own: a duplicate would go on where the last one stopped */
	DIR *dir = fdopendir(openat(cache, ".", O_DIRECTORY | O_RDONLY | O_CLOEXEC));
	int r = dir ? read_list(cache, dir, &list) : -errno;

	if (list.count)
		qsort(list.items, list.count, sizeof(*list.items), by_use);
	for (size_t i = 0; r == 0 && i < list.count && list.total_bytes > limit_bytes;
	     i++) {
		list.total_bytes -= list.items[i].size_bytes;
		cache_remove(cache, list.items[i].name);
	}
	if (dir)
		(void)closedir(dir);
	free(list.items);
	return r;
}
