/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What Lamina compiles of mbedtls 3.6: the PSA interface over SHA-256 and P-256. A device
 * verifies only: p256-m is the smallest code for that and allocates nothing. The
 * workstation's tool also makes keys, reads and writes PEM, and signs, which takes the
 * larger code for P-256. Serves as mbedtls' own configuration and as its PSA
 * configuration.
 */
#include <stddef.h>

#define MBEDTLS_PSA_CRYPTO_C
#define MBEDTLS_PSA_CRYPTO_CONFIG
#define MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG /* start.c */
#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PLATFORM_MEMORY
/* Nobody else writes to our buffers while PSA works on them: no copies of them are
 * needed. */
#define MBEDTLS_PSA_ASSUME_EXCLUSIVE_BUFFERS

#define PSA_WANT_ALG_SHA_256 1
#define PSA_WANT_ALG_ECDSA 1
#define PSA_WANT_ECC_SECP_R1_256 1
#define PSA_WANT_KEY_TYPE_ECC_PUBLIC_KEY 1
#define MBEDTLS_PSA_P256M_DRIVER_ENABLED

#ifdef CONFIG_LAMINA_TOOL

#define PSA_WANT_ALG_DETERMINISTIC_ECDSA 1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_BASIC 1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_IMPORT 1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_EXPORT 1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_GENERATE 1
#define PSA_WANT_ALG_HMAC 1
#define PSA_WANT_KEY_TYPE_HMAC 1

#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C
#define MBEDTLS_BASE64_C
#define MBEDTLS_OID_C
#define MBEDTLS_PEM_PARSE_C
#define MBEDTLS_PEM_WRITE_C
#define MBEDTLS_PK_C
#define MBEDTLS_PK_PARSE_C
#define MBEDTLS_PK_PARSE_EC_COMPRESSED
#define MBEDTLS_PK_WRITE_C
#define MBEDTLS_BIGNUM_C
#define MBEDTLS_ECP_C
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED
#define MBEDTLS_ECP_NIST_OPTIM
#define MBEDTLS_HAVE_ASM

#else

#define MBEDTLS_PSA_KEY_SLOT_COUNT 2
#if !defined(CONFIG_LAMINA_HASH_AT_BOOT) && !defined(LAMINA_FAST_SHA256)
#define MBEDTLS_SHA256_SMALLER /* a manifest is small; whole layers are not */
#elif defined(__aarch64__)
#define MBEDTLS_SHA256_USE_ARMV8_A_CRYPTO_IF_PRESENT
#endif

/* A device has no allocator: PSA keeps an imported key in a small pool (pool.c). */
void *pool_calloc(size_t count, size_t size);
void pool_free(void *block);
#define MBEDTLS_PLATFORM_CALLOC_MACRO pool_calloc
#define MBEDTLS_PLATFORM_FREE_MACRO pool_free

#endif
