/* SPDX-License-Identifier: Apache-2.0 */
/* What the image is called, and what it is for. */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "cli/cmd.h"
#include "format/manifest/check.h"
#include "pack/cmd/describe/parts.h"

/* "Acme/Thermostat App" as "acme-thermostat-app". */
static void make_name(const char *from, char ret_name[MANIFEST_NAME_SIZE])
{
	size_t used = 0;

	for (; *from && used < MANIFEST_NAME_SIZE - 1; from++) {
		char c = (char)tolower((unsigned char)*from);

		if (!isalnum((unsigned char)c) && !strchr("._-", c))
			c = '-';
		if (used > 0 || isalnum((unsigned char)c))
			ret_name[used++] = c;
	}
	ret_name[used] = '\0';
}

int describe_name(const struct description *d, enum manifest_key_id id)
{
	const char *said = describe_said(d, id);
	char name[MANIFEST_NAME_SIZE] = "";

	if (!said && d->config->name)
		make_name(d->config->name, name);
	if (!said && !name[0])
		return err_set(d->err, -EINVAL, "what is the image's name? --name NAME");
	return describe_take(d, id, said ? said : name);
}

/* A tag as a version: those may be longer, and begin with what a version may not. */
static int take_tag(const struct description *d, enum manifest_key_id id, const char *tag)
{
	char text[MANIFEST_VERSION_SIZE] = "";
	size_t skip = 0;

	while (tag[skip] && !isalnum((unsigned char)tag[skip]))
		skip++;
	for (size_t i = 0; i + 1 < sizeof(text) && tag[skip + i]; i++)
		text[i] = tag[skip + i];
	if (!text[0] || manifest_wrong_version(text))
		return 0;
	if (strcmp(text, tag) != 0)
		cmd_note("the image's version is '%s', as far as its tag is one "
			 "(--version)",
			 text);
	return describe_take(d, id, text);
}

int describe_version(const struct description *d, enum manifest_key_id id)
{
	const char *said = describe_said(d, id);

	if (said)
		return *said ? describe_take(d, id, said) : 0;
	return d->config->version ? take_tag(d, id, d->config->version) : 0;
}

int describe_compatible(const struct description *d, enum manifest_key_id id)
{
	struct source_texts texts = { 0 };
	int r = describe_texts(d, id, &texts);

	if (r == 0 && !texts.count)
		r = err_set(d->err, -EINVAL,
			    "which devices is it for? --compatible NAME, as their "
			    "policy says it, such as acme,thermostat-v2");
	for (size_t i = 0; i < texts.count && r == 0; i++)
		r = describe_take(d, id, texts.items[i]);
	source_texts_done(&texts);
	return r;
}

const char *describe_arch(const char *name)
{
	static const char *const names[][2] = {
		{ "x86_64", "amd64" }, { "aarch64", "arm64" }, { "armv7l", "arm" },
		{ "armv6l", "arm" },   { "armhf", "arm" },     { "amd64", "amd64" },
		{ "arm64", "arm64" },  { "arm", "arm" },       { "riscv64", "riscv64" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i][0], name) == 0)
			return names[i][1];
	return NULL;
}

int describe_processor(const struct description *d, enum manifest_key_id id)
{
	const char *said = describe_said(d, id), *arch;
	const char *image = d->config->arch ? describe_arch(d->config->arch) : NULL;
	struct utsname machine;

	arch = said ? describe_arch(said) : NULL;
	if (arch && image && strcmp(arch, image) != 0 && !d->options->force)
		return err_set(d->err, -EINVAL,
			       "--arch %s: the image is for %s, as it says itself", said,
			       image);
	if (!said)
		said = d->config->arch;
	if (!said && uname(&machine) == 0) {
		said = machine.machine;
		if (describe_arch(said))
			cmd_note("no source says for which processor it is; %s is "
				 "assumed (--arch)",
				 describe_arch(said));
	}
	arch = said ? describe_arch(said) : NULL;
	if (!arch)
		return err_set(d->err, -EINVAL,
			       "'%s' is no architecture that devices have: amd64, arm64, "
			       "arm or riscv64",
			       said ? said : "?");
	return describe_take(d, id, arch);
}

int describe_sources(const struct description *d, enum manifest_key_id id)
{
	int r = 0;

	for (size_t i = 0; i < d->source_count && r == 0; i++)
		if (d->sources[i].provenance &&
		    d->manifest->source_count < MANIFEST_MAX_LAYERS)
			r = describe_take(d, id, d->sources[i].provenance);
	return r;
}
