/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/cmd/inspect-boot.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/utf8.h"
#include "pack/cmd/show-keys.h"
#include "pack/device/bootblob.h"
#include "pack/diff/boot.h"

/* A blob's text is anybody's. */
static void print_bytes(const void *bytes, size_t size)
{
	const unsigned char *at = bytes;

	for (; size > 0; size--, at++)
		if (*at < ' ' || *at > '~' || *at == '%')
			printf("%%%02X", *at);
		else
			putchar(*at);
}

static void print_part(const char *name, const struct bootblob_part *part)
{
	char size[16];

	if (part->bytes)
		printf(", %s %s", name, str_size(part->size, size));
}

/* What a reader may compare with his own files. */
static void print_item(const struct bootblob_item *item)
{
	char size[16], text[16];
	struct digest hash;

	if (sha256_of(item->part.bytes, item->part.size, &hash) < 0)
		return;
	printf("    ");
	print_bytes(item->name, strlen(item->name));
	(void)snprintf(text, sizeof(text), "%s", str_size(item->part.size, size));
	printf("%*s %s sha256:%s\n",
	       strlen(item->name) < 10 ? 10 - (int)strlen(item->name) : 0, "", text,
	       DIGEST_HEX(&hash));
}

static void print_look(const struct bootblob_look *look, const char *id)
{
	printf("  %-12s %s", "boot blob", look->form ? look->form : "of another form");
	print_part("kernel", &look->kernel);
	print_part("initramfs", &look->initramfs);
	print_part("device tree", &look->dtb);
	if (look->form)
		printf(", %s%s", look->is_signed ? "signed" : "not signed",
		       look->is_signed && look->key[0] ? " with the key " : "");
	if (look->is_signed)
		print_bytes(look->key, strlen(look->key));
	printf("\n");
	if (look->form && strcmp(look->id, id) != 0)
		printf("  %-12s its initramfs has %s%s\n", "",
		       look->id[0] ? "another boot id: " : "no boot id", look->id);
	if (look->config[0]) {
		printf("  %-12s starts the configuration ", "");
		print_bytes(look->config, strlen(look->config));
		printf("\n");
	}
	for (size_t i = 0; i < look->item_count; i++)
		print_item(&look->items[i]);
	if (look->cmdline.bytes) {
		printf("  %-12s ", "  cmdline");
		print_bytes(look->cmdline.bytes, look->cmdline.size);
		printf("\n");
	}
}

void inspect_boot_print(const struct place *place)
{
	const struct manifest_boot *boot = &place->image->manifest.boot;
	struct bootblob_file blob = { NULL, 0 };
	struct bootblob_look look;
	struct err err = ERR_INIT;

	if (!boot->id[0])
		return;
	if (boot_read(place, &blob, &err) < 0) {
		utf8_clean(err.text);
		printf("  %-12s %s\n", "boot blob", err.text);
	} else if (bootblob_look(&blob, &look) < 0) {
		printf("  %-12s a FIT that is damaged\n", "boot blob");
	} else {
		print_look(&look, boot->id);
	}
	bootblob_file_done(&blob);
}

static int part_json(json_t *json, const char *name, const struct bootblob_part *part)
{
	return part->bytes ? json_object_set_new(json, name,
						 json_integer((json_int_t)part->size))
			   : 0;
}

static json_t *items_json(const struct bootblob_look *look)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < look->item_count; i++) {
		const struct bootblob_item *item = &look->items[i];
		struct digest hash;

		if (sha256_of(item->part.bytes, item->part.size, &hash) < 0)
			continue;
		(void)json_array_append_new(
			list,
			json_pack("{s:o, s:I, s:s+}", "name", show_text_json(item->name),
				  "size", (json_int_t)item->part.size, "digest",
				  "sha256:", DIGEST_HEX(&hash)));
	}
	return list;
}

static int look_json(const struct place *place, json_t *json)
{
	struct bootblob_file blob = { NULL, 0 };
	struct bootblob_look look;
	int r = 0;

	if (boot_read(place, &blob, NULL) == 0 && bootblob_look(&blob, &look) == 0 &&
	    look.form) {
		r |= json_object_set_new(json, "form", json_string(look.form));
		r |= part_json(json, "kernelSize", &look.kernel);
		r |= part_json(json, "initramfsSize", &look.initramfs);
		r |= part_json(json, "dtbSize", &look.dtb);
		r |= json_object_set_new(json, "signed", json_boolean(look.is_signed));
		if (look.key[0])
			r |= json_object_set_new(json, "key", show_text_json(look.key));
		if (look.config[0])
			r |= json_object_set_new(json, "configuration",
						 show_text_json(look.config));
		r |= json_object_set_new(json, "parts", items_json(&look));
	}
	bootblob_file_done(&blob);
	return r ? -ENOMEM : 0;
}

int inspect_boot_json(const struct place *place, json_t *json)
{
	const struct manifest_boot *boot = &place->image->manifest.boot;
	json_t *object;
	int r;

	if (!boot->id[0])
		return 0;
	object = json_pack("{s:s, s:s+, s:I}", "id", boot->id, "digest",
			   "sha256:", DIGEST_HEX(&boot->blob), "size",
			   (json_int_t)boot->size);
	r = object ? look_json(place, object) : -ENOMEM;
	if (r < 0)
		json_decref(object);
	return r < 0 ? r : json_object_set_new(json, "boot", object);
}
