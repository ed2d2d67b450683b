/* SPDX-License-Identifier: Apache-2.0 */
#include "init/supervise/command.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "base/sys.h"
#include "format/set.h"
#include "init/pid1/console.h"
#include "init/report.h"
#include "init/supervise/host.h"

/* For what comes after the application: the keeper, disks. */
#define END_MS 30000

struct ask {
	const struct command *command;
	struct app *app; /* that it is about */
	const struct control_question *question;
	struct str *text;
};

void command_down(const struct command *command, enum end_how how)
{
	uint64_t now_ms = loop_now_ms(), allowed_ms = END_MS;

	for (size_t i = 0; i < command->count; i++)
		allowed_ms += command->apps[i].member.stop_timeout_ms;
	end_begin(command->end, how, allowed_ms, now_ms);
	command_stop(command, now_ms);
}

static bool may_go_on(const struct member *member)
{
	return member_lives(member) && member->state != MEMBER_KILLED;
}

/* Those that need it, of a set, are to end before it; one that was killed and still is there
 * holds no other. */
static bool is_needed(const struct command *command, size_t app)
{
	const struct manifest *set = &command->end->stage->image->manifest;
	struct set_need need;

	for (size_t i = 0; stage_is_set(command->end->stage) && i < set->need_count;
	     i++) {
		(void)set_need(set, i, &need);
		if (need.on == app && may_go_on(&command->apps[need.who].member))
			return true;
	}
	return false;
}

void command_stop(const struct command *command, uint64_t now_ms)
{
	for (size_t i = 0; i < command->count; i++) {
		if (!is_needed(command, i))
			app_stop(&command->apps[i], false, now_ms);
	}
}

bool command_any_lives(const struct command *command)
{
	for (size_t i = 0; i < command->count; i++) {
		if (app_lives(&command->apps[i]))
			return true;
	}
	return false;
}

static int refuse(const struct ask *ask, int r, const char *why)
{
	str_add(ask->text, why);
	return r;
}

/* Of process 1, in pages; 0 where nobody says. */
static unsigned int own_memory(void)
{
	__fd int fd = sys_openat(AT_FDCWD, "/proc/self/statm", O_RDONLY | O_CLOEXEC, 0);
	char text[64] = "";
	ssize_t size = fd < 0 ? fd : sys_read(fd, text, sizeof(text) - 1);
	const char *resident = strchr(text, ' ');
	uint64_t pages = 0;

	if (size > 0 && resident)
		(void)str_number(resident + 1, strcspn(resident + 1, " "), &pages);
	return (unsigned int)pages;
}

static void add_app(const struct ask *ask, const struct app *app)
{
	str_addf(ask->text, "name=%s\npid=%d\nunshown=%" PRIu64 "\ninit=%u\n",
		 app->part->name, (int)app->pid, app->streams.log.head.unshown,
		 own_memory() * 4);
	report_app_lines(ask->text, &app->member, &app->check.health, loop_now_ms());
	if (!app->container.manifest->confine)
		str_add(ask->text, "confine=no\n");
	if (app->failure.text[0])
		str_addf(ask->text, "failure=%.160s\n", app->failure.text);
}

/* Of a set, all of them, an empty line between two. */
static int do_ps(const struct ask *ask)
{
	const struct command *command = ask->command;

	if (ask->app) {
		add_app(ask, ask->app);
		return 0;
	}
	for (size_t i = 0; i < command->count; i++) {
		str_add(ask->text, i ? "\n" : "");
		add_app(ask, &command->apps[i]);
	}
	return 0;
}

static int do_health(const struct ask *ask)
{
	const struct check *check = &ask->app->check;

	str_addf(ask->text, "health=%s\nfailures=%" PRIu64 "\nsaid=",
		 health_word(check->health.state), check->health.failures);
	/* last, and whatever it is */
	for (size_t i = 0; i < check->said_size; i++)
		str_add_bytes(ask->text, check->said[i] ? &check->said[i] : "?", 1);
	return 0;
}

static int do_stop(const struct ask *ask)
{
	app_stop(ask->app, false, loop_now_ms());
	return 0;
}

