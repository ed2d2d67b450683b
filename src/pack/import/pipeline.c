/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/import/pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "pack/host/slice.h"

/* Small enough for a pipe to take it at once. */
struct report {
	int result;
	enum import_origin origin;
	struct hash_tree_result blob;
	char text[sizeof(((struct err *)0)->text)];
};

int pipeline_init(struct pipeline *pipeline, struct staging *staging, struct tree *tree,
		  struct progress *progress)
{
	void *shared = mmap(NULL, sizeof(uint32_t), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	*pipeline = (struct pipeline){
		.staging = staging,
		.tree = tree,
		.progress = progress,
		.turn = shared == MAP_FAILED ? NULL : shared,
	};
	progress_share(progress, pipeline->turn, 0);
	return pipeline->turn ? 0 : -ENOMEM;
}

static void forget(struct pipeline_job *job)
{
	fd_close(job->pipe);
	free(job->copies);
	*job = (struct pipeline_job){ .pid = -1, .pipe = -EBADF };
}

static void stop(struct pipeline *pipeline)
{
	for (size_t i = 0; i < pipeline->count; i++) {
		struct pipeline_job *job = &pipeline->jobs[i];

		(void)kill(job->pid, SIGKILL);
		while (waitpid(job->pid, NULL, 0) < 0 && errno == EINTR)
			;
		forget(job);
	}
	pipeline->count = 0;
}

void pipeline_done(struct pipeline *pipeline)
{
	stop(pipeline);
	while (pipeline->stores) {
		struct blob_store *next = pipeline->stores->next;

		blob_store_free(pipeline->stores);
		pipeline->stores = next;
	}
	if (pipeline->turn) {
		progress_share(pipeline->progress, NULL, 0);
		(void)munmap(pipeline->turn, sizeof(*pipeline->turn));
	}
	pipeline->turn = NULL;
}

/* Takes the bytes back, and says where they are from now on. */
static void release(struct pipeline_job *job)
{
	for (size_t i = 0; i < job->layer.content_count; i++) {
		struct content *content = &job->layer.contents[i];

		if (content->dir)
			continue;
		content->store = &job->store->base;
		content_done(content);
	}
	for (size_t i = 0; i < job->copy_count; i++) {
		job->copies[i]->store = &job->store->base;
		job->copies[i]->origin = NULL;
	}
}

static int judge(const struct report *report, ssize_t size, int status, struct err *err)
{
	if (WIFSIGNALED(status))
		return err_set(err, -EIO,
			       "the process that builds it was killed by signal %d",
			       WTERMSIG(status));
	if (size != sizeof(*report))
		return err_set(err, -EIO, "the process that builds it ended early");
	return report->result < 0 ? err_set(err, report->result, "%s", report->text) : 0;
}

static int wait_for(struct pipeline *pipeline, struct pipeline_job *job, struct err *err)
{
	struct import_layer *out = job->layer.out;
	struct report report;
	ssize_t size = fd_read_file(job->pipe, &report, sizeof(report));
	int status = 0, r = 0;

	while (waitpid(job->pid, &status, 0) < 0 && r == 0)
		if (errno != EINTR)
			r = -errno;
	r = r < 0 ? err_errno(err, r, "waiting") : judge(&report, size, status, err);
	if (r == 0) {
		out->blob = report.blob;
		out->origin = report.origin;
		r = staging_add_blob(pipeline->staging, job->number, &out->blob.blob);
	}
	if (r < 0)
		return err_wrap(err, r, "%s", out->name);
	release(job);
	return 0;
}

static int wait_oldest(struct pipeline *pipeline, struct err *err)
{
	int r = wait_for(pipeline, &pipeline->jobs[0], err);

	forget(&pipeline->jobs[0]);
	pipeline->count--;
	memmove(&pipeline->jobs[0], &pipeline->jobs[1],
		pipeline->count * sizeof(pipeline->jobs[0]));
	*pipeline->turn = pipeline->count ? *pipeline->turn + 1 : 0;
	if (r < 0)
		stop(pipeline);
	return r;
}

int pipeline_make_room(struct pipeline *pipeline, struct err *err)
{
	int r = 0;

	while (r == 0 && pipeline->count == PIPELINE_JOBS)
		r = wait_oldest(pipeline, err);
	return r;
}

int pipeline_drain(struct pipeline *pipeline, struct err *err)
{
	int r = 0;

	while (r == 0 && pipeline->count)
		r = wait_oldest(pipeline, err);
	return r;
}

/* Lists the layer's copies of lower layers' files. 0 or -ENOMEM. */
static int find_copies(struct pipeline_job *job)
{
	size_t room = 0;

	for (const struct tree_node *n = job->layer.root; n;
	     n = tree_next(job->layer.root, n)) {
		if (!n->inode || !n->inode->origin || n->inode->first != n)
			continue;
		if (job->copy_count == room) {
			struct tree_inode **all;

			room = room ? room * 2 : 16;
			all = realloc(job->copies, room * sizeof(struct tree_inode *));
			if (!all)
				return -ENOMEM;
			job->copies = all;
		}
		job->copies[job->copy_count++] = n->inode;
	}
	return 0;
}

_Noreturn static void run(struct pipeline *pipeline, const struct pipeline_job *job,
			  int fd, int pipe, pid_t parent, pipeline_build_fn *build,
			  void *context)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct import_layer out = *job->layer.out;
	struct report report = { 0 };
	struct err err = ERR_INIT;

