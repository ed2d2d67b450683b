/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The kernel's error @number (positive) for people: in words, or, with
 * CONFIG_LAMINA_ERROR_NUMBERS, as the number. The text lasts until the next call. */
const char *reason_of_kernel(int number);
