/* SPDX-License-Identifier: Apache-2.0 */
#include "container/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"
#include "stack/mount.h"

/* Of cpu.max, in microseconds, as behind its amount. */
#define PERIOD 100000

struct limit {
	const char *key, *controller, *file, *option;
	uint64_t (*amount)(const struct manifest *manifest); /* 0: not asked for */
	const char *behind;				     /* it, in the file */
};

uint64_t limits_memory(const struct manifest *manifest)
{
	uint64_t bytes = 0;

	/* no manifest has another text than "" and a size */
	(void)str_size_parse(manifest->memory, strlen(manifest->memory), "kmg", &bytes);
	return bytes;
}

static uint64_t group(const struct manifest *manifest)
{
	return limits_memory(manifest) > 0;
}

static uint64_t pids(const struct manifest *manifest)
{
	return manifest->pids;
}

static uint64_t cpu(const struct manifest *manifest)
{
	return manifest->cpu_percent * (PERIOD / 100);
}

/* One that runs out of memory ends as a whole and is started again: half an application, of
 * which the kernel took a part, is what nobody has tried. */
static const struct limit limits[] = {
	{ "memory", "memory", "memory.max", "MEMCG", limits_memory, "" },
	{ "memory", "memory", "memory.oom.group", "MEMCG", group, "" },
	{ "pids", "pids", "pids.max", "CGROUP_PIDS", pids, "" },
	{ "cpu", "cpu", "cpu.max", "CFS_BANDWIDTH", cpu, " 100000" },
};

#define LIMITS (sizeof(limits) / sizeof(limits[0]))

static int lacks(const struct limit *limit, const char *option, struct err *err)
{
	return err_set(err, -ENOSYS, "%s: takes CONFIG_%s, which this kernel has not",
		       limit->key, option);
}

static bool has_word(const char *words, const char *word)
{
	size_t size = strlen(word);

	for (; *words; words += *words != '\0') {
		size_t length = strcspn(words, " \n");

		if (length == size && memcmp(words, word, size) == 0)
			return true;
		words += length;
	}
	return false;
}

/* What controllers the kernel has, by a mount that nobody sees. "" where it has no cgroups. */
static void read_controllers(char *ret_text, size_t size)
{
	__fd int mount = mount_unattached("cgroup2", NULL, NULL, 0, NULL);
	__fd int file = mount < 0
				? mount
				: path_open_own(mount, "cgroup.controllers", O_RDONLY, 0);
	ssize_t n = file < 0 ? file : sys_read(file, ret_text, size - 1);

	ret_text[n > 0 ? n : 0] = '\0';
}

int limits_check(const struct manifest *manifest, struct err *err)
{
	char there[256] = "";

	for (size_t i = 0; i < LIMITS; i++) {
		if (limits[i].amount(manifest) == 0)
			continue;
		if (!there[0])
			read_controllers(there, sizeof(there));
		if (!there[0])
			return lacks(&limits[i], "CGROUPS", err);
		if (!has_word(there, limits[i].controller))
			return lacks(&limits[i], limits[i].option, err);
	}
	return 0;
}

static int set(const struct limit *limit, uint64_t amount, int cgroup, struct err *err)
{
	__fd int file =
		cgroup < 0 ? cgroup : path_open_own(cgroup, limit->file, O_WRONLY, 0);
	char buf[48];
	struct str text;
	int r;

	if (file == -ENOENT)
		return lacks(limit, cgroup < 0 ? "CGROUPS" : limit->option, err);
	str_init(&text, buf, sizeof(buf));
	str_addf(&text, "%" PRIu64 "%s", amount, limit->behind);
	r = file < 0 ? file : fd_write_all(file, text.buf, text.used);
	return r < 0 ? err_errno(err, r, "%s: %s", limit->key, limit->file) : 0;
}

int limits_set(const struct manifest *manifest, int cgroup, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < LIMITS && r == 0; i++)
		if (limits[i].amount(manifest) > 0)
			r = set(&limits[i], limits[i].amount(manifest), cgroup, err);
	return r;
}
