/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/token.h"

#include <errno.h>
#include <string.h>

#include "fetch/http.h"
#include "fetch/json.h"

int token_parse(const char *bytes, size_t size, char **ret_header, struct err *err)
{
	__json json_t *json = fetch_json_parse(bytes, size, err);
	const char *token;
	char *header;

	if (!json)
		return -EAGAIN;
	token = fetch_json_text(json, "token");
	if (!token)
		token = fetch_json_text(json, "access_token");
	if (!token || !token[0] || token[strspn(token, TOKEN_LETTERS)])
		return err_set(err, -EAGAIN, "no token is in the answer");
	header = http_line("Bearer ", token);
	if (!header)
		return err_errno(err, -ENOMEM, "a token");
	*ret_header = header;
	return 0;
}
