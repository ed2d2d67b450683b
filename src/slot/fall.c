/* SPDX-License-Identifier: Apache-2.0 */
#include "slot/fall.h"

#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/path.h"
#include "store/store.h"

void fall_read_check(int run, char ret_text[FALL_CHECK_SIZE])
{
	__fd int fd = path_open_own(run, "health", O_RDONLY, 0);
	char text[4096];
	ssize_t size = fd < 0 ? fd : fd_read_file(fd, text, sizeof(text));
	size_t end = size < 0 ? 0 : (size_t)size, start;

	while (end > 0 && (text[end - 1] == '\n' || text[end - 1] == ' '))
		end--;
	for (start = end; start > 0 && text[start - 1] != '\n';)
		start--;
	if (end - start >= FALL_CHECK_SIZE)
		end = start + FALL_CHECK_SIZE - 1;
	memcpy(ret_text, text + start, end - start);
	ret_text[end - start] = '\0';
}

void fall_tell(int store, const struct settings *settings, struct manifest *scratch,
	       const char *why, const char *check, struct record *record)
{
	struct record_words words = {
		.name = "", .version = "", .check = check, .why = why
	};
	struct key_signers signers;

	if (store_load_image(store, &record->failed, &settings->keyring,
			     settings->policy.threshold, scratch, &signers, NULL) == 0) {
		words.name = scratch->name;
		words.version = scratch->version;
	}
	record_tell(record, &words);
}
