/* SPDX-License-Identifier: Apache-2.0 */
#include "init/supervise/leave.h"

#include "base/fd.h"
#include "base/page.h"
#include "slot/state.h"
#include "store/store.h"

#define BOOT_STACK 131072 /* as deep as it may have been */

void leave_stage(struct stage *stage)
{
	for (size_t i = 0; i < stage->part_count; i++) {
		fd_close(fd_take(&stage->parts[i].cwd));
		fd_close(fd_take(&stage->parts[i].root));
	}
	fd_close(fd_take(&stage->initramfs));
	fd_close(fd_take(&stage->store));
	fd_close(fd_take(&stage->vault));
	fd_close(fd_take(&stage->factory));
}

/* Its layers are mounted; where they came from nobody asks any more. */
static void give_back_manifest(const struct manifest *manifest)
{
	const char *from = manifest->text + manifest->text_used;

	page_give_back(from, (size_t)((const char *)(manifest + 1) - from));
}

void leave_memory(const struct stage *stage)
{
	const struct manifest *manifest = &stage->image->manifest;

	give_back_manifest(manifest);
	for (size_t i = 0; i < manifest->member_count; i++)
		give_back_manifest(&stage->members[i]);
	store_give_back();
	state_give_back();
}

void leave_pages(void)
{
	page_give_back_stack(BOOT_STACK);
	page_give_back_code();
}
