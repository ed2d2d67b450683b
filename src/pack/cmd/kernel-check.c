/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "cli/cmd.h"
#include "pack/device/kernel-config.h"
#include "pack/device/kernel-need.h"
#include "pack/host/document.h"
#include "pack/image/place.h"
#include "pack/image/superblock.h"

/* Options up to OPT_FRAGMENT are features: kernel-need.c says what their values are. */
enum {
	OPT_COMPRESSION,
	OPT_DISK,
	OPT_LAYERS,
	OPT_PARTITIONS,
	OPT_STORE_TYPE,
	OPT_CONFINE,
	OPT_ENCRYPTED,
	OPT_ISOLATE,
	OPT_LIMIT,
	OPT_NET,
	OPT_NETWORK,
	OPT_SUPERVISE,
	OPT_TIME32,
	OPT_UPDATES,
	OPT_WATCHDOG,
	OPT_FRAGMENT,
	OPT_IMAGE,
	OPT_JSON,
};

static const struct cmd_option options[] = {
	{ "compression", 0, "NAME",
	  "of layers: zstd (default), gzip, xz, lz4, lzo, none" },
	{ "disk", 0, "KIND", "virtio, mmc, nvme, sata, usb, nand, spi-nand, spi-nor" },
	{ "layers", 0, "HOW", "how layers are checked: verity (default), hash" },
	{ "partitions", 0, "KIND",
	  "how its partitions are named: gpt (default), mbr, none" },
	{ "store-type", 0, "TYPE",
	  "the store: ext4 (default), f2fs, ubifs, vfat, squashfs" },
	{ "confine", 0, NULL, "its application is confined" },
	{ "encrypted", 0, NULL, "the policy has encrypted what images keep" },
	{ "isolate", 0, NULL, "the application makes namespaces of its own" },
	{ "limit", 0, "KIND", "what it may not use without end: memory, pids, cpu" },
	{ "net", 0, NULL, "lamina-init looks after the network" },
	{ "network", 0, "HOW", "that the application has: host (default), none" },
	{ "supervise", 0, NULL, "lamina-init stays and supervises the application" },
	{ "time32", 0, NULL, "32-bit programs have a time_t of 32 bits" },
	{ "updates", 0, NULL, "the next boot knows if the kernel panicked, and why" },
	{ "watchdog", 0, NULL, "the policy names a watchdog" },
	{ "fragment", 0, NULL, "print what is needed as a kernel fragment, no CONFIG" },
	{ "image", 0, "STORE", "what this image needs, in a store or a bundle" },
	{ "json", 0, NULL, "print JSON" },
	{ 0 },
};

struct request {
	const char *config;
	struct kernel_selection selection;
	bool fragment, json;
};

static const struct {
	const char *option, *value;
} defaults[] = {
	{ "compression", "zstd" },
	{ "layers", "verity" },
	{ "partitions", "gpt" },
	{ "store-type", "ext4" },
};

static const char *const state_names[] = {
	[KERNEL_OFF] = "off",
	[KERNEL_MODULE] = "module",
	[KERNEL_BUILT_IN] = "built-in",
};

static bool too_old(const struct kernel_config *config)
{
	return config->major && (config->major < KERNEL_NEED_MAJOR ||
				 (config->major == KERNEL_NEED_MAJOR &&
				  config->minor < KERNEL_NEED_MINOR));
}

/* Has a line before @need asked for the same already? */
static bool asked_before(const struct kernel_selection *selection,
			 const struct kernel_need *need)
{
	size_t count;

	for (const struct kernel_need *at = kernel_needs(&count); at < need; at++)
		if (at->symbol && strcmp(at->symbol, need->symbol) == 0 &&
		    kernel_need_applies(at, selection))
			return true;
	return false;
}

/* The next line of the table that counts and has a symbol; NULL at the end. */
static const struct kernel_need *next_need(const struct kernel_selection *selection,
					   size_t *at)
{
	size_t count;
	const struct kernel_need *needs = kernel_needs(&count);

	while (*at < count) {
		const struct kernel_need *need = &needs[(*at)++];

		if (need->symbol && kernel_need_applies(need, selection) &&
		    !asked_before(selection, need))
			return need;
	}
	return NULL;
}

