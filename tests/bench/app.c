/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The application of the benchmark: tells the kernel's log that it runs, which stamps it with the
 * clock that also stamped the start of init, tells what memory was used up to here, and powers off.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* ru_maxrss of a process survives exec: for PID 1 it is the peak of the init before us. */
static long peak_kib(int who)
{
	struct rusage usage;

	return getrusage(who, &usage) < 0 ? -1 : usage.ru_maxrss;
}

static void print_meminfo(void)
{
	char text[2048], *line;
	int fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n < 0)
		return;
	text[n] = '\0';
	line = strstr(text, "MemAvailable:");
	if (line)
		printf("bench: %.*s\n", (int)strcspn(line, "\n"), line);
	close(fd);
}

/* lamina-init's own timeline, where there is one: "START END NAME" in microseconds. */
static void print_timeline(void)
{
	char text[65536];
	int fd = open("/run/lamina/boot", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text));

	if (n > 0)
		(void)!write(1, text, (size_t)n);
}

int main(void)
{
	int log = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);

	if (log >= 0)
		(void)!write(log, "bench: app\n", 11);
	printf("bench: peak self %ld children %ld KiB\n", peak_kib(RUSAGE_SELF),
	       peak_kib(RUSAGE_CHILDREN));
	print_meminfo();
	fflush(stdout);
	print_timeline();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
