/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/device/cpio.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/le.h"
#include "trust/sha256.h"

struct cpio {
	struct archive *archive;
	struct archive_entry *entry;
	char **names; /* that are there already */
	size_t count;
	struct sha256 sha; /* of what was added */
};

static int failed(const struct cpio *cpio, const char *name, struct err *err)
{
	const char *reason = archive_error_string(cpio->archive);
	int number = archive_errno(cpio->archive);

	return err_set(err, number > 0 ? -number : -EIO, "%s: %s", name,
		       reason ? reason : "can't be written");
}

static int open_archive(struct archive *a, int fd)
{
	int r = archive_write_set_format_cpio_newc(a);

	if (r == ARCHIVE_OK)
		r = archive_write_add_filter_gzip(a);
	if (r == ARCHIVE_OK)
		r = archive_write_set_filter_option(a, "gzip", "compression-level", "9");
	if (r == ARCHIVE_OK) /* NULL is "off": the only header field that changes */
		r = archive_write_set_filter_option(a, "gzip", "timestamp", NULL);
	if (r == ARCHIVE_OK)
		r = archive_write_set_bytes_in_last_block(a, 1);
	return r == ARCHIVE_OK ? archive_write_open_fd(a, fd) : r;
}

struct cpio *cpio_new(int fd)
{
	struct cpio *cpio = calloc(1, sizeof(*cpio));

	if (!cpio)
		return NULL;
	cpio->archive = archive_write_new();
	cpio->entry = archive_entry_new();
	if (!cpio->archive || !cpio->entry || sha256_start(&cpio->sha) < 0 ||
	    open_archive(cpio->archive, fd) != ARCHIVE_OK) {
		cpio_free(cpio);
		return NULL;
	}
	return cpio;
}

static int has_name(const struct cpio *cpio, const char *name)
{
	for (size_t i = 0; i < cpio->count; i++)
		if (strcmp(cpio->names[i], name) == 0)
			return 1;
	return 0;
}

static int note_name(struct cpio *cpio, const char *name)
{
	char **names = realloc(cpio->names, (cpio->count + 1) * sizeof(*names));

	if (!names)
		return -ENOMEM;
	cpio->names = names;
	names[cpio->count] = strdup(name);
	if (!names[cpio->count])
		return -ENOMEM;
	cpio->count++;
	return 0;
}

/* Nothing that follows can look like another name or size. */
static int hash_entry(struct cpio *cpio, const char *name, mode_t mode, size_t size,
		      unsigned int major, unsigned int minor)
{
	uint8_t head[20];

	le_put(head, mode, 4);
	le_put(head + 4, size, 8);
	le_put(head + 12, major, 4);
	le_put(head + 16, minor, 4);
	return sha256_add(&cpio->sha, name, strlen(name) + 1) < 0
		       ? -EIO
		       : sha256_add(&cpio->sha, head, sizeof(head));
}

/* Writes the header. The kernel joins files by inode number, so each gets its own. */
static int add_entry(struct cpio *cpio, const char *name, mode_t mode, size_t size,
		     unsigned int major, unsigned int minor, struct err *err)
{
	struct archive_entry *entry = archive_entry_clear(cpio->entry);
	int r;

	if (has_name(cpio, name))
		return err_set(err, -EEXIST, "%s: given twice", name);
	r = note_name(cpio, name);
	if (r == 0)
		r = hash_entry(cpio, name, mode, size, major, minor);
	if (r < 0)
		return err_errno(err, r, "%s", name);
	archive_entry_set_pathname(entry, name);
	archive_entry_set_mode(entry, mode);
	archive_entry_set_ino64(entry, (la_int64_t)cpio->count);
	archive_entry_set_nlink(entry, S_ISDIR(mode) ? 2 : 1);
	archive_entry_set_mtime(entry, 0, 0);
	archive_entry_set_rdevmajor(entry, major);
	archive_entry_set_rdevminor(entry, minor);
	archive_entry_set_size(entry, (la_int64_t)size);
	if (archive_write_header(cpio->archive, entry) != ARCHIVE_OK)
		return failed(cpio, name, err);
	return 0;
}

int cpio_add_dir(struct cpio *cpio, const char *name, struct err *err)
{
	return add_entry(cpio, name, S_IFDIR | 0755, 0, 0, 0, err);
}

int cpio_add_parents(struct cpio *cpio, const char *name, struct err *err)
{
	char *parent = strdup(name);
	int r = parent ? 0 : err_errno(err, -ENOMEM, "%s", name);

	for (char *slash = parent; r == 0 && (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (!has_name(cpio, parent))
			r = cpio_add_dir(cpio, parent, err);
		*slash = '/';
	}
	free(parent);
	return r;
}

int cpio_add_file(struct cpio *cpio, const char *name, mode_t mode, const void *bytes,
		  size_t size, struct err *err)
{
	int r = add_entry(cpio, name, S_IFREG | mode, size, 0, 0, err);

	if (r == 0 && size > 0)
		r = sha256_add(&cpio->sha, bytes, size);
	if (r == 0 && size > 0 &&
	    archive_write_data(cpio->archive, bytes, size) != (la_ssize_t)size)
		return failed(cpio, name, err);
	return r;
}

int cpio_add_char(struct cpio *cpio, const char *name, mode_t mode, unsigned int major,
		  unsigned int minor, struct err *err)
{
	return add_entry(cpio, name, S_IFCHR | mode, 0, major, minor, err);
}

int cpio_digest(const struct cpio *cpio, const struct digest *seed,
		struct digest *ret_digest)
{
	struct sha256 sha = cpio->sha;

	return sha256_add(&sha, seed->bytes, sizeof(seed->bytes)) < 0
		       ? -EIO
		       : sha256_finish(&sha, ret_digest);
}

int cpio_finish(struct cpio *cpio, struct err *err)
{
	if (archive_write_close(cpio->archive) != ARCHIVE_OK)
		return failed(cpio, "end of the archive", err);
	return 0;
}

void cpio_free(struct cpio *cpio)
{
	if (!cpio)
		return;
	for (size_t i = 0; i < cpio->count; i++)
		free(cpio->names[i]);
	free(cpio->names);
	archive_entry_free(cpio->entry);
	archive_write_free(cpio->archive);
	free(cpio);
}
