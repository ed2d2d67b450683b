/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/challenge.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "fetch/letters.h"

static const char token_letters[] = LETTERS_PLAIN "!#$%&'*+-.^_`|~";

/* What comes next: a word, behind blanks and commas. */
static size_t next_word(const char **text)
{
	*text += strspn(*text, " \t,");
	return strspn(*text, token_letters);
}

static bool is_word(const char *text, size_t size, const char *word)
{
	return size == strlen(word) && strncasecmp(text, word, size) == 0;
}

/* "in quotes", where \ takes the next letter as it is. */
static int take_quoted(const char **text, struct str *value)
{
	const char *c = *text + 1;

	for (; *c && *c != '"'; c++) {
		if (*c == '\\' && !*++c)
			return -EBADMSG;
		str_add_bytes(value, c, 1);
	}
	if (*c != '"')
		return -EBADMSG;
	*text = c + 1;
	return 0;
}

static int take_value(const char **text, struct str *value)
{
	size_t size;

	*text += strspn(*text, " \t");
	if (**text == '"')
		return take_quoted(text, value);
	/* bare: some servers leave the quotes out, and an address has ':' and '/' */
	size = strcspn(*text, " \t,");
	str_add_bytes(value, *text, size);
	*text += size;
	return size > 0 ? 0 : -EBADMSG;
}

/* A field of Bearer that we use goes to its place, others nowhere. */
static int take_parameter(const char **text, size_t size, struct challenge *bearer)
{
	char unused[CHALLENGE_TEXT_SIZE], *to = unused;
	struct str value;
	int r;

	if (bearer && is_word(*text, size, "realm"))
		to = bearer->realm;
	else if (bearer && is_word(*text, size, "service"))
		to = bearer->service;
	else if (bearer && is_word(*text, size, "scope"))
		to = bearer->scope;
	str_init(&value, to, CHALLENGE_TEXT_SIZE);
	*text += size;
	*text += strspn(*text, " \t") + 1; /* and "=" */
	r = take_value(text, &value);
	return r < 0 ? r : str_done(&value) < 0 ? -EBADMSG : 0;
}

/* Is the word before @rest the name of a parameter? "scheme abc==" is no parameter. */
static bool is_parameter(const char *rest)
{
	rest += strspn(rest, " \t");
	return rest[0] == '=' && rest[1] && !strchr("=, \t", rest[1]);
}

int challenge_parse(const char *text, struct challenge *ret_challenge)
{
	struct challenge found = { .basic = false }, *bearer = NULL;

	while (*text) {
		size_t size = next_word(&text);

		if (!*text)
			break;
		if (size == 0)
			return -EBADMSG;
		if (is_parameter(text + size)) {
			if (take_parameter(&text, size, bearer) < 0)
				return -EBADMSG;
			continue;
		}
		bearer = NULL;
		if (is_word(text, size, "Bearer") && !found.bearer) {
			found.bearer = true;
			bearer = &found;
		}
		found.basic = found.basic || is_word(text, size, "Basic");
		text += size;
		text += strspn(text, "="); /* of a token68 */
	}
	*ret_challenge = found;
	return 0;
}

static void add_encoded(struct str *url, const char *text)
{
	static const char plain[] = LETTERS_PLAIN "-._~:/,";

	for (; *text; text++) {
		if (strchr(plain, *text))
			str_add_bytes(url, text, 1);
		else
			str_addf(url, "%%%02X", (unsigned int)(unsigned char)*text);
	}
}

int challenge_url(const struct challenge *challenge, const char *scope, char *ret_url,
		  size_t size)
{
	const char *join = strchr(challenge->realm, '?') ? "&" : "?";
	struct str url;

	str_init(&url, ret_url, size);
	str_add(&url, challenge->realm);
	if (challenge->service[0]) {
		str_addf(&url, "%sservice=", join);
		add_encoded(&url, challenge->service);
		join = "&";
	}
	str_addf(&url, "%sscope=", join);
	add_encoded(&url, challenge->scope[0] ? challenge->scope : scope);
	return str_done(&url);
}
