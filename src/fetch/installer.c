/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/installer.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/cmd.h"
#include "fetch/json.h"

#define ANSWER_MOST ((size_t)1 << 20)
#define BESIDE_INIT "/run/lamina/bin/laminactl"

extern char **environ;

/* What it says last on stderr is why it failed. */
struct words {
	char line[240];
	size_t used;
	bool ended;
};

static void add_words(struct words *words, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (words->ended)
			words->used = 0;
		words->ended = bytes[i] == '\n';
		if (!words->ended && words->used < sizeof(words->line) - 1)
			words->line[words->used++] = bytes[i];
	}
}

/* Reads what it says, and says it too where @aloud. */
static void listen_to(int fd, bool aloud, struct words *words)
{
	char bytes[4096];
	ssize_t size;

	while ((size = read(fd, bytes, sizeof(bytes))) > 0 ||
	       (size < 0 && errno == EINTR)) {
		if (size < 0)
			continue;
		if (aloud)
			(void)fd_write_all(2, bytes, (size_t)size);
		add_words(words, bytes, (size_t)size);
	}
	words->line[words->used] = '\0';
}

static int start(const struct installer *installer, const char *const *argv, int out,
		 int errors, pid_t *ret_pid)
{
	const char *const programs[] = { installer->program ? installer->program
							    : "laminactl",
					 BESIDE_INIT };
	posix_spawn_file_actions_t actions;
	int r = posix_spawn_file_actions_init(&actions);

	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, out, 1);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, errors, 2);
	for (size_t i = 0; i < 2 && (i == 0 || r == ENOENT); i++)
		if (i == 0 || !installer->program)
			r = posix_spawnp(ret_pid, programs[i], &actions, NULL,
					 (char *const *)argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	return -r;
}

static int await(pid_t pid, const struct words *words, struct err *err)
{
	const char *why = strncmp(words->line, "laminactl: ", 11) == 0 ? words->line + 11
								       : words->line;
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_errno(err, -errno, "laminactl");
	if (!WIFEXITED(status))
		return err_set(err, -EAGAIN, "laminactl was ended by signal %d",
			       WTERMSIG(status));
	switch (WEXITSTATUS(status)) {
	case CMD_EXIT_DONE:
		return 0;
	case CMD_EXIT_AGAIN:
		return err_set(err, -EBUSY, "%s", why);
	default:
		return err_set(err, -EPERM, "%s", why[0] ? why : "laminactl failed");
	}
}

/* Runs it; its stdout is file @out. */
static int run(const struct installer *installer, const char *const *argv, int out,
	       bool aloud, struct err *err)
{
	struct words words = { .used = 0 };
	int ends[2], r;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(err, -errno, "laminactl");
	__fd int ours = ends[0];
	__fd int theirs = ends[1];

	r = start(installer, argv, out, theirs, &pid);
	fd_close(TAKE_FD(theirs));
	if (r < 0)
		return err_errno(err, r, "%s",
				 installer->program ? installer->program : "laminactl");
	listen_to(ours, aloud, &words);
	return await(pid, &words, err);
}

static void add_options(const struct installer *installer, const char **argv, size_t n)
{
	if (!installer->older)
		argv[n++] = "--newer";
	if (installer->other_name)
		argv[n++] = "--other-name";
	argv[n] = installer->input;
}

static bool is_there(const struct installer_offer *offer, const struct digest *digest)
{
	for (size_t i = 0; i < offer->count; i++)
		if (digest_equal(&offer->blobs[i].digest, digest))
			return true;
	return false;
}

/* One that is needed twice is there twice. */
static int take_blob(const json_t *json, struct installer_offer *offer)
{
	const char *text = fetch_json_text(json, "digest");
	struct installer_blob *blob = &offer->blobs[offer->count];

	if (offer->count == MANIFEST_MAX_BLOBS || !text ||
	    digest_parse(text, strlen(text), &blob->digest) < 0 ||
	    fetch_json_number(json, "size", &blob->size_bytes) < 0)
		return -EPROTO;
	blob->lacks = !fetch_json_text(json, "where");
	if (!is_there(offer, &blob->digest))
		offer->count++;
	return 0;
}

/* One that can't be read is one less. */
static void take_bases(const json_t *list, struct installer_offer *offer)
{
	offer->base_count = 0;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = fetch_json_text(json_array_get(list, i), "digest");

		if (text && offer->base_count < INSTALLER_MAX_BASES &&
		    digest_parse(text, strlen(text), &offer->bases[offer->base_count]) ==
			    0)
			offer->base_count++;
	}
}

