/* SPDX-License-Identifier: Apache-2.0 */
/* Which kernel and initramfs a boot is of, and what that means to images that ask for one. */
#include <sys/reboot.h>
#include <sys/wait.h>

#include "fake/machine.h"
#include "fake/records.h"
#include "init/pid1/console.h"
#include "init/pid1/failure.h"

#define BLOB "f527a6ecea31bb9e279d0c62e3807d1b5ea2d47653edff4c36eedd53c7f0c8cd"
#define ID_FILE "/etc/lamina/boot"

/* An image for kernel "new", on one whose file holds @id; NULL: without that. */
static void put_machine(const char *id)
{
	plain_machine();
	machine.min_init = 4;
	machine.manifest = "boot new sha256:" BLOB " size 4096\n";
	setup();
	if (id)
		fake_text(ID_FILE, id);
}

/* Its blob is nowhere in the store, and nobody asks for it. */
static void the_kernel_it_is_for(void **state)
{
	(void)state;
	put_machine("new\n");
	assert_boots();
	assert_string_equal(fake_executed(), "/bin/app one");
#ifdef CONFIG_LAMINA_UPDATE
	assert_string_equal(fake_text_of("/run/lamina/boot-id"), "new\n");
#endif
	/* one that asks for none runs on any */
	plain_machine();
	setup();
	fake_text(ID_FILE, "old\n");
	assert_boots();
}

static void another_kernel(void **state)
{
	(void)state;
	put_machine("old\n");
	assert_fails(-EINVAL, "boot: the image is for new, this kernel is old");
	assert_false(fake_called("execve"));
	put_machine(NULL);
	assert_fails(-EINVAL,
		     "boot: the image is for new, this kernel is without a boot id");
}

static void a_torn_id(void **state)
{
	static const char words[] =
		ID_FILE ": must be one line of 1 to 64 of [A-Za-z0-9._-]";
	char huge[256];

	(void)state;
	put_machine("ne");
	assert_fails(-EBADMSG, words);
	put_machine("");
	assert_fails(-EBADMSG, words);
	put_machine("new\nold\n");
	assert_fails(-EBADMSG, words);
	(void)snprintf(huge, sizeof(huge), "%0200d\n", 1);
	put_machine(huge);
	assert_fails(-EFBIG, ID_FILE ": File too large");
	assert_false(fake_called("execve"));
}

static void an_older_min_init(void **state)
{
	(void)state;
	plain_machine();
	machine.min_init = 3;
	machine.manifest = "boot new sha256:" BLOB " size 4096\n";
	setup();
	fake_text(ID_FILE, "new\n");
	assert_fails(-EINVAL, "boot: takes min-init 4 or more");
}

#ifdef CONFIG_LAMINA_UPDATE
static const char slots_policy[] = "boot-slot PARTLABEL=a\nboot-slot PARTLABEL=b\n"
				   "boot-loader efi\non-failure halt\n";

static void place(const char *id, enum boot_slot slot, const char *boot)
{
	struct digest hash, digest;

	assert_int_equal(sha256_of(boot, strlen(boot), &hash), 0);
	assert_int_equal(digest_parse(id, 64, &digest), 0);
	record_slot_put(&stored, &digest, slot, &hash);
}

/* Current for kernel old, in slot a; with @tries, a candidate for kernel new in slot b. @id
 * is that of the kernel that runs. */
static void put_slots(const char *id, unsigned int tries, bool armed)
{
	plain_machine();
	machine.min_init = 4;
	machine.policy = slots_policy;
	put_device();
	fake_text("/bin/laminactl", "a program");
	fake_text(ID_FILE, id);
	machine.manifest = "boot old sha256:" BLOB " size 4096\n";
	put_serial(STORE, 10, current);
	machine.manifest = "boot new sha256:" BLOB " size 4096\n";
	put_serial(STORE, 11, candidate);
	stored = (struct record){ .seq = 7, .tries_left = (uint8_t)tries };
	(void)digest_parse(current, 64, &stored.current);
	if (tries || armed)
		(void)digest_parse(candidate, 64, &stored.candidate);
	stored.tries_initial = stored.tries_left ? stored.tries_left : armed;
	record_arm(&stored, armed);
	place(current, BOOT_SLOT_A, "old");
	place(candidate, BOOT_SLOT_B, "new");
	put_record();
}

/* The end of a boot that comes to no program, as main() has it. */
static int boot_to_the_end(struct err *err)
{
	console_say("%s", boot(err) < 0 ? err->text : "nothing");
	failure_end();
}

