/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The manifest: what an image is. lamina-manifest(5) is the format's source.
 *
 * manifest_parse() takes bytes whose signature already holds. The struct borrows: every
 * text points into struct manifest's own text arena, decoded (%XX gone) and ended by NUL,
 * so the caller's buffer may go. No allocation; a struct manifest is large (about 100 KiB
 * with the default limits): keep it static, not on a stack.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "format/boot-id.h"

/* Are keys of sets, and those that go with `run supervise` only, read? An init that can't
 * supervise refuses the image whatever they say, and gets by with their names. */
#if defined(CONFIG_LAMINA_SUPERVISE) || defined(CONFIG_LAMINA_FOR_HOST) || \
	defined(CONFIG_LAMINA_SIGN)
#define MANIFEST_SUPERVISED 1
#endif

#define MANIFEST_MAX_SIZE 65536	 /* bytes of a manifest file */
#define MANIFEST_FEATURE_LEVEL 4 /* what this code understands: `min-init` asks for it */
#define MANIFEST_SUPERVISE_LEVEL 2 /* the first that knows `run supervise` */
#define MANIFEST_MAX_LAYERS CONFIG_LAMINA_MAX_LAYERS
#define MANIFEST_SET_LEVEL 3 /* the first that knows `run set` */
#define MANIFEST_MAX_MEMBERS 16
#define MANIFEST_BOOT_LEVEL 4 /* the first that knows `boot` */
#define MANIFEST_MAX_BLOBS (MANIFEST_MAX_LAYERS + MANIFEST_MAX_MEMBERS + 1)
#define MANIFEST_VERSION_SIZE 65 /* with its end */
#define MANIFEST_MAX_COMPATIBLE 16
#define MANIFEST_MAX_ARGS 128
#define MANIFEST_MAX_ENV 256
#define MANIFEST_MAX_VOLUMES 32
#define MANIFEST_VOLUME_LEAST (16 << 20) /* bytes of one that has a size of its own */
#define MANIFEST_MAX_INJECTS 32
#define MANIFEST_MAX_NETS 16
#define MANIFEST_MAX_CAPS 48
#define MANIFEST_MAX_RANGES 256
#define MANIFEST_MOST_PERCENT 6400
#define MANIFEST_MAX_DEVICES 32
#define MANIFEST_MAX_NEEDS 64
#define MANIFEST_MAX_SHARES 16
#define MANIFEST_NAME_SIZE 64 /* [a-z0-9][a-z0-9._-]{0,62} and NUL */

struct manifest_layer {
	struct digest blob;  /* sha256 of the whole blob */
	uint64_t size_bytes; /* of the whole blob */
	uint64_t
		data_bytes; /* of the padded squashfs: where the verity superblock starts */
	struct digest root; /* verity root hash */
};

enum manifest_upper {
	MANIFEST_UPPER_TMPFS, /* the default when no `upper` line is there */
	MANIFEST_UPPER_PERSIST,
	MANIFEST_UPPER_NONE,
};

enum manifest_run {
	MANIFEST_RUN_EXEC, /* the image brings its own init: it becomes PID 1 */
	MANIFEST_RUN_SUPERVISE,
	MANIFEST_RUN_SET, /* several images, each of them supervised: format/set.h */
};

/* What follows when the program of `run supervise` has ended. */
enum manifest_restart {
	MANIFEST_RESTART_ALWAYS,
	MANIFEST_RESTART_NO,
	MANIFEST_RESTART_ON_FAILURE,
};

/* What follows when the check of its health says no. */
enum manifest_unhealthy {
	MANIFEST_UNHEALTHY_RESTART,
	MANIFEST_UNHEALTHY_REBOOT,
	MANIFEST_UNHEALTHY_NONE,
};

/* When it is checked; health_args say how. */
struct manifest_health {
	uint64_t interval_s, timeout_s, start_s, start_interval_s, retries;
};

#define MANIFEST_MAX_HEALTH_ARGS 32

/* What the program may ask and tell init. */
enum manifest_control {
	MANIFEST_CONTROL_NONE,
	MANIFEST_CONTROL_STATUS,
	MANIFEST_CONTROL_MANAGE,
};

/* Where the program's output goes. */
struct manifest_log {
	uint64_t size_bytes;	/* of the ring in memory, whole 4096s */
	bool console;		/* and there too */
	uint64_t persist_bytes; /* and as much of it on the store, whole 4096s; 0: not */
};

/* What follows when it failed, and is not started again. */
enum manifest_exhausted {
	MANIFEST_EXHAUSTED_REBOOT,
	MANIFEST_EXHAUSTED_STOP,
};

