/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* SHA-256 by the instructions that x86 has for it: Intel's since Goldmont and Ice Lake, AMD's
 * since Zen. */
#include <stdbool.h>
#include <stdint.h>

#if defined(__x86_64__) && defined(CONFIG_LAMINA_CPU_SHA256)
#define SHA256_X86
#endif

/* Has this processor them? Asked once: below a hypervisor the question is a slow one. */
bool sha256_x86_has(void);

/* One block; @k are the constants of the 64 rounds. */
void sha256_x86_process(uint32_t state[8], const uint8_t block[64], const uint32_t k[64]);
