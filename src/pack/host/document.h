/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What a command prints for programs. */
#include <jansson.h>

/* Prints @json on stdout, with a newline, and drops it. 0, or -ENOMEM: also where it is NULL,
 * which is what jansson gives without memory. That it can't be written is told at the end, as
 * of all that a command prints. */
int document_print(json_t *json);
