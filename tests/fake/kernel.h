/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The inside of the fake kernel: what its files share. */
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "fake/fake.h"

struct fs;
struct node;

enum device {
	NO_DEVICE,
	SINK,
	CONSOLE,
	LOOP_CONTROL,
	DM_CONTROL,
	LOOP,
	DM,
	DISK,
	WATCHDOG,
	VOLUME
};

struct node {
	char name[256];
	mode_t mode;
	uid_t uid;
	gid_t gid;
	struct node *parent, *child, *next;
	struct fs *fs;
	char *data; /* of a file or a disk; a link's target */
	size_t size;
	enum device device;
	dev_t made;   /* what mknod was told */
	int number;   /* of the loop or dm device */
	size_t order; /* a directory lists what was made first first */
	bool immutable, corrupt;
	uint64_t corrupt_from;
	uint64_t to_come, come; /* of a volume that is written anew */
	bool gone;		/* unlinked */
	struct fs *held;	/* of a disk: what was mounted from it */
};

/* A superblock. Goes when its last mount, open file or stacking file system does. */
struct fs {
	char type[16], source[64];
	struct node *root;
	struct node *device; /* that it is on, or NULL */
	struct fs *lowers[512];
	size_t lower_count;
	int refs, number;
	bool read_only;
};

#define FAKE_NOSYMFOLLOW 256U /* MS_NOSYMFOLLOW, beside MOUNT_ATTR_* */

struct mount {
	struct fs *fs;
	struct node *root;    /* what of it is seen; not fs->root for bind mounts */
	struct mount *parent; /* NULL: not attached */
	struct node *point;   /* in parent */
	unsigned int attrs;
	int refs; /* attached counts one, each descriptor one */
	struct mount *next;
};

struct place {
	struct mount *mount;
	struct node *node;
};

enum fd_kind {
	FD_FREE,
	FD_FILE,
	FD_CONTEXT,
	FD_PIPE,
	FD_SIGNALS,
	FD_PROCESS,
	FD_SOCKET
};

struct context {
	char type[16], source[64], words[128];
	struct place lowers[512];
	size_t lower_count;
	struct fs *fs;
	bool legacy_plus, read_only;
};

struct fd {
	enum fd_kind kind;
	int flags;
	bool cloexec, locked;
	struct place place;
	size_t position; /* in a directory: the order of the last one listed */
	struct context *context;
	int real;	/* of a pipe: this process' own, which outlives a fork */
	char what[160]; /* the call that opened it */
};

#define MAX_FDS 1024

struct mapping {
	bool used, live, deferred, damaged, panics, next_panics;
	char name[128];
	int users;
	struct node *node, *below, *next; /* of the table in place, and the one loaded */
	uint64_t sectors;
	uint64_t at; /* where on the device below it starts */
	bool writable;
};

struct dog {
	bool runs, magic, fired, nowayout;
	int timeout_s, longest_s;
	uint64_t reset_ns;
};

struct kernel {
	struct fd fds[MAX_FDS];
	struct mount *mounts; /* all, attached or held by a descriptor */
	struct mount *first;
	struct place root, cwd;
	struct node *templates; /* children are contents, named by type or device */
	struct {
		bool bound;
		struct node *file;
		int users;
	} loops[1024];
	struct mapping maps[1024];
	struct dog dog;
	void (*sigterm)(int sig);
	uint64_t pending; /* bit n: signal n, for a descriptor */
	struct {
		pid_t pid;
		int status;
	} dead[10240];
	size_t dead_count;
	int forked;
	char piped[4096];
	size_t piped_size;
	size_t node_count;
	int fs_count, busy_loops;
	bool real_child; /* this is one, and it ends for real */
	bool traced;	 /* it stops as it executes; to its parent: it has */
	int traced_pid;	 /* the real child */
	uint64_t now_ns;
	char console[8192];
	size_t console_used;
};

extern struct kernel *kernel;

void *fake_alloc(size_t size); /* zeroed; until fake_reset() */
_Noreturn void fake_bug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* tree.c */
struct node *node_new(struct node *parent, const char *name, mode_t mode);
struct node *node_child(struct node *dir, const char *name);
void node_unlink(struct node *node);
struct node *node_copy(const struct node *from, struct node *parent, struct fs *fs);
void node_merge(struct node *into, const struct node *from, struct fs *fs);
void node_set_data(struct node *node, const void *bytes, size_t size);

struct walk {
	struct place at; /* the last component; node NULL: it does not exist */
	struct place parent;
	char last[256];
};

#define WALK_NOFOLLOW 1 /* the last component */
/* 0, or -errno. A missing last component is no error. @resolve: RESOLVE_*. */
int walk_from(struct place start, const char *path, int flags, uint64_t resolve,
	      struct walk *ret_walk);
int walk_at(int dirfd, const char *path, int flags, uint64_t resolve,
	    struct walk *ret_walk);
int walk_existing(int dirfd, const char *path, int flags, struct place *ret_place);

/* mounts.c */
struct fs *fs_new(const char *type, const char *source);
void fs_get(struct fs *fs);
void fs_put(struct fs *fs);
struct mount *mount_new_fs(struct fs *fs, struct node *root, unsigned int attrs);
void mount_get(struct mount *mount);
void mount_put(struct mount *mount);
void mount_on(struct mount *mount, struct place at);
struct mount *mounted_at(struct place at);
void mount_detach_tree(struct mount *mount);
int mount_fs_new(const char *type, const char *source, struct context *context,
		 struct fs **ret_fs);

/* "ro,nodev": of MOUNT_ATTR_* and of the flags of mount(2). Static memory, twice. */
const char *mount_words(unsigned long flags);

/* kernel.c */
void fake_device(const char *path, enum device kind);

/* watchdog.c */
void dog_open(void);
void dog_close(void);
void dog_write(const char *text, size_t size);
bool dog_resets(void);
int dog_ioctl(unsigned long request, void *arg);

/* devices.c */
int dev_open(struct node *node);   /* 0 or -errno */
void dev_close(struct node *node); /* one user less */
int dev_remove(struct node *disk); /* 0 or -EBUSY */
int64_t dev_write(struct node *node, const void *buf, size_t size, uint64_t offset);
int64_t dev_read(struct node *node, void *buf, size_t size, uint64_t offset);
uint64_t dev_size(const struct node *node);
int loop_control(unsigned long request, unsigned long arg);
int loop_ioctl(struct node *node, unsigned long request, void *arg);
int dm_control(unsigned long request, void *arg);
int volume_ioctl(struct node *node, unsigned long request, const void *arg);
ssize_t volume_write(struct node *node, const void *buf, size_t size);
const char *dev_leaks(void);

/* sys.c */
int fd_new(struct place place, int flags, const char *what);
struct fd *fd_get(int fd);
