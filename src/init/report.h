/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What init leaves in /run/lamina for others: see lamina-init(8), FILES. */
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "init/stage.h"

/* Adds a line to the file `notes` below @dir, as well as may be. */
void report_note(int dir, const char *text);

/* The file `image`: key=value lines about what was booted. 0 or -errno. */
int report_image(const struct stage *stage, struct err *err);

/* The file `failed` of directory @run: the candidate @id fell, and why. */
void report_failed(int run, const struct digest *id, const char *why);

struct member;
struct health;

/* A supervised application. */
struct report_app {
	const char *name;
	pid_t pid;
	const struct member *member;
	const struct health *health;
};

/* The file `app`: key=value lines about them, and which of them is not well: @blamed, where
 * that is one. Process 1 writes it at every change. 0 or -errno. */
int report_apps(int dir, const struct report_app *apps, size_t count, size_t blamed,
		uint64_t now_ms);

/* "ended with status 3": what waitpid() says. */
#define REPORT_END_SIZE 48
void report_end_words(int status, char ret_text[REPORT_END_SIZE]);

/* Of which it is, as that file says; "" where nobody knows. */
#define REPORT_NAME_SIZE 64
void report_app_name(int dir, char ret_name[REPORT_NAME_SIZE]);

/* The process of the first application, whichever is not well; 0: it has none. */
pid_t report_first_pid(int dir);

/* How it ended last, as that file says, in a few words; "" where nobody knows. */
void report_app_end(int dir, char ret_text[REPORT_END_SIZE]);

/* Its lines, but for the first, to @text. */
struct str;
void report_app_lines(struct str *text, const struct member *member,
		      const struct health *health, uint64_t now_ms);

/* Since when (ms of CLOCK_BOOTTIME) all has been well with it, as that file says. 0;
 * -EAGAIN: it is not well; -errno. */
int report_app_well(int dir, uint64_t *ret_since_ms);
