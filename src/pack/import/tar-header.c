/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/import/tar-header.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

struct field {
	const char *what;
	size_t at, size;
	const char *key; /* of the pax record that counts instead, or NULL */
};

static const struct field fields[] = {
	{ "mode", 100, 8, NULL },     { "owner", 108, 8, "uid" },
	{ "group", 116, 8, "gid" },   { "size", 124, 12, "size" },
	{ "time", 136, 12, "mtime" },
};
static const struct field devices[] = { { "device number", 329, 8, NULL },
					{ "device number", 337, 8, NULL } };

#define FIELD_COUNT (sizeof(fields) / sizeof(fields[0]))

struct reading {
	const char *at;
	size_t left;
	bool said[FIELD_COUNT]; /* by a pax record */
	const char *link;
	size_t link_size;
};

/* Octal digits between spaces and NULs, as every writer since V7 has them. */
static int octal(const char *text, size_t size, uint64_t *ret_value)
{
	uint64_t value = 0;
	size_t i = 0;

	while (i < size && (text[i] == ' ' || text[i] == '\0'))
		i++;
	for (; i < size && text[i] != '\0' && text[i] != ' '; i++) {
		if (text[i] < '0' || text[i] > '7')
			return -EBADMSG;
		value = value << 3 | (uint64_t)(text[i] - '0');
	}
	*ret_value = value;
	return 0;
}

/* GNU's other form, for what has too many digits; its first bit tells. */
static int base256(const unsigned char *bytes, size_t size, uint64_t *ret_value)
{
	uint64_t value = bytes[0] & 0x3f;
	bool negative = bytes[0] & 0x40;

	for (size_t i = 1; i < size; i++) {
		if (value >> 55 && !negative)
			return -EBADMSG;
		value = value << 8 | bytes[i];
	}
	*ret_value = value;
	return 0;
}

static int number(const char *block, const struct field *field, uint64_t *ret_value,
		  struct err *err)
{
	const char *text = block + field->at;
	int r = (unsigned char)text[0] & 0x80
			? base256((const unsigned char *)text, field->size, ret_value)
			: octal(text, field->size, ret_value);

	return r < 0 ? err_set(err, r, "its %s is no number", field->what) : 0;
}

static int decimal(const char *text, size_t size, uint64_t *ret_value)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++) {
		if (text[i] < '0' || text[i] > '9' || value > (INT64_MAX - 9) / 10)
			return -EBADMSG;
		value = value * 10 + (uint64_t)(text[i] - '0');
	}
	*ret_value = value;
	return 0;
}

uint64_t tar_size(const char *block)
{
	uint64_t size = 0;

	return number(block, &fields[3], &size, NULL) == 0 ? size : 0;
}

static bool is_key(const char *key, size_t size, const char *name)
{
	return strlen(name) == size && memcmp(key, name, size) == 0;
}

/* One record's key and value: no reader may take it for another than the next one does. */
static int check_record(struct reading *in, const char *key, size_t key_size,
			const char *value, size_t value_size, struct err *err)
{
	bool name = is_key(key, key_size, "path") || is_key(key, key_size, "linkpath");
	uint64_t ignored;

	if (memchr(key, '\0', key_size) || (name && memchr(value, '\0', value_size)))
		return err_set(err, -EBADMSG, "a NUL byte cuts its name");
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (!fields[i].key || !is_key(key, key_size, fields[i].key))
			continue;
		in->said[i] = true;
		/* times have signs and fractions, and no harm comes of them */
		if (strcmp(fields[i].key, "mtime") != 0 &&
		    decimal(value, value_size, &ignored) < 0)
			return err_set(err, -EBADMSG, "its %s is no number",
				       fields[i].what);
	}
	return 0;
}

/* "LENGTH KEY=VALUE\n" again and again. */
static int check_records(struct reading *in, const char *at, size_t size, struct err *err)
{
	while (size) {
		const char *space = memchr(at, ' ', size), *equals;
		uint64_t length;
		int r;

		if (!space || decimal(at, (size_t)(space - at), &length) < 0 ||
		    length > size || length < (size_t)(space - at) + 4 ||
		    at[length - 1] != '\n')
			return err_set(err, -EBADMSG, "an extended header is damaged");
		space++;
		equals = memchr(space, '=', (size_t)(at + length - 1 - space));
		if (!equals || equals == space)
			return err_set(err, -EBADMSG, "an extended header is damaged");
		r = check_record(in, space, (size_t)(equals - space), equals + 1,
				 (size_t)(at + length - 2 - equals), err);
		if (r < 0)
			return r;
		at += length;
		size -= (size_t)length;
	}
	return 0;
}

bool tar_is_extension(char type)
{
	return type && strchr("xgXLKVNA", type);
}

/* Passes over an extension's header and its bytes. */
static int pass_extension(struct reading *in, struct err *err)
{
	char type = in->at[TAR_TYPE_AT];
	uint64_t size;
	int r = number(in->at, &fields[3], &size, err);

	if (r < 0)
		return r;
	in->at += TAR_BLOCK;
	in->left -= TAR_BLOCK;
	if (size > in->left)
		return err_set(err, -EBADMSG, "ends in the middle of a header");
	if (type == 'x' || type == 'X' || type == 'g')
		r = check_records(in, in->at, (size_t)size, err);
	if (type == 'K') {
		in->link = in->at;
		in->link_size = strnlen(in->at, (size_t)size);
	}
	size = (size + TAR_BLOCK - 1) & ~(uint64_t)(TAR_BLOCK - 1);
	if (size > in->left)
		size = in->left;
	in->at += size;
	in->left -= (size_t)size;
	return r;
}

int tar_header_read(const char *bytes, size_t size, struct tar_header *ret_header,
		    struct err *err)
{
	struct reading in = { .at = bytes, .left = size };
	uint64_t value, mode = 0;
	int r = 0;

	while (r == 0 && in.left >= TAR_BLOCK && tar_is_extension(in.at[TAR_TYPE_AT]))
		r = pass_extension(&in, err);
	if (r == 0 && in.left < TAR_BLOCK)
		r = err_set(err, -EBADMSG, "ends in the middle of a header");
	for (size_t i = 0; i < FIELD_COUNT && r == 0; i++)
		if (!in.said[i])
			r = number(in.at, &fields[i], i == 0 ? &mode : &value, err);
	for (size_t i = 0; i < 2 && r == 0; i++)
		if (in.at[TAR_TYPE_AT] == '3' || in.at[TAR_TYPE_AT] == '4')
			r = number(in.at, &devices[i], &value, err);
	if (r == 0)
		*ret_header =
			(struct tar_header){ in.at[TAR_TYPE_AT], (uint32_t)mode & 07777,
					     in.link, in.link_size };
	return r;
}