static void print_fragment(const struct kernel_selection *selection)
{
	const struct kernel_need *need;
	const char *feature = NULL;

	puts("# What Lamina needs of a kernel, built in");
	for (size_t at = 0; (need = next_need(selection, &at));) {
		if (need->feature && (!feature || strcmp(feature, need->feature) != 0))
			printf("\n# %s\n", need->feature);
		feature = need->feature;
		printf("CONFIG_%s=y\n", need->symbol);
	}
}

static void print_missing(const struct kernel_need *need, enum kernel_state state)
{
	printf("CONFIG_%s %s: %s%s%s%s\n", need->symbol,
	       state == KERNEL_MODULE ? "is a module, which nothing could load"
				      : "is not set",
	       need->why, need->feature ? " (" : "", need->feature ? need->feature : "",
	       need->feature ? ")" : "");
}

static int add_missing(json_t *list, const struct kernel_need *need,
		       enum kernel_state state)
{
	return json_array_append_new(list, json_pack("{s:s+, s:s, s:s, s:s?}", "symbol",
						     "CONFIG_", need->symbol, "state",
						     state_names[state], "why", need->why,
						     "feature", need->feature));
}

static int print_json(const struct kernel_config *config, json_t *missing, size_t checked)
{
	char version[32];
	json_t *json;

	(void)snprintf(version, sizeof(version), "%u.%u", config->major, config->minor);
	json = json_pack("{s:s?, s:b, s:b, s:I, s:O}", "kernel",
			 config->major ? version : NULL, "tooOld", too_old(config),
			 "complete", !too_old(config) && json_array_size(missing) == 0,
			 "checked", (json_int_t)checked, "missing", missing);
	return document_print(json);
}

static int verdict(const struct kernel_config *config, size_t missing, size_t checked,
		   struct err *err)
{
	if (too_old(config))
		return err_set(err, -EOPNOTSUPP,
			       "Linux %u.%u is too old: %d.%d is needed", config->major,
			       config->minor, KERNEL_NEED_MAJOR, KERNEL_NEED_MINOR);
	if (missing)
		return err_set(err, -EOPNOTSUPP, "%zu of %zu options are missing",
			       missing, checked);
	return 0;
}

static int check(const struct request *q, const struct kernel_config *config,
		 struct err *err)
{
	const struct kernel_need *need;
	json_t *missing = json_array();
	size_t checked = 0, count;
	int r = missing ? 0 : -ENOMEM;

	for (size_t at = 0; r == 0 && (need = next_need(&q->selection, &at)); checked++) {
		enum kernel_state state = kernel_config_state(config, need->symbol);

		if (state == KERNEL_BUILT_IN)
			continue;
		if (!q->json)
			print_missing(need, state);
		r = add_missing(missing, need, state) < 0 ? -ENOMEM : 0;
	}
	count = json_array_size(missing);
	if (r == 0 && q->json)
		r = print_json(config, missing, checked);
	if (r == 0 && !q->json && count == 0)
		printf("all %zu options are built in\n", checked);
	json_decref(missing);
	return r < 0 ? r : verdict(config, count, checked, err);
}

static int select_feature(struct request *q, const struct cmd_line *line, int option,
			  struct err *err)
{
	const char *name = options[option].name;

	if (!kernel_select(&q->selection, name, options[option].arg ? line->value : NULL))
		return cmd_usage(err, "kernel-check: --%s %s: not known here", name,
				 line->value);
	return 0;
}

static int select_compression(struct request *q, const struct place *place, size_t layer,
			      struct err *err)
{
	uint8_t bytes[SUPERBLOCK_FACTS_SIZE];
	struct superblock_facts facts;
	uint64_t offset;
	__fd int fd = place_open_blob(place, layer, &offset, err);
	int r = fd;

	if (fd >= 0) {
		r = fd_pread_all(fd, bytes, sizeof(bytes), offset);
		r = r < 0 ? err_errno(err, r, "reading it")
			  : superblock_facts_read(bytes, &facts, err);
	}
	if (r == 0 && !kernel_select(&q->selection, "compression", facts.compression))
		r = err_set(err, -ENOTSUP, "compressed by %s: not known here",
			    facts.compression);
	return r < 0 ? err_wrap(err, r, "layer %zu", layer) : 0;
}

