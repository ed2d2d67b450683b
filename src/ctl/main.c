/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/ctl.h"
#include "ctl/outside.h"

extern const struct cmd cmd_status, cmd_install, cmd_reboot, cmd_poweroff, cmd_confirm,
	cmd_rollback, cmd_reject, cmd_list, cmd_verify, cmd_gc, cmd_reset, cmd_boot,
	cmd_channel;
extern const struct cmd cmd_ps, cmd_logs, cmd_net, cmd_health, cmd_start, cmd_stop,
	cmd_restart, cmd_exec;

/* In the order in which people need them. */
static const struct cmd *const commands[] = {
	&cmd_status,
#ifdef CONFIG_LAMINA_SUPERVISE
	&cmd_ps,       &cmd_logs,    &cmd_health,   &cmd_start,
	&cmd_stop,     &cmd_restart, &cmd_exec,
#endif
#ifdef CONFIG_LAMINA_NET
	&cmd_net,
#endif
	&cmd_install,  &cmd_reboot,  &cmd_poweroff, &cmd_confirm,
	&cmd_rollback, &cmd_reject,  &cmd_list,	    &cmd_verify,
	&cmd_gc,       &cmd_reset,   &cmd_boot,
#ifdef CONFIG_LAMINA_CHANNEL
	&cmd_channel,
#endif
	NULL,
};

enum {
	OPT_STORE,
	OPT_POLICY,
	OPT_KEYRING,
	OPT_STATE,
	OPT_RUN,
	OPT_CALLED,
};

static const struct cmd_option options[] = {
	{ "store", 0, "DIR", "the store (default: /run/lamina/store)" },
	{ "policy", 0, "FILE", "what the device allows (default: /run/lamina/policy)" },
	{ "keyring", 0, "FILE", "the keys it trusts (default: /run/lamina/keyring)" },
	{ "state", 0, "FILE", "where the boot record is (default: as the policy says)" },
	{ "run", 0, "DIR", "what lamina-init left, instead of /run/lamina" },
	{ "called", 0, "NAME", "what messages call standard input" },
	{ 0 },
};

static int take_option(void *context, int option, const char *value, struct err *err)
{
	struct ctl *ctl = context;

	if (!value[0])
		return cmd_usage(err, "--%s needs a value", options[option].name);
	*(const char **[]){ &ctl->store, &ctl->policy, &ctl->keyring,
			    &ctl->state, &ctl->run,    &cmd_input }[option] = value;
	return 0;
}

static struct ctl ctl;

static const struct cmd_program program = {
	.name = "laminactl",
	.help = "Installs images on a device, and says which one it starts.",
	.commands = commands,
	.options = options,
	.option = take_option,
	.context = &ctl,
};

int main(int argc, char **argv)
{
	int code = outside_run(&program, argc, argv);

	return code >= 0 ? code : cmd_main(&program, argc, argv);
}
