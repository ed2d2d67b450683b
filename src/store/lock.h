/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* One writer at a time: flock(2) on the store's own directory, which is never renamed and
 * there also on a store mounted read-only. */
#include "base/err.h"

/* 0 until @store's descriptor is closed; -EAGAIN: another writer is at work. */
int lock_take(int store, struct err *err);
