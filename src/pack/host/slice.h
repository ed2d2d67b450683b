/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * How long a processor works for this process before it takes the next one. Two layers are compressed at
 * once, by more threads than there are processors; with the kernel's own 3 ms each finds its tables
 * gone from the cache again and again.
 */

/* Asks for 50 ms, for this thread and those it will start. Linux does so from 6.12 on; an older one,
 * or one that refuses, leaves it as it is. */
void slice_lengthen(void);
