/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "format/manifest.h"

/*
 * The kernel's first real-time signals belong to the C library, and each library keeps
 * another number of them. Container engines count from glibc's, so that SIGRTMIN+3 is 37
 * to systemd.
 */
#define FIRST_REALTIME 34
#define MOST_REALTIME 30

static const struct {
	const char name[7]; /* without SIG */
	unsigned char number;
} signals[] = {
	{ "HUP", SIGHUP },   { "INT", SIGINT },	  { "QUIT", SIGQUIT },
	{ "ABRT", SIGABRT }, { "KILL", SIGKILL }, { "USR1", SIGUSR1 },
	{ "USR2", SIGUSR2 }, { "PIPE", SIGPIPE }, { "ALRM", SIGALRM },
	{ "TERM", SIGTERM }, { "CONT", SIGCONT }, { "WINCH", SIGWINCH },
	{ "POLL", SIGPOLL }, { "PWR", SIGPWR },	  { "SYS", SIGSYS },
};

static int realtime(const char *name)
{
	uint64_t offset = 0;

	if (*name &&
	    (*name != '+' || str_number(name + 1, strlen(name + 1), &offset) < 0 ||
	     offset < 1 || offset > MOST_REALTIME))
		return -EINVAL;
	return FIRST_REALTIME + (int)offset;
}

int manifest_signal(const char *name)
{
	if (strncmp(name, "SIG", 3) != 0)
		return -EINVAL;
	name += 3;
	if (strncmp(name, "RTMIN", 5) == 0)
		return realtime(name + 5);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (strcmp(name, signals[i].name) == 0)
			return signals[i].number;
	return -EINVAL;
}

int manifest_signal_name(int number, char ret_name[MANIFEST_SIGNAL_SIZE])
{
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (signals[i].number == number) {
			(void)snprintf(ret_name, MANIFEST_SIGNAL_SIZE, "SIG%s",
				       signals[i].name);
			return 0;
		}
	if (number < FIRST_REALTIME || number > FIRST_REALTIME + MOST_REALTIME)
		return -EINVAL;
	(void)snprintf(ret_name, MANIFEST_SIGNAL_SIZE, "SIGRTMIN");
	if (number > FIRST_REALTIME)
		(void)snprintf(ret_name, MANIFEST_SIGNAL_SIZE, "SIGRTMIN+%d",
			       number - FIRST_REALTIME);
	return 0;
}
