/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/import/tar-mend.h"

#include <stdio.h>
#include <string.h>

#include "pack/import/tar-header.h"

#define CHECKSUM_AT 148
#define CHECKSUM_SIZE 8
#define LINK_AT 157

static void fill_link(char *block)
{
	unsigned int sum = 0;
	char text[CHECKSUM_SIZE];

	block[LINK_AT] = '?';
	memset(block + CHECKSUM_AT, ' ', CHECKSUM_SIZE);
	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += (unsigned char)block[i];
	(void)snprintf(text, sizeof(text), "%06o", sum);
	memcpy(block + CHECKSUM_AT, text, CHECKSUM_SIZE - 1);
}

static void mend_header(struct tar_mend *mend, char *block)
{
	char type = block[TAR_TYPE_AT];

	mend->pass = (tar_size(block) + TAR_BLOCK - 1) & ~(uint64_t)(TAR_BLOCK - 1);
	if (type == 'K') {
		mend->long_link = true;
		return;
	}
	if (tar_is_extension(type))
		return;
	if (mend->long_link && !block[LINK_AT])
		fill_link(block);
	mend->long_link = false;
	if (type != '0' && type != '\0')
		mend->pass = 0;
}

void tar_mend(struct tar_mend *mend, char *bytes, size_t size)
{
	while (size >= TAR_BLOCK) {
		size_t part = TAR_BLOCK;

		if (mend->pass) {
			part = mend->pass < size ? (size_t)mend->pass : size;
			mend->pass -= part;
		} else {
			mend_header(mend, bytes);
		}
		bytes += part;
		size -= part;
	}
}
