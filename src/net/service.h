/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The process beside process 1 that looks after the network: waits for interfaces, has
 * their addresses from servers or from the `net` lines, and says in a directory what came of
 * it. Process 1 starts it again should it end; addresses stay.
 */

/* How it is called: by this name, with where its files go, udhcpc, the store, one of the
 * words below, and what stands behind `net` in each of the image's lines. */
#define SERVICE_NAME "lamina-net"
#define SERVICE_REPLACE "replace"     /* a file by another one, as a whole */
#define SERVICE_OVERWRITE "overwrite" /* what is in it: somebody has it mounted */

/* The files of its directory. */
#define SERVICE_RESOLV "resolv.conf"
#define SERVICE_STATE "state"

/* Does not return but for a failure, which it tells standard error: the process's status.
 * Once an interface is set up, it writes a byte to standard output. @args are those behind
 * its name, NULL at the end. */
int service_main(char *const args[]);
