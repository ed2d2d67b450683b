/* SPDX-License-Identifier: Apache-2.0 */
/* The device's SHA-256. Compiled into this program, it comes before the archive's other
 * one. */
#include "trust/sha256/mbedtls.c"

#include "sha256-cases.h"
