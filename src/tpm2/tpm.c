/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm2/tpm.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/fd.h"
#include "base/sys.h"

#define ROOM 1024
#define HEAD 10

#define NO_SESSIONS 0x8001
#define SESSIONS 0x8002
#define OWNER 0x40000001
#define NOBODY 0x40000007
#define PASSWORD 0x40000009
#define ALG_HMAC 0x0005
#define ALG_KEYEDHASH 0x0008
#define ALG_SHA256 0x000b
#define ALG_NULL 0x0010
#define SESSION_POLICY 1
#define SESSION_TRIAL 3

/* fixedTPM, fixedParent, sensitiveDataOrigin, noDA, sign; and no userWithAuth: only its policy
 * lets it be used. */
#define ATTRIBUTES (1U << 1 | 1U << 4 | 1U << 5 | 1U << 10 | 1U << 18)

enum command {
	CREATE_PRIMARY = 0x131,
	HMAC = 0x155,
	FLUSH = 0x165,
	START_SESSION = 0x176,
	POLICY_PCR = 0x17f,
	PCR_EXTEND = 0x182,
	POLICY_DIGEST = 0x189,
};

struct bytes {
	uint8_t at[ROOM];
	size_t size, next;
	bool bad; /* more than there is room for, or than was there */
};

/* Big endian, as all of it. */
static void put(struct bytes *b, uint64_t value, size_t size)
{
	if (b->size > ROOM || size > ROOM - b->size) {
		b->bad = true;
		return;
	}
	while (size-- > 0)
		b->at[b->size++] = (uint8_t)(value >> 8 * size);
}

static void put_sized(struct bytes *b, const void *bytes, size_t size)
{
	put(b, size, 2);
	for (size_t i = 0; i < size; i++)
		put(b, ((const uint8_t *)bytes)[i], 1);
}

static uint32_t take(struct bytes *b, size_t size)
{
	uint32_t value = 0;

	if (b->next + size > b->size) {
		b->bad = true;
		return 0;
	}
	while (size-- > 0)
		value = value << 8 | b->at[b->next++];
	return value;
}

static void take_hash(struct bytes *b, uint8_t ret_hash[TPM_HASH_SIZE])
{
	if (take(b, 2) != TPM_HASH_SIZE || b->next + TPM_HASH_SIZE > b->size)
		b->bad = true;
	else
		memcpy(ret_hash, b->at + b->next, TPM_HASH_SIZE);
}

static void begin(struct bytes *b, unsigned int tag, enum command command)
{
	b->size = b->next = 0;
	b->bad = false;
	put(b, tag, 2);
	put(b, 0, 4);
	put(b, command, 4);
}

/* One session: a password that is empty, or a policy that holds. */
static void put_session(struct bytes *b, uint32_t session, bool goes_on)
{
	put(b, 9, 4);
	put(b, session, 4);
	put(b, 0, 2);
	put(b, goes_on, 1);
	put(b, 0, 2);
}

