/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What it means for the device, and for the image that is on trial, how an application is. */
#include "init/supervise/command.h"

struct verdict {
	const struct command *command; /* of all of them */
	const struct app *blamed; /* for whom the image is given up; NULL: it is not */
};

/* Restarts it, takes the device down or leaves everything as it is. */
void verdict_on_app(struct verdict *verdict, struct app *app);
