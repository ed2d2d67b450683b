/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The key `log`: how much of the program's output is kept, and who else gets it. */
#include "format/manifest/reader.h"

struct str;

void manifest_log_defaults(struct manifest_log *ret_log);
int manifest_read_log(struct manifest_reader *reader, const struct manifest_key *key);

/* Adds the line. 0, or -EINVAL: of no such size. */
int manifest_write_log(const struct manifest_log *log, struct str *text);
