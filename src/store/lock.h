/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* One writer at a time: flock(2) on the store's own directory, which is never renamed and
 * there also on a store mounted read-only. Whoever may open that can hold it: on a device
 * only root gets there. */
#include "base/err.h"

/* 0 until @store's descriptor is closed; -EAGAIN: another writer is at work. */
int lock_take(int store, struct err *err);
