/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong in a file, and what of it a device can't keep. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "cli/cmd.h"
#include "pack/compose/nodes.h"

#define WORDS_SIZE 512

static void say(const struct compose_reader *reader, const yaml_node_t *node,
		const char *key, char ret_text[WORDS_SIZE], const char *fmt, va_list args)
	__attribute__((format(printf, 5, 0)));

static void say(const struct compose_reader *reader, const yaml_node_t *node,
		const char *key, char ret_text[WORDS_SIZE], const char *fmt, va_list args)
{
	char words[256];

	(void)vsnprintf(words, sizeof(words), fmt, args);
	(void)snprintf(ret_text, WORDS_SIZE, "%s:%zu: %s%s%s%s", reader->request->path,
		       node ? node->start_mark.line + 1 : 1, key ? reader->where : "",
		       key ? key : "", key ? ": " : "", words);
}

int compose_wrong(struct compose_reader *reader, const yaml_node_t *node, const char *key,
		  const char *fmt, ...)
{
	char text[WORDS_SIZE];
	va_list args;

	va_start(args, fmt);
	say(reader, node, key, text, fmt, args);
	va_end(args);
	return err_set(reader->err, -EINVAL, "%s", text);
}

static void tell(struct compose_reader *reader, const yaml_node_t *node, const char *key,
		 const char *instead, const char *fmt, va_list args)
	__attribute__((format(printf, 5, 0)));

static void tell(struct compose_reader *reader, const yaml_node_t *node, const char *key,
		 const char *instead, const char *fmt, va_list args)
{
	char text[WORDS_SIZE];

	say(reader, node, key, text, fmt, args);
	cmd_note("%s%s", text, reader->request->lenient ? instead : "");
	reader->unkept_count++;
}

int compose_unkept(struct compose_reader *reader, const yaml_node_t *node,
		   const char *key, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tell(reader, node, key, ": left out", fmt, args);
	va_end(args);
	return 0;
}

int compose_rounded(struct compose_reader *reader, const yaml_node_t *node,
		    const char *key, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tell(reader, node, key, ": rounded up", fmt, args);
	va_end(args);
	return 0;
}

int compose_all_kept(struct compose_reader *reader)
{
	size_t count = reader->unkept_count;

	if (count == 0 || reader->request->lenient)
		return 0;
	return err_set(
		reader->err, -EINVAL,
		"%s: %zu thing%s that a device can't keep; --lenient leaves %s out",
		reader->request->path, count, count == 1 ? "" : "s",
		count == 1 ? "it" : "them");
}
