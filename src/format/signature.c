/* SPDX-License-Identifier: Apache-2.0 */
#include "format/signature.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "format/lines.h"

static int read_line(struct lines *lines, struct signature_file *file, struct err *err)
{
	struct key_line *line = &file->lines[file->count];
	int r;

	if (file->count == SIGNATURE_MAX_COUNT)
		return lines_bad(lines, err, "more than %d signatures",
				 SIGNATURE_MAX_COUNT);
	r = key_line_read(lines, "sig", line, err);
	if (r < 0)
		return r;
	if (!key_kind_is_signature(line->kind, line->bytes, line->size))
		return lines_bad(lines, err, "is not a signature of %s",
				 key_kind_name(line->kind));
	for (size_t i = 0; i < file->count; i++)
		if (strcmp(file->lines[i].id, line->id) == 0)
			return lines_bad(lines, err, "key %s stands there twice",
					 line->id);
	file->count++;
	return 0;
}

int signature_file_parse(const char *bytes, size_t size, struct signature_file *ret_file,
			 struct err *err)
{
	struct lines lines;
	int r;

	if (size > SIGNATURE_MAX_SIZE)
		return err_set(err, -EFBIG, "is larger than %d bytes",
			       SIGNATURE_MAX_SIZE);
	ret_file->count = 0;
	lines_init(&lines, bytes, size);
	while ((r = lines_next(&lines, err)) > 0) {
		r = read_line(&lines, ret_file, err);
		if (r < 0)
			return r;
	}
	if (r == 0 && ret_file->count == 0)
		return err_set(err, -EBADMSG, "holds no signature");
	return r;
}

int signature_file_write(const struct signature_file *file, char *ret_text, size_t size)
{
	struct str s;

	if (size == 0)
		return -ENAMETOOLONG;
	str_init(&s, ret_text, size);
	for (size_t i = 0; i < file->count; i++)
		key_line_write(&s, "sig", &file->lines[i]);
	return str_done(&s) < 0 ? -ENAMETOOLONG : (int)s.used;
}
