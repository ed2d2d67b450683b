/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Where layers come from. A source is named as TRANSPORT:REST on the command line;
 * opening it finds the layers, bottom first, and what an image config says. Nothing is
 * unpacked here: a layer is bytes in an open file, with what is known of their digests,
 * and the importer reads and verifies them.
 *
 * Rule: a transport checks what describes the layers (index, manifest and config against
 * their digests); the layers' own digests are checked by the reader, as the bytes pass.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "trust/sha256.h"

#define SOURCE_SIZE_UNKNOWN UINT64_MAX
#define SOURCE_LIMIT_BYTES (64ULL << 30) /* where nobody sets another */

enum source_kind {
	SOURCE_TAR,	 /* a layer tar, compressed or not */
	SOURCE_DIR,	 /* a directory: only fd is used */
	SOURCE_SQUASHFS, /* a file system image */
};

struct source_layer {
	enum source_kind kind;
	char *name; /* for people: "sha256:9c1f2a77d0e4 of oci:demo:latest" */
	int fd; /* owned; read by pread from offset, or as a stream when it can't seek */
	uint64_t offset;     /* where the layer's bytes start in fd */
	uint64_t size_bytes; /* how many; SOURCE_SIZE_UNKNOWN: to the end of the file */
	bool has_digest;     /* of the bytes as they are stored (compressed) */
	struct digest digest;
	bool has_diff_id; /* of the uncompressed tar */
	struct digest diff_id;
	bool plain; /* a whole root, not a layer: .wh. names are files like any other */
	bool own;   /* somebody's files, not an image's layer: links below are followed */
};

/* A growing list of texts, each owned; ended by NULL once it has one. */
struct source_texts {
	char **items;
	size_t count;
};

/* What an image config says; NULL and empty where it says nothing. */
struct source_config {
	bool image; /* there was one: this is an image made for a container engine */
	char *os, *arch, *variant; /* GOOS and GOARCH names */
	bool has_entrypoint;	   /* was there, even if empty */
	struct source_texts entrypoint;
	struct source_texts cmd;
	struct source_texts env; /* NAME=value */
	struct source_texts volumes;
	struct source_texts labels; /* key, value, key, value... sorted by key */
	struct source_texts health; /* the HEALTHCHECK's program and arguments */
	char *user, *cwd, *stop_signal;
	struct source_texts ports;    /* EXPOSE: "80/tcp" */
	struct source_texts unplaced; /* keys that say something nobody here acts on */
	char *health_times;	      /* "interval=30 timeout=30 ...", seconds */
};

struct source {
	struct source_layer *layers;
	size_t layer_count;
	struct source_config config;
	char *name;	   /* a proposal for the image's name, any characters; or NULL */
	bool name_is_path; /* only what a file or a folder is called */
	char *version;	   /* a proposal: the tag, for instance; or NULL */
	char *provenance;  /* for the manifest: "oci:demo:latest@sha256:..." */
};

struct source_options {
	const char *platform; /* "os/arch[/variant]" to pick from an index; NULL: none
				 asked */
	uint64_t limit_bytes; /* what comes compressed or by a pipe unpacks to no more */
};

struct source_transport {
	const char *name; /* before the colon */
	const char *rest; /* after it, for help: "DIR[:REF]" */
	/* Fills *source, which source_open() has cleared and clears again on failure.
	 * 0 or -errno. */
	int (*open)(const char *rest, const struct source_options *options,
		    struct source *source, struct err *err);
};

/* Does it begin with one of the transports, rather than with an image's name? */
bool source_has_transport(const char *spec);

/* Opens TRANSPORT:REST. 0; -EINVAL for a transport that nobody knows; -errno, the text
 * begins with @spec. */
int source_open(const char *spec, const struct source_options *options,
		struct source *ret_source, struct err *err);

/* Adds to the text why @spec, TRANSPORT:REST, could not be read what it is instead and which
 * source was meant, where that shows. @r is the -errno. */
void source_explain(const char *spec, int r, struct err *err);

/* Frees and closes what the source holds; fine on a cleared one. */
void source_done(struct source *source);

/* --- for transports --------------------------------------------------------------------
 */

/* Adds a layer that takes @fd over (even on failure). The caller fills the rest. NULL
 * when out of memory. Valid until the next call. */
struct source_layer *source_add_layer(struct source *source, enum source_kind kind,
				      int fd, const char *name);

/* Adds a copy of @text. 0 or -ENOMEM. */
int source_texts_add(struct source_texts *texts, const char *text);
void source_texts_done(struct source_texts *texts);

/* Replaces *field by a copy of @text (NULL: by nothing). 0 or -ENOMEM. */
int source_set(char **field, const char *text);
