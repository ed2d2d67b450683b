/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the processor does at a boot: checks a signature, hashes, parses. As /init of a machine
 * whose clock counts instructions (QEMU's -icount shift=0) it prints how many each takes; elsewhere,
 * nanoseconds. Reads /manifest, /policy, and a keyring and a signature file of each kind of key.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <time.h>
#include <unistd.h>

#include "format/manifest.h"
#include "format/policy.h"
#include "format/signature.h"
#include "trust/key.h"
#include "trust/sha256.h"

struct text {
	const char *name;
	char bytes[MANIFEST_MAX_SIZE];
	size_t size;
};

static struct text manifest_text = { .name = "manifest" };
static struct text signature_text = { .name = "p256.sig" },
		   rsa_text = { .name = "rsa.sig" };
static struct text keyring_text = { .name = "p256.keyring" };
static struct text rsa_keyring_text = { .name = "rsa.keyring" };
static struct text policy_text = { .name = "policy" };
static const char *folder = ""; /* PID 1 runs at the root */
static char block[1 << 16];

static struct keyring ring, rsa_ring;
static struct signature_file signatures, rsa_signatures;
static struct manifest manifest;
static struct policy policy;
static struct err err = ERR_INIT;

static int check_p256(void)
{
	return key_verify(manifest_text.bytes, manifest_text.size, &signatures, &ring, 1,
			  NULL, &err);
}

static int check_rsa(void)
{
	return key_verify(manifest_text.bytes, manifest_text.size, &rsa_signatures,
			  &rsa_ring, 1, NULL, &err);
}

static int hash(void)
{
	struct digest ret;

	return sha256_of(block, sizeof(block), &ret);
}

static int parse_manifest(void)
{
	return manifest_parse(manifest_text.bytes, manifest_text.size, &manifest, &err);
}

static int parse_rest(void)
{
	int r = policy_parse(policy_text.bytes, policy_text.size, &policy, &err);

	if (r == 0)
		r = keyring_parse(keyring_text.bytes, keyring_text.size, &ring, &err);
	if (r == 0)
		r = signature_file_parse(signature_text.bytes, signature_text.size,
					 &signatures, &err);
	return r;
}

static int parse_rsa(void)
{
	int r = keyring_parse(rsa_keyring_text.bytes, rsa_keyring_text.size, &rsa_ring,
			      &err);

	if (r == 0)
		r = signature_file_parse(rsa_text.bytes, rsa_text.size, &rsa_signatures,
					 &err);
	return r;
}

static _Noreturn void end(int status)
{
	fflush(stdout);
	if (getpid() == 1)
		reboot(RB_POWER_OFF);
	exit(status);
}

static void need(int r, const char *what)
{
	if (r >= 0)
		return;
	printf("bench: %s: %s\n", what, err.text[0] ? err.text : strerror(-r));
	end(1);
}

static void read_text(struct text *text)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s%s", folder, text->name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text->bytes, sizeof(text->bytes));
	need(n < 0 ? -1 : 0, path);
	text->size = (size_t)n;
	close(fd);
}

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

/* The least of five: what the kernel does in between, at a tick, is none of it. */
static void measure(const char *what, int (*run)(void))
{
	int64_t least = INT64_MAX;

	for (int i = 0; i < 5; i++) {
		int64_t start = now(), took;

		need(run(), what);
		took = now() - start;
		least = took < least ? took : least;
	}
	printf("bench: %s %lld\n", what, (long long)least);
}

int main(void)
{
	read_text(&manifest_text);
	read_text(&signature_text);
	read_text(&keyring_text);
	read_text(&rsa_text);
	read_text(&rsa_keyring_text);
	read_text(&policy_text);
	measure("policy-keyring-signature", parse_rest);
	measure("manifest", parse_manifest);
	need(parse_rsa(), "rsa");
	/* What Kconfig left out is left out here. */
	if (key_check_ring(&ring, &err) == 0)
		measure("verify", check_p256);
	if (key_check_ring(&rsa_ring, &err) == 0)
		measure("verify-rsa", check_rsa);
	measure("hash", hash);
	end(0);
}
