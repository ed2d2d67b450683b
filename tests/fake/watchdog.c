/* SPDX-License-Identifier: Apache-2.0 */
/* A watchdog. Time that passes in sleep lets it fire. */
#include <errno.h>
#include <linux/watchdog.h>

#include "fake/kernel.h"

void fake_watchdog(int timeout_s, int longest_s)
{
	kernel->dog = (struct dog){ .timeout_s = timeout_s, .longest_s = longest_s };
	fake_device("@devtmpfs:watchdog", WATCHDOG);
}

void fake_watchdog_fired(void)
{
	kernel->dog.fired = true;
}

void fake_watchdog_nowayout(void)
{
	kernel->dog.nowayout = true;
}

bool fake_watchdog_runs(void)
{
	return kernel->dog.runs;
}

static void feed(struct dog *dog)
{
	dog->reset_ns = kernel->now_ns + (uint64_t)dog->timeout_s * 1000000000;
}

void dog_open(void)
{
	kernel->dog.runs = true;
	kernel->dog.magic = false;
	feed(&kernel->dog);
}

/* The kernel stops it only for somebody who has written a V. */
void dog_close(void)
{
	if (kernel->dog.magic && !kernel->dog.nowayout)
		kernel->dog.runs = false;
}

void dog_write(const char *text, size_t size)
{
	if (size > 0)
		kernel->dog.magic = text[size - 1] == 'V';
	feed(&kernel->dog);
}

bool dog_resets(void)
{
	return kernel->dog.runs && kernel->now_ns >= kernel->dog.reset_ns;
}

static int set_options(struct dog *dog, int options)
{
	if (!(options & WDIOS_DISABLECARD))
		return -EINVAL;
	if (dog->nowayout)
		return -EBUSY;
	dog->runs = false;
	return 0;
}

static int set_timeout(struct dog *dog, int seconds)
{
	if (seconds < 1 || seconds > dog->longest_s)
		return -EINVAL;
	dog->timeout_s = seconds;
	feed(dog);
	return 0;
}

int dog_ioctl(unsigned long request, void *arg)
{
	struct dog *dog = &kernel->dog;

	switch (request) {
	case WDIOC_GETBOOTSTATUS:
		*(int *)arg = dog->fired ? WDIOF_CARDRESET : 0;
		return 0;
	case WDIOC_SETOPTIONS:
		return set_options(dog, *(int *)arg);
	case WDIOC_SETTIMEOUT:
		return set_timeout(dog, *(int *)arg);
	case WDIOC_GETTIMEOUT:
		*(int *)arg = dog->timeout_s;
		return 0;
	case WDIOC_KEEPALIVE:
		feed(dog);
		return 0;
	default:
		return -ENOTTY;
	}
}
