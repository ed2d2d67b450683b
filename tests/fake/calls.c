/* SPDX-License-Identifier: Apache-2.0 */
#include "fake/calls.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fake/kernel.h"

#define MAX_CALLS 20000
#define CALL_SIZE 224

static char calls[MAX_CALLS][CALL_SIZE];
static int count, fail_at, fail_number;
static bool is_cut;
static char failed[CALL_SIZE];

void call_reset(void)
{
	count = 0;
	fail_at = 0;
	is_cut = false;
	failed[0] = '\0';
}

int call_enter(const char *fmt, ...)
{
	va_list ap;

	if (count == MAX_CALLS)
		fake_bug("more than %d calls: does it ever end?", MAX_CALLS);
	va_start(ap, fmt);
	(void)vsnprintf(calls[count], CALL_SIZE, fmt, ap);
	va_end(ap);
	count++;
	kernel->now_ns += 1000;
	if (is_cut && fail_at && count > fail_at)
		return -fail_number;
	if (count != fail_at)
		return 0;
	memcpy(failed, calls[count - 1], sizeof(failed));
	return -fail_number;
}

const char *call_now(void)
{
	return count ? calls[count - 1] : "nothing";
}

int fake_calls(void)
{
	return count;
}

const char *fake_call(int n)
{
	return n >= 1 && n <= count ? calls[n - 1] : "no call";
}

bool fake_called(const char *part)
{
	for (int i = 0; i < count; i++) {
		if (strstr(calls[i], part))
			return true;
	}
	return false;
}

void fake_fail(int n, int number)
{
	fail_at = n ? count + n : 0;
	fail_number = number;
	is_cut = false;
	failed[0] = '\0';
}

void fake_cut(int n)
{
	fake_fail(n, EIO);
	is_cut = true;
}

const char *fake_failed(void)
{
	return failed[0] ? failed : NULL;
}
