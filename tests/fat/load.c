/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The /init of a machine whose kernel has its drivers as modules, which the board's kernels haven't:
 * loads those of /load/list, in that order, with what the kernel's command line says for each, and
 * then is /load/init. With load.warm=/dev/vda there, all of that disk is in the page cache by then.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The words NAME.KEY=VALUE of the kernel's command line, as KEY=VALUE. */
static const char *arguments(const char *name)
{
	static char line[4096], found[1024];
	size_t size = strlen(name), used = 0;
	FILE *file = fopen("/proc/cmdline", "re");

	found[0] = '\0';
	if (!file || !fgets(line, sizeof(line), file))
		line[0] = '\0';
	if (file)
		(void)fclose(file);
	for (char *word = strtok(line, " \n"); word; word = strtok(NULL, " \n"))
		if (strncmp(word, name, size) == 0 && word[size] == '.')
			used += (size_t)snprintf(found + used, sizeof(found) - used,
						 "%s ", word + size + 1);
	return found;
}

/* block2mtd reads the disk where a disk of its own volume is read, and waits for ever for what the
 * kernel puts off until that is done. Flash is no disk, and what is in the cache is not read. */
static void warm(void)
{
	static char bytes[1 << 20];
	char path[64] = "";

	if (sscanf(arguments("load"), "warm=%63s", path) != 1)
		return;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	while (read(fd, bytes, sizeof(bytes)) > 0)
		;
	close(fd);
}

int main(int argc, char **argv)
{
	FILE *list = fopen("/load/list", "re");
	char name[64], path[96];

	(void)argc;
	(void)mkdir("/dev", 0755);
	(void)mkdir("/proc", 0755);
	(void)mount("dev", "/dev", "devtmpfs", 0, NULL);
	(void)mount("proc", "/proc", "proc", 0, NULL);
	while (list && fscanf(list, "%63s", name) == 1) {
		(void)snprintf(path, sizeof(path), "/load/%s.ko", name);
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		if (syscall(SYS_finit_module, fd, arguments(name), 0) < 0)
			printf("load: %s: %s\n", name, strerror(errno));
		close(fd);
		(void)unlink(path);
	}
	warm();
	(void)umount2("/proc", MNT_DETACH);
	(void)umount2("/dev", MNT_DETACH);
	argv[0] = (char *)"/init";
	execv("/load/init", argv);
	perror("/load/init");
	return 1;
}
