/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What the files of this folder share; describe.h is for everybody else. Those keys that
 * pack takes from elsewhere than an option or a label have a function here, named in the
 * table of describe.c.
 */
#include "pack/cmd/describe.h"
#include "pack/cmd/describe/config.h"

struct description {
	const struct source *sources;
	size_t source_count;
	struct manifest *manifest;
	const struct describe_config *config;
	const struct describe_options *options;
	struct err *err;
};

/* Each 0 or -EINVAL with a text. */
typedef int describe_fill(const struct description *d, enum manifest_key_id id);
describe_fill describe_name, describe_version, describe_compatible, describe_processor;
describe_fill describe_volumes, describe_args, describe_env, describe_cwd, describe_user,
	describe_stop_signal, describe_run, describe_sources, describe_health,
	describe_health_args, describe_net, describe_systemd, describe_capabilities,
	describe_devices, describe_new_privileges;

/* @path of an image's config as engines read it: below the root, "/a/../b" is "/b", and above the
 * root is nothing. 0; -ENAMETOOLONG where @size, at least 2, is too little. */
int describe_clean_path(const char *path, char *ret_path, size_t size);

/* @user of an image's config: "app:" as "app", ":app" as "0:app", "+07" as "7"; "" for "" and ":".
 * 0; a negative error where @size is too little. */
int describe_plain_user(const char *user, char *ret_user, size_t size);

/* Tells of options that count only for a program that is confined. */
void describe_note_unconfined(const struct description *d);

/* What option or label say: the last option, else the label, else NULL. */
const char *describe_said(const struct description *d, enum manifest_key_id id);

/* The options' values, else the label's lines, as borrowed texts in @ret_texts, which the
 * caller ends with source_texts_done(). 0 or -ENOMEM. */
int describe_texts(const struct description *d, enum manifest_key_id id,
		   struct source_texts *ret_texts);

/* Adds the pieces of @text (NULL: none) between which any of the characters of @between
 * stand. 0 or -ENOMEM. */
int describe_lines(const char *text, const char *between, struct source_texts *ret_texts);

/* Puts @text into the manifest: the whole of a text, or words with commas or spaces
 * between them. 0; -EINVAL, naming key and text. */
int describe_take(const struct description *d, enum manifest_key_id id, const char *text);

/* The same for words that are spelled as in a manifest; @shown is what an error tells. */
int describe_take_words(const struct description *d, enum manifest_key_id id,
			const char *words, const char *shown);
