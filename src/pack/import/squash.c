/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/import/squash.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/str.h"
#include "trust/sha256.h"

struct writer_id {
	struct sha256 sha;
	bool found; /* libsquashfs is a file of its own */
	int error;
};

static int add_file(struct writer_id *id, const char *path)
{
	struct digest hash;
	struct stat st;
	__fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r = fd < 0 || fstat(fd, &st) < 0 ? -errno : 0;

	if (r == 0)
		r = sha256_of_fd(fd, (uint64_t)st.st_size, &hash);
	return r == 0 ? sha256_add(&id->sha, hash.bytes, DIGEST_SIZE) : r;
}

static int add_library(struct dl_phdr_info *info, size_t size, void *context)
{
	static const char *const names[] = { "libsquashfs.", "libz.",	"libzstd.",
					     "liblzma.",     "liblz4.", "liblzo2." };
	const char *slash = strrchr(info->dlpi_name, '/');
	const char *name = slash ? slash + 1 : info->dlpi_name;
	struct writer_id *id = context;

	(void)size;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && id->error == 0; i++)
		if (strncmp(name, names[i], strlen(names[i])) == 0) {
			id->found |= i == 0;
			id->error = add_file(id, info->dlpi_name);
		}
	return id->error;
}

int squash_writer(struct digest *ret_id)
{
	struct writer_id id = { 0 };
	int r = sha256_start(&id.sha);

	if (r == 0)
		r = dl_iterate_phdr(add_library, &id);
	if (r == 0 && !id.found) /* linked into the program */
		r = add_file(&id, "/proc/self/exe");
	return r == 0 ? sha256_finish(&id.sha, ret_id) : r;
}

static const struct {
	const char *name;
	unsigned int levels; /* highest level, 0: knows none */
} compressors[] = {
	{ "zstd", 22 }, { "gzip", 9 }, { "xz", 0 },
	{ "lz4", 0 },	{ "lzo", 9 },  { "none", 0 },
};

int squash_parse_compression(const char *text, struct squash_options *options,
			     struct err *err)
{
	size_t size = strcspn(text, ":");
	uint64_t level = 0;

	for (size_t i = 0; i < sizeof(compressors) / sizeof(compressors[0]); i++) {
		const char *name = compressors[i].name;

		if (strlen(name) != size || memcmp(name, text, size) != 0)
			continue;
		if (text[size] &&
		    (str_number(text + size + 1, strlen(text + size + 1), &level) < 0 ||
		     level == 0 || level > compressors[i].levels))
			return err_set(err, -EINVAL, "%s: %s has levels from 1 to %u",
				       text, name, compressors[i].levels);
		(void)snprintf(options->compression, sizeof(options->compression), "%s",
			       name);
		options->level = (unsigned int)level;
		return 0;
	}
	return err_set(err, -EINVAL,
		       "%s: compression is zstd[:LEVEL], gzip[:LEVEL], xz, lz4, "
		       "lzo[:LEVEL] or none",
		       text);
}

int squash_parse_block_size(const char *text, struct squash_options *options,
			    struct err *err)
{
	size_t size = strlen(text);
	char unit = size ? text[size - 1] : '\0';
	uint64_t shift = unit == 'K' ? 10 : unit == 'M' ? 20 : 0, value;

	if (str_number(text, size - (shift ? 1 : 0), &value) < 0 || value > (1 << 20) ||
	    value << shift < 4096 || value << shift > (1 << 20) || (value & (value - 1)))
		return err_set(err, -EINVAL,
			       "%s: a block size is a power of two from 4K to 1M", text);
	options->block_size = (uint32_t)(value << shift);
	return 0;
}
