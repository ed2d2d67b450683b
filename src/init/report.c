/* SPDX-License-Identifier: Apache-2.0 */
#include "init/report.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "format/lines.h"
#include "supervise/health.h"
#include "supervise/member.h"

void report_note(int dir, const char *text)
{
	__fd int fd = path_open_own(dir, "notes", O_WRONLY | O_CREAT | O_APPEND, 0644);
	char line[sizeof(((struct err *)0)->text) + 1];
	struct str s;

	str_init(&s, line, sizeof(line));
	str_addf(&s, "%s\n", text);
	if (fd >= 0)
		(void)fd_write_all(fd, line, s.used);
}

#define APP "app"
#define APP_SIZE 384
#define WELL "well="

/* The later of the two: up, and healthy where it says so. False: one of them is not so. */
static bool is_well(const struct member *member, const struct health *health,
		    uint64_t *ret_since_ms)
{
	*ret_since_ms = member->began_ms;
	if (health->wanted && member->state == MEMBER_RUNNING) {
		*ret_since_ms = health->since_ms;
		return health->state == HEALTH_HEALTHY;
	}
	return member_is_well(member);
}

void report_app_lines(struct str *text, const struct member *member,
		      const struct health *health, uint64_t now_ms)
{
	str_addf(text, "state=%s\nsince=%" PRIu64 "\nrestarts=%" PRIu64 "\nhealth=%s\n",
		 member_word(member->state),
		 member_lives(member) ? member->began_ms : now_ms, member->restart.count,
		 health_word(health->state));
	if (member->ended)
		str_addf(text, "status=%d\n", member->status);
}

int report_apps(int dir, const struct report_app *apps, size_t count, size_t blamed,
		uint64_t now_ms)
{
	size_t unwell = count;
	uint64_t well_ms = 0;
	char text[APP_SIZE];
	struct str s;

	for (size_t i = 0; i < count; i++) {
		uint64_t since_ms;

		if (!is_well(apps[i].member, apps[i].health, &since_ms))
			unwell = unwell < count ? unwell : i;
		else if (since_ms > well_ms)
			well_ms = since_ms;
	}
	str_init(&s, text, sizeof(text));
	/* first, and only with its line end is it whole */
	if (unwell == count)
		str_addf(&s, WELL "%" PRIu64 "\n", well_ms);
	if (blamed == count)
		blamed = unwell < count ? unwell : 0;
	report_app_lines(&s, apps[blamed].member, apps[blamed].health, now_ms);
	str_addf(&s, "pid=%d\nname=%s\nfirst=%d\n", (int)apps[blamed].pid,
		 apps[blamed].name, (int)apps[0].pid);
	if (count > 1)
		str_addf(&s, "members=%zu\n", count);
	return path_write_own(dir, APP, text, s.used);
}

void report_end_words(int status, char ret_text[REPORT_END_SIZE])
{
	if (WIFSIGNALED(status))
		(void)snprintf(ret_text, REPORT_END_SIZE, "killed by signal %d",
			       WTERMSIG(status));
	else
		(void)snprintf(ret_text, REPORT_END_SIZE, "ended with status %d",
			       WEXITSTATUS(status));
}

/* What stands behind @key, "NAME=". Its size; -ENODATA: nothing; or -errno. */
static ssize_t read_value(int dir, const char *key, char ret_value[APP_SIZE])
{
	__fd int fd = path_open_own(dir, APP, O_RDONLY, 0);
	ssize_t size = fd < 0 ? fd : fd_read_file(fd, ret_value, APP_SIZE - 1);
	size_t line, skip = strlen(key);

	if (size < 0)
		return size;
	ret_value[size] = '\0';
	for (const char *at = ret_value; *at; at += line + (at[line] == '\n')) {
		line = strcspn(at, "\n");
		if (strncmp(at, key, skip) == 0) {
			memmove(ret_value, at + skip, line - skip);
			return (ssize_t)(line - skip);
		}
	}
	return -ENODATA;
}

/* The same of a number; -EBADMSG: one below 0. */
static int read_app(int dir, const char *key, uint64_t *ret_number)
{
	char value[APP_SIZE];
	ssize_t size = read_value(dir, key, value);

	return size < 0 ? (int)size : str_number(value, (size_t)size, ret_number);
}

void report_app_name(int dir, char ret_name[REPORT_NAME_SIZE])
{
	char value[APP_SIZE];
	ssize_t size = read_value(dir, "name=", value);

	if (size < 0 || size >= REPORT_NAME_SIZE)
		size = 0;
	memcpy(ret_name, value, (size_t)size);
	ret_name[size] = '\0';
}

pid_t report_first_pid(int dir)
{
	uint64_t pid;

	return read_app(dir, "first=", &pid) == 0 ? (pid_t)pid : 0;
}

void report_app_end(int dir, char ret_text[REPORT_END_SIZE])
{
	uint64_t status;
	int r = read_app(dir, "status=", &status);

	ret_text[0] = '\0';
	if (r == 0)
		report_end_words((int)status, ret_text);
	else if (r == -EBADMSG) /* below 0: there was no start */
		(void)snprintf(ret_text, REPORT_END_SIZE, "its program did not start");
}

int report_app_well(int dir, uint64_t *ret_since_ms)
{
	__fd int fd = path_open_own(dir, APP, O_RDONLY, 0);
	char text[APP_SIZE];
	ssize_t size = fd < 0 ? fd : fd_read_file(fd, text, sizeof(text));
	const char *end;

	if (size < 0)
		return (int)size;
	end = size ? memchr(text, '\n', (size_t)size) : NULL;
	if (!end || strncmp(text, WELL, strlen(WELL)) != 0)
		return -EAGAIN;
	return str_number(text + strlen(WELL), (size_t)(end - text) - strlen(WELL),
			  ret_since_ms);
}

int report_image(const struct stage *stage, struct err *err)
{
	const struct select_image *image = stage->image;
	/* something of the store is mounted writable for as long as the image runs */
	bool written = stage_keeps_log(stage) || plan_persists(&stage->plan);
	static char text[1024];
	struct str s;
	int r;

	str_init(&s, text, sizeof(text));
	str_addf(&s, "id=%s\nslot=%s\nname=%s\nversion=", DIGEST_HEX(&image->id),
		 decide_slot_name(image->slot), image->manifest.name);
	lines_encode(&s, image->manifest.version, 1);
	str_addf(&s, "\nserial=%" PRIu64 "\nlayers=%zu\nguard=%s\nstore=%s\nsigners=",
		 image->manifest.serial, image->manifest.layer_count, stage->guard->name,
		 written ? "writable" : "read-only");
	for (size_t i = 0; i < image->signers.count; i++)
		str_addf(&s, "%s%s", i ? "," : "", image->signers.ids[i]);
	str_add(&s, "\n");
	r = str_done(&s);
	if (r == 0)
		r = path_write_own(stage->run, "image", text, s.used);
	return r < 0 ? err_errno(err, r, "/run/lamina/image") : 0;
}

void report_failed(int run, const struct digest *id, const char *why)
{
	char hex[DIGEST_HEX_SIZE];
	static char text[1024];
	struct str s;

	str_init(&s, text, sizeof(text));
	str_addf(&s, "id=%s\nreason=", digest_hex(id, hex));
	lines_encode(&s, why, 1);
	str_add(&s, "\n");
	/* the console has it too */
	(void)path_write_own(run, "failed", text, s.used);
}
