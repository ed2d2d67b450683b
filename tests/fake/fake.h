/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A small kernel in place of src/base/sys: files, mounts, loop and dm-verity devices,
 * time. It can fail the n-th call, and tells afterwards what was left open or half made.
 *
 * It is linked into every tests/fake/test_*.c. A test describes the machine
 * (fake_reset(), then fake_text() and the like), runs the code, and looks at the outcome;
 * fake_sweep() does that again and again with one more call failing each time. The code
 * under test can be anything over base/sys.h, up to the whole of lamina-init: execve,
 * exit and reboot end the run instead of the test (fake_run()).
 *
 * Paths are absolute. One that starts with "@" names the content of a file system that is
 * yet to be mounted: "@proc:cmdline" appears in every mount of type proc,
 * "@/dev/vda:images" in a mount of the device /dev/vda, "@squashfs:etc/passwd" in every
 * squashfs whose device has no content of its own.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* --- the machine
 * ---------------------------------------------------------------------------- */

/* A first root of type ramfs, empty but for /dev /proc /sys /run (not mounted); contents
 * for devtmpfs (null, console, kmsg, loop-control, mapper/control), proc and sysfs; the
 * descriptors 0 to 2; no devices. What a test leaves is dropped. */
void fake_reset(void);
/* Mounts devtmpfs, proc, sysfs and a tmpfs where the kernel or init would have. */
void fake_boot(void);

/* Missing parents are made. Each replaces what is there. */
void fake_dir(const char *path);
void fake_text(const char *path, const char *text);
void fake_bytes(const char *path, const void *bytes, size_t size);
/* TEMPLATE_FILE, of eight blocks, of which the first and the fifth hold something:
 * its bytes, which stay. */
const uint8_t *fake_template(void);
#define FAKE_TEMPLATE_BLOCK 4096
void fake_link(const char *path, const char *target);
void fake_empty(const char *path, unsigned int mode); /* a file without a byte */
void fake_fifo(const char *path);
/* A block device /dev/@name of @sysfs "DEVNAME=vda\n...", below the disk @parent if not
 * NULL. */
void fake_disk(const char *name, const char *parent, const char *uevent,
	       const void *bytes, size_t size);

/* A UBI volume /dev/@name, "ubi0_1", called @volume: as large as the last that was made. */
#define FAKE_ERASEBLOCK 4096
void fake_volume(const char *name, const char *volume, const void *bytes, size_t size);

/* /dev/watchdog, which has one time-out of its own and takes others up to @longest_s.
 * When it fires while the code sleeps, the run ends as FAKE_REBOOTED with 0. */
void fake_watchdog(int timeout_s, int longest_s);
void fake_watchdog_fired(void); /* the boot status says that it ended the last run */
void fake_watchdog_nowayout(void);
bool fake_watchdog_runs(void);

/* Runs the code's own handler. */
void fake_terminate(void);

/* From now on process @pid has ended so, and SIGCHLD is pending. */
void fake_die(pid_t pid, int status);
/* Pending for a descriptor that takes it. */
void fake_signal(int sig);
/* The process of the n-th fork or clone from 1 that went on as the parent; 0: none. */
pid_t fake_child(int n);

/* What was written to pipes; NULL: nothing. */
const void *fake_piped(size_t *ret_size);

/* The next mapped reads of layers in this file see damage, and where the mapping panics at
 * it the test falls. */
void fake_corrupt(const char *path);
void fake_corrupt_from(const char *path, uint64_t offset); /* not before @offset */

/* What this kernel is like; fake_reset() sets the first of each. */
enum fake_overlay {
	FAKE_OVERLAY_PLUS,
	FAKE_OVERLAY_UNKNOWN,
	FAKE_OVERLAY_LEGACY
};
struct fake_config {
	enum fake_overlay
		overlay; /* "lowerdir+": known; refused when set; refused when made */
	bool no_verity;
	bool no_filters; /* of system calls */
	bool can_pivot;	 /* a kernel of 7.0 on, whose first root can be pivoted */
	int bad_flush;	 /* so many flushes are good; the next loses a bit of its file */
	int bad_pread;	 /* so many preads are good; the next has another bit */
	int no_exchange; /* the errno of a renameat2 that has none; 0: it has */
	uint64_t free_blocks;	/* of 4096 bytes, what statfs says */
	int busy_loops;		/* so many LOOP_CONFIGUREs are told EBUSY */
	bool no_direct_io;	/* O_DIRECT, and a loop device with it, is EINVAL */
	void (*on_sleep)(void); /* called at every sleep: devices that come late */
	unsigned int forks;	/* bit n: the n-th fork from 0 goes on as the child */
	bool as_rehearsed;	/* so does the one with a pipe; else that is for real */
	int no_trace; /* the errno of a ptrace that nobody may use; 0: it works */
	const char *verity_says; /* of a mapping without damage; NULL: "V" */
	bool writes_nothing;	 /* each write takes 0 bytes */
	uint64_t hole_bytes;	 /* of every file, and the store has them */
	uint64_t dir_bytes;	 /* that fstat says of every directory */
	int execve_r;		/* what a rehearsed execve says that finds all in order */
	int execve_signal;	/* ...or what ends it */
	int child_status;	/* what waitpid() tells of every child it is asked for */
	const char *child_says; /* into a pipe, and ends; NULL: it is run for real */
	bool child_hangs;	/* or it never ends, for one who does not wait for that */
	bool no_ubiblock;	/* nor a disk of a volume of UBI's */
	int (*on_attach)(int mtd); /* what UBI says to a flash partition */
	void (*on_poll)(void); /* called at every poll(), which then sees what that did */
};
extern struct fake_config fake_config;