struct manifest_volume {
	const char *path;    /* absolute, no "..", normalised */
	bool persist;	     /* else tmpfs */
	const char *options; /* joined by commas, "" for none: of tmpfs's mount, or
				manifest_volume_has() of a persistent one */
};

/* An image of a set: its manifest is a blob. */
struct manifest_member {
	const char *name;
	struct digest digest;
	uint64_t size_bytes;
};

/* The kernel and the initramfs that an image is for. */
struct manifest_boot {
	char id[BOOT_ID_SIZE]; /* "": any will do, and there is no blob */
	struct digest blob;    /* what a boot slot holds */
	uint64_t size;	       /* of the blob, in bytes */
};

struct manifest {
	const char *name;
	const char *version; /* "" when absent */
	uint64_t serial;
	const char *compatible[MANIFEST_MAX_COMPATIBLE];
	size_t compatible_count;
	const char *arch; /* amd64 arm64 arm riscv64 */
	uint64_t min_init;

	size_t layer_count;				      /* of layers, below */
	struct manifest_member members[MANIFEST_MAX_MEMBERS]; /* of a set */
	size_t member_count;
	struct manifest_boot boot;

	enum manifest_upper upper;
	const char *upper_options; /* tmpfs: "size=50%", "" for none */
	struct manifest_volume volumes[MANIFEST_MAX_VOLUMES];
	size_t volume_count;
	const char *injects[MANIFEST_MAX_INJECTS]; /* absolute paths */
	size_t inject_count;

	const char *args[MANIFEST_MAX_ARGS + 1]; /* ended by NULL */
	size_t arg_count;
	const char *env[MANIFEST_MAX_ENV + 1]; /* NAME=value, ended by NULL */
	size_t env_count;
	const char *cwd;	 /* absolute; "/" when absent */
	const char *user;	 /* "name|id[:group|id]", "0:0" when absent */
	const char *stop_signal; /* "SIGTERM" when absent */
	enum manifest_run run;	 /* MANIFEST_RUN_SUPERVISE when absent */

	/* with `run supervise` only; the first of each when absent */
	enum manifest_restart restart;
	uint64_t restart_most; /* of on-failure; 0: any number of times */
	enum manifest_exhausted exhausted;
	uint64_t stop_timeout_s; /* 10 when absent */
	const char *hostname;	 /* "" when absent */
	struct manifest_health health;
	const char *health_args[MANIFEST_MAX_HEALTH_ARGS + 1]; /* ended by NULL */
	size_t health_arg_count;
	enum manifest_unhealthy unhealthy;
	struct manifest_log log;
	const char *nets[MANIFEST_MAX_NETS]; /* each one that net_parse() takes */
	size_t net_count;
	const char *needs[MANIFEST_MAX_NEEDS]; /* "network"; of a set, set_need() */
	size_t need_count;
	const char *shares[MANIFEST_MAX_SHARES]; /* of a set: set_share() */
	size_t share_count;
	unsigned int network; /* 1: none: one of its own, with nothing but lo */
	enum manifest_control control;
	unsigned int init; /* 1: a process that reaps is process 1, and not the program */
	unsigned int systemd; /* 1: the program wants what that does */

	unsigned int confine; /* 1, also when absent: the next ones count */
	const char *cap_adds[MANIFEST_MAX_CAPS], *cap_drops[MANIFEST_MAX_CAPS];
	size_t cap_add_count, cap_drop_count;
	const char *syscalls; /* that are allowed: "0-40,42"; "" when absent: all are */
	unsigned int sys;     /* 1: /sys is writable */
	unsigned int new_privileges; /* 1: programs gain what their files' modes give */

	const char
		*devices[MANIFEST_MAX_DEVICES]; /* "/dev/x" or "/dev/x r" or "... rw" */
	size_t device_count;

	const char *memory;   /* bytes, or with k, m or g; "" when absent: no limit */
	const char *shm;      /* as memory; "" when absent: 64 MiB */
	uint64_t cpu_percent; /* of one processor; 0: no limit */
	uint64_t pids;	      /* 0: no limit; 512 when absent */
	uint64_t nofile;      /* 524288 when absent */

	size_t source_count;
	size_t text_used;
	char text[MANIFEST_MAX_SIZE]; /* where the texts live */

	/* the larger ones, of which a running image needs nothing, at the end */
	const char *sources[MANIFEST_MAX_LAYERS]; /* informational, in line order */
	struct manifest_layer layers[MANIFEST_MAX_LAYERS]; /* bottom first; of a set, all
							      that its members have */
};

/* Has it members? Never where they aren't read. */
static inline bool manifest_is_set(const struct manifest *manifest)
{
#ifdef MANIFEST_SUPERVISED
	return manifest->run == MANIFEST_RUN_SET;
#else
	(void)manifest;
	return false;
#endif
}

