/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the network's process has to say: on standard error, behind its name. */

/* One line, without its end. */
void say_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
