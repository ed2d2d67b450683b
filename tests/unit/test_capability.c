/* SPDX-License-Identifier: Apache-2.0 */
/* Which capabilities a manifest leaves its program. */
#include "manifest-lines.h"

#include <linux/capability.h>

static uint64_t set_of(const char *const *adds, const char *const *drops)
{
	manifest_init(&manifest);
	for (; adds && *adds; adds++)
		manifest.cap_adds[manifest.cap_add_count++] = *adds;
	for (; drops && *drops; drops++)
		manifest.cap_drops[manifest.cap_drop_count++] = *drops;
	return manifest_capabilities(&manifest);
}

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define BIT(name) (1ULL << CAP_##name)

static void the_eleven(void **state)
{
	(void)state;
	assert_int_equal(set_of(NULL, NULL),
			 BIT(CHOWN) | BIT(DAC_OVERRIDE) | BIT(FOWNER) | BIT(FSETID) |
				 BIT(KILL) | BIT(NET_BIND_SERVICE) | BIT(SETFCAP) |
				 BIT(SETGID) | BIT(SETPCAP) | BIT(SETUID) |
				 BIT(SYS_CHROOT));
}

static void sets(void **state)
{
	uint64_t standard = set_of(NULL, NULL);

	(void)state;
	assert_int_equal(set_of(LIST("NET_RAW", "CHOWN"), NULL), standard | BIT(NET_RAW));
	assert_int_equal(set_of(NULL, LIST("CHOWN")), standard & ~BIT(CHOWN));
	assert_int_equal(set_of(NULL, LIST("ALL")), 0);
	assert_int_equal(set_of(LIST("KILL"), LIST("ALL")), BIT(KILL));
	assert_int_equal(set_of(LIST("ALL"), NULL), MANIFEST_ALL_CAPABILITIES);
	assert_int_equal(set_of(LIST("ALL"), LIST("SYS_ADMIN")), ~BIT(SYS_ADMIN));
}

static void every_name(void **state)
{
	char name[MANIFEST_CAPABILITY_SIZE];
	unsigned int number = 0;

	(void)state;
	for (; manifest_capability_name(number, name) == 0; number++)
		assert_int_equal(manifest_capability(name), 1ULL << number);
	assert_int_equal(number, CAP_LAST_CAP + 1);
	assert_int_equal(manifest_capability("CHECKPOINT_RESTORE"),
			 BIT(CHECKPOINT_RESTORE));
	assert_int_equal(manifest_capability("WAKE_ALARM"), BIT(WAKE_ALARM));
	assert_int_equal(manifest_capability("CAP_CHOWN"), 0);
	assert_int_equal(manifest_capability("CHOW"), 0);
	assert_int_equal(manifest_capability("CHOWN DAC_OVERRIDE"), 0);
	assert_int_equal(manifest_capability(""), 0);
}

static void lines(void **state)
{
	(void)state;
	REFUSE({ "cap-add NOTHING",
		 "line 2: cap-add: must be a capability's name without "
		 "CAP_, or ALL" },
	       { "cap-add CHOWN\ncap-add CHOWN",
		 "line 3: cap-add: stands there already" },
	       { "cap-drop CHOWN\ncap-add CHOWN", "line 3: cap-add: is dropped, too" },
	       { "cap-add ALL\ncap-drop ALL", "line 3: cap-drop: is added, too" },
	       { "confine maybe", "line 2: confine: must be no or yes" });
	REFUSE({ "syscalls 0-",
		 "line 2: syscalls: must be numbers up to 1048575, such as "
		 "0-40,42" },
	       { "syscalls 0,",
		 "line 2: syscalls: must be numbers up to 1048575, such as "
		 "0-40,42" },
	       { "syscalls 1-1",
		 "line 2: syscalls: must be numbers up to 1048575, such as "
		 "0-40,42" },
	       { "syscalls 1048576",
		 "line 2: syscalls: must be numbers up to 1048575, such as 0-40,42" },
	       { "syscalls 1,2",
		 "line 2: syscalls: must be in ascending order, with numbers "
		 "between them" },
	       { "syscalls 3,1",
		 "line 2: syscalls: must be in ascending order, with numbers "
		 "between them" });
	REFUSE({ "memory 4095",
		 "line 2: memory: must be 4096 bytes or more, with k, m, g or "
		 "nothing behind them" },
	       { "shm 0",
		 "line 2: shm: must be 4096 bytes or more, with k, m, g or nothing "
		 "behind them" },
	       { "cpu 50", "line 2: cpu: must be 1% to 6400%, 100% for one processor" },
	       { "cpu 0%", "line 2: cpu: must be 1% to 6400%, 100% for one processor" },
	       { "cpu 6401%",
		 "line 2: cpu: must be 1% to 6400%, 100% for one processor" },
	       { "pids 4194305", "line 2: pids: must be a number of 0 to 4194304" },
	       { "nofile 15", "line 2: nofile: must be a number of 16 to 1048576" });
	ACCEPT("memory 4096", "memory 256m", "memory 2g", "cpu 1%", "cpu 6400%", "pids 0",
	       "shm 64k", "nofile 1048576");
	REFUSE({ "device /dev/x w",
		 "line 2: device: must be PATH, and r or rw behind it" },
	       { "device /dev/x r r",
		 "line 2: device: must be PATH, and r or rw behind it" },
	       { "device /dev", "line 2: device: must be below /dev" },
	       { "device /etc/x", "line 2: device: must be below /dev" },
	       { "device /dev/../x", "line 2: device: has . or .. in it" },
	       { "device /dev/null", "line 2: device: is there in any case" },
	       { "device /dev/pts/0", "line 2: device: is there in any case" },
	       { "device /dev/x r\ndevice /dev/x",
		 "line 3: device: stands there already" });
	ACCEPT("device /dev/x\ndevice /dev/x/y rw\ndevice /dev/xy r", "device /dev/nullx",
	       "syscalls 0", "syscalls 0-40,42,1048575", "sys rw", "confine yes",
	       "confine no", "new-privileges yes", "cap-add NET_RAW\ncap-drop ALL",
	       "cap-add ALL\ncap-drop MKNOD");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_eleven),
		cmocka_unit_test(sets),
		cmocka_unit_test(every_name),
		cmocka_unit_test(lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
