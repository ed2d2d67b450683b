/* SPDX-License-Identifier: Apache-2.0 */
/* What the image runs, and how: mostly what its config says. */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/cmd.h"
#include "pack/cmd/describe/parts.h"

static int add_args(const struct description *d, enum manifest_key_id id,
		    const struct source_texts *texts)
{
	int r = 0;

	for (size_t i = 0; i < texts->count && r == 0; i++)
		r = describe_take(d, id, texts->items[i]);
	return r;
}

/* As engines do: --arg is everything; --entrypoint drops the image's Cmd; --cmd replaces
 * it. */
int describe_args(const struct description *d, enum manifest_key_id id)
{
	static const struct source_texts none;
	const struct source_texts *entrypoint = &d->config->entrypoint;
	const struct source_texts *cmd = &d->config->cmd;
	int r;

	if (d->options->entrypoint.count) {
		entrypoint = &d->options->entrypoint;
		cmd = &none;
	}
	if (d->options->cmd.count)
		cmd = &d->options->cmd;
	if (d->options->keys[id].count) {
		entrypoint = &d->options->keys[id];
		cmd = &none;
	}
	r = add_args(d, id, entrypoint);
	if (r == 0)
		r = add_args(d, id, cmd);
	if (r == 0 && d->manifest->arg_count == 0)
		return err_set(d->err, -EINVAL,
			       "what should the image run? --arg PROGRAM [--arg "
			       "ARGUMENT...]");
	return r;
}

/* Later ones win, in the place of the first. */
static int merge_env(const struct description *d, const struct source_texts *env,
		     const char *merged[MANIFEST_MAX_ENV], size_t *count)
{
	for (size_t i = 0; i < env->count; i++) {
		const char *text = env->items[i];
		size_t size = strcspn(text, "="), at = 0;

		if (env == &d->config->env && (size == 0 || !text[size])) {
			cmd_note(
				"the image's variable '%s' is left out: it is no NAME=VALUE",
				text);
			continue;
		}
		while (at < *count && strncmp(merged[at], text, size + 1) != 0)
			at++;
		if (at == MANIFEST_MAX_ENV)
			return err_set(
				d->err, -EINVAL,
				"%zu environment variables, and a manifest has at most "
				"%d: a script that the image starts with can set the "
				"others",
				d->config->env.count +
					d->options->keys[MANIFEST_KEY_env].count,
				MANIFEST_MAX_ENV);
		merged[at] = text;
		*count += at == *count;
	}
	return 0;
}

int describe_env(const struct description *d, enum manifest_key_id id)
{
	const char *merged[MANIFEST_MAX_ENV];
	size_t count = 0;
	int r = merge_env(d, &d->config->env, merged, &count);

	if (r == 0)
		r = merge_env(d, &d->options->keys[id], merged, &count);
	for (size_t i = 0; i < count && r == 0; i++)
		r = describe_take(d, id, merged[i]);
	return r;
}

/* "app/" as "/app": engines take it so. */
int describe_cwd(const struct description *d, enum manifest_key_id id)
{
	const char *said = describe_said(d, id);
	const char *cwd = said ? said : d->config->cwd;
	char rel[4096], path[4097];

	if (!cwd || !*cwd)
		return 0;
	if (said ? str_below_root(cwd, rel, sizeof(rel)) < 0
		 : describe_clean_path(cwd, path, sizeof(path)) < 0)
		return err_set(d->err, -EINVAL, "the working directory '%s' can't be had",
			       cwd);
	if (said)
		(void)snprintf(path, sizeof(path), "/%s",
			       strcmp(rel, ".") == 0 ? "" : rel);
	return describe_take(d, id, path);
}

int describe_user(const struct description *d, enum manifest_key_id id)
{
	const char *said = describe_said(d, id);
	const char *user = said ? said : d->config->user;
	char text[256];

	/* one that is too long is refused as it stands */
	if (!said && user && describe_plain_user(user, text, sizeof(text)) == 0)
		user = text;
	return user && *user ? describe_take(d, id, user) : 0;
}

/* "15" and "TERM" as "SIGTERM". */
int describe_stop_signal(const struct description *d, enum manifest_key_id id)
{
	const char *said = describe_said(d, id);
	const char *text = said ? said : d->config->stop_signal;
	char name[32];

	if (!text || !*text)
		return 0;
	if (describe_signal(text, name, sizeof(name)) < 0 && !said) {
		cmd_note(
			"the image's stop signal '%.40s' is left out: it is none to stop by",
			text);
		return 0;
	}
	if (describe_signal(text, name, sizeof(name)) < 0)
		return err_set(d->err, -EINVAL, "the stop signal '%s' is none to stop by",
			       text);
	return describe_take(d, id, name);
}

/* Does the program want a whole machine? An image's own /init is made for containers, as
 * s6-overlay's is. */
