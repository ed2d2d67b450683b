/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What Lamina compiles of mbedtls 3.6. A device verifies only, by SHA-256, p256-m, which
 * is the smallest code for P-256, and the core of mbedtls' arithmetic for RSA; none of
 * them allocates. The workstation's tool, and what CONFIG_LAMINA_SIGN adds, also makes
 * keys, reads and writes PEM, and signs, with the PSA interface and the larger code for
 * P-256. Serves as mbedtls' own configuration and as its PSA configuration.
 */
#include <stddef.h>

#define MBEDTLS_PSA_P256M_DRIVER_ENABLED

#if defined(CONFIG_LAMINA_TOOL) || defined(CONFIG_LAMINA_SIGN)

#define MBEDTLS_PSA_CRYPTO_C
#define MBEDTLS_PSA_CRYPTO_CONFIG
#define MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG /* random.c */
#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PLATFORM_MEMORY
/* Nobody else writes to our buffers while PSA works on them: no copies of them are
 * needed. */
#define MBEDTLS_PSA_ASSUME_EXCLUSIVE_BUFFERS

#define PSA_WANT_ALG_SHA_256 1
#define PSA_WANT_ALG_ECDSA 1
#define PSA_WANT_ECC_SECP_R1_256 1
#define PSA_WANT_KEY_TYPE_ECC_PUBLIC_KEY 1
#define PSA_WANT_ALG_DETERMINISTIC_ECDSA 1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_BASIC 1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_IMPORT 1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_EXPORT 1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_GENERATE 1
#define PSA_WANT_ALG_HMAC 1
#define PSA_WANT_KEY_TYPE_HMAC 1
#define PSA_WANT_ALG_RSA_PKCS1V15_SIGN 1
#define PSA_WANT_KEY_TYPE_RSA_PUBLIC_KEY 1
#define PSA_WANT_KEY_TYPE_RSA_KEY_PAIR_BASIC 1
#define PSA_WANT_KEY_TYPE_RSA_KEY_PAIR_IMPORT 1
#define PSA_WANT_KEY_TYPE_RSA_KEY_PAIR_EXPORT 1
#define PSA_WANT_KEY_TYPE_RSA_KEY_PAIR_GENERATE 1

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

#endif

#ifndef CONFIG_LAMINA_TOOL

#define MBEDTLS_SHA256_C
#if !defined(CONFIG_LAMINA_HASH_AT_BOOT) && !defined(LAMINA_FAST_SHA256)
#define MBEDTLS_SHA256_SMALLER /* a manifest is small; whole layers are not */
#elif defined(__aarch64__) && defined(CONFIG_LAMINA_CPU_SHA256)
#define MBEDTLS_SHA256_USE_ARMV8_A_CRYPTO_IF_PRESENT
#elif defined(LAMINA_FAST_SHA256)
#define MBEDTLS_SHA256_PROCESS_ALT /* sha256/process.c has it */
#endif

#ifdef CONFIG_LAMINA_KEY_RSA /* the core of its arithmetic, which allocates nothing */
#define MBEDTLS_BIGNUM_C
#define MBEDTLS_HAVE_ASM
#endif

#endif
