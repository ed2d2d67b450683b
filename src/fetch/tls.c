/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/tls.h"

#include <errno.h>
#include <stdbool.h>
#include <time.h>

static bool is_wrong(uint64_t floor_s)
{
	time_t now = time(NULL);

	return now < 0 || (uint64_t)now < floor_s;
}

void tls_set_clock(CURL *curl, uint64_t floor_s)
{
	(void)curl;
	(void)is_wrong(floor_s);
}

int tls_explain(uint64_t floor_s, const char *reason, struct err *err)
{
	if (!is_wrong(floor_s))
		return err_set(err, -EAGAIN, "%s", reason);
	return err_set(err, -EAGAIN,
		       "%s; the clock stands at a time before this program was made, and "
		       "this libcurl can't be told so: set the clock",
		       reason);
}
