/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/cmd.h"
#include "pack/host/output.h"
#include "pack/image/bundle.h"
#include "pack/image/place.h"

enum {
	OPT_OUTPUT,
	OPT_IMAGE,
	OPT_FROM
};

static const struct cmd_option options[] = {
	{ "output", 'o', "FILE", "the bundle to write; - for standard output" },
	{ "image", 0, "ID", "which image, if the store holds several; may be shortened" },
	{ "from", 0, "OLD", "only what is new since this image" },
	{ 0 },
};

static int write_stdout(const struct place *place, const struct delta_list *deltas,
			const char *store, struct err *err)
{
	int r;

	if (isatty(STDOUT_FILENO))
		return cmd_usage(err, "bundle: a bundle is nothing for a terminal");
	r = bundle_write(STDOUT_FILENO, place->store, place->image, deltas, err);
	return r < 0 ? err_wrap(err, r, "%s", store) : 0;
}

static int write_file(const struct place *place, const struct delta_list *deltas,
		      const char *store, const char *path, struct err *err)
{
	__output struct output output = OUTPUT_INIT;
	int r = output_open(&output, AT_FDCWD, path, 0666, err);

	if (r < 0)
		return r;
	r = bundle_write(output.fd, place->store, place->image, deltas, err);
	return r < 0 ? err_wrap(err, r, "%s", store) : output_commit(&output, 0, err);
}

/* What the image @from has, and layers that can be made of those by deltas. */
static int leave_out(const struct place *place, const char *from,
		     struct delta_list *deltas, struct err *err)
{
	__place struct place old = PLACE_INIT;
	struct image *image = place->image;
	struct manifest_blob blob;
	int r = place_open(&old, from, NULL, err);

	if (r < 0)
		return r;
	for (size_t i = 0; manifest_blob(&image->manifest, i, &blob); i++)
		image->absent[i] = manifest_has_blob(&old.image->manifest, blob.digest);
	r = delta_list_make(deltas, &old, place, err);
	for (size_t i = 0; r == 0 && i < deltas->count; i++)
		image->absent[deltas->deltas[i].layer] = true;
	return r;
}

static int bundle_run(struct cmd_line *line, struct err *err)
{
	const char *output = NULL, *prefix = NULL, *from = NULL, *store;
	__place struct place place = PLACE_INIT;
	__delta_list struct delta_list deltas = { .count = 0 };
	int option, r;

	while ((r = cmd_next(line, &option, err)) > 0) {
		if (option == OPT_OUTPUT)
			output = line->value;
		else if (option == OPT_FROM)
			from = line->value;
		else
			prefix = line->value;
	}
	if (r == 0)
		r = cmd_operands(line, 1, 1, err);
	if (r < 0)
		return r;
	if (!output)
		return cmd_usage(err, "bundle: --output is missing");
	store = line->argv[line->at];
	r = place_open(&place, store, prefix, err);
	if (r < 0)
		return r;
	if (place.store < 0)
		return err_set(err, -EINVAL, "%s: is a bundle already", store);
	if (from)
		r = leave_out(&place, from, &deltas, err);
	if (r < 0)
		return r;
	return strcmp(output, "-") == 0 ? write_stdout(&place, &deltas, store, err)
					: write_file(&place, &deltas, store, output, err);
}

const struct cmd cmd_bundle = {
	.name = "bundle",
	.args = "STORE -o FILE",
	.help = "Put a signed image into one file, which is also an OCI archive",
	.options = options,
	.run = bundle_run,
};
