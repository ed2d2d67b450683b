/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a PEM reader takes, it writes and reads again as the same key. */
#include <assert.h>
#include <string.h>

#include "trust/private-key.h"
#include "trust/sha256.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return private_key_start(NULL);
}

static void try_private(const char *text, size_t size)
{
	char pem[PRIVATE_KEY_PEM_SIZE];
	struct private_key key, again;
	struct err err = ERR_INIT;

	if (private_key_read_pem(text, size, &key, &err) < 0) {
		assert(err.text[0]);
		return;
	}
	assert(private_key_write_pem(&key, pem, &err) == 0);
	assert(private_key_read_pem(pem, strlen(pem), &again, &err) == 0);
	assert(memcmp(&key, &again, sizeof(key)) == 0);
}

static void try_public(const char *text, size_t size)
{
	struct key_line key, again;
	char pem[PRIVATE_KEY_PEM_SIZE];
	struct err err = ERR_INIT;

	if (public_key_read_pem(text, size, &key, &err) < 0) {
		assert(err.text[0]);
		return;
	}
	assert(public_key_write_pem(&key, pem, &err) == 0);
	assert(public_key_read_pem(pem, strlen(pem), &again, &err) == 0);
	assert(memcmp(&key, &again, sizeof(key)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_private((const char *)data, size);
	try_public((const char *)data, size);
	return 0;
}
