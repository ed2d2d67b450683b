/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/str.h"
#include "base/sys.h"
#include "boot/transition.h"
#include "ctl/ctl.h"
#include "ctl/guard.h"
#include "ctl/offer.h"
#include "ctl/out.h"
#include "ctl/slots.h"
#include "install/gc.h"
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

struct request {
	struct ctl *ctl;
	struct change *change;
	struct progress progress;
	struct gc gc;
	struct slots slots;
	struct manifest_boot current_boot;
	enum boot_slot home;  /* of the new image's kernel, where it has one */
	struct digest before; /* the candidate */
	uint64_t current_serial;
	char current_name[MANIFEST_NAME_SIZE]; /* "": none can be read */
	bool current_manages;		       /* it installs what comes after it */
	const char *name;		       /* of the source */
	bool dry_run, force, json, move, newer, other_name;
};

static void show_note(void *context, const char *text)
{
	(void)context;
	cmd_note("%s", text);
}

static void show_progress(void *context, uint64_t done_bytes, uint64_t total_bytes)
{
	struct progress *progress = context;

	progress->total_bytes = total_bytes;
	progress_add(progress, done_bytes - progress->done_bytes);
}

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

/* Of a set, has one of its members the right to? */
static bool manages(const struct request *q, const struct manifest *manifest)
{
	static struct manifest member;

	for (size_t i = 0; i < manifest->member_count; i++) {
		if (store_load_member(q->change->store, manifest, i, &member, NULL) ==
			    0 &&
		    member.control == MANIFEST_CONTROL_MANAGE)
			return true;
	}
	return manifest->run == MANIFEST_RUN_SUPERVISE &&
	       manifest->control == MANIFEST_CONTROL_MANAGE;
}

/* Before it is installed, members that the store has not may have it. */
static bool may_manage(const struct request *q, const struct manifest *manifest)
{
	return manifest->run == MANIFEST_RUN_EXEC || manages(q, manifest) ||
	       (manifest->member_count > 0 && q->dry_run);
}

/* Before the new image's manifest takes the room. */
static void read_current(struct request *q, const struct record *record)
{
	const struct settings *settings = &q->ctl->settings;
	struct manifest *manifest = &q->ctl->install.manifest;
	q->before = record->candidate;
	if (store_load_image(q->change->store, &record->current, &settings->keyring,
			     settings->policy.threshold, manifest, NULL, NULL) < 0)
		return;
	q->current_serial = manifest->serial;
	q->current_boot = manifest->boot;
	(void)strcpy(q->current_name, manifest->name);
	q->current_manages = manages(q, manifest);
}

/* An image of another name may be meant for another purpose on the same kind of device: it
 * begins without data. Nobody looks at what comes by itself. */
static int check_successor(const struct request *q, struct err *err)
{
	const struct install *install = &q->ctl->install;
	const struct manifest *m = &install->manifest;

	if (!q->current_name[0] ||
	    digest_equal(&install->id, &q->change->record->current))
		return 0;
	if (!q->other_name && strcmp(m->name, q->current_name) != 0)
		return err_set(err, -EPERM,
			       "is called %s, the current image %s: --other-name "
			       "installs it all the same",
			       m->name, q->current_name);
	if (q->newer && m->serial <= q->current_serial)
		return err_set(err, -ESTALE,
			       "serial %" PRIu64 " is not above the current %" PRIu64,
			       m->serial, q->current_serial);
	return 0;
}

/* Can a file of the source become one of the store? The kernel looks whether both are of one mount
 * before it finds that nothing can be renamed so. */
static bool can_move(const struct request *q)
{
	return q->move && sys_renameat(q->ctl->install.from.fd, ".", q->change->store,
				       ".") == -EBUSY;
}

static int check(struct request *q, struct err *err)
{
	const struct record *record = q->change->record;
	struct install *install = &q->ctl->install;
	struct install_wish *wish = &install->wish;
	int r;

	q->gc = (struct gc){
		.store = q->change->store,
		.settings = &q->ctl->settings,
		.record = record,
		.running = q->ctl->running,
	};
	read_current(q, record);
	wish->store = q->change->store;
	wish->settings = &q->ctl->settings;
	wish->floor = ctl_floor(q->ctl, record);
	wish->force = q->force;
	wish->lists = q->json;
	install->from.moves = can_move(q);
	wish->gc = &q->gc;
	wish->progress = show_progress;
	wish->note = show_note;
	wish->context = &q->progress;
	if (digest_is_set(&record->failed)) {
		wish->failed = record->failed;
		wish->failed_words = record_reason_words(record->reason);
	}
	r = install_check(install, err);
	if (r == 0)
		r = check_successor(q, err);
	if (r == 0)
		r = slots_check(q->ctl, &install->manifest.boot, &q->slots, err);
	if (r == 0)
		r = writable_check(wish->store, err);
	return r;
}

/* Garbage makes room only where there is none: it may be layers of the next image. */
static int make_room(struct request *q, struct err *err)
{
	if (q->ctl->install.needed_bytes <= q->ctl->install.free_bytes)
		return 0;
	return gc_run(&q->gc, err); /* .also is the image that comes */
}

/* What the new record no longer names. A failure takes nothing from what was installed.
 */
