/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A channel's word: which of the images that the release keys sign is to run, on how many devices.
 * lamina-channel(5) is the format's source.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "format/manifest.h"
#include "format/signature.h"

#define CHANNEL_BODY_SIZE 512 /* most bytes of it before the signatures */
#define CHANNEL_MAX_SIZE (CHANNEL_BODY_SIZE + SIGNATURE_MAX_SIZE)

struct channel {
	char name[MANIFEST_NAME_SIZE];	  /* of the image */
	char channel[MANIFEST_NAME_SIZE]; /* as an image's name */
	uint64_t counter;		  /* of its words, rising */
	struct digest image;
	uint64_t serial;  /* of that image */
	uint64_t percent; /* of devices that it is for; 0: none, as yet */
	uint64_t issued;  /* seconds since 1970, for people */
	size_t body_size; /* what is signed; the signatures follow */
};

/* Reads the word. Whether the signatures hold is trust/key.h's to say. 0, -EBADMSG with the line
 * and the reason, -EFBIG. */
int channel_parse(const char *bytes, size_t size, struct channel *ret_channel,
		  struct signature_file *ret_file, struct err *err);

/* The same without the signatures, for whom somebody else checks them. */
int channel_read(const char *bytes, size_t size, struct channel *ret_channel,
		 struct err *err);

/* The one text of its body. Returns the size, or -EINVAL for a field that no word may hold. */
int channel_write(const struct channel *channel, char ret_text[CHANNEL_BODY_SIZE]);
