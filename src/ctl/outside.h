/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* In a container there is no store: commands that need it are run by init, outside, with the
 * input and output of this program. */
#include "cli/cmd.h"

/* The program's exit code; -1: this is no such command, or no such place. */
int outside_run(const struct cmd_program *program, int argc, char **argv);