static void select_supervised(struct request *q, const struct manifest *manifest)
{
	(void)kernel_select(&q->selection, "supervise", NULL);
	if (manifest->confine && *manifest->syscalls)
		(void)kernel_select(&q->selection, "confine", NULL);
	if (manifest->network)
		(void)kernel_select(&q->selection, "network", "none");
	if (*manifest->memory)
		(void)kernel_select(&q->selection, "limit", "memory");
	if (manifest->pids)
		(void)kernel_select(&q->selection, "limit", "pids");
	if (manifest->cpu_percent)
		(void)kernel_select(&q->selection, "limit", "cpu");
}

static void select_volumes(struct request *q, const struct manifest *manifest)
{
	if (manifest_volume_sizes(manifest))
		(void)kernel_select(&q->selection, "volume-size", NULL);
}

/* What there is of init itself is for all; limits and the like are each member's own. */
static int select_members(struct request *q, const struct place *place, struct err *err)
{
	static struct image member;

	for (size_t i = 0; i < place->image->manifest.member_count; i++) {
		int r = place_load_member(place, i, &member, err);

		if (r < 0)
			return err_wrap(err, r, "member %s",
					place->image->manifest.members[i].name);
		select_supervised(q, &member.manifest);
		select_volumes(q, &member.manifest);
	}
	return 0;
}

/* All that can be read off the image itself. */
static int select_image(struct request *q, const char *path, struct err *err)
{
	__place struct place place = PLACE_INIT;
	int r = place_open(&place, path, NULL, err);
	const struct manifest *manifest = r < 0 ? NULL : &place.image->manifest;

	for (size_t i = 0; r == 0 && i < manifest->layer_count; i++)
		r = select_compression(q, &place, i, err);
	if (r < 0)
		return r;
	select_volumes(q, manifest);
	if (manifest_is_set(manifest))
		r = select_members(q, &place, err);
	else if (manifest->run != MANIFEST_RUN_EXEC)
		select_supervised(q, manifest);
	if (manifest->net_count > 0 && strcmp(manifest->nets[0], "none") != 0)
		(void)kernel_select(&q->selection, "net", NULL);
	return r;
}

static int request_option(struct request *q, const struct cmd_line *line, int option,
			  struct err *err)
{
	switch (option) {
	case OPT_FRAGMENT:
		q->fragment = true;
		return 0;
	case OPT_IMAGE:
		return select_image(q, line->value, err);
	case OPT_JSON:
		q->json = true;
		return 0;
	default:
		return select_feature(q, line, option, err);
	}
}

static bool is_on_ubi(const struct kernel_selection *selection)
{
	for (size_t i = 0; i < selection->count; i++)
		if (strcmp(selection->features[i], "store-type=ubifs") == 0)
			return true;
	return false;
}

static int request_read(struct cmd_line *line, struct request *q, struct err *err)
{
	int option, r;

	while ((r = cmd_next(line, &option, err)) > 0) {
		r = request_option(q, line, option, err);
		if (r < 0)
			return r;
	}
	if (r == 0)
		r = cmd_operands(line, q->fragment ? 0 : 1, q->fragment ? 0 : 1, err);
	if (r < 0)
		return r;
	q->config = line->argv[line->at];
	/* UBI's volumes have names of their own */
	if (!kernel_selected(&q->selection, "partitions") && is_on_ubi(&q->selection))
		(void)kernel_select(&q->selection, "partitions", "none");
	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		if (!kernel_selected(&q->selection, defaults[i].option))
			(void)kernel_select(&q->selection, defaults[i].option,
					    defaults[i].value);
	return 0;
}

static int kernel_check_run(struct cmd_line *line, struct err *err)
{
	struct request q = { .fragment = false };
	__kernel_config struct kernel_config config = { .text = NULL };
	int r = request_read(line, &q, err);

	if (r < 0)
		return r;
	if (q.fragment) {
		print_fragment(&q.selection);
		return 0;
	}
	r = kernel_config_read(&config, q.config, err);
	if (r == 0) {
		r = check(&q, &config, err);
		r = r < 0 ? err_wrap(err, r, "%s", q.config) : 0;
	}
	return r;
}

const struct cmd cmd_kernel_check = {
	.name = "kernel-check",
	.args = "CONFIG",
	.help = "Tell what a kernel's configuration lacks to boot Lamina",
	.options = options,
	.run = kernel_check_run,
};
