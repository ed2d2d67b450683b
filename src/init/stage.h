/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A boot under way: what the steps of a plan work on. */
#include "boot/plan.h"
#include "container/environment.h"
#include "container/identity.h"
#include "container/program.h"
#include "init/layer.h"
#include "init/trial/watch.h"
#include "slot/select.h"

/* Not below /run, which moves into what is built here. */
#define STAGE_WORK "/.lamina"
#define STAGE_LAYERS STAGE_WORK "/layers"
#define STAGE_RW STAGE_WORK "/rw"
#define STAGE_ROOT STAGE_WORK "/root"

/* These move along with /run. */
#define STAGE_RUN "/run/lamina"

/* Root's alone, whatever modes a store's own directories have: who may open the store holds
 * its lock, and reads every layer and the device's secrets. */
#define STAGE_PRIVATE STAGE_RUN "/private"
#define STAGE_STORE STAGE_PRIVATE "/store"
#define STAGE_FACTORY STAGE_PRIVATE "/factory"
#define STAGE_VAULT STAGE_PRIVATE "/encrypted"
#define STAGE_STORE_LINK STAGE_RUN "/store" /* the name that everybody uses */

#define STAGE_PARTS MANIFEST_MAX_MEMBERS
#define STAGE_PATH_SIZE 128 /* of a path of a part */

struct stage;

/* One application, and what is its own of a boot. */
struct part {
	const struct stage *stage;
	const struct manifest *manifest;
	const char *name;	     /* for people; of a set, the member's */
	char group[STAGE_PATH_SIZE]; /* of its processes, in the tree of cgroups */
	char owner[STAGE_PATH_SIZE]; /* of what it has in the store's upper and volumes */
	char top[STAGE_PATH_SIZE];   /* its root, where that is built */
	char rw[STAGE_PATH_SIZE];    /* where its upper is, in memory */
	int root;		     /* directory, -EBADF until it is open */
	uint32_t without;	     /* bit n: volume n is passed over */
	uint32_t unshared;	     /* bit n: the set's share n is */
	/* found out by PLAN_CHECK for PLAN_RUN */
	int cwd;
	struct identity identity;
	struct environment environment;
	char program[PROGRAM_SIZE];
	char hostname[64]; /* with `run supervise` */
};

struct stage {
	const struct settings *settings;
	const struct select_image *image;
	const struct record *record; /* the boot record, as it is now */
	const struct layer_guard *guard;
	uint64_t start_us; /* of init */
	const char *state; /* the boot record's device; NULL: in the store */
	bool twin;	   /* another device has come that may have the record */
	bool whole;	   /* layers are read to their ends before they are used */
	struct watch watch;
	/* directories, -EBADF until they are open: for the whole boot, */
	int run, store, factory;
	int vault; /* where images keep something; -EBADF: in the store */
	bool shut; /* that can't be opened: no fault of the image's */
	/* and for one image */
	int initramfs;
	bool moved; /* /dev, /run and the like are in the new root */
	bool gone;  /* there is no way back to another image */
	struct plan plan;
	struct manifest *members; /* room for a set's */
	struct part *parts;	  /* of the image, so many */
	size_t part_count;
};

/* Does init stay, beside the application? */
static inline bool stage_stays(const struct stage *stage)
{
#ifdef CONFIG_LAMINA_SUPERVISE
	return stage->image->manifest.run != MANIFEST_RUN_EXEC;
#else
	(void)stage;
	return false;
#endif
}

/* The application's, or a small one of init's own: the kernel's first can't be left by
 * pivot_root, and that is how containers begin. */
static inline const char *stage_next_root(const struct stage *stage)
{
	return stage_stays(stage) ? STAGE_WORK : STAGE_ROOT;
}

/* Where @path of the work mount is when that is init's own root, as it is to supervise. */
static inline const char *stage_there(const char *path)
{
	return path + sizeof(STAGE_WORK) - 1;
}

/* The directory with volumes, uppers and logs. */
static inline int stage_kept(const struct stage *stage)
{
	return stage->vault < 0 ? stage->store : stage->vault;
}

static inline const char *stage_kept_path(const struct stage *stage)
{
	return stage->vault < 0 ? STAGE_STORE : STAGE_VAULT;
}

static inline bool stage_is_set(const struct stage *stage)
{
	return manifest_is_set(&stage->image->manifest);
}

/* Does an application want its log to be kept on the store? */
bool stage_keeps_log(const struct stage *stage);

/* Which of the image's layers a part's layer @index is: members of a set share theirs. */
size_t stage_layer(const struct part *part, size_t index);

/* Lays out the image's parts, none of them begun, and the plan; reads the manifests of a
 * set's members. 0 or -errno. */
int stage_divide(struct stage *stage, struct err *err);

/* Makes the mount for all that is half built, and its directories. 0 or -errno. */
int stage_open(struct stage *stage, struct err *err);

/* Takes the image's part away again, also of a stage half opened: another image can be
 * tried, unless it is gone. */
void stage_drop(struct stage *stage);

/* The rest. */
void stage_end(struct stage *stage);
