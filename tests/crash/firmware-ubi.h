/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A loader on a board with flash alone: its two words are in a UBI volume of their own, one
 * logical erase block, which UBI changes as a whole. */
#include "base/err.h"
#include "loader/loader.h"

/* 0 or -errno. */
int firmware_ubi_read(const char *path, struct loader_words *ret_words, struct err *err);
int firmware_ubi_write(const char *path, const struct loader_words *words,
		       struct err *err);

/* As `boot-loader helper` calls it. 0 or -errno. */
int firmware_ubi_helper(const char *path, const char *verb, const char *word,
			struct err *err);
