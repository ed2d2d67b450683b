/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/sys.h"
#include "init/boot.h"
#include "init/pid1/console.h"
#include "init/pid1/failure.h"
#include "init/show.h"
#include "init/stage.h"
#include "net/event.h"
#include "net/service.h"
#include "store/settings.h"

static const char usage[] =
	"lamina-init is the /init of an initramfs: started as PID 1, it boots. "
	"Otherwise:\n"
#ifdef CONFIG_LAMINA_PLAN
	"  lamina-init --plan [--policy FILE] [--keyring FILE] [--store DIR]\n"
	"                     print what a boot from DIR would do, without doing it\n"
#endif
	"  lamina-init --version\n"
	"  lamina-init --help\n";

static void put(int fd, const char *text)
{
	(void)fd_write_all(fd, text, strlen(text));
}

static int refuse(void)
{
	put(2, usage);
	return 2;
}

static int do_help(char **args)
{
	if (args[0])
		return refuse();
	put(1, usage);
	return 0;
}

static int do_version(char **args)
{
	if (args[0])
		return refuse();
	put(1, "lamina-init " LAMINA_VERSION "\n");
	return 0;
}

#ifdef CONFIG_LAMINA_PLAN
static int do_plan(char **args)
{
	struct show_files files = { SETTINGS_POLICY, SETTINGS_KEYRING, STAGE_STORE };
	struct {
		const char *name, **value;
	} options[] = {
		{ "--policy", &files.policy },
		{ "--keyring", &files.keyring },
		{ "--store", &files.store },
	};
	const size_t count = sizeof(options) / sizeof(options[0]);
	struct err err = ERR_INIT;

	for (; args[0]; args += 2) {
		size_t i = 0;

		while (i < count && strcmp(args[0], options[i].name) != 0)
			i++;
		if (i == count || !args[1])
			return refuse();
		*options[i].value = args[1];
	}
	if (show_plan(&files, &err) < 0) {
		console_say("%s", err.text);
		return 1;
	}
	return 0;
}
#endif

static const struct {
	const char *name;
	int (*run)(char **args);
} commands[] = {
#ifdef CONFIG_LAMINA_PLAN
	{ "--plan", do_plan },
#endif
	{ "--version", do_version },
	{ "--help", do_help },
};

static int command(char **args)
{
	for (size_t i = 0; args[0] && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(args[0], commands[i].name) == 0)
			return commands[i].run(args + 1);
	}
	return refuse();
}

#ifdef CONFIG_LAMINA_NET
/* Is this the network's process, or what a DHCP client runs? */
static bool is_network(int argc, char **argv, int *ret_status)
{
	bool service = argc > 0 && strcmp(argv[0], SERVICE_NAME) == 0;

	if (service)
		*ret_status = service_main(argv + 1);
	else if (argc == 2 && argv[1][0] != '-')
		*ret_status = event_main(argv[1], environ);
	else
		return false;
	return true;
}
#else
static bool is_network(int argc, char **argv, int *ret_status)
{
	(void)argc;
	(void)argv;
	(void)ret_status;
	return false;
}
#endif

int main(int argc, char **argv)
{
	struct err err = ERR_INIT;
	int status;

	/* Words of the kernel command line that the kernel does not know come as
	 * arguments and environment: as PID 1 we look at neither. */
	if (sys_getpid() != 1 && is_network(argc, argv, &status))
		return status;
	if (sys_getpid() != 1)
		return command(argc > 0 ? argv + 1 : argv);
	failure_catch_crashes();
	(void)boot_run(&err);
	console_say("%s", err.text);
	failure_end();
}
