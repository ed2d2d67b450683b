/* SPDX-License-Identifier: Apache-2.0 */
#include "init/supervise/saver.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/loop.h"
#include "base/page.h"
#include "base/path.h"
#include "base/sys.h"
#include "init/pid1/console.h"
#include "init/supervise/kept-file.h"
#include "store/store.h"
#include "store/writable.h"

#define LOG "log" /* of the store */
#define RINGS STAGE_RUN "/logs"
#define LOOK_MS 1000
#define SAVE_MS 60000

static int tell(const char *name, int r)
{
	if (r < 0)
		console_say("%s: its log is not kept: %s", name, err_reason(r));
	return r;
}

static int make_dir(int parent, const char *name)
{
	(void)sys_mkdirat(parent, name, 0700);
	return path_open_own(parent, name, O_RDONLY | O_DIRECTORY, 0);
}

static int attach(int dir)
{
	char source[PATH_FD_SIZE];
	int r = sys_mount(path_of_fd(source, dir), SAVER_DIR, NULL, MS_BIND, NULL);

	return r < 0 ? r : writable_remount(SAVER_DIR, MS_BIND);
}

void saver_mount(const struct stage *stage)
{
	__fd int dir = -EBADF;
	int r, back;

	if (!stage_keeps_log(stage))
		return;
	/* also where nothing comes to be there: it is shown to the application */
	(void)sys_mkdirat(AT_FDCWD, SAVER_DIR, 0700);
	r = writable_remount(stage_kept_path(stage), 0);
	dir = r < 0 ? r : make_dir(stage_kept(stage), LOG);
	r = dir < 0 ? dir : attach(dir);
	back = writable_remount(stage_kept_path(stage), MS_BIND | MS_RDONLY);
	(void)tell(stage->image->manifest.name, r < 0 ? r : back);
}

struct saver {
	const struct part *part;
	struct loop loop;
	struct ring_reader ring;
	struct kept_file file;
	bool now, end; /* what was asked for */
	int told;      /* -errno of the failure that was */
	uint64_t due_ms;
};

static void take_signals(void *context, int fd)
{
	struct saver *saver = context;
	int signal;

	while ((signal = loop_next_signal(fd)) > 0) {
		saver->now = true;
		saver->end |= signal == SIGTERM;
	}
}

static int read_ring(void *context, uint64_t offset, void *buf, size_t size)
{
	return fd_pread_all(*(const int *)context, buf, size, offset);
}

/* All that came. One that could not be written is read again the next time, if it is there
 * by then. */
static int copy(struct saver *saver)
{
	static PAGE_ALIGNED char bytes[RING_MAX_BYTES];
	struct ring_reader was = saver->ring;
	struct ring_record record;
	struct timespec now = { 0 };
	uint64_t boot_ms;
	int r;

	(void)sys_clock_gettime(CLOCK_REALTIME, &now);
	boot_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000 -
		  loop_now_ms();
	while ((r = ring_next(&saver->ring, &record, bytes)) > 0) {
		record.time_ms += boot_ms;
		r = kept_file_add(&saver->file, &record, bytes);
		if (r < 0) {
			saver->ring = was;
			break;
		}
		was = saver->ring;
	}
	if (r == -EAGAIN) /* it says more than can be written: later */
		r = 0;
	return r < 0 ? r : sys_fdatasync(saver->file.fd);
}

static void save(struct saver *saver)
{
	int r = copy(saver);

	if (saver->told == 0)
		(void)tell(saver->part->name, r);
	saver->told = r;
	saver->now = false;
	saver->due_ms = UINT64_MAX;
}

static void look(struct saver *saver)
{
	struct ring_reader ring;
	uint64_t now_ms = loop_now_ms(), behind;

	if (ring_open(&ring, read_ring, saver->ring.context, saver->ring.file_size) < 0)
		return;
	behind = ring.head.head - saver->ring.at;
	if (behind > 0 && saver->due_ms == UINT64_MAX)
		saver->due_ms = now_ms + SAVE_MS;
	if (behind > 0 &&
	    (saver->now || now_ms >= saver->due_ms || behind > ring.head.size / 2))
		save(saver);
	saver->now = false;
}

static int open_ring(struct saver *saver, int *fd)
{
	__fd int dir = sys_openat(AT_FDCWD, RINGS, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	uint64_t size;

	*fd = dir < 0 ? dir : path_open_own_file(dir, saver->part->name, &size, NULL);
	return *fd < 0 ? *fd : ring_open(&saver->ring, read_ring, fd, size);
}

static int open_file(struct saver *saver)
{
	uint64_t most_bytes = saver->part->manifest->log.persist_bytes;
	const char *owner = saver->part->owner;
	static char boot[KEPT_BOOT_SIZE];
	__fd int id = sys_openat(AT_FDCWD, "/proc/sys/kernel/random/boot_id",
				 O_RDONLY | O_CLOEXEC, 0);
	__fd int top =
		sys_openat(AT_FDCWD, SAVER_DIR, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	int dir = top < 0 ? top : make_dir(top, owner);
	int r = dir < 0 ? dir : store_check_dirs(top, owner, NULL);

	if (id < 0 || sys_read(id, boot, sizeof(boot) - 1) <= 0)
		(void)strcpy(boot, "-");
	return r < 0 ? r : kept_file_open(&saver->file, dir, boot, most_bytes / 2);
}

static int listen(struct saver *saver)
{
	static const int signals[] = { SIGTERM, SIGUSR1 };
	int fd = loop_signals(signals, sizeof(signals) / sizeof(signals[0]), NULL);

	return fd < 0 ? fd : loop_add(&saver->loop, fd, take_signals, saver);
}

/* Nothing of process 1's is needed, least of all the other ends of its pipes. */
static _Noreturn void run(const struct part *part)
{
	static struct saver saver;
	static int ring;
	int r;

	saver = (struct saver){ .part = part, .due_ms = UINT64_MAX };
	(void)sys_close_range(3, ~0U, 0);
	r = listen(&saver);
	if (r == 0)
		r = open_ring(&saver, &ring);
	if (r == 0)
		r = open_file(&saver);
	while (r == 0 && !saver.end) {
		(void)loop_turn(&saver.loop, loop_now_ms() + LOOK_MS);
		look(&saver);
	}
	(void)tell(part->name, r);
	sys_exit(0);
}

pid_t saver_start(const struct part *part)
{
	pid_t pid = sys_fork();

	if (pid == 0)
		run(part);
	return tell(part->name, pid) < 0 ? 0 : pid;
}

void saver_tell(pid_t pid)
{
	if (pid > 0)
		(void)sys_kill(pid, SIGUSR1);
}

bool saver_end(pid_t pid)
{
	if (pid > 0)
		(void)sys_kill(pid, SIGTERM);
	return pid > 0;
}
