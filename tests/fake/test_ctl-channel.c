/* SPDX-License-Identifier: Apache-2.0 */
/* The newest word of a channel outlasts a power cut, and is never half of one. */
#include <sys/mount.h>

#include "ctl/ctl.h"
#include "fake/store.h"
#include "format/channel.h"
#include "format/keyring.h"

#define FLAGS (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC)

extern const struct cmd cmd_channel;

static struct ctl ctl;
static char words[2][CHANNEL_MAX_SIZE];

static void make_word(char *text, unsigned int counter)
{
	static struct signature_file file = { .count = 1 };
	const struct channel word = { .name = "thermostat",
				      .channel = "stable",
				      .counter = counter,
				      .image = new.digest,
				      .serial = 2,
				      .percent = 100 };
	int size = channel_write(&word, text);

	assert_true(size > 0);
	assert_int_equal(
		private_key_sign(&image_key, text, (size_t)size, &file.lines[0], NULL),
		0);
	(void)signature_file_write(&file, text + size, SIGNATURE_MAX_SIZE);
}

static void setup(void)
{
	static const char disk[65536];
	char text[2048], *key;

	make_word(words[0], 1);
	make_word(words[1], 2);
	fake_reset();
	fake_boot();
	fake_disk("vda", NULL, "DEVNAME=vda\nDEVTYPE=disk\n", disk, sizeof(disk));
	put_image("@/dev/vda:", &old);
	fake_text("@/dev/vda:channel/stable", words[0]);
	fake_text("@/dev/vda:incoming/channel/left", "of a power cut");
	assert_true(keyring_write(&image_settings.keyring, text, sizeof(text)) > 0);
	fake_text("/run/lamina/keyring", text);
	key = strchr(text, ' ');
	assert_non_null(key);
	memmove(text + 128, key, strlen(key) + 1);
	(void)snprintf(text, 128,
		       "store /dev/vda\ncompatible acme,thermostat\nchannel-key");
	memmove(text + strlen(text), text + 128, strlen(text + 128) + 1);
	fake_text("/run/lamina/policy", text);
	(void)snprintf(text, sizeof(text), "id=%s\nslot=current\nstore=read-only\n",
		       old.id);
	fake_text("/run/lamina/image", text);
	fake_text("/word", words[1]);
	fake_dir("/store");
	assert_int_equal(sys_mount("/dev/vda", "/store", "ext4", FLAGS, NULL), 0);
}

static int take(void)
{
	static const struct cmd *const commands[] = { &cmd_channel, NULL };
	static const struct cmd_program program = { .name = "laminactl",
						    .commands = commands,
						    .context = &ctl };
	char *argv[] = { "laminactl", "channel", "/word", NULL };

	ctl = (struct ctl){ .run = "/run/lamina", .store = "/store" };
	return cmd_main(&program, 3, argv);
}

static bool keeps(int n)
{
	const char *text = fake_text_of("/store/channel/stable");

	return text && strncmp(text, words[n], strlen(words[n])) == 0;
}

static void as_written(void **state)
{
	(void)state;
	setup();
	assert_int_equal(take(), 0);
	assert_true(keeps(1));
	assert_null(fake_leaks());
	fake_as_written("ctl-channel");
	/* the same word again is none of the disk's business */
	assert_int_equal(take(), 0);
	fake_text("/word", words[0]);
	assert_int_equal(take(), 1);
	assert_true(keeps(1));
}

/* Whatever call fails: the one word or the other, and no other answer than which. */
static void sweeps(void **state)
{
	int calls;

	(void)state;
	setup();
	calls = fake_calls();
	assert_int_equal(take(), 0);
	calls = fake_calls() - calls;
	assert_in_range(calls, 40, 400);
	for (int n = 1; n <= calls; n++) {
		int status;

		setup();
		fake_fail(n, EIO);
		status = take();
		fake_fail(0, 0);
		assert_true(keeps(0) || keeps(1));
		if (status == 0 && !keeps(1))
			fail_msg("%s: success, and it is not kept", fake_failed());
		if (fake_leaks())
			fail_msg("%s: %s", fake_failed(), fake_leaks());
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_written),
		cmocka_unit_test(sweeps),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
