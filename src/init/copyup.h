/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What an image has where a new volume is mounted, copied into that: as engines do at its
 * first use. No link is followed, nothing else that is mounted there is entered. */

/* Copies what is in the directory @from into @to, with owners, modes, times and extended
 * attributes, and those of @from itself; devices and sockets are left out. 0 or -errno;
 * what was copied until then stays. */
int copyup_tree(int from, int to);

/* Removes the directory @name and all in it. 0 or -errno. */
int copyup_remove(int parent, const char *name);