/* Reads a whole manifest. 0; -EBADMSG with the line and the reason; -EFBIG past
 * MANIFEST_MAX_SIZE; -EPROTONOSUPPORT when the first line is `lamina` of another version;
 * -ENOTSUP for what is not understood in a manifest with a min-init above
 * MANIFEST_FEATURE_LEVEL. Else min-init, compatible and arch are manifest_fits()'s to judge.
 * On failure *ret_manifest has no meaning. */
int manifest_parse(const char *bytes, size_t size, struct manifest *ret_manifest,
		   struct err *err);

/* Is the image for this device? @compatible is the device's one name, @arch its GOARCH
 * name. 0, -ENOTSUP (min-init above MANIFEST_FEATURE_LEVEL, run supervise), or -EINVAL
 * with the reason: not compatible, other arch. */
int manifest_fits(const struct manifest *manifest, const char *compatible,
		  const char *arch, struct err *err);

/* Has the persistent @volume this word: "noexec", "ro", or "fresh": it begins empty? */
bool manifest_volume_has(const struct manifest_volume *volume, const char *word);

#ifdef MANIFEST_SUPERVISED
/* How many bytes the persistent @volume may hold, the file system's own included; 0: as many
 * as there is room for. */
uint64_t manifest_volume_size(const struct manifest_volume *volume);
#else /* such a line isn't taken */
static inline uint64_t manifest_volume_size(const struct manifest_volume *volume)
{
	(void)volume;
	return 0;
}
#endif

/* The same of all volumes of an image together. */
uint64_t manifest_volume_sizes(const struct manifest *manifest);

/* A file that an image needs, whatever for: what a store, a bundle and a disk hold. */
struct manifest_blob {
	const struct digest *digest; /* borrowed from the manifest */
	uint64_t size_bytes;
};

/* Blob @index, in the order of a bundle: the layers, bottom first, then the members'
 * manifests, then the boot blob. One that is needed twice is there twice. false: there are
 * no more. */
bool manifest_blob(const struct manifest *manifest, size_t index,
		   struct manifest_blob *ret_blob);

enum manifest_blob_kind {
	MANIFEST_BLOB_LAYER,
	MANIFEST_BLOB_MEMBER,
	MANIFEST_BLOB_BOOT,
};

/* What blob @index, one that there is, is. */
enum manifest_blob_kind manifest_blob_kind(const struct manifest *manifest, size_t index);

/* Is this blob that of an index before it, too? */
bool manifest_blob_again(const struct manifest *manifest, size_t index);

/* Is it one of its blobs? */
bool manifest_has_blob(const struct manifest *manifest, const struct digest *digest);

/* Writes the canonical text: keys in the order of lamina-manifest(5), defaults written
 * out. Returns its size; -ENAMETOOLONG when it is larger than @size or MANIFEST_MAX_SIZE;
 * -EINVAL with the field that no manifest may hold. manifest_parse() reads it back the
 * same. */
int manifest_write(const struct manifest *manifest, char *ret_text, size_t size,
		   struct err *err);

/* A manifest with every default set and nothing in it. */
void manifest_init(struct manifest *ret_manifest);

/* The number of a stop-signal ("SIGTERM", "SIGRTMIN+3"), the same on every arch; -EINVAL. */
int manifest_signal(const char *name);

/* The name of such a number. 0, or -EINVAL: none that may stop an image. */
#define MANIFEST_SIGNAL_SIZE 16
int manifest_signal_name(int number, char ret_name[MANIFEST_SIGNAL_SIZE]);

/* Capabilities: a bit for each, 1 << its number. Those that the program, and all that it
 * starts, may have at most; each when it is not confined. */
uint64_t manifest_capabilities(const struct manifest *manifest);
#define MANIFEST_ALL_CAPABILITIES UINT64_MAX

/* Of a name as capabilities(7) has it, without CAP_; MANIFEST_ALL_CAPABILITIES for "ALL"; 0:
 * there is none. */
uint64_t manifest_capability(const char *name);

/* The name of capability @number; 0, or -EINVAL: there is none. */
#define MANIFEST_CAPABILITY_SIZE 20
int manifest_capability_name(unsigned int number,
			     char ret_name[MANIFEST_CAPABILITY_SIZE]);

/* The next of the ranges that `syscalls` lists; *@text goes on behind it. 1, 0 at the end, or
 * -EINVAL: no manifest may say so. */
int manifest_next_range(const char **text, uint32_t *ret_first, uint32_t *ret_last);

/* What the importer must ask before it fills a field: each true or false. */
bool manifest_name_valid(const char *name);
bool manifest_hostname_valid(const char *name);
bool manifest_path_valid(const char *path); /* absolute and normalised */