/* One that is damaged is no layer that is there, and no base: 1 where it is one of the offer's. */
static int drop(struct installer_offer *offer, const json_t *layer)
{
	struct digest digest;
	int found = 0;

	if (!json_is_false(json_object_get(layer, "holds")) ||
	    fetch_json_digest(layer, "digest", &digest) < 0)
		return 0;
	for (size_t i = 0; i < offer->base_count; i++)
		if (digest_equal(&offer->bases[i], &digest))
			offer->bases[i--] = offer->bases[--offer->base_count];
	for (size_t i = 0; i < offer->count; i++)
		if (digest_equal(&offer->blobs[i].digest, &digest) &&
		    !offer->blobs[i].lacks)
			found = offer->blobs[i].lacks = true;
	return found;
}

/* Of `laminactl verify --json`, an array of images. */
static int drop_all(const json_t *images, struct installer_offer *offer)
{
	int count = 0;

	for (size_t i = 0; i < json_array_size(images); i++) {
		const json_t *layers =
			fetch_json_array(json_array_get(images, i), "checked");

		for (size_t n = 0; n < json_array_size(layers); n++)
			count += drop(offer, json_array_get(layers, n));
	}
	return count;
}

static json_t *read_json(int out, struct err *err)
{
	static char bytes[ANSWER_MOST];
	ssize_t size = lseek(out, 0, SEEK_SET) < 0
			       ? -errno
			       : fd_read_file(out, bytes, sizeof(bytes));
	json_t *json = NULL;

	if (size < 0)
		(void)err_errno(err, (int)size, "laminactl's answer");
	else
		json = fetch_json_parse(bytes, (size_t)size, err);
	return json;
}

static int read_offer(int out, struct installer_offer *offer, struct err *err)
{
	__json json_t *json = read_json(out, err);
	int r = 0;
	const json_t *blobs = fetch_json_array(json, "blobs");

	if (!json)
		return err_wrap(err, -EPROTO, "laminactl's answer");
	take_bases(fetch_json_array(json, "bases"), offer);
	offer->count = 0;
	for (size_t i = 0; r == 0 && i < json_array_size(blobs); i++)
		r = take_blob(json_array_get(blobs, i), offer);
	return r == 0 && offer->count
		       ? 0
		       : err_set(err, -EPROTO, "laminactl's answer names no layers");
}

int installer_check(const struct installer *installer, struct installer_offer *ret_offer,
		    struct err *err)
{
	const char *argv[8] = { "laminactl", "install", "--dry-run", "--json" };
	__fd int out = memfd_create("offer", MFD_CLOEXEC);
	int r;

	if (out < 0)
		return err_errno(err, -errno, "laminactl");
	add_options(installer, argv, 4);
	r = run(installer, argv, out, false, err);
	return r < 0 ? r : read_offer(out, ret_offer, err);
}

/* Runs it; what it prints is nobody's. */
static int run_mute(const struct installer *installer, const char *const *argv,
		    bool aloud, struct err *err)
{
	__fd int out = open("/dev/null", O_WRONLY | O_CLOEXEC);

	return out < 0 ? err_errno(err, -errno, "/dev/null")
		       : run(installer, argv, out, aloud, err);
}

int installer_word(const struct installer *installer, struct err *err)
{
	char path[4096];
	const char *const argv[] = { "laminactl", "channel", path, NULL };

	(void)snprintf(path, sizeof(path), "%s/" INSTALLER_WORD, installer->input);
	return run_mute(installer, argv, false, err);
}

void installer_failed(const struct installer *installer, bool failed)
{
	char path[4096] = "/dev/null";
	const char *const argv[] = { "laminactl", "channel", "--failed", path, NULL };

	if (failed)
		(void)snprintf(path, sizeof(path), "%s/" INSTALLER_FAILED,
			       installer->input);
	(void)run_mute(installer, argv, false, NULL);
}

int installer_find_damage(const struct installer *installer,
			  struct installer_offer *offer, struct err *err)
{
	const char *const argv[] = { "laminactl", "verify", "--json", NULL };
	__fd int out = memfd_create("verify", MFD_CLOEXEC);
	__json json_t *images = NULL;
	int r;

	if (out < 0)
		return err_errno(err, -errno, "laminactl");
	r = run(installer, argv, out, false, err);
	if (r < 0 && r != -EPERM)
		return r;
	if (lseek(out, 0, SEEK_SET) == 0)
		images = json_loadfd(out, JSON_REJECT_DUPLICATES, NULL);
	return drop_all(images, offer);
}

json_t *installer_status(const struct installer *installer, struct err *err)
{
	const char *const argv[] = { "laminactl", "status", "--json", NULL };
	__fd int out = memfd_create("status", MFD_CLOEXEC);

	if (out < 0)
		(void)err_errno(err, -errno, "laminactl");
	if (out < 0 || run(installer, argv, out, false, err) < 0)
		return NULL;
	return read_json(out, err);
}

int installer_install(const struct installer *installer, struct err *err)
{
	const char *argv[8] = { "laminactl", "install", "--move" };

	add_options(installer, argv, 3);
	return run_mute(installer, argv, true, err);
}
