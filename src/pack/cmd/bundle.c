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
	{ "from", 0, "STORE|BUNDLE",
	  "leave out the layers of this image: the device has it" },
	{ 0 },
};

static int write_stdout(const struct place *place, struct err *err)
{
	if (isatty(STDOUT_FILENO))
		return cmd_usage(err, "bundle: a bundle is nothing for a terminal");
	return bundle_write(STDOUT_FILENO, place->store, place->image, err);
}

static int write_file(const struct place *place, const char *path, struct err *err)
{
	__output struct output output = OUTPUT_INIT;
	int r = output_open(&output, AT_FDCWD, path, 0666, err);

	if (r == 0)
		r = bundle_write(output.fd, place->store, place->image, err);
	return r < 0 ? r : output_commit(&output, 0, err);
}

static bool has_blob(const struct manifest *manifest, const struct digest *digest)
{
	struct manifest_blob blob;

	for (size_t i = 0; manifest_blob(manifest, i, &blob); i++)
		if (digest_equal(blob.digest, digest))
			return true;
	return false;
}

static int leave_out(struct image *image, const char *from, struct err *err)
{
	__place struct place old = PLACE_INIT;
	struct manifest_blob blob;
	int r = place_open(&old, from, NULL, err);

	for (size_t i = 0; r == 0 && manifest_blob(&image->manifest, i, &blob); i++)
		image->absent[i] = has_blob(&old.image->manifest, blob.digest);
	return r;
}

static int bundle_run(struct cmd_line *line, struct err *err)
{
	const char *output = NULL, *prefix = NULL, *from = NULL, *store;
	__place struct place place = PLACE_INIT;
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
		r = leave_out(place.image, from, err);
	if (r < 0)
		return r;
	r = strcmp(output, "-") == 0 ? write_stdout(&place, err)
				     : write_file(&place, output, err);
	return r < 0 && r != CMD_USAGE ? err_wrap(err, r, "%s", store) : r;
}

const struct cmd cmd_bundle = {
	.name = "bundle",
	.args = "STORE -o FILE",
	.help = "Put a signed image into one file, which is also an OCI archive",
	.options = options,
	.run = bundle_run,
};
