/* SPDX-License-Identifier: Apache-2.0 */
/* What joins a container that is not what init made any more, or not yet. */
#include "container/join.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "base/path.h"
#include "base/sys.h"
#include "container/root.h"
#include "live/files.h"

static struct manifest manifest;
static const struct identity root = { .home = "/" };
static struct environment environment = { .env = { "PATH=/bin", NULL } };
static char said[300];

/* A root of its own, as far as that matters here. */
static int change_root(void)
{
	struct err err = ERR_INIT;

	make_dir("new");
	if (mount("tmpfs", "new", "tmpfs", 0, NULL) < 0)
		return -errno;
	make_dir("new/dev");
	make_dir("new/proc");
	if (mount("proc", "new/proc", "proc", 0, NULL) < 0 ||
	    mount("tmpfs", "new/dev", "tmpfs", 0, NULL) < 0 ||
	    mknod("new/dev/null", S_IFCHR | 0666, makedev(1, 3)) < 0)
		return -errno;
	return root_enter("new", &err);
}

static void link_null(const char *to)
{
	LIVE_TRUE(unlink("/dev/null") == 0 && symlink(to, "/dev/null") == 0);
}

/* Who joins a mount namespace has its root, be it his own one: in a chroot that is another place. */
static bool is_chroot(void)
{
	struct stat before, after;
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		int own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);

		_exit(stat("/", &before) == 0 && own >= 0 &&
		      setns(own, CLONE_NEWNS) == 0 && stat("/", &after) == 0 &&
		      !path_is_same(&before, &after));
	}
	LIVE_TRUE(pid > 0 && waitpid(pid, &status, 0) == pid);
	return status != 0;
}

/* The process of a container, which has come so far. */
static pid_t begin(int own_root, const char *null)
{
	int ends[2], r = 0;
	pid_t pid;

	if (is_chroot())
		live_skip("in a chroot");
	LIVE_TRUE(pipe2(ends, O_CLOEXEC) == 0);
	pid = sys_clone(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC);
	if (pid == 0) {
		r = own_root ? change_root() : 0;
		if (r == 0 && null)
			link_null(null);
		(void)!write(ends[1], &r, sizeof(r));
		for (;;)
			pause();
	}
	if (pid < 0)
		live_skip("no new namespaces: %s", strerror(-pid));
	close(ends[1]);
	LIVE_TRUE(read(ends[0], &r, sizeof(r)) == sizeof(r));
	close(ends[0]);
	if (r < 0)
		live_skip("no root of its own: %s", strerror(-r));
	return pid;
}

/* What a program that is not there has to say, or who was in its way. */
static const char *join(pid_t target)
{
	static const char *const args[] = { "/nothing", NULL };
	const struct container container = { .manifest = &manifest,
					     .identity = &root,
					     .environment = &environment,
					     .cgroup = -EBADF };
	struct err err = ERR_INIT;
	int ends[2], status = 0;
	pid_t pid;

	manifest_init(&manifest);
	manifest.cwd = "/";
	LIVE_TRUE(pipe2(ends, O_CLOEXEC) == 0);
	const struct container_joiner joiner = {
		.args = args, .input = -EBADF, .output = ends[1], .errors = ends[1]
	};

	pid = LIVE_GOOD(container_join(&container, target, &joiner, &err), &err);
	close(ends[1]);
	ssize_t size = fd_read_file(ends[0], said, sizeof(said) - 1);

	close(ends[0]);
	LIVE_TRUE(waitpid(pid, &status, 0) == pid &&
		  (WEXITSTATUS(status) == 127 || WEXITSTATUS(status) == 126));
	(void)kill(target, SIGKILL);
	said[size > 0 ? size : 0] = '\0';
	LIVE_TRUE(size > 0 && said[size - 1] == '\n');
	return said;
}

static void expect(const char *words, pid_t target)
{
	if (!strstr(join(target), words))
		live_fail(__FILE__, __LINE__, "%s: not %s", said, words);
}

static void one_that_runs(void)
{
	pid_t target = begin(1, NULL);

	/* where nobody may raise his limits it comes no further */
	if (!strstr(join(target), "limits: "))
		expect("/nothing: ", begin(1, NULL));
}

/* It would be in init's own root, with the device's disks in /dev. */
static void one_that_is_only_being_started(void)
{
	expect("only being started", begin(0, NULL));
}

/* A file that init has open, of which what was joined would have had a descriptor. */
static void one_whose_null_device_leads_elsewhere(void)
{
	char link[64];
	int secret;

	put("secret", "of init's");
	secret = open("secret", O_RDWR | O_CLOEXEC);
	LIVE_TRUE(secret >= 0);
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", secret);
	expect("/dev/null: ", begin(1, link));
}

static const struct live_test tests[] = {
	LIVE_TEST(one_that_runs),
	LIVE_TEST(one_that_is_only_being_started),
	LIVE_TEST(one_whose_null_device_leads_elsewhere),
	{ 0 },
};

int main(int argc, char **argv)
{
	return live_main(tests, argc, argv);
}
