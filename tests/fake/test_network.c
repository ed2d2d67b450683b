/* SPDX-License-Identifier: Apache-2.0 */
/* The network's process as process 1 sees it: what it is called with, and that it is started
 * again, later each time. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/sys.h"
#include "fake/fake.h"
#include "init/supervise/network.h"

static struct select_image image;
static struct stage stage;
static struct network network;
static struct loop loop;

static void setup(const char *first, const char *second)
{
	struct manifest *manifest = &image.manifest;

	fake_reset();
	fake_boot();
	fake_dir("/run/lamina");
	fake_text("/proc/self/exe", "#!/init\n");
	manifest_init(manifest);
	manifest->name = "demo";
	manifest->nets[0] = first;
	manifest->nets[1] = second;
	manifest->net_count = second ? 2 : first ? 1 : 0;
	stage = (struct stage){ .image = &image };
	stage.run =
		sys_openat(AT_FDCWD, "/run/lamina", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	assert_true(stage.run >= 0);
	memset(&loop, 0, sizeof(loop));
	network_init(&network, &stage, &loop);
}

static void done(void)
{
	fd_close(fd_take(&stage.run));
	if (network.from >= 0)
		fd_close(fd_take(&network.from));
	assert_null(fake_leaks());
}

/* The child is a real one with a pipe open. */
static void ends(uint64_t now_ms)
{
	pid_t pid = network.pid;
	int status;

	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(network_ended(&network, pid, now_ms));
	assert_int_equal(network.pid, 0);
}

static void nothing_to_do(void **state)
{
	static const char *const lines[] = { NULL, "none" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		setup(lines[i], NULL);
		assert_true(network.ready);
		assert_false(network.wanted);
		network_turn(&network, 1);
		assert_int_equal(network.pid, 0);
		assert_true(network_next(&network) == UINT64_MAX);
		assert_false(network_ended(&network, 0, 1));
		done();
	}
}

static void again_and_again(void **state)
{
	uint64_t now_ms = 1000, delay_ms = 100;

	(void)state;
	setup("* dhcp", NULL);
	assert_false(network.ready);
	for (int i = 0; i < 4; i++, delay_ms *= 2) {
		network_turn(&network, now_ms);
		assert_int_equal(loop.count, 1);
		assert_true(network_next(&network) == UINT64_MAX);
		assert_false(network_ended(&network, network.pid + 1, now_ms));
		ends(now_ms);
		assert_int_equal(loop.count, 0);
		assert_int_equal(network_next(&network), now_ms + delay_ms);
		network_turn(&network, now_ms + delay_ms - 1);
		assert_int_equal(network.pid, 0);
		now_ms += delay_ms;
	}
	assert_false(network.ready);
	done();
}

static int start(struct err *err)
{
	(void)err;
	network_turn(&network, 1);
	return network.pid > 0 ? 0 : -ECHILD;
}

/* What it is told, with nothing of process 1's open. */
static void how_it_is_called(void **state)
{
	int value;

	(void)state;
	setup("eth0 static 192.0.2.7/24", "* dhcp");
	fake_config.as_rehearsed = true;
	assert_int_equal(fake_run(start, NULL, &value), FAKE_EXECED);
	assert_string_equal(
		fake_executed(),
		"/proc/self/exe /run/lamina/net /run/lamina/bin/udhcpc " STAGE_STORE
		" replace eth0 static 192.0.2.7/24 * dhcp");
	setup("* dhcp", NULL);
	image.manifest.upper = MANIFEST_UPPER_NONE;
	fake_config.as_rehearsed = true;
	assert_int_equal(fake_run(start, NULL, &value), FAKE_EXECED);
	assert_non_null(strstr(fake_executed(), " overwrite * dhcp"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_to_do),
		cmocka_unit_test(again_and_again),
		cmocka_unit_test(how_it_is_called),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