/* A resource manager gives an answer to one read; a stream may give it in parts. */
static int read_answer(int fd, struct bytes *b)
{
	b->size = 0;
	do {
		ssize_t n = sys_read(fd, b->at + b->size, ROOM - b->size);

		if (n == -EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? (int)n : -EIO;
		b->size += (size_t)n;
		b->next = 2;
	} while (b->size < HEAD || take(b, 4) > b->size);
	return 0;
}

/* Sends it, and puts the answer in its place, to be taken behind its head. */
static int ask(const struct tpm *tpm, struct bytes *b, const char *what, struct err *err)
{
	size_t size = b->size;
	uint32_t code;
	int r;

	if (b->bad)
		return err_errno(err, -ENOBUFS, "TPM: %s", what);
	b->size = 2;
	put(b, size, 4);
	b->size = size;
	r = fd_write_all(tpm->fd, b->at, size);
	if (r == 0)
		r = read_answer(tpm->fd, b);
	if (r < 0)
		return err_errno(err, r, "TPM: %s", what);
	b->next = 6;
	code = take(b, 4);
	return code ? err_set(err, -EREMOTEIO, "TPM: %s: error %#x", what,
			      (unsigned int)code)
		    : 0;
}

static int check(const struct bytes *b, const char *what, struct err *err)
{
	return b->bad ? err_set(err, -EBADMSG, "TPM: %s: an answer that is none", what)
		      : 0;
}

static int flush(const struct tpm *tpm, uint32_t handle, struct err *err)
{
	struct bytes b;

	begin(&b, NO_SESSIONS, FLUSH);
	put(&b, handle, 4);
	return ask(tpm, &b, "FlushContext", err);
}

/* A session that the PCR's value is asked in. */
static int start(const struct tpm *tpm, unsigned int kind, uint32_t *ret_session,
		 struct err *err)
{
	static const uint8_t nonce[16];
	struct bytes b;
	int r;

	begin(&b, NO_SESSIONS, START_SESSION);
	put(&b, NOBODY, 4);
	put(&b, NOBODY, 4);
	put_sized(&b, nonce, sizeof(nonce));
	put(&b, 0, 2);
	put(&b, kind, 1);
	put(&b, ALG_NULL, 2);
	put(&b, ALG_SHA256, 2);
	r = ask(tpm, &b, "StartAuthSession", err);
	*ret_session = take(&b, 4);
	if (r == 0)
		r = check(&b, "StartAuthSession", err);
	if (r < 0)
		return r;
	begin(&b, NO_SESSIONS, POLICY_PCR);
	put(&b, *ret_session, 4);
	put(&b, 0, 2);
	put(&b, 1, 4);
	put(&b, ALG_SHA256, 2);
	put(&b, 3, 1);
	for (unsigned int i = 0; i < 3; i++)
		put(&b, tpm->pcr / 8 == i ? 1U << tpm->pcr % 8 : 0, 1);
	r = ask(tpm, &b, "PolicyPCR", err);
	if (r < 0)
		(void)flush(tpm, *ret_session, NULL);
	return r;
}

/* The policy of who finds the PCR as it is now. */
static int policy_of_now(const struct tpm *tpm, uint8_t ret_policy[TPM_HASH_SIZE],
			 struct err *err)
{
	uint32_t session;
	struct bytes b;
	int r = start(tpm, SESSION_TRIAL, &session, err);

	if (r < 0)
		return r;
	begin(&b, NO_SESSIONS, POLICY_DIGEST);
	put(&b, session, 4);
	r = ask(tpm, &b, "PolicyGetDigest", err);
	if (r == 0) {
		take_hash(&b, ret_policy);
		r = check(&b, "PolicyGetDigest", err);
	}
	(void)flush(tpm, session, NULL);
	return r;
}

/* The same key every time: it is made of the owner's seed and of what stands here. */
static int make_key(const struct tpm *tpm, const uint8_t policy[TPM_HASH_SIZE],
		    uint32_t *ret_key, struct err *err)
{
	struct bytes b;
	int r;

	begin(&b, SESSIONS, CREATE_PRIMARY);
	put(&b, OWNER, 4);
	put_session(&b, PASSWORD, true);
	put(&b, 4, 2); /* no password, no data of ours */
	put(&b, 0, 4);
	put(&b, 2 + 2 + 4 + 2 + TPM_HASH_SIZE + 2 + 2 + 2, 2);
	put(&b, ALG_KEYEDHASH, 2);
	put(&b, ALG_SHA256, 2);
	put(&b, ATTRIBUTES, 4);
	put_sized(&b, policy, TPM_HASH_SIZE);
	put(&b, ALG_HMAC, 2);
	put(&b, ALG_SHA256, 2);
	put(&b, 0, 2); /* nothing unique */
	put(&b, 0, 2); /* nor from outside */
	put(&b, 0, 4); /* and no PCR is told of */
	r = ask(tpm, &b, "CreatePrimary", err);
	*ret_key = take(&b, 4);
	return r < 0 ? r : check(&b, "CreatePrimary", err);
}

static int make_mac(const struct tpm *tpm, uint32_t key, const char *what_for,
		    uint8_t ret_mac[TPM_HASH_SIZE], struct err *err)
{
	uint32_t session;
	struct bytes b;
	int r = start(tpm, SESSION_POLICY, &session, err);

	if (r < 0)
		return r;
	begin(&b, SESSIONS, HMAC);
	put(&b, key, 4);
	put_session(&b, session, false);
	put_sized(&b, what_for, strlen(what_for));
	put(&b, ALG_SHA256, 2);
	r = ask(tpm, &b, "HMAC", err);
	if (r < 0) {
		(void)flush(tpm, session, NULL);
		return r;
	}
	(void)take(&b, 4);
	take_hash(&b, ret_mac);
	r = check(&b, "HMAC", err);
	explicit_bzero(&b, sizeof(b));
	return r;
}

int tpm_secret(const struct tpm *tpm, const char *what_for,
	       uint8_t ret_secret[TPM_HASH_SIZE], struct err *err)
{
	uint8_t policy[TPM_HASH_SIZE];
	uint32_t key;
	int r = policy_of_now(tpm, policy, err), flushed;

	if (r == 0)
		r = make_key(tpm, policy, &key, err);
	if (r < 0)
		return r;
	r = make_mac(tpm, key, what_for, ret_secret, err);
	flushed = flush(tpm, key, r < 0 ? NULL : err);
	return r < 0 ? r : flushed;
}

int tpm_close(const struct tpm *tpm, struct err *err)
{
	static const uint8_t told[TPM_HASH_SIZE] = "lamina: the secret was told";
	struct bytes b;

	begin(&b, SESSIONS, PCR_EXTEND);
	put(&b, tpm->pcr, 4);
	put_session(&b, PASSWORD, true);
	put(&b, 1, 4);
	put(&b, ALG_SHA256, 2);
	for (size_t i = 0; i < sizeof(told); i++)
		put(&b, told[i], 1);
	return ask(tpm, &b, "PCR_Extend", err);
}
