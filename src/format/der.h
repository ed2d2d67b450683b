/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* ECDSA signatures of P-256: DER SEQUENCE{INTEGER r, INTEGER s} (SEC 1, C.5) <-> r||s. */
#include <stddef.h>
#include <stdint.h>

#define DER_MAX_SIZE 72 /* the longest one in DER */
#define DER_RAW_SIZE 64

/* Strict: one spelling. 0 or -EBADMSG. */
int der_decode(const uint8_t *der, size_t size, uint8_t ret_raw[DER_RAW_SIZE]);

/* Returns the DER's size. */
size_t der_encode(const uint8_t raw[DER_RAW_SIZE], uint8_t ret_der[DER_MAX_SIZE]);
