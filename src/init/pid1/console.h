/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
/* Where init's words go: /dev/console, which also becomes descriptors 0, 1 and 2; without
 * one, the kernel's log. Never fails: a device without any console boots silently. Once
 * there is a /run/lamina, each line also goes to `log` there. */

/* Needs /dev. What is said without it, as by another process than 1, isn't kept. */
void console_open(void);

/* One line, "lamina-init: ..." without an LF in @fmt. What isn't printable ASCII
 * becomes "?": nothing from a disk plays with the terminal, and to some of them 0x9b, even
 * within UTF-8, is an escape. Cut at 1024 bytes. */
void console_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Is lamina.debug on? */
bool console_debugs(void);

/* console_say() only then. */
void console_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void console_set_debug(void);
