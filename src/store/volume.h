/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Where the store keeps persistent volumes: volumes/IMAGE/NAME, by lamina-store(5). */
#include <stdbool.h>

#include "format/manifest.h"

#define VOLUME_NAME_SIZE 256 /* a file system has no longer name */

/* One that is being filled. No volume has this name: a "%" in a path is written "%25". */
#define VOLUME_UNFINISHED "%new"

/* Whose a directory of volumes, uppers or logs is: an image's NAME, or NAME+MEMBER of a set.
 * Writes the image's name; false: nobody's. */
#define VOLUME_OWNER_SIZE ((size_t)2 * MANIFEST_NAME_SIZE)
bool volume_owner(const char *dir, char ret_image[MANIFEST_NAME_SIZE]);

/* "/var/lib" as "var%2Flib": a flat name, that no other path has. 0 or -ENAMETOOLONG. */
int volume_name(const char *path, char ret_name[VOLUME_NAME_SIZE]);

/* Has the store a volume at @path for another image, or for a member of a set, and none for
 * @image? 1 with the first found in @ret_other, or 0; what can't be read has none. */
int volume_of_other(int store, const char *image, const char *path,
		    char ret_other[VOLUME_OWNER_SIZE]);

/* What of the store's volumes a set leaves behind. */
struct volume_left {
	char dir[VOLUME_OWNER_SIZE]; /* whose they are: NAME or NAME+MEMBER */
	const char
		*member; /* called so, without volumes yet; NULL: nobody is called so */
};

/* The one of that number: of a member that the set no longer has, or of another image whose name, or
 * whose member's, is that of a member which has none. 1, or 0: no more. */
int volume_left(int store, const struct manifest *set, size_t index,
		struct volume_left *ret_left);