static int do_restart(const struct ask *ask)
{
	app_stop(ask->app, true, loop_now_ms());
	return 0;
}

static int do_start(const struct ask *ask)
{
	enum member_state state = ask->app->member.state;

	if (state == MEMBER_RUNNING)
		return refuse(ask, -EALREADY, "it runs");
	if (state == MEMBER_STOPPING || state == MEMBER_KILLED)
		return refuse(ask, -EBUSY, "it is being stopped");
	return do_restart(ask);
}

static int do_reboot(const struct ask *ask)
{
	command_down(ask->command, END_REBOOT);
	return 0;
}

static int do_poweroff(const struct ask *ask)
{
	command_down(ask->command, END_POWEROFF);
	return 0;
}

/* Another program beside the application: its end is the answer. In @args, of a set, its
 * member's name comes first. */
static int join(const struct ask *ask, const char *const *args, const char *terminal)
{
	const struct app *app = ask->app;
	const struct control_question *question = ask->question;
	const struct policy *policy = &ask->command->end->stage->settings->policy;
	struct container joined = app->container;
	__fd int cgroup = -EBADF;
	struct err err = ERR_INIT;
	pid_t pid;

	args += stage_is_set(ask->command->end->stage) && args[0];
	if (!args[0])
		return refuse(ask, -EINVAL, "which program? CMD is missing behind NAME");
	if (!(policy->allow & POLICY_ALLOW_EXEC))
		return refuse(ask, -EPERM, "the policy has no `allow exec`");
	if (!question->streams)
		return refuse(ask, -EINVAL, "not a question");
	if (app->pid == 0)
		return refuse(ask, -ESRCH, "the application does not run");
	const struct container_joiner joiner = { .args = args,
						 .input = question->streams[0],
						 .output = question->streams[1],
						 .errors = question->streams[2],
						 .terminal = terminal };

	joined.cgroup = cgroup = host_cgroup_there(app->part->group);
	pid = container_join(&joined, app->pid, &joiner, &err);
	if (pid < 0)
		return refuse(ask, pid, err.text);
	question->client->pid = pid;
	return 1;
}

static int do_exec(const struct ask *ask)
{
	return join(ask, ask->question->words + 1, NULL);
}

/* The same on a terminal, whose kind comes first. */
static int do_terminal(const struct ask *ask)
{
	const char *const *words = ask->question->words + 1;

	if (!words[0] || strncmp(words[0], "TERM=", strlen("TERM=")) != 0)
		return refuse(ask, -EINVAL, "not a question");
	return join(ask, words + 1, words[0]);
}

static bool is_one_of(const char *word, const char *const *words)
{
	while (*words && strcmp(word, *words) != 0)
		words++;
	return *words;
}

/* Nothing that names a place, but for words about it: places are init's own. */
static bool may_do(const char *const *words)
{
	static const char *const commands_outside[] = { "status",  "list",   "install",
							"confirm", "verify", "rollback",
							"reject",  "gc",     "reset",
							"channel", NULL };
	static const char *const options[] = {
		"-",	   "--json",	   "--boot",   "--dry-run", "-n",	"--force",
		"-f",	   "--yes",	   "-y",       "--factory", "--record", "--move",
		"--newer", "--other-name", "--failed", NULL
	};

	static const char called[] = "--called=";
	const char *command = words[0];

	if (!command || !is_one_of(command, commands_outside))
		return false;
	while (*++words) {
		bool option = words[0][0] == '-';

		if (option ? !is_one_of(*words, options) &&
				     strncmp(*words, called, sizeof(called) - 1) != 0
			   : strchr(*words, '/') || strcmp(command, "install") == 0 ||
				     strcmp(command, "channel") == 0)
			return false;
	}
	return true;
}