static bool is_init(const char *program)
{
	const char *slash = strrchr(program, '/');
	const char *name = slash ? slash + 1 : program;

	return strcmp(program, "/init") != 0 &&
	       (strcmp(name, "init") == 0 || strcmp(name, "systemd") == 0);
}

/* Which run it is, is known only now. */
static void drop_stop_signal(const struct description *d)
{
	const char **signal = &d->manifest->stop_signal;
	const char *none = manifest_keys[MANIFEST_KEY_stop_signal].text_default;

	if (strcmp(*signal, none) != 0)
		cmd_note("the stop signal %s is left out: nobody stops a program that is "
			 "executed",
			 *signal);
	*signal = none;
}

/* Images are made for an engine, which they find in init; roots bring an init. */
int describe_run(const struct description *d, enum manifest_key_id id)
{
	const char *said = describe_said(d, id);
	bool image = false;
	int r;

	for (size_t i = 0; i < d->source_count; i++)
		image = image || d->sources[i].config.image;
	if (!said)
		said = image && !is_init(d->manifest->args[0]) ? "supervise" : "exec";
	r = describe_take(d, id, said);
	if (r == 0 && d->manifest->run == MANIFEST_RUN_EXEC)
		drop_stop_signal(d);
	return r;
}

/* As podman finds out by itself, by the program's name; its stop signal is then one that systemd takes for that. */
int describe_systemd(const struct description *d, enum manifest_key_id id)
{
	const char **signal = &d->manifest->stop_signal;
	const char *said = describe_said(d, id);
	int r;

	if (d->manifest->run != MANIFEST_RUN_SUPERVISE)
		return said ? describe_take(d, id, said) : 0;
	if (!said && is_init(d->manifest->args[0]))
		said = "yes";
	r = said ? describe_take(d, id, said) : 0;
	if (r == 0 && d->manifest->systemd &&
	    strcmp(*signal, manifest_keys[MANIFEST_KEY_stop_signal].text_default) == 0)
		*signal = "SIGRTMIN+3";
	return r;
}

/* Servers are made for an engine that has brought the network up. */
int describe_net(const struct description *d, enum manifest_key_id id)
{
	struct source_texts texts = { 0 };
	int r = describe_texts(d, id, &texts);

	if (r == 0 && texts.count == 0 && d->manifest->run == MANIFEST_RUN_SUPERVISE)
		r = source_texts_add(&texts, d->manifest->network ? "none" : "* dhcp");
	if (r == 0)
		r = add_args(d, id, &texts);
	source_texts_done(&texts);
	return r;
}

/* "CAP_NET_ADMIN" and "net_admin" as "NET_ADMIN": engines take all three. */
int describe_capabilities(const struct description *d, enum manifest_key_id id)
{
	struct source_texts texts = { 0 };
	int r = describe_texts(d, id, &texts);

	for (size_t i = 0; i < texts.count && r == 0; i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "%s", texts.items[i]);
		for (char *at = name; *at; at++)
			*at = (char)toupper((unsigned char)*at);
		r = describe_take(d, id, name + (strncmp(name, "CAP_", 4) == 0 ? 4 : 0));
	}
	source_texts_done(&texts);
	return r;
}

/* Docker's PATH:PATH or PATH:rwm. Names of devices have colons, too, but none like these. */
static bool is_of_docker(const char *text)
{
	const char *last = strrchr(text, ':');

	return last &&
	       (last[1] == '/' || (last[1] && !last[1 + strspn(last + 1, "rwm")]));
}

int describe_devices(const struct description *d, enum manifest_key_id id)
{
	struct source_texts texts = { 0 };
	int r = describe_texts(d, id, &texts);

	for (size_t i = 0; i < texts.count && r == 0; i++)
		r = is_of_docker(texts.items[i])
			    ? err_set(d->err, -EINVAL,
				      "device '%.100s': must be PATH, 'PATH r' or 'PATH rw'",
				      texts.items[i])
			    : describe_take(d, id, texts.items[i]);
	source_texts_done(&texts);
	return r;
}

void describe_note_unconfined(const struct description *d)
{
	static const enum manifest_key_id ids[] = {
		MANIFEST_KEY_cap_add,  MANIFEST_KEY_cap_drop, MANIFEST_KEY_new_privileges,
		MANIFEST_KEY_syscalls, MANIFEST_KEY_sys,
	};

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (!d->manifest->confine && d->options->keys[ids[i]].count)
			cmd_note("--%s means nothing with --confine no",
				 manifest_keys[ids[i]].name);
}

/* As engines have it, until somebody has looked at the files. */
int describe_new_privileges(const struct description *d, enum manifest_key_id id)
{
	const char *said = describe_said(d, id);

	return describe_take(d, id, said ? said : "yes");
}
