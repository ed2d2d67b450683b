/* SPDX-License-Identifier: Apache-2.0 */
/* The file default.json, as it is. */
#include "pack/seccomp/profile.h"

#define BYTES                                            \
	".section .rodata, \"a\"\n"                      \
	".global profile_standard\n"                     \
	".global profile_standard_size\n"                \
	".type profile_standard, %object\n"              \
	".type profile_standard_size, %object\n"         \
	"profile_standard:\n"                            \
	".incbin \"pack/seccomp/default.json\"\n"        \
	"0: .byte 0\n"                                   \
	".size profile_standard, . - profile_standard\n" \
	".balign 8\n"                                    \
	"profile_standard_size:\n"                       \
	".quad 0b - profile_standard\n"                  \
	".size profile_standard_size, 8\n"               \
	".previous\n"

__asm__(BYTES);
