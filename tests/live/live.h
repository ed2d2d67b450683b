/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Tests against the running kernel, as root. Each test is a child in a mount namespace of
 * its own with all mounts private: whatever it leaves behind goes with it. Prints `ok
 * NAME`, `FAIL NAME: where: what` or `skip NAME: reason`, which tests/run passes on.
 */
#include <stdint.h>

#include "base/err.h"
#include "block/backing.h"

struct live_test {
	const char *name;
	void (*run)(void);
};

#define LIVE_TEST(function)         \
	{                           \
#function, function \
	}

/* An empty tmpfs for each test, which is its working directory too. */
#define LIVE_SCRATCH "/mnt"

/* Runs the tests, or those that @argv names. Returns the exit status. */
int live_main(const struct live_test *tests, int argc, char **argv);

/* Directory with what tests/live/fixtures made: LIVE_FIXTURES, or made for this run. */
const char *live_fixture(const char *name);

/* Copies a fixture to the working directory. An open fd of the copy. */
int live_copy(const char *fixture);
uint64_t live_size(int fd);

/* Has this "/dev/loopN" a file? */
int live_is_bound(const char *loop);

/* Skips the test where there are no loop devices, as in many containers. */
void live_need_loop(void);

/* loop_open() for a test that needs it: skips the test as above, and where /dev lacks the
 * device that the kernel made, as in other containers. */
int live_loop(int file, uint64_t size_bytes, char ret_path[BACKING_PATH_SIZE]);

_Noreturn void live_fail(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
_Noreturn void live_skip(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#define LIVE_TRUE(condition)                                             \
	do {                                                             \
		if (!(condition))                                        \
			live_fail(__FILE__, __LINE__, "%s", #condition); \
	} while (0)

/* The value of a call that must not fail; its error's text otherwise. */
#define LIVE_GOOD(call, err)                                                        \
	({                                                                          \
		int live_r_ = (call);                                               \
		if (live_r_ < 0)                                                    \
			live_fail(__FILE__, __LINE__, "%s: %d: %s", #call, live_r_, \
				  (err)->text);                                     \
		live_r_;                                                            \
	})

/* A call that must return this -errno, with a text that has @word in it. */
#define LIVE_BAD(call, number, err, word)                                           \
	do {                                                                        \
		int live_r_ = (call);                                               \
		if (live_r_ != -(number) || !strstr((err)->text, word))             \
			live_fail(__FILE__, __LINE__, "%s: %d: %s", #call, live_r_, \
				  (err)->text);                                     \
	} while (0)

/* Waits, at most a minute, for what the kernel does a little later. */
#define LIVE_SOON(condition)                                                         \
	do {                                                                         \
		int live_tries_ = 6000;                                              \
		while (!(condition) && live_tries_-- > 0)                            \
			usleep(10000);                                               \
		if (live_tries_ < 0)                                                 \
			live_fail(__FILE__, __LINE__, "%s, in the end", #condition); \
	} while (0)
