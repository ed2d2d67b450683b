/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "fetch/fetch.h"
#include "fetch/pace.h"

enum {
	OPT_DIR,
	OPT_POLL,
	OPT_AUTH_FILE,
	OPT_CACERT,
	OPT_CERT,
	OPT_KEY,
	OPT_PROXY,
	OPT_ON_INSTALLED,
	OPT_REPORT,
	OPT_CHANNEL,
	OPT_WORD,
	OPT_DEVICE,
	OPT_LAMINACTL,
	OPT_OLDER,
	OPT_OTHER_NAME,
	OPT_PAUSE,
	OPT_SLOW,
};

static const struct cmd_option options[] = {
	[OPT_DIR] = { "dir", 'd', "DIR",
		      "where it is gathered (default: /var/lib/lamina-fetch)" },
	[OPT_POLL] = { "poll", 0, "TIME", "look again and again, every 1h or 15m" },
	[OPT_AUTH_FILE] = { "auth-file", 0, "FILE",
			    "USER:PASSWORD, or as `skopeo login`" },
	[OPT_CACERT] = { "cacert", 0, "FILE",
			 "the authorities that may sign the server" },
	[OPT_CERT] = { "cert", 0, "FILE", "the certificate that we show it" },
	[OPT_KEY] = { "key", 0, "FILE", "its key (default: in the same file)" },
	[OPT_PROXY] = { "proxy", 0, "URL", "instead of https_proxy and http_proxy" },
	[OPT_ON_INSTALLED] = { "on-installed", 0, "COMMAND",
			       "to be run when an image was installed" },
	[OPT_REPORT] = { "report", 0, "URL", "where to POST how the device is" },
	[OPT_CHANNEL] = { "channel", 0, "NAME",
			  "only what the signed word of this channel says" },
	[OPT_WORD] = { "word", 0, "URL", "where that is, if not beside the image" },
	[OPT_DEVICE] = { "device", 0, "ID",
			 "what this one is told from others by, for its percent" },
	[OPT_LAMINACTL] = { "laminactl", 0, "FILE", "the program that installs" },
	[OPT_OLDER] = { "allow-older", 0, NULL,
			"also a serial that isn't above the current image's" },
	[OPT_OTHER_NAME] = { "other-name", 0, NULL,
			     "also an image of another name than the current one" },
	[OPT_PAUSE] = { "pause", 0, "SECONDS",
			"before a cut transfer is gone on with (default: 1)" },
	[OPT_SLOW] = { "slow", 0, "SECONDS",
		       "so long below 100 bytes/s is no connection (default: 60)" },
	{ 0 },
};

struct wish {
	struct fetch_options options;
	struct pace pace; /* interval 0: once */
};

static bool take_flag(struct fetch_options *o, int option)
{
	if (option == OPT_OLDER)
		o->installer.older = true;
	if (option == OPT_OTHER_NAME)
		o->installer.other_name = true;
	return option == OPT_OLDER || option == OPT_OTHER_NAME;
}

static bool take_text(struct fetch_options *o, int option, const char *value)
{
	const char **const texts[] = {
		[OPT_DIR] = &o->dir,
		[OPT_AUTH_FILE] = &o->auth_file,
		[OPT_CACERT] = &o->http.cacert,
		[OPT_CERT] = &o->http.cert,
		[OPT_KEY] = &o->http.key,
		[OPT_PROXY] = &o->http.proxy,
		[OPT_ON_INSTALLED] = &o->on_installed,
		[OPT_REPORT] = &o->report,
		[OPT_CHANNEL] = &o->channel,
		[OPT_WORD] = &o->word,
		[OPT_DEVICE] = &o->device,
		[OPT_LAMINACTL] = &o->installer.program,
	};
	bool is_text = (size_t)option < sizeof(texts) / sizeof(texts[0]) && texts[option];

	if (is_text)
		*texts[option] = value;
	return is_text;
}

static int take_option(const struct cmd_line *line, int option, struct wish *wish,
		       struct err *err)
{
	struct fetch_options *o = &wish->options;
	unsigned long long seconds;
	int r;

	if (take_flag(o, option))
		return 0;
	if (!line->value[0])
		return cmd_usage(err, "--%s needs a value", options[option].name);
	if (take_text(o, option, line->value))
		return 0;
	if (option == OPT_POLL) {
		if (pace_parse(line->value, &wish->pace.interval_ms) < 0 ||
		    wish->pace.interval_ms < 1000)
			return cmd_usage(err, "--poll: '%s' is no time such as 15m or 1h",
					 line->value);
		return 0;
	}
	r = cmd_number(line, option, option == OPT_SLOW, 3600, &seconds, err);
	if (r < 0)
		return r;
	if (option == OPT_PAUSE)
		o->pause_ms = seconds * 1000;
	else
		o->http.slow_seconds = seconds;
	return 0;
}

