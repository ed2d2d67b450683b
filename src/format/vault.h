/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The head of an encrypted volume: two sectors before the ciphertext, each with the salt that,
 * with the device's secret, makes the key. Who overwrites them has erased the volume.
 * Source: lamina-store(5).
 */
#include <stdbool.h>
#include <stdint.h>

#define VAULT_HEAD_SIZE 512
#define VAULT_HEADS 2
#define VAULT_STRIDE 4096			/* from one head to the next */
#define VAULT_DATA ((uint64_t)1 << 20)		/* where the ciphertext begins */
#define VAULT_LEAST (VAULT_DATA + VAULT_STRIDE) /* what is shorter was cut off */
#define VAULT_SALT_SIZE 32
#define VAULT_CHECK_SIZE 32

/* What a head is overwritten with begins so; noise follows. */
#define VAULT_ERASED "lamina erased\n"
#define VAULT_MAGIC_SIZE 16

struct vault_head {
	bool erased; /* there was one: nothing is lost when it is made anew */
	uint8_t salt[VAULT_SALT_SIZE];
	uint8_t check[VAULT_CHECK_SIZE]; /* tells the right secret from others */
};

/* The checksum is a sha256 of all before it, which this room can't compute: encode leaves it
 * zero and decode doesn't look at it; store/vault.c does both. What is erased has none. */
#define VAULT_SUM_SIZE 32
#define VAULT_SUM_OFFSET (VAULT_HEAD_SIZE - VAULT_SUM_SIZE)

/* A whole one that isn't erased. */
void vault_encode(const struct vault_head *head, uint8_t ret_bytes[VAULT_HEAD_SIZE]);

/* 0; -ENODATA: nothing was ever written here; -EBADMSG: begins as a head and is none; -EINVAL: is
 * something else. */
int vault_decode(const uint8_t bytes[VAULT_HEAD_SIZE], struct vault_head *ret_head);

/* What was read of a head: as vault_decode() says it, -EBADMSG too where the checksum is wrong. */
struct vault_copy {
	int r;
	struct vault_head head;
};

enum vault_is {
	VAULT_IS_BLANK, /* to be made; also what a power cut left of making or erasing it */
	VAULT_IS_MADE,	  /* to be opened */
	VAULT_IS_DAMAGED, /* it was one: nothing is written over it */
	VAULT_IS_OTHER,	  /* somebody else's */
};

/* What the two say together. Of VAULT_IS_MADE the head that counts goes to *ret_head. */
enum vault_is vault_judge(const struct vault_copy copies[VAULT_HEADS],
			  struct vault_head *ret_head);

/* Are all of these bytes as they are on a medium that nobody has written to? */
bool vault_untouched(const uint8_t *bytes, uint64_t size);
