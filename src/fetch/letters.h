/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Letters that a stranger's text may be made of, as a string for strspn(): what a locale takes for
 * one is another matter. */
#define LETTERS_LOWER "abcdefghijklmnopqrstuvwxyz"
#define LETTERS_UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LETTERS_DIGITS "0123456789"
#define LETTERS_PLAIN LETTERS_LOWER LETTERS_UPPER LETTERS_DIGITS