static void clean_up(struct request *q)
{
	struct err err = ERR_INIT;

	q->gc.also = NULL;
	if (gc_run(&q->gc, &err) < 0)
		cmd_note("gc: %s", err.text);
}

/* A store without a record gets one before it gets a second image: cut off in between,
 * the next boot would have to guess which of the two was ever confirmed. */
static int note_current(struct request *q, struct err *err)
{
	if (q->change->select.has_record || !digest_is_set(&q->change->record->current))
		return 0;
	return change_write(q->change, err);
}

/* In a process of its own: see write_image(). */
static int write_layers(void *context, uint64_t ret_counts[GUARD_COUNTS], struct err *err)
{
	struct request *q = context;
	int r;

	progress_init(&q->progress);
	progress_begin(&q->progress, "installing", q->ctl->install.manifest.name,
		       q->ctl->install.total_bytes);
	r = install_write(&q->ctl->install, err);
	progress_end(&q->progress);
	ret_counts[0] = q->ctl->install.written_bytes;
	ret_counts[1] = q->ctl->install.reused_layers;
	return r;
}

/* A download may take long, and be given up: the store is read-only again all the same. The
 * record names nothing that the disk could still fail to take. */
static int write_image(struct request *q, struct err *err)
{
	struct install *install = &q->ctl->install;
	uint64_t counts[GUARD_COUNTS];
	int r = change_writable(q->change, err);

	if (r == 0)
		r = note_current(q, err);
	if (r == 0)
		r = make_room(q, err);
	if (r == 0)
		r = guard_run(write_layers, q, counts, err);
	if (r < 0)
		return r;
	install->written_bytes = counts[0];
	install->reused_layers = (size_t)counts[1];
	install->reused_bytes = install->total_bytes - install->written_bytes;
	return change_settle(q->change, err);
}

/* For the kernel that runs it is the slot that does, once that is in the record. */
static int put_boot(struct request *q, struct err *err)
{
	const struct manifest_boot *boot = &q->ctl->install.manifest.boot;
	struct slots *slots = &q->slots;
	int r;

	if (!slots->loader.ops || !boot->id[0])
		return 0;
	if (slots_is_running(q->ctl, boot)) {
		r = slots_tell(q->ctl, slots, q->change->store, err);
		q->home = slots->runs;
		return r;
	}
	r = slots_put(q->ctl, slots, q->change, boot, &q->current_boot, err);
	q->home = slots_other(slots->runs);
	if (r >= 0)
		cmd_note("boot slot %s %s %s", boot_slot_name(q->home),
			 r ? "is written:" : "has it already:", boot->id);
	return r < 0 ? r : 0;
}

/* The current image's too: who has slots from now on had none to tell of before. */
static int note_homes(struct request *q, struct err *err)
{
	const struct install *install = &q->ctl->install;
	struct record *record = q->change->record;
	int r = 0;

	if (!q->home)
		return 0;
	if (q->current_boot.id[0] && slots_is_running(q->ctl, &q->current_boot))
		r = slots_note(record, &record->current, q->slots.runs, &q->current_boot,
			       err);
	if (r == 0)
		r = slots_note(record, &install->id, q->home, &install->manifest.boot,
			       err);
	/* the loader first: what it can't be told is an error then, and no half a change */
	return r == 0 && digest_equal(&record->current, &install->id)
		       ? loader_write(&q->slots.loader, q->home, BOOT_SLOT_NONE, err)
		       : r;
}

/* With nothing to fall back to, trying an image out protects nobody: it is current at
 * once. */
static int flip(struct request *q, struct err *err)
{
	struct record *record = q->change->record;
	const struct policy *policy = &q->ctl->settings.policy;
	bool first = !digest_is_set(&record->current) &&
		     !digest_is_set(&record->previous) && !policy->factory[0];
	int r = transition_install(record, &q->ctl->install.id, (uint8_t)policy->tries,
				   err);

	if (r == 0 && first)
		r = transition_confirm(record, &q->ctl->install.id, 0, err);
	/* what was missing of it is there again; a record that was made up is written */
	if (r == -EEXIST && q->change->select.has_record && !q->home)
		return 0;
	if (r == -EEXIST)
		r = 0;
	if (r == 0)
		r = note_homes(q, err);
	return r < 0 ? r : change_write(q->change, err);
}

/* An image that was renamed begins without its data: that may be meant. */
static void note_volumes(const struct request *q)
{
	const struct manifest *m = &q->ctl->install.manifest;
	char other[MANIFEST_NAME_SIZE];

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

static void tell(const struct request *q)
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
	if (q->current_manages && !may_manage(q, m))
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
	struct request *q = context;
	struct out out;
	int r;

	q->ctl = ctl;
	q->change = change;
	r = check(q, err);
	if (q->json)
		r = offer_json(ctl, change, r, err);
	if (r == 0 && !q->dry_run)
		r = write_image(q, err);
	if (r == 0 && !q->dry_run)
		r = put_boot(q, err);
	if (r < 0)
		return err_wrap(err, r, "%s", cmd_input_name(q->name));
	if (q->json)
		return 0;
	r = q->dry_run ? 0 : flip(q, err);
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
	static struct request q;
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
