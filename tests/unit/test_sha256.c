/* SPDX-License-Identifier: Apache-2.0 */
/* The tool's SHA-256, which its archive holds. */
#include "sha256-cases.h"