	/* what was begun is its parent's to take away */
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		(void)signal(signals[i], SIG_DFL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	/* its lock is gone with the parent, however long this one takes to die */
	fd_close(pipeline->staging->fd);
	/* a tar that another layer is done with must not live on here */
	for (size_t i = 0; i < pipeline->count; i++)
		for (size_t j = 0; j < pipeline->jobs[i].layer.content_count; j++)
			content_done(&pipeline->jobs[i].layer.contents[j]);
	progress_share(pipeline->progress, pipeline->turn, pipeline->started);
	slice_lengthen();
	report.result = build(context, fd, &out, &err);
	report.origin = out.origin;
	report.blob = out.blob;
	memcpy(report.text, err.text, sizeof(report.text));
	_exit(fd_write_all(pipe, &report, sizeof(report)) < 0);
}

static int launch(struct pipeline *pipeline, struct pipeline_job *job, int fd,
		  pipeline_build_fn *build, void *context, struct err *err)
{
	pid_t parent = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(err, -errno, "%s", job->layer.out->name);
	pipeline->started++;
	job->pid = fork();
	if (job->pid == 0)
		run(pipeline, job, fd, ends[1], parent, build, context);
	int fork_errno = errno;

	fd_close(ends[1]);
	job->pipe = ends[0];
	return job->pid < 0 ? err_errno(err, -fork_errno, "%s", job->layer.out->name) : 0;
}

static int begin(struct pipeline *pipeline, struct pipeline_job *job,
		 pipeline_build_fn *build, void *context, struct err *err)
{
	__fd int fd = staging_file(pipeline->staging, &job->number, err);
	int r;

	if (fd < 0)
		return fd;
	job->store = blob_store_new(pipeline->tree, fd);
	if (!job->store)
		return err_errno(err, -ENOMEM, "%s", job->layer.out->name);
	job->store->next = pipeline->stores;
	pipeline->stores = job->store;
	r = find_copies(job);
	if (r < 0)
		return err_errno(err, r, "%s", job->layer.out->name);
	/* so that what they are copies of is where it will stay */
	if (job->copy_count)
		r = pipeline_drain(pipeline, err);
	return r < 0 ? r : launch(pipeline, job, fd, build, context, err);
}

int pipeline_start(struct pipeline *pipeline, const struct pipeline_layer *layer,
		   pipeline_build_fn *build, void *context, struct err *err)
{
	struct pipeline_job job = { .layer = *layer, .pid = -1, .pipe = -EBADF };
	int r = begin(pipeline, &job, build, context, err);

	if (r < 0) {
		forget(&job);
		return r;
	}
	if (pipeline->count == 0)
		*pipeline->turn = pipeline->started;
	pipeline->jobs[pipeline->count++] = job;
	return 0;
}
