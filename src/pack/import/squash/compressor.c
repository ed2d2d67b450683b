/* SPDX-License-Identifier: Apache-2.0 */
/* The compressors that libsquashfs lacks, beside its own: lzo, and none. */
#include <endian.h>
#include <lzo/lzo1x.h>
#include <stdlib.h>
#include <string.h>

#include "pack/import/squash/parts.h"

struct simple {
	sqfs_compressor_t base;
	sqfs_compressor_config_t config;
	void *work;	     /* of lzo; owned */
	unsigned char *room; /* where lzo may need more than there is; owned */
};

static void get_configuration(const sqfs_compressor_t *base,
			      sqfs_compressor_config_t *config)
{
	*config = ((const struct simple *)base)->config;
}

static int no_options(sqfs_compressor_t *base, sqfs_file_t *file)
{
	(void)base;
	(void)file;
	return 0;
}

/* Said only where a reader could not know them. */
static int write_lzo_options(sqfs_compressor_t *base, sqfs_file_t *file)
{
	const struct simple *lzo = (const struct simple *)base;
	struct {
		uint16_t header;
		uint32_t algorithm, level;
	} __attribute__((packed)) options = {
		.header = htole16(0x8000 | 8),
		.algorithm = htole32(SQFS_LZO1X_999),
		.level = htole32(lzo->config.level),
	};
	int r;

	if (lzo->config.level == SQFS_LZO_DEFAULT_LEVEL)
		return 0;
	r = file->write_at(file, sizeof(sqfs_super_t), &options, sizeof(options));
	return r ? r : (int)sizeof(options);
}

/* Zero says that the block is better stored as it is. */
static sqfs_s32 store(sqfs_compressor_t *base, const sqfs_u8 *in, sqfs_u32 size,
		      sqfs_u8 *out, sqfs_u32 out_size)
{
	(void)base;
	(void)in;
	(void)size;
	(void)out;
	(void)out_size;
	return 0;
}

static sqfs_s32 lzo_compress(sqfs_compressor_t *base, const sqfs_u8 *in, sqfs_u32 size,
			     sqfs_u8 *out, sqfs_u32 out_size)
{
	const struct simple *lzo = (const struct simple *)base;
	lzo_uint used = 0;

	if (lzo1x_999_compress_level(in, size, lzo->room, &used, lzo->work, NULL, 0, NULL,
				     (int)lzo->config.level) != LZO_E_OK)
		return SQFS_ERROR_COMPRESSOR;
	if (used >= size || used > out_size)
		return 0;
	memcpy(out, lzo->room, used);
	return (sqfs_s32)used;
}

static sqfs_s32 lzo_uncompress(sqfs_compressor_t *base, const sqfs_u8 *in, sqfs_u32 size,
			       sqfs_u8 *out, sqfs_u32 out_size)
{
	lzo_uint used = out_size;

	(void)base;
	return lzo1x_decompress_safe(in, size, out, &used, NULL) == LZO_E_OK
		       ? (sqfs_s32)used
		       : SQFS_ERROR_COMPRESSOR;
}

static void destroy(sqfs_object_t *object)
{
	struct simple *simple = (struct simple *)object;

	free(simple->work);
	free(simple->room);
	free(simple);
}

static sqfs_object_t *copy(const sqfs_object_t *object);

static struct simple *simple_new(const sqfs_compressor_config_t *config)
{
	struct simple *simple = calloc(1, sizeof(*simple));
	bool lzo = config->id == SQFS_COMP_LZO,
	     uncompress = config->flags & SQFS_COMP_FLAG_UNCOMPRESS;
	size_t block = config->block_size > SQFS_META_BLOCK_SIZE ? config->block_size
								 : SQFS_META_BLOCK_SIZE;

	if (!simple)
		return NULL;
	simple->config = *config;
	simple->base = (sqfs_compressor_t){
		.base = { .destroy = destroy, .copy = copy },
		.get_configuration = get_configuration,
		.write_options = lzo ? write_lzo_options : no_options,
		.read_options = no_options,
		.do_block = !lzo	 ? store
			    : uncompress ? lzo_uncompress
					 : lzo_compress,
	};
	if (!lzo || uncompress)
		return simple;
	simple->work = malloc(LZO1X_999_MEM_COMPRESS);
	simple->room = malloc(block + block / 16 + 64 + 3); /* lzo's own bound */
	if (simple->work && simple->room)
		return simple;
	destroy(&simple->base.base);
	return NULL;
}

static sqfs_object_t *copy(const sqfs_object_t *object)
{
	struct simple *simple = simple_new(&((const struct simple *)object)->config);

	return simple ? &simple->base.base : NULL;
}

int squash_compressor(const struct squash_options *options, bool uncompress,
		      sqfs_compressor_t **ret_compressor)
{
	bool none = strcmp(options->compression, "none") == 0,
	     lzo = strcmp(options->compression, "lzo") == 0;
	sqfs_compressor_config_t config;
	struct simple *simple;
	int r = sqfs_compressor_id_from_name(none ? "gzip" : options->compression);

	if (r >= 0)
		r = sqfs_compressor_config_init(
			&config, (SQFS_COMPRESSOR)r, options->block_size,
			uncompress ? SQFS_COMP_FLAG_UNCOMPRESS : 0);
	if (r < 0)
		return r;
	if (options->level)
		config.level = options->level;
	if (!none && !lzo) {
		r = sqfs_compressor_create(&config, ret_compressor);
		if (r == 0 && !uncompress && config.id == SQFS_COMP_ZSTD)
			r = squash_zstd(*ret_compressor, ret_compressor);
		return r;
	}
	simple = simple_new(&config);
	if (!simple)
		return SQFS_ERROR_ALLOC;
	*ret_compressor = &simple->base;
	return 0;
}
