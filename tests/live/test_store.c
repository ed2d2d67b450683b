/* SPDX-License-Identifier: Apache-2.0 */
/* Updates of a store, killed at any moment, and two at once. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "live/update.h"

#define KILLS 200
#define KILLS_US 60000000

static uint64_t now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static pid_t start_update(const struct test_image *image)
{
	__fd int source = open_bundle(image);
	pid_t pid = fork();

	LIVE_TRUE(pid >= 0);
	if (pid == 0)
		_exit(update(image, source, NULL) < 0);
	return pid;
}

static int end_of(pid_t pid)
{
	int status;

	LIVE_TRUE(waitpid(pid, &status, 0) == pid);
	return status;
}

/* Killed anywhere between start and end, 200 times or as often as a slow machine gets to
 * in a minute. How long that is changes with what else the machine does: about half are
 * to come too late. */
static void killed_at_any_moment(void)
{
	unsigned int seed = (unsigned int)now_us(), killed = 0;
	unsigned int rounds = 0;
	uint64_t took, began;

	make_dir(STORE);
	make_images(512 << 10);
	update_whole(&images[0]);
	took = now_us();
	update_whole(&images[1]);
	began = now_us();
	took = began - took;
	for (unsigned int i = 0; i < KILLS && now_us() - began < KILLS_US; i++) {
		pid_t pid = start_update(&images[(i + 2) % 3]);

		(void)usleep((useconds_t)((uint64_t)rand_r(&seed) % took));
		(void)kill(pid, SIGKILL);
		if (WIFSIGNALED(end_of(pid))) {
			killed++;
			took += took / 16;
		} else {
			took -= took / 16;
		}
		check_store();
		rounds++;
		if (i % 20 != 19)
			continue;
		update_whole(&images[i % 3]);
		update_whole(&images[(i + 1) % 3]);
		check_store();
		check_tidy(0);
	}
	if (rounds < 8 || killed < rounds / 4)
		live_fail(__FILE__, __LINE__, "only %u of %u were killed in time", killed,
			  rounds);
}

/* The first one waits for the rest of its bundle. */
static void one_at_a_time(void)
{
	const struct test_image *image = &images[1];
	struct err err = ERR_INIT;
	__fd int source = -EBADF;
	size_t half;
	int ends[2];
	pid_t pid;

	make_dir(STORE);
	make_images(64 << 10);
	half = image->bundle_size / 2;
	update_whole(&images[0]);
	LIVE_TRUE(pipe(ends) == 0);
	pid = fork();
	LIVE_TRUE(pid >= 0);
	if (pid == 0) {
		close(ends[1]);
		_exit(update(image, ends[0], NULL) < 0);
	}
	close(ends[0]);
	LIVE_TRUE(fd_write_all(ends[1], image->bundle, half) == 0);
	LIVE_SOON(count_entries(STORE "/incoming") == 1);
	source = open_bundle(&images[2]);
	LIVE_BAD(update(&images[2], source, &err), EAGAIN, &err, "locked");
	check_store();
	LIVE_TRUE(fd_write_all(ends[1], image->bundle + half,
			       image->bundle_size - half) == 0);
	close(ends[1]);
	LIVE_TRUE(end_of(pid) == 0);
	check_store();
	check_tidy(0);
	update_whole(&images[2]);
	check_tidy(0);
}

/* However large the layers are: buffers of a fixed size, no heap. */
static void takes_little_memory(void)
{
	struct rusage before, after;
	pid_t pid;

	make_dir(STORE);
	make_images(8 << 20);
	pid = fork();
	LIVE_TRUE(pid >= 0);
	if (pid == 0) {
		int source = open_bundle(&images[0]);

		(void)getrusage(RUSAGE_SELF, &before);
		if (update(&images[0], source, NULL) < 0)
			_exit(2);
		(void)getrusage(RUSAGE_SELF, &after);
		_exit(after.ru_maxrss - before.ru_maxrss > 2048);
	}
	LIVE_TRUE(end_of(pid) == 0);
	check_store();
}

int main(int argc, char **argv)
{
	static const struct live_test tests[] = {
		LIVE_TEST(killed_at_any_moment),
		LIVE_TEST(one_at_a_time),
		LIVE_TEST(takes_little_memory),
		{ 0 },
	};

	return live_main(tests, argc, argv);
}