static void assert_ends(int as, const char *words)
{
	struct err err = ERR_INIT;
	int how = 0;

	assert_int_equal(fake_run(boot_to_the_end, &err, &how), FAKE_REBOOTED);
	assert_int_equal(how, as);
	if (!strstr(fake_console(), words))
		assert_string_equal(fake_console(), words);
	assert_false(fake_called("execve"));
}

#ifdef CONFIG_LAMINA_SECRET
/* What is encrypted can't be opened, which is no fault of the image's: it does not fall, the one before
 * is not started instead, and on-failure follows. Only of a candidate a try is gone: its initramfs may be to
 * blame, which only another start can be rid of. */
static void not_to_be_opened(void **state)
{
	(void)state;
	plain_machine();
	machine.policy = "encrypted /dev/vdz\nsecret helper /bin/tell\non-failure halt\n";
	machine.manifest = "volume /data persist\n";
	put_two(3);
	assert_ends(RB_AUTOBOOT, "encrypted /dev/vdz: ");
	assert_true(fake_called("pwrite"));
	assert_null(fake_text_of("/run/lamina/failed"));
	assert_false(fake_called("execve"));
	put_two(0);
	assert_ends(RB_HALT_SYSTEM, "encrypted /dev/vdz: ");
	assert_false(fake_called("pwrite"));
	/* without anything to keep, nothing is asked */
	machine.manifest = "volume /data tmpfs\n";
	put_two(0);
	assert_boots();
}
#endif

static void assert_reboots(const char *words)
{
	assert_ends(RB_AUTOBOOT, words);
}

/* What the process that it starts executes. */
static void assert_tells(const char *program)
{
	struct err err = ERR_INIT;
	int value;

	fake_config.forks = 1;
	assert_int_equal(fake_run(boot, &err, &value), FAKE_EXECED);
	assert_string_equal(fake_executed(), program);
}

static void a_candidate_is_asked_for(void **state)
{
	struct record record;

	(void)state;
	put_slots("old\n", 3, false);
	assert_tells("/run/lamina/bin/laminactl boot once b");
	record = record_of_store();
	assert_int_equal(record.tries_left, 2);
	assert_true(record_is_armed(&record));
	put_slots("old\n", 3, false);
	assert_reboots("its kernel is in boot slot b\nlamina-init: rebooting\n");
	/* there it is counted already */
	put_slots("new\n", 2, true);
	assert_boots();
	record = record_of_store();
	assert_int_equal(record.tries_left, 2);
	assert_false(record_is_armed(&record));
}

static void a_loader_that_is_behind(void **state)
{
	struct record record;

	(void)state;
	put_slots("new\n", 0, false);
	assert_tells("/run/lamina/bin/laminactl boot default a");
	record = record_of_store();
	assert_int_equal(record_repairs(&record), 0); /* not yet */
	put_slots("new\n", 0, false);
	assert_reboots("its kernel is in boot slot a\nlamina-init: rebooting\n");
}

/* Said, counted, and the current one is started; the device is never without. */
static void one_who_can_not_be_told(void **state)
{
	struct record record;

	(void)state;
	put_slots("old\n", 3, false);
	fake_config.child_status = 1 << 8;
	assert_boots();
	assert_non_null(strstr(fake_console(),
			       "boot loader: laminactl boot once b ended with status 1"));
	record = record_of_store();
	assert_int_equal(record.tries_left, 2);
	assert_id(&record.candidate, candidate);
	/* never reached init: it falls */
	put_slots("old\n", 0, true);
	assert_boots();
	assert_non_null(strstr(fake_console(), "boot: never reached init"));
	assert_int_equal(record_of_store().reason, RECORD_REASON_BOOT);
	assert_non_null(strstr(fake_text_of("/run/lamina/failed"),
			       "reason=boot: never reached init"));
}

/* The loader was told twice, and still starts a kernel that no image of the store is for. */
static void put_factory(const char *manifest, char ret_id[DIGEST_HEX_SIZE])
{
	put_slots("third\n", 0, false);
	machine.policy = "boot-slot PARTLABEL=a\nboot-slot PARTLABEL=b\n"
			 "boot-loader efi\nfactory /factory\non-failure halt\n";
	put_device();
	fake_text("/bin/laminactl", "a program");
	fake_text(ID_FILE, "third\n");
	machine.manifest = "boot old sha256:" BLOB " size 4096\n";
	put_serial(STORE, 10, current);
	record_set_repairs(&stored, 2);
	put_record();
	machine.manifest = manifest;
	put_serial("/factory/", 12, ret_id);
}

