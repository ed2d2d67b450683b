/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zstd as libsquashfs compresses with it, to the byte, but with the compressor's tables in huge pages:
 * it looks into them at random, and with small ones the processor spends 1 to 2 % on finding them.
 */
#define ZSTD_STATIC_LINKING_ONLY /* for a memory of our own */
#include <stdlib.h>
#include <sys/mman.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "pack/import/squash/parts.h"

#define HUGE_PAGE ((size_t)2 << 20)

struct zstd {
	sqfs_compressor_t base;
	sqfs_compressor_t *inner; /* libsquashfs's: knows the options; owned */
	int level;
	ZSTD_CCtx *context;
};

/* free() takes it. The kernel gives huge pages where it has them. */
static void *take(void *opaque, size_t size)
{
	void *memory = NULL;

	(void)opaque;
	if (size < HUGE_PAGE / 2)
		return malloc(size);
	size = (size + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	if (posix_memalign(&memory, HUGE_PAGE, size) != 0)
		return NULL;
	(void)madvise(memory, size, MADV_HUGEPAGE);
	return memory;
}

static void give(void *opaque, void *memory)
{
	(void)opaque;
	free(memory);
}

static void get_configuration(const sqfs_compressor_t *base,
			      sqfs_compressor_config_t *config)
{
	const struct zstd *zstd = (const struct zstd *)base;

	zstd->inner->get_configuration(zstd->inner, config);
}

static int write_options(sqfs_compressor_t *base, sqfs_file_t *file)
{
	const struct zstd *zstd = (const struct zstd *)base;

	return zstd->inner->write_options(zstd->inner, file);
}

static int read_options(sqfs_compressor_t *base, sqfs_file_t *file)
{
	const struct zstd *zstd = (const struct zstd *)base;

	return zstd->inner->read_options(zstd->inner, file);
}

static sqfs_s32 compress(sqfs_compressor_t *base, const sqfs_u8 *in, sqfs_u32 size,
			 sqfs_u8 *out, sqfs_u32 out_size)
{
	const struct zstd *zstd = (const struct zstd *)base;
	size_t used =
		ZSTD_compressCCtx(zstd->context, out, out_size, in, size, zstd->level);

	if (ZSTD_isError(used))
		return ZSTD_getErrorCode(used) == ZSTD_error_dstSize_tooSmall
			       ? 0
			       : SQFS_ERROR_COMPRESSOR;
	return used < size ? (sqfs_s32)used : 0;
}

static void destroy(sqfs_object_t *object)
{
	struct zstd *zstd = (struct zstd *)object;

	(void)ZSTD_freeCCtx(zstd->context);
	sqfs_destroy(zstd->inner);
	free(zstd);
}

static sqfs_object_t *copy(const sqfs_object_t *object)
{
	const struct zstd *zstd = (const struct zstd *)object;
	sqfs_compressor_t *inner = sqfs_copy(zstd->inner), *wrapped = NULL;

	if (inner && squash_zstd(inner, &wrapped) != 0)
		sqfs_destroy(inner);
	return wrapped ? &wrapped->base : NULL;
}

int squash_zstd(sqfs_compressor_t *inner, sqfs_compressor_t **ret_compressor)
{
	struct zstd *zstd = calloc(1, sizeof(*zstd));
	sqfs_compressor_config_t config;

	if (!zstd)
		return SQFS_ERROR_ALLOC;
	inner->get_configuration(inner, &config);
	zstd->base = (sqfs_compressor_t){
		.base = { .destroy = destroy, .copy = copy },
		.get_configuration = get_configuration,
		.write_options = write_options,
		.read_options = read_options,
		.do_block = compress,
	};
	zstd->level = (int)config.level;
	zstd->context = ZSTD_createCCtx_advanced((ZSTD_customMem){ take, give, NULL });
	if (!zstd->context) {
		free(zstd);
		return SQFS_ERROR_ALLOC;
	}
	zstd->inner = inner;
	*ret_compressor = &zstd->base;
	return 0;
}