/* --- what happened
 * -------------------------------------------------------------------------- */

int fake_calls(void);	      /* made so far; only those that can be failed are counted */
const char *fake_call(int n); /* the n-th, from 1: "openat /dev/loop0" */
bool fake_called(const char *part); /* was there a call with this in it? */
uint64_t fake_now_ms(void);

bool fake_exists(const char *path);
/* The file's text, or NULL. Static memory. */
const char *fake_text_of(const char *path);
/* The type of the file system that @path is on, NULL for no such path. */
const char *fake_type_of(const char *path);
/* MOUNT_ATTR_* of the mount that @path is on. */
unsigned int fake_attrs_of(const char *path);
/* chattr +i: neither it nor, in a directory, any name in it can be changed. */
void fake_immutable(const char *path);
int fake_mounts(void);		/* attached ones, the first root not counted */
int fake_panics(void);		/* mappings that panic at damage */
const char *fake_console(void); /* all that was written to /dev/console and /dev/kmsg */

/* Compares with the list tests/data/written/@name, line by line: all calls since
 * fake_reset() that mount, flush, name, own or remove something, in their order, and then
 * every mount that is there. Of ids of 64 digits it has the order of their coming.
 * LAMINA_WRITE=y in the environment writes the list anew: look at what changes. */
void fake_as_written(const char *name);
void fake_mounts_as_written(const char *name); /* the mounts alone */

/* What is open, bound, mapped or mounted without a name, as text, or NULL when nothing
 * is. Descriptors 0 to 2 are not looked at; what mounts use is not a leak. */
const char *fake_leaks(void);

/* --- running
 * -------------------------------------------------------------------------------- */

/* The n-th call from now on, 1 the next, returns -@number. 0: none. */
void fake_fail(int n, int number);
/* ...and so does each one after it, and changes nothing: the power is gone. */
void fake_cut(int n);
const char *fake_failed(void); /* the call that did; NULL: it has not come to that */

enum fake_end {
	FAKE_RETURNED,
	FAKE_EXECED,
	FAKE_EXITED,
	FAKE_REBOOTED
};
/* Runs @run until it returns, executes a program (its descriptors with O_CLOEXEC are
 * closed then), exits or reboots. @ret_value: what it returned, 0, the status, or the
 * command. */
enum fake_end fake_run(int (*run)(struct err *err), struct err *err, int *ret_value);
/* What was executed, "program argv[1] ..."; "" for nothing. */
const char *fake_executed(void);

struct fake_sweep {
	void (*setup)(void);	     /* fake_reset() and the machine */
	int (*run)(struct err *err); /* the good path: 0 or more */
	const char *names; /* words of which an error's text must have one, separated by
			      '|' */
	int number;	   /* errno to inject; 0: EDOM, which nothing treats specially */
	/* May the run succeed though this call failed? NULL: never. */
	bool (*forgives)(const char *call);
	/* The errno expected where it isn't the injected one; 0: that one. NULL: always
	 * that. */
	int (*translates)(const char *call);
	/* After each run, with its result and the call that failed (NULL: none did). No
	 * @check: no more than the sweep's own. */
	void (*check)(int r, const char *call);
	/* A call with this in it is one after which mounts can't be put back. NULL: none
	 * is. */
	const char *no_return;
};

/* Runs, failing call 1, then 2, and so on until a run gets to its end unharmed. Each
 * failed run must return the errno and a text, and leave no descriptor, device or mount.
 * Fails the cmocka test with the name of the call otherwise. Returns the number of calls
 * of the good run. */
int fake_sweep(const struct fake_sweep *sweep);

/* For .forgives where any call may fail and the run goes on: .check says what must hold. */
bool fake_forgives_all(const char *call);