static _Noreturn void run_outside(const char **args, const int *streams)
{
	static const char program[] = STAGE_RUN "/bin/laminactl";
	static char *const env[] = { NULL };
	sigset_t none;
	int r = 0;

	sigemptyset(&none);
	for (int i = 0; i <= 2 && r >= 0; i++)
		r = sys_dup3(streams[i], i, 0);
	if (r >= 0)
		r = sys_sigprocmask(SIG_SETMASK, &none);
	if (r >= 0)
		r = sys_execve(program, (char *const *)(uintptr_t)args, env);
	console_say("%s: %s", program, err_reason(r));
	sys_exit(127);
}

/* laminactl itself, out here, where the store is: which of its commands, is init's to say, and
 * what of an image is believed, the signatures'. */
static int do_ctl(const struct ask *ask)
{
	const struct control_question *question = ask->question;
	const char *args[CONTROL_WORDS + 1] = { "laminactl" };
	pid_t pid;

	if (!question->streams || !may_do(question->words + 1))
		return refuse(ask, -EINVAL, "not from here");
	for (size_t i = 1; question->words[i]; i++)
		args[i] = question->words[i];
	pid = sys_fork();
	if (pid == 0)
		run_outside(args, question->streams);
	if (pid < 0)
		return refuse(ask, pid, "fork");
	question->client->pid = pid;
	question->client->gently = true;
	return 1;
}

static const struct {
	const char *word;
	int (*run)(const struct ask *ask);
	bool manages;
	enum {
		OF_ALL,	  /* it is about no application */
		OF_SOME,  /* about the one whose name follows, or about all */
		OF_ONE,	  /* about that one, and the name may be missing if it is alone */
		OF_FIRST, /* of a set, that one; elsewhere no name is said */
		OF_SECOND, /* the same, behind another word */
	} of;
} commands[] = {
	{ "ps", do_ps, false, OF_SOME },
	{ "health", do_health, false, OF_ONE },
	{ "start", do_start, true, OF_ONE },
	{ "stop", do_stop, true, OF_ONE },
	{ "restart", do_restart, true, OF_ONE },
	{ "reboot", do_reboot, true, OF_ALL },
	{ "poweroff", do_poweroff, true, OF_ALL },
	{ "exec", do_exec, true, OF_FIRST },
	{ "terminal", do_terminal, true, OF_SECOND },
	{ "ctl", do_ctl, true, OF_ALL },
};

static int refuse_names(const struct ask *ask, const char *name)
{
	if (name)
		str_addf(ask->text, "there is no '%.64s', ", name);
	str_add(ask->text, "say which: ");
	for (size_t i = 0; i < ask->command->count; i++)
		str_addf(ask->text, "%s%s", i ? ", " : "",
			 ask->command->apps[i].part->name);
	return -EINVAL;
}

/* Which application a question is about, by the name behind its first word. */
static int find_app(struct ask *ask, unsigned int of, const char *name)
{
	const struct command *command = ask->command;
	bool set = stage_is_set(command->end->stage);

	ask->app = command->count == 1 ? &command->apps[0] : NULL;
	if (of == OF_ALL || (!name && of == OF_SOME) ||
	    (ask->app && (!name || (of >= OF_FIRST && !set))))
		return 0;
	ask->app = NULL;
	for (size_t i = 0; name && i < command->count; i++) {
		if (strcmp(command->apps[i].part->name, name) == 0)
			ask->app = &command->apps[i];
	}
	return ask->app ? 0 : refuse_names(ask, name);
}

static const char *name_of(const char *const *words, unsigned int of)
{
	return of == OF_SECOND && words[1] ? words[2] : words[1];
}

int command_answer(void *context, const struct control_question *question,
		   struct str *text)
{
	const struct command *command = context;
	struct ask ask = { command, NULL, question, text };
	int r;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(question->words[0], commands[i].word) != 0)
			continue;
		if (commands[i].manages && !question->client->manages)
			return refuse(&ask, -EACCES, "`control status` only asks");
		if (commands[i].manages && command->end->how != END_NONE)
			return refuse(&ask, -ESHUTDOWN, "the device goes down");
		r = find_app(&ask, commands[i].of,
			     name_of(question->words, commands[i].of));
		return r < 0 ? r : commands[i].run(&ask);
	}
	return refuse(&ask, -ENOTSUP, "not known to this init");
}
