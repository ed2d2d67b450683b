/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/outside.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/str.h"
#include "base/sys.h"
#include "ctl/ask.h"

#define WORDS 62
#define CALLED_SIZE 256

static bool is_there(const char *path)
{
	struct stat st;

	return sys_fstatat(AT_FDCWD, path, &st, 0) == 0;
}

/* Of those that init runs; others are told why they can't be, as anywhere. */
static bool is_ours(const char *command)
{
	/* one behind the other: without addresses it is less */
	static const char commands[] = "status\0list\0install\0confirm\0verify\0"
				       "rollback\0reject\0gc\0reset\0channel\0";
	const char *at = commands;

	while (*at && strcmp(at, command) != 0)
		at += strlen(at) + 1;
	return *at;
}

/* What init could not open comes as input, and as what it is called here. */
static int take_input(const char **word, const char **ret_called, struct err *err)
{
	static char called[CALLED_SIZE];
	__fd int fd = ctl_open_input(*word, err);
	int r = fd < 0 ? fd : sys_dup3(fd, 0, 0);
	struct str s;

	if (fd < 0)
		return fd;
	if (r < 0)
		return err_errno(err, r, "%s", *word);
	str_init(&s, called, sizeof(called));
	str_addf(&s, "--called=%.160s", *word);
	*ret_called = called;
	*word = "-";
	return 0;
}

static int ask(const struct ctl *ctl, const char *const *words, struct err *err)
{
	static const int standard[] = { 0, 1, 2 };
	static char text[ASK_SIZE];
	__fd int fd = ask_open(ctl, err);
	int r = fd < 0 ? fd : ask_send(fd, words, standard, err);

	if (r == 0)
		r = ask_receive(fd, text, err);
	return r < 0 ? r : ask_status(text);
}

int outside_run(const struct cmd_program *program, int argc, char **argv)
{
	const struct ctl ctl = { .run = NULL };
	const char *words[WORDS + 3] = { "ctl" };
	struct err err = ERR_INIT;
	bool takes_input;
	int r = 0;

	if (argc < 2 || argc > WORDS || !is_ours(argv[1]) ||
	    is_there(CTL_RUN "/policy") || !is_there(CTL_RUN "/control"))
		return -1;
	takes_input = strcmp(argv[1], "install") == 0 || strcmp(argv[1], "channel") == 0;
	for (int i = 1; i < argc; i++) {
		words[i] = argv[i];
		if (strncmp(argv[i], "--", 2) == 0 && strchr("hskpr", argv[i][2]))
			return -1;
		if (r == 0 && i > 1 && argv[i][0] != '-' && takes_input)
			r = take_input(&words[i], &words[argc], &err);
	}
	if (r == 0)
		r = ask(&ctl, words, &err);
	if (r >= 0)
		return r;
	cmd_note_as(program->name);
	cmd_note("%s", err.text);
	return CMD_EXIT_FAILED;
}
