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

int report_app(int dir, pid_t pid, const struct member *member,
	       const struct health *health, uint64_t now_ms)
{
	char text[256];
	uint64_t well_ms;
	struct str s;

	str_init(&s, text, sizeof(text));
	/* first, and only with its line end is it whole */
	if (is_well(member, health, &well_ms))
		str_addf(&s, WELL "%" PRIu64 "\n", well_ms);
	report_app_lines(&s, member, health, now_ms);
	str_addf(&s, "pid=%d\n", (int)pid);
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

/* The number behind @key, "\nNAME=". 0; -ENODATA: none; -EBADMSG: one below 0; or -errno. */
static int read_app(int dir, const char *key, uint64_t *ret_number)
{
	__fd int fd = path_open_own(dir, APP, O_RDONLY, 0);
	char text[256];
	ssize_t size = fd < 0 ? fd : fd_read_file(fd, text, sizeof(text) - 1);
	const char *at;

	if (size < 0)
		return (int)size;
	text[size] = '\0';
	at = strstr(text, key);
	if (!at)
		return -ENODATA;
	at += strlen(key);
	return str_number(at, strcspn(at, "\n"), ret_number);
}

pid_t report_app_pid(int dir)
{
	uint64_t pid;

	return read_app(dir, "\npid=", &pid) == 0 ? (pid_t)pid : 0;
}

void report_app_end(int dir, char ret_text[REPORT_END_SIZE])
{
	uint64_t status;
	int r = read_app(dir, "\nstatus=", &status);

	ret_text[0] = '\0';
	if (r == 0)
		report_end_words((int)status, ret_text);
	else if (r == -EBADMSG) /* below 0: there was no start */
		(void)snprintf(ret_text, REPORT_END_SIZE, "its program did not start");
}

int report_app_well(int dir, uint64_t *ret_since_ms)
{
	__fd int fd = path_open_own(dir, APP, O_RDONLY, 0);
	char text[256];
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
	static char text[1024];
	struct str s;
	int r;

	str_init(&s, text, sizeof(text));
	str_addf(&s, "id=%s\nslot=%s\nname=%s\nversion=", image->id,
		 decide_slot_name(image->slot), image->manifest.name);
	lines_encode(&s, image->manifest.version, 1);
	str_addf(&s, "\nserial=%" PRIu64 "\nlayers=%zu\nguard=%s\nstore=%s\nsigners=",
		 image->manifest.serial, image->manifest.layer_count, stage->guard->name,
		 plan_persists(&image->manifest) ? "writable" : "read-only");
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
