/* SPDX-License-Identifier: Apache-2.0 */
/* What Kconfig would say for lamina-fetch alone: it reads every image that any device may have. */
#pragma once
#define CONFIG_LAMINA_FOR_HOST 1
#define CONFIG_LAMINA_FETCH 1
#define CONFIG_LAMINA_FETCH_MBEDTLS 1
#define CONFIG_LAMINA_SUPERVISE 1
#define CONFIG_LAMINA_MAX_LAYERS 256
#define CONFIG_LAMINA_CPU_SHA256 1
