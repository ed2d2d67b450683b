/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* One line of a manifest after the other, in a manifest that is good without it. */
#include "bytes.h"

#include <errno.h>

#include "base/str.h"
#include "format/manifest.h"

#define BLOB "sha256:f527a6ecea31bb9e279d0c62e3807d1b5ea2d47653edff4c36eedd53c7f0c8cd"
#define ROOT "ad7facb2586fc6e966c004d7d1d16b024f5805ff7cb47c7a85dabd8b48892ca7"
#define OTHER "bd7facb2586fc6e966c004d7d1d16b024f5805ff7cb47c7a85dabd8b48892ca7"
#define LAYER "layer " BLOB " size 8192 data 4096 verity " ROOT
#define A16 "aaaaaaaaaaaaaaaa"
#define A64 A16 A16 A16 A16

static struct manifest manifest;
static char text[MANIFEST_MAX_SIZE + 16];

/* A good manifest in which @line stands second, in place of the lines of the same key. */
static inline size_t with(const char *line)
{
	static const char *const others[] = {
		"arch amd64",	"arg /init", "min-init 1", LAYER,
		"compatible a", "serial 0",  "name a",
	};
	struct str s;

	str_init(&s, text, sizeof(text));
	str_addf(&s, "lamina 1\n%s\n", line);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strncmp(line, others[i], strcspn(others[i], " ") + 1) != 0)
			str_addf(&s, "%s\n", others[i]);
	assert_int_equal(str_done(&s), 0);
	return s.used;
}

struct refusal {
	const char *line, *words;
};

static inline void refuse_all(const struct refusal *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct err err = ERR_INIT;
		int r = manifest_parse(text, with(cases[i].line), &manifest, &err);

		assert_string_equal(err.text, cases[i].words);
		assert_int_equal(r, -EBADMSG);
	}
}

#define REFUSE(...)                                                     \
	do {                                                            \
		static const struct refusal cases_[] = { __VA_ARGS__ }; \
                                                                        \
		refuse_all(cases_, sizeof(cases_) / sizeof(cases_[0])); \
	} while (0)

static inline void accept_all(const char *const *lines)
{
	for (; *lines; lines++) {
		struct err err = ERR_INIT;
		int r = manifest_parse(text, with(*lines), &manifest, &err);

		assert_string_equal(err.text, "");
		assert_int_equal(r, 0);
	}
}

#define ACCEPT(...) accept_all((const char *const[]){ __VA_ARGS__, NULL })
