/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/str.h"
#include "base/sys.h"
#include "ctl/arrival.h"
#include "ctl/offer.h"
#include "ctl/out.h"
#include "install/install.h"
#include "store/volume.h"

enum {
	OPT_DRY_RUN,
	OPT_FORCE,
	OPT_JSON,
	OPT_MOVE,
	OPT_NEWER,
	OPT_OTHER_NAME,
};

static const struct cmd_option options[] = {
	[OPT_DRY_RUN] = { "dry-run", 'n', NULL, "check only: would it be installed?" },
	[OPT_FORCE] = { "force", 'f', NULL, "also an image that failed before" },
	[OPT_JSON] = { "json", 0, NULL, "with --dry-run: print JSON, and what lacks" },
	[OPT_MOVE] = { "move", 0, NULL, "take layers out of the directory if possible" },
	[OPT_NEWER] = { "newer", 0, NULL,
			"only of a higher serial than the current one" },
	[OPT_OTHER_NAME] = { "other-name", 0, NULL,
			     "also of another name than the current one" },
	{ 0 },
};

/* A bundle comes from a file, a pipe or a network's socket; a directory is a store. */
static int open_source(const char *name, const struct install_source **ret_from,
		       struct err *err)
{
	struct stat st;
	int r;

	__fd int fd = ctl_open_input(name, err);

	if (fd < 0)
		return fd;
	r = sys_fstat(fd, &st);
	if (r < 0)
		return err_errno(err, r, "%s", cmd_input_name(name));
	*ret_from = S_ISDIR(st.st_mode) ? &install_directory : &install_bundle;
	return TAKE_FD(fd);
}

/* What the new record no longer names. A failure takes nothing from what was installed.
 */
static void clean_up(struct arrival *q)
{
	struct err err = ERR_INIT;

	q->gc.also = NULL;
	if (gc_run(&q->gc, &err) < 0)
		cmd_note("gc: %s", err.text);
}

/* An image that was renamed begins without its data: that may be meant. */
static void note_volumes(const struct arrival *q)
{
	const struct manifest *m = &q->ctl->install.manifest;
	char other[VOLUME_OWNER_SIZE];

	for (size_t i = 0; i < m->volume_count; i++) {
		const char *path = m->volumes[i].path;

		if (m->volumes[i].persist &&
		    volume_of_other(q->change->store, m->name, path, other))
			cmd_note(
				"%s has no data in its volume %s; the image %s has: they are "
				"kept by name",
				m->name, path, other);
	}
}

static void note_members(const struct arrival *q)
{
	const struct manifest *m = &q->ctl->install.manifest;
	struct volume_left left;

	for (size_t i = 0;
	     m->run == MANIFEST_RUN_SET && volume_left(q->change->store, m, i, &left);
	     i++) {
		if (left.member)
			cmd_note("%s+%s has no volumes; %s has: they are kept by name",
				 m->name, left.member, left.dir);
		else
			cmd_note("the volumes of %s stay, and no member is called so now",
				 left.dir);
	}
}

static void tell(const struct arrival *q)
{
	const struct install *install = &q->ctl->install;
	const struct manifest *m = &install->manifest;
	const struct record *record = q->change->record;
	char written[16], reused[16];
	uint64_t bytes = q->dry_run ? install->total_bytes - install->reused_bytes
				    : install->written_bytes;

	cmd_note("%s%s%s, serial %" PRIu64 ": %s %s, %s in %zu layer%s there already",
		 m->name, m->version[0] ? " " : "", m->version, m->serial,
		 str_size(bytes, written), q->dry_run ? "to write" : "written",
		 str_size(install->reused_bytes, reused), install->reused_layers,
		 install->reused_layers == 1 ? "" : "s");
	if (m->serial < q->current_serial)
		cmd_note("serial %" PRIu64 " is older than the current %" PRIu64,
			 m->serial, q->current_serial);
	note_volumes(q);
	note_members(q);
	if (q->current_manages && !arrival_may_manage(q, m))
		cmd_note(
			"%s can't install what comes after it, as the current image can: "
			"its manifest has no control manage",
			m->name);
	if (q->dry_run)
		return;
	ctl_note_forgotten(q->change, &q->before);
	if (digest_equal(&record->candidate, &q->ctl->install.id))
		cmd_note("the next boot tries it: %u %s until it is confirmed",
			 (unsigned int)record->tries_initial,
			 record->tries_initial == 1 ? "try" : "tries");
	else
		cmd_note("it is the current image");
}

static int install(struct ctl *ctl, struct change *change, void *context, struct err *err)
{
	struct arrival *q = context;
	struct out out;
	int r;

	q->ctl = ctl;
	q->change = change;
	r = arrival_check(q, err);
	if (q->json)
		r = offer_json(ctl, change, r, err);
	if (r == 0 && !q->dry_run)
		r = arrival_write(q, err);
	if (r == 0 && !q->dry_run)
		r = arrival_put_boot(q, err);
	if (r < 0)
		return err_wrap(err, r, "%s", cmd_input_name(q->name));
	if (q->json)
		return 0;
	r = q->dry_run ? 0 : arrival_flip(q, err);
	if (r < 0)
		return r;
	if (!q->dry_run)
		clean_up(q);
	tell(q);
	out_init(&out, 1);
	out_addf(&out, "%s\n", DIGEST_HEX(&q->ctl->install.id));
	return out_done(&out, err);
}

static int install_run(struct cmd_line *line, struct err *err)
{
	static struct arrival q;
	struct install_from *from = &ctl_of(line)->install.from;
	bool *const flags[] = {
		&q.dry_run, &q.force, &q.json, &q.move, &q.newer, &q.other_name,
	};
	__fd int source = -EBADF;
	int option, r;

	while ((r = cmd_next(line, &option, err)) > 0)
		*flags[option] = true;
	if (r == 0)
		r = cmd_operands(line, 1, 1, err);
	if (r == 0 && q.json && !q.dry_run)
		r = cmd_usage(err, "install: --json goes with --dry-run");
	if (r < 0)
		return r;
	q.name = line->argv[line->at];
	source = from->fd = open_source(q.name, &from->source, err);
	return source < 0 ? source : ctl_change(ctl_of(line), install, &q, err);
}

const struct cmd cmd_install = {
	.name = "install",
	.args = "BUNDLE|DIRECTORY|-",
	.help = "Put an image into the store, to be tried at the next boot",
	.options = options,
	.run = install_run,
};
