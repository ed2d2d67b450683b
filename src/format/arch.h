/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The one architecture this program runs on, by its name in manifests. */
#if defined(__x86_64__)
#define ARCH "amd64"
#elif defined(__aarch64__)
#define ARCH "arm64"
#elif defined(__arm__)
#define ARCH "arm"
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH "riscv64"
#else
#error "no name for this architecture"
#endif
