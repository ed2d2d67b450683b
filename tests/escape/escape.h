/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the attempts of tests/escape are written with. Each is a function that returns 0 or more
 * where it got through, else -1 with errno. */
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

struct attempt {
	const char *name;
	int (*run)(void);
	int expected; /* what the kernel says to one that it let pass; 0: it does it */
};

#define CALL(name, ...) ((int)syscall(SYS_##name, __VA_ARGS__))

#define APART(name, call)                   \
	static int name##_there(void)       \
	{                                   \
		return call;                \
	}                                   \
	static int name(void)               \
	{                                   \
		return apart(name##_there); \
	}
#define HERE(name, call)      \
	static int name(void) \
	{                     \
		return call;  \
	}

#define A(name)                \
	{                      \
#name, name, 0 \
	}
#define THEN(name, number)          \
	{                           \
#name, name, number \
	}

/* In the order in which they are tried; a name of NULL ends each. */
extern const struct attempt attempts_mounts[], attempts_files[], attempts_machine[],
	attempts_wire[];

/* @r, with what errno was, and @fd closed unless it is negative. */
int done(int fd, int r);

int try_write(const char *path, const char *text);

/* Nothing to read is a secret kept. */
int try_read(const char *path);

/* Its own text again: what can be written is not changed. */
int rewrite(const char *path);

/* Opened for writing, and nothing is written. */
int try_open(const char *path);

/* Has the directory anything in it? */
int list(const char *path);

/* A device file, which is opened with @flags unless they are negative. */
int node(const char *path, mode_t type, unsigned int major, unsigned int minor,
	 int flags);

/* In a child, since it changes the caller. */
int apart(int (*run)(void));
