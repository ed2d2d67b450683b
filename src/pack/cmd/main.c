/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <locale.h>
#include <stdio.h>

#include "base/err.h"
#include "cli/cmd.h"
#include "trust/private-key.h"

extern const struct cmd cmd_keygen, cmd_pack, cmd_set, cmd_sign, cmd_verify, cmd_inspect,
	cmd_bundle, cmd_unbundle, cmd_push, cmd_pull, cmd_publish, cmd_channel,
	cmd_initramfs, cmd_boot, cmd_disk, cmd_kernel_check, cmd_diff;

/* In the order in which people need them. */
static const struct cmd *const commands[] = {
	&cmd_keygen,	   &cmd_pack,	 &cmd_set,	 &cmd_sign, &cmd_verify,
	&cmd_inspect,	   &cmd_bundle,	 &cmd_unbundle,	 &cmd_push, &cmd_pull,
	&cmd_publish,	   &cmd_channel, &cmd_initramfs, &cmd_boot, &cmd_disk,
	&cmd_kernel_check, &cmd_diff,	 NULL,
};

static int finish(struct err *err)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		return err_errno(err, -errno, "standard output");
	return 0;
}

static const struct cmd_program program = {
	.name = "lamina",
	.help = "Turns container images into signed stacks of layers for devices.",
	.commands = commands,
	.start = private_key_start,
	.finish = finish,
};

int main(int argc, char **argv)
{
	/* libarchive turns names into bytes by the locale; in C.UTF-8 no name gets lost
	 */
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		(void)setlocale(LC_CTYPE, "C");
	return cmd_main(&program, argc, argv);
}
