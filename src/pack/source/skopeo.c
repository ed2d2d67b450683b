/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What skopeo fetches: registries, and the stores of docker and podman. It writes what docker save
 * would, which keeps an image's whole configuration, into a file that is gone once it is open.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "pack/host/scratch.h"
#include "pack/host/tool.h"
#include "pack/source/oci.h"
#include "pack/source/source.h"

#define ARCHIVE "/image.tar"

extern const struct source_transport source_docker;

/* The options that choose from an index: skopeo would take the workstation's. */
static int add_platform(const char *platform, char *buf, const char **argv, size_t *count,
			struct err *err)
{
	struct oci_platform asked;
	int r = platform ? oci_platform_parse(platform, buf, &asked, err) : 0;

	if (r < 0 || !platform)
		return r;
	argv[(*count)++] = "--override-os";
	argv[(*count)++] = asked.os;
	argv[(*count)++] = "--override-arch";
	argv[(*count)++] = asked.arch;
	if (asked.variant) {
		argv[(*count)++] = "--override-variant";
		argv[(*count)++] = asked.variant;
	}
	return 0;
}

static int copy(const char *spec, const char *archive, const char *platform,
		struct err *err)
{
	/* how far it is, for somebody who watches */
	__fd int watched = isatty(2) ? fcntl(2, F_DUPFD_CLOEXEC, TOOL_FIRST_FD) : -EBADF;
	const char *argv[12] = { "skopeo" };
	struct tool_options options = { .argv = argv, .own = true };
	char *to = NULL, platform_buf[64];
	size_t count = 1;
	int r = add_platform(platform, platform_buf, argv, &count, err);

	if (r < 0)
		return r;
	if (asprintf(&to, "docker-archive:%s", archive) < 0)
		return err_errno(err, -ENOMEM, "skopeo");
	argv[count++] = "copy";
	argv[count++] = spec;
	argv[count++] = to;
	if (watched >= 0)
		options.out_fd = watched;
	r = tool_run(&options, err);
	free(to);
	return r;
}

/* "docker://registry.example/nginx:1.27@sha256:..." is nginx, 1.27. */
static int name(const char *spec, struct source *source)
{
	const char *slash = strrchr(spec, '/'),
		   *last = slash ? slash + 1 : strchr(spec, ':') + 1;
	size_t size = strcspn(last, "@"), name_size = strcspn(last, ":@");
	char *text = strndup(last, name_size), *tag = NULL;
	int r = text ? 0 : -ENOMEM;

	if (r == 0 && name_size < size) {
		tag = strndup(last + name_size + 1, size - name_size - 1);
		r = tag ? 0 : -ENOMEM;
	}
	if (r == 0)
		r = source_set(&source->name, text);
	if (r == 0 && tag)
		r = source_set(&source->version, tag);
	source->name_is_path = false;
	free(text);
	free(tag);
	return r;
}

/* By what it was fetched, and what it is: the digest that docker save's reader found. */
static int trace(const char *spec, struct source *source)
{
	const char *digest = strrchr(source->provenance, '@');
	char *text = NULL;
	int r;

	if (!digest ||
	    asprintf(&text, "%.*s%s", (int)strcspn(spec, "@"), spec, digest) < 0)
		return -ENOMEM;
	r = source_set(&source->provenance, text);
	free(text);
	return r;
}

static int fetch(const char *spec, const char *dir, const struct source_options *options,
		 struct source *source, struct err *err)
{
	char *archive = NULL;
	int r;

	if (asprintf(&archive, "%s" ARCHIVE, dir) < 0)
		return err_errno(err, -ENOMEM, "skopeo");
	r = copy(spec, archive, options->platform, err);
	if (r == 0)
		r = source_docker.open(archive, options, source, err);
	(void)unlink(archive);
	free(archive);
	if (r == 0 && (name(spec, source) < 0 || trace(spec, source) < 0))
		r = err_errno(err, -ENOMEM, "skopeo");
	return r;
}

/* @rest follows "TRANSPORT:" in what the user wrote. */
static int fetch_open(const char *transport, const char *rest,
		      const struct source_options *options, struct source *source,
		      struct err *err)
{
	char *dir = NULL, *spec = NULL;
	int r;

	if (asprintf(&spec, "%s:%s", transport, rest) < 0)
		return err_errno(err, -ENOMEM, "skopeo");
	r = scratch_make_directory("skopeo", &dir, err);
	if (r == 0) {
		r = fetch(spec, dir, options, source, err);
		(void)rmdir(dir);
	}
	free(spec);
	free(dir);
	return r;
}

#define FETCHED(id, transport, form)                                                 \
	static int id##_open(const char *rest, const struct source_options *options, \
			     struct source *source, struct err *err)                 \
	{                                                                            \
		return fetch_open(transport, rest, options, source, err);            \
	}                                                                            \
	extern const struct source_transport source_##id;                            \
	const struct source_transport source_##id = { transport, form, id##_open }

FETCHED(registry, "docker", "//REGISTRY/NAME[:TAG]");
FETCHED(docker_daemon, "docker-daemon", "NAME:TAG");
FETCHED(containers_storage, "containers-storage", "NAME[:TAG]");
FETCHED(sif, "sif", "FILE");
