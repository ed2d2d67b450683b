/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Following a channel: what its word says of the image that the server has. laminactl judges the word, by the
 * policy's key and by the counter of the one before; here its own bytes are compared with what was asked for.
 */
#include "fetch/fetch.h"

/* Gets the word that has an address of its own, into fetch->image, and adds it to what the server calls the
 * image. 0 or -errno. */
int follow_get(struct fetch *fetch, char version[WORKDIR_VERSION_SIZE], struct err *err);

/* 1: it is this device's turn to have the image; 0: it isn't yet; -ENOKEY: no word; -EPERM: refused;
 * -EBUSY; -errno. The word is in the directory, too. */
int follow_word(const struct fetch *fetch, struct err *err);
