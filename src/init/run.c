/* SPDX-License-Identifier: Apache-2.0 */
#include "init/run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"
#include "container/confine.h"
#include "container/hostname.h"
#include "container/rehearsal.h"
#include "init/pid1/console.h"
#include "init/place.h"
#include "init/report.h"
#include "init/timeline.h"
#include "init/trial/keeper.h"

/* NULL: the machine's own is none of ours. */
static const char *hostname(struct part *part)
{
	const struct stage *stage = part->stage;
	const char *other = part->name;

	if (!stage_stays(stage))
		return NULL;
	if (stage_is_set(stage) && *stage->image->manifest.hostname)
		other = stage->image->manifest.hostname;
	return hostname_choose(part->manifest, other, stage->store, part->hostname);
}

/* One that the image has not is its user's, who is to work there. */
static int make_cwd(const struct part *part, const char *rel)
{
	const struct identity *user = &part->identity;
	__fd int dir = path_make_dirs_in(part->root, rel, 0755);
	int r = dir;

	if (dir >= 0)
		r = sys_fchownat(dir, "", user->uid, user->gid, AT_EMPTY_PATH);
	return r < 0 ? r : TAKE_FD(dir);
}

/* All is in its place by now, and links lead where they will lead the program. Of what a
 * volume has in the way only the way there is lost. */
static int open_cwd(struct part *part, struct err *err)
{
	const char *cwd = part->manifest->cwd;
	char rel[4096];
	int r = str_below_root(cwd, rel, sizeof(rel));

	if (r == 0)
		r = path_open_in(part->root, rel, O_PATH | O_DIRECTORY);
	if (r == -ENOENT)
		r = make_cwd(part, rel);
	if (r < 0)
		(void)err_errno(err, r, "working directory %s", cwd);
	if (r < 0 && place_pass_over(part, cwd, err))
		r = path_open_in(part->root, ".", O_PATH | O_DIRECTORY);
	part->cwd = r;
	return r < 0 ? r : 0;
}

static int check_program(struct part *part, struct err *err)
{
	const struct manifest *manifest = part->manifest;
	const struct program_search search = {
		.root = part->root,
		.path = environment_get(&part->environment, "PATH"),
		.cwd = manifest->cwd,
		.identity = &part->identity,
	};
	const struct rehearsal rehearsal = {
		.search = &search,
		.manifest = manifest->run == MANIFEST_RUN_SUPERVISE ? manifest : NULL,
		.cwd = part->cwd,
		.args = (char *const *)(uintptr_t)manifest->args,
		.env = (char *const *)(uintptr_t)part->environment.env,
	};
	int r = rehearsal_run(&rehearsal, part->program, err);

	if (r != -ENOTSUP)
		return r;
	console_say("%s; the program is looked at only", err->text);
	return program_find(&search, manifest->args[0], part->program, err);
}

int run_check(struct part *part, struct err *err)
{
	const struct manifest *manifest = part->manifest;
	int r = identity_resolve(part->root, manifest->user, &part->identity, err);

	if (r < 0)
		return err_wrap(err, r, "user %s", manifest->user);
	if (manifest->run == MANIFEST_RUN_SUPERVISE)
		r = confine_check(manifest, err);
	if (r == 0)
		r = open_cwd(part, err);
	if (r < 0)
		return r;
	environment_make(manifest, &part->identity, hostname(part), &part->environment);
	r = check_program(part, err);
	return r < 0 ? err_wrap(err, r, "program") : 0;
}

void run_announce(const struct stage *stage)
{
	const struct manifest *manifest = &stage->image->manifest;
	const struct key_signers *signers = &stage->image->signers;
	char ids[SIGNATURE_MAX_COUNT * (KEY_ID_SIZE + 1)], trial[64];
	unsigned int tries = stage->record->tries_initial;
	struct str s;

	str_init(&s, trial, sizeof(trial));
	if (stage->image->slot == DECIDE_CANDIDATE)
		str_addf(&s, "candidate, try %u of %u, ",
			 tries - stage->record->tries_left, tries);
	if (stage_is_set(stage))
		str_addf(&s, "%zu member%s, ", stage->part_count,
			 stage->part_count == 1 ? "" : "s");
	str_init(&s, ids, sizeof(ids));
	for (size_t i = 0; i < signers->count; i++)
		str_addf(&s, "%s%s", i ? ", " : "", signers->ids[i]);
	console_say("%s%s%s (%.12s), %s%zu layer%s, %s, signed by %s, %" PRIu64 " ms",
		    manifest->name, *manifest->version ? " " : "", manifest->version,
		    DIGEST_HEX(&stage->image->id), trial, manifest->layer_count,
		    manifest->layer_count == 1 ? "" : "s", stage->guard->name, ids,
		    (clock_now_us() - stage->start_us) / 1000);
}

/* Does the program want to share the console out by itself? An init gives it to a getty
 * as controlling terminal, and takes a SIGINT for Ctrl-Alt-Del: Ctrl-C must not reach it.
 */
static bool is_init(const char *program)
{
	const char *slash = strrchr(program, '/');
	const char *name = slash ? slash + 1 : program;

	return strcmp(name, "init") == 0 || strcmp(name, "systemd") == 0;
}

static void take_console(const struct part *part)
{
	uid_t uid = part->identity.uid;

	(void)sys_setsid();
	if (!is_init(part->program))
		(void)sys_ioctl_number(0, TIOCSCTTY, 0);
	/* so that it may open /dev/stdout again; a console that can't be given is no
	 * reason to stop */
	if (uid != 0)
		(void)sys_fchownat(0, "", uid, (gid_t)-1, AT_EMPTY_PATH);
}

int run_exec(const struct part *part, struct err *err)
{
	const struct manifest *manifest = part->manifest;
	uint64_t start_us = clock_now_us();
	int r = sys_fchdir(part->cwd);

	if (r < 0)
		return err_errno(err, r, "working directory %s", manifest->cwd);
	take_console(part);
	run_announce(part->stage);
	timeline_add(start_us, "run");
	r = timeline_write(part->stage->run);
	if (r < 0)
		console_say(STAGE_RUN "/boot: %s", err_reason(r));
	(void)sys_umask(022);
	r = keeper_start(part->stage, err);
	if (r == 0)
		r = identity_apply(&part->identity, err);
	if (r < 0) {
		keeper_end();
		return r;
	}
	/* Nothing of ours goes along: every descriptor above 2 is O_CLOEXEC, no signal is
	 * blocked or ignored, and exec resets the handlers. */
	r = sys_execve(part->program, (char *const *)(uintptr_t)manifest->args,
		       (char *const *)(uintptr_t)part->environment.env);
	(void)identity_revert(); /* on-failure takes root to obey */
	keeper_end();
	return err_errno(err, r, "%s", part->program);
}
