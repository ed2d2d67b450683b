/* SPDX-License-Identifier: Apache-2.0 */
#include "format/manifest/key.h"

#include "format/manifest/check.h"

#define AT(field) .value = offsetof(struct manifest, field)
#define LIST(field, counter, limit) \
	AT(field), .count = offsetof(struct manifest, counter), .most = (limit)

const struct manifest_key manifest_keys[MANIFEST_KEYS] = {
	{ "name", MANIFEST_TEXT, true, AT(name), .wrong = manifest_wrong_name },
	{ "version", MANIFEST_TEXT, .may_be_empty = true, AT(version),
	  .wrong = manifest_wrong_version },
	{ "serial", MANIFEST_NUMBER, true, AT(serial), .least = 0 },
	{ "compatible", MANIFEST_TEXTS, true,
	  LIST(compatible, compatible_count, MANIFEST_MAX_COMPATIBLE),
	  .wrong = manifest_wrong_compatible, .clash = manifest_clash_compatible },
	{ "arch", MANIFEST_TEXT, true, AT(arch), .wrong = manifest_wrong_arch },
	{ "min-init", MANIFEST_NUMBER, true, AT(min_init), .least = 1 },
	{ "layer", MANIFEST_LAYER, true, LIST(layers, layer_count, MANIFEST_MAX_LAYERS),
	  .clash = manifest_clash_layer },
	{ "upper", MANIFEST_UPPER, .required = false },
	{ "volume", MANIFEST_VOLUME, LIST(volumes, volume_count, MANIFEST_MAX_VOLUMES),
	  .clash = manifest_clash_volume },
	{ "inject", MANIFEST_TEXTS, LIST(injects, inject_count, MANIFEST_MAX_INJECTS),
	  .wrong = manifest_wrong_inject, .clash = manifest_clash_inject },
	{ "arg", MANIFEST_TEXTS, true, LIST(args, arg_count, MANIFEST_MAX_ARGS),
	  .clash = manifest_clash_arg },
	{ "env", MANIFEST_TEXTS, LIST(env, env_count, MANIFEST_MAX_ENV),
	  .wrong = manifest_wrong_env, .clash = manifest_clash_env },
	{ "cwd", MANIFEST_TEXT, AT(cwd), .wrong = manifest_wrong_path },
	{ "user", MANIFEST_TEXT, AT(user), .wrong = manifest_wrong_user },
	{ "stop-signal", MANIFEST_TEXT, AT(stop_signal), .wrong = manifest_wrong_signal },
	{ "run", MANIFEST_RUN, .required = false },
	{ "source", MANIFEST_TEXTS, LIST(sources, source_count, MANIFEST_MAX_LAYERS),
	  .wrong = manifest_wrong_source },
};

const char manifest_upper_words[3][8] = {
	[MANIFEST_UPPER_TMPFS] = "tmpfs",
	[MANIFEST_UPPER_PERSIST] = "persist",
	[MANIFEST_UPPER_NONE] = "none",
};

const char manifest_run_words[2][12] = {
	[MANIFEST_RUN_EXEC] = "exec",
	[MANIFEST_RUN_SUPERVISE] = "supervise",
};
