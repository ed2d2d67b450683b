/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What a program of several commands is: const tables from which help and option parsing
 * are made. A new command is one file with a `const struct cmd cmd_NAME`, its line in the
 * program's main.c and its object in Kbuild.
 *
 * Data goes to stdout, messages to stderr. A command returns 0 or -errno with a text in
 * err; cmd_main() prints that text once, as "PROGRAM: ...", and turns the number into the
 * exit code.
 */
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Exit codes. */
enum {
	CMD_EXIT_DONE = 0,
	CMD_EXIT_FAILED = 1,
	CMD_EXIT_USAGE = 2,
	CMD_EXIT_AGAIN = 75, /* locked by somebody else: -EAGAIN, -EBUSY */
};

/* What a command returns when it was called wrongly; no errno has this number. */
#define CMD_USAGE (-4096)
/* ... and when --help stood among its options: cmd_main() prints the help. */
#define CMD_HELP (-4097)

struct cmd_option {
	const char *name; /* without the dashes; NULL ends the table */
	char letter;	  /* short form, or 0 */
	const char *arg;  /* what the value is called in help; NULL for an option without
			     one */
	const char *help;
};

struct cmd_line;

struct cmd {
	const char *name; /* "": the program's only one, which isn't named */
	const char *args; /* operands for the usage line, such as "IMAGE..." */
	const char *help; /* one line, without a full stop */
	const char
		*more; /* whole lines below it, such as what operands may be; or NULL */
	const struct cmd_option *options;
	bool in_order; /* options stand before the first operand */
	int (*run)(struct cmd_line *line, struct err *err);
};

struct cmd_program {
	const char *name;
	const char *help;		   /* one sentence */
	const struct cmd *const *commands; /* in the order of the help; NULL ends */
	/* Options that every command has, and that may stand before its name; or NULL. */
	const struct cmd_option *options;
	/* One of them was given. 0 or CMD_USAGE. */
	int (*option)(void *context, int option, const char *value, struct err *err);
	void *context; /* for option() and for the commands */
	/* Before a command runs, and after one that succeeded; may be NULL. 0 or -errno. */
	int (*start)(struct err *err);
	int (*finish)(struct err *err);
};

struct cmd_line {
	const struct cmd_program *program;
	const struct cmd *cmd;
	int argc;	   /* with the command's name as argv[0] */
	char **argv;	   /* operands come last once cmd_next() has returned 0 */
	int at;		   /* first operand, once cmd_next() has returned 0 */
	const char *value; /* of the option last returned */

	/* cmd_next()'s own */
	int next;	     /* the word to look at; operands lie before it */
	const char *letters; /* what is left of a word such as -bf */
};

/* All of a program's main(): finds the command, runs it, says why it failed. Returns the
 * exit code. */
int cmd_main(const struct cmd_program *program, int argc, char **argv);

/* Takes the next option off the line. 1: *ret_option is its place in the command's table
 * and line->value its value; 0: only operands are left, argv[at] to argv[argc - 1];
 * CMD_USAGE; CMD_HELP at --help and -h, which every command has. */
int cmd_next(struct cmd_line *line, int *ret_option, struct err *err);

/* CMD_USAGE with a text; cmd_main() adds how to get help. */
int cmd_usage(struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* CMD_USAGE unless there are at least @least and at most @most operands (-1: any number).
 */
int cmd_operands(const struct cmd_line *line, int least, int most, struct err *err);

/* Reads an option's decimal value between @least and @most. 0 or CMD_USAGE. */
int cmd_number(const struct cmd_line *line, int option, unsigned long long least,
	       unsigned long long most, unsigned long long *ret_value, struct err *err);

/* A warning or a note on stderr: "PROGRAM: ...", without control characters. */
void cmd_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same without "PROGRAM: ": a row of a table. */
void cmd_note_row(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* How messages call an operand that is a file, "-" by the second. */
const char *cmd_input_name(const char *path);
extern const char *cmd_input; /* "standard input" */

/* Whose notes they are: cmd_main() says it; "lamina" before. */
void cmd_note_as(const char *program);

/* Prints the program's commands, or a command's usage and its options, on stdout. 0 or
 * -errno. */
int cmd_print_commands(const struct cmd_program *program, struct err *err);
int cmd_print_help(const struct cmd_program *program, const struct cmd *cmd,
		   struct err *err);