/* The factory's image is for the initramfs that it is in, or for any; the record stays. */
static void the_factory_has_a_kernel_too(void **state)
{
	char factory[DIGEST_HEX_SIZE];
	struct record record;

	(void)state;
	put_factory("boot third sha256:" BLOB " size 4096\n", factory);
	assert_boots();
	assert_runs("factory", factory);
	record = record_of_store();
	assert_id(&record.current, current);
	assert_int_equal(record_slot(&record, &record.current), BOOT_SLOT_A);
	put_factory("", factory);
	assert_boots();
	assert_runs("factory", factory);
	put_factory("boot new sha256:" BLOB " size 4096\n", factory);
	/* where nothing else starts, another time loses nothing */
	assert_reboots("the image is for new, this kernel is third\n");
	assert_non_null(strstr(fake_console(), "its kernel is in boot slot a\n"));
}

static unsigned int sleeps;

static void count_sleep(void)
{
	sleeps++;
}

/* As a device may let it: half a minute, and the current one is started. What hangs is not
 * waited for. */
static void one_who_hangs(void **state)
{
	struct record record;

	(void)state;
	put_slots("old\n", 3, false);
	fake_config.child_hangs = true;
	fake_config.on_sleep = count_sleep;
	sleeps = 0;
	assert_boots();
	if (!strstr(fake_console(), "boot loader: laminactl boot once b: Timed out\n"))
		fail_msg("%s", fake_console());
	assert_true(fake_called("kill"));
	assert_in_range(sleeps, 300, 310); /* of 100 ms */
	record = record_of_store();
	assert_int_equal(record.tries_left, 2);
	assert_id(&record.candidate, candidate);
}

/* On a kernel that the loader may have started this once, another start is what helps. */
static void failures_in_a_trial(void **state)
{
	(void)state;
	put_slots("new\n", 2, true);
	break_image(11);
	fake_config.child_status = SIGKILL;
	assert_reboots("boot loader: laminactl boot default a killed by signal 9");
	put_slots("new\n", 2, true);
	fake_text("/etc/lamina/keyring", "rubbish");
	assert_reboots("/etc/lamina/keyring: line 1");
	/* the loader's own, and nothing is to be tried: as the policy says */
	put_slots("old\n", 0, false);
	break_image(10);
	assert_ends(RB_HALT_SYSTEM, "halted");
}

/* It goes on as the process that asks. */
static void setup_slots(void)
{
	put_slots("old\n", 3, false);
	fake_config.forks = 1;
	fake_boot();
}

/* Whichever call fails: nobody is asked for a start that isn't counted in both copies, and
 * where it doesn't come to that, the current image starts, or there is a reason. */
static void check_bounce(int r, const char *call)
{
	const char *executed = fake_executed();
	struct record record;

	if (strcmp(executed, "/run/lamina/bin/laminactl boot once b") == 0) {
		record = record_of_store();
		if (!record_is_armed(&record) || record.tries_left != 2)
			fail_msg("%s: asked for a start that isn't counted", call);
	} else if (executed[0] &&
		   !strstr(fake_text_of("/run/lamina/image"), "slot=current")) {
		fail_msg("%s: %s starts on a foreign kernel", call, executed);
	} else if (!executed[0] && r == 0 &&
		   !strstr(fake_console(), "/run/lamina/bin/laminactl: ")) {
		fail_msg("%s: nothing starts: %s", call, fake_console());
	}
}

static void every_call_fails_once(void **state)
{
	const struct fake_sweep sweep = {
		.setup = setup_slots,
		.run = boot,
		.names =
			"/dev|/proc|/sys|/run|policy|keyring|/boot|store|image|lamina|verity",
		.forgives = fake_forgives_all,
		.check = check_bounce,
		.no_return = "execve",
	};

	(void)state;
	assert_true(fake_sweep(&sweep) > 60);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernel_it_is_for),
		cmocka_unit_test(another_kernel),
		cmocka_unit_test(a_torn_id),
		cmocka_unit_test(an_older_min_init),
#ifdef CONFIG_LAMINA_UPDATE
		cmocka_unit_test(a_candidate_is_asked_for),
		cmocka_unit_test(a_loader_that_is_behind),
		cmocka_unit_test(one_who_can_not_be_told),
		cmocka_unit_test(one_who_hangs),
		cmocka_unit_test(the_factory_has_a_kernel_too),
		cmocka_unit_test(failures_in_a_trial),
		cmocka_unit_test(every_call_fails_once),
#ifdef CONFIG_LAMINA_SECRET
		cmocka_unit_test(not_to_be_opened),
#endif
#endif
	};

	return cmocka_run_group_tests(tests, make_key, NULL);
}