static int check_channel(const struct fetch_options *o, struct err *err)
{
	static struct origin origin;
	int r;

	if (!o->channel != !o->device)
		return cmd_usage(err, "--channel goes with --device");
	if (!o->word)
		return 0;
	if (!o->channel)
		return cmd_usage(err, "--word goes with --channel");
	r = origin_parse(o->word, &origin, err);
	if (r == 0 && origin.kind != ORIGIN_WEB)
		r = err_set(err, -EINVAL, "begins with none of https:// and http://");
	return r < 0 ? err_wrap(err, r, "--word") : 0;
}

static int check_options(const struct fetch_options *o, struct err *err)
{
	if (o->http.key && !o->http.cert)
		return cmd_usage(err, "--key goes with --cert");
	if (o->http.proxy && strchr(o->http.proxy, '@'))
		return cmd_usage(err, "--proxy: a password stands in it, where everybody "
				      "sees it: the environment's https_proxy takes it");
	return check_channel(o, err);
}

static uint64_t chance(void)
{
	uint64_t bytes = 0;

	(void)getrandom(&bytes, sizeof(bytes), 0);
	return bytes;
}

static void sleep_ms(uint64_t ms)
{
	struct timespec wait = { .tv_sec = (time_t)(ms / 1000),
				 .tv_nsec = (long)(ms % 1000) * 1000000 };

	while (nanosleep(&wait, &wait) < 0 && errno == EINTR)
		;
}

/* Until somebody ends it. What goes wrong is told each time, and is no end. */
_Noreturn static void poll_for_ever(struct fetch *fetch, struct pace *pace)
{
	sleep_ms(pace_first_ms(pace, chance()));
	for (;;) {
		struct err err = ERR_INIT;
		int r = fetch_once(fetch, &err);

		if (r < 0)
			cmd_note("%s", err.text);
		pace->failures = r < 0 ? pace->failures + 1 : 0;
		pace->retry_after_ms = fetch->retry_after_s * 1000;
		if (fetch->interval_ms)
			pace->interval_ms = fetch->interval_ms;
		sleep_ms(pace_next_ms(pace, chance()));
	}
}

static int fetch_run(struct cmd_line *line, struct err *err)
{
	static struct fetch fetch;
	struct wish wish = {
		.options = { .dir = "/var/lib/lamina-fetch", .pause_ms = 1000 },
	};
	int option, r;

	while ((r = cmd_next(line, &option, err)) > 0) {
		r = take_option(line, option, &wish, err);
		if (r < 0)
			return r;
	}
	if (r == 0)
		r = cmd_operands(line, 1, 1, err);
	if (r == 0)
		r = check_options(&wish.options, err);
	if (r < 0)
		return r;
	wish.options.source = line->argv[line->at];
	wish.options.installer.input = wish.options.dir;
	r = fetch_init(&fetch, &wish.options, err);
	if (r == 0 && wish.pace.interval_ms)
		poll_for_ever(&fetch, &wish.pace);
	if (r == 0)
		r = fetch_once(&fetch, err);
	fetch_done(&fetch);
	return r < 0 ? r : 0;
}

#ifdef CONFIG_LAMINA_FETCH_HAWKBIT
#define HAWKBIT_MORE \
	"hawkbit://HOST/TENANT/ID is a hawkBit server, hawkbit+http:// too.\n"
#else
#define HAWKBIT_MORE ""
#endif

static const struct cmd cmd_fetch = {
	.name = "",
	.args = "SOURCE",
	.help = "Fetch what a device lacks of an image, and have laminactl install it",
	.more = "A source is oci://HOST/NAME[:TAG|@DIGEST], in a registry, or\n"
		"https://HOST/FILE, a bundle; oci+http:// and http:// without TLS.\n" HAWKBIT_MORE,
	.options = options,
	.run = fetch_run,
};

static const struct cmd *const commands[] = { &cmd_fetch, NULL };

static const struct cmd_program program = {
	.name = "lamina-fetch",
	.help = "Fetches images for a device.",
	.commands = commands,
};

static _Noreturn void on_end(int number)
{
	_exit(128 + number);
}

/* As the first process of a container it would be asked to end, and the kernel would not do that for it: whatever
 * it is at, it may end there. */
static void end_as_others(void)
{
	const struct sigaction end = { .sa_handler = on_end };

	if (getpid() != 1)
		return;
	(void)sigaction(SIGTERM, &end, NULL);
	(void)sigaction(SIGINT, &end, NULL);
}

int main(int argc, char **argv)
{
	end_as_others();
	return cmd_main(&program, argc, argv);
}
