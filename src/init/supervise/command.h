/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What people ask of process 1, and tell it: laminactl(8). */
#include "init/supervise/app.h"
#include "init/supervise/control.h"
#include "init/supervise/end.h"

struct command {
	struct app *apps;
	size_t count;
	struct end *end;
};

/* A control_answer; @context is a struct command. */
int command_answer(void *context, const struct control_question *question,
		   struct str *text);

/* Takes the device down in order. */
void command_down(const struct command *command, enum end_how how);

/* As it goes down: those are to end that may by now. */
void command_stop(const struct command *command, uint64_t now_ms);

/* Has any of them a process? */
bool command_any_lives(const struct command *command);
