/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/device/kernel-config.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

#define KERNEL_CONFIG_MAX ((size_t)4 << 20) /* a distribution's has 0.3 MB */

static int read_all(struct archive *archive, char *text, struct err *err)
{
	struct archive_entry *entry;
	la_ssize_t n = 1;
	size_t size = 0;
	int r = archive_read_next_header(archive, &entry);

	if (r == ARCHIVE_OK || r == ARCHIVE_WARN)
		while (size <= KERNEL_CONFIG_MAX && n > 0) {
			n = archive_read_data(archive, text + size,
					      KERNEL_CONFIG_MAX + 1 - size);
			size += n > 0 ? (size_t)n : 0;
		}
	if (n < 0 || (r != ARCHIVE_OK && r != ARCHIVE_WARN && r != ARCHIVE_EOF))
		return err_set(err, -EBADMSG, "%s", archive_error_string(archive));
	if (size > KERNEL_CONFIG_MAX)
		return err_set(err, -EFBIG, "too long for a kernel configuration");
	text[size] = '\0';
	if (strlen(text) != size)
		return err_set(err, -EBADMSG, "no text");
	return 0;
}

static int read_fd(struct kernel_config *config, int fd, struct err *err)
{
	struct archive *archive = archive_read_new();
	int r;

	/* a line break in front, so that every line has one */
	config->text = malloc(KERNEL_CONFIG_MAX + 3);
	if (!archive || !config->text) {
		(void)archive_read_free(archive);
		return -ENOMEM;
	}
	config->text[0] = '\n';
	(void)archive_read_support_filter_gzip(archive);
	(void)archive_read_support_filter_xz(archive);
	(void)archive_read_support_filter_zstd(archive);
	(void)archive_read_support_format_raw(archive);
	(void)archive_read_support_format_empty(archive);
	if (archive_read_open_fd(archive, fd, 65536) == ARCHIVE_OK)
		r = read_all(archive, config->text + 1, err);
	else
		r = err_set(err, -EBADMSG, "%s", archive_error_string(archive));
	(void)archive_read_free(archive);
	return r;
}

/* "# Linux/x86 6.12.48 Kernel Configuration" */
static void read_version(struct kernel_config *config)
{
	const char *head = strstr(config->text, "\n# Linux/"), *end;

	if (!head)
		return;
	end = strstr(head, " Kernel Configuration\n");
	if (!end ||
	    sscanf(head, "\n# Linux/%*s %u.%u", &config->major, &config->minor) != 2)
		config->major = config->minor = 0;
}

static int check_text(struct kernel_config *config, struct err *err)
{
	if (!strstr(config->text, "\nCONFIG_") && !strstr(config->text, "\n# CONFIG_"))
		return err_set(err, -EBADMSG,
			       "no kernel configuration: it has no line CONFIG_...");
	read_version(config);
	return 0;
}

int kernel_config_read(struct kernel_config *ret_config, const char *path,
		       struct err *err)
{
	struct kernel_config config = { .text = NULL };
	bool standard = strcmp(path, "-") == 0;
	struct stat st;
	__fd int fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
			       : open(path, O_RDONLY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return err_errno(err, -errno, "%s", path);
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		return err_set(err, -EISDIR,
			       "%s: is a directory; say the file in it, often .config",
			       path);
	r = read_fd(&config, fd, err);
	if (r == 0)
		r = check_text(&config, err);
	if (r < 0) {
		kernel_config_done(&config);
		return err_wrap(err, r, "%s", standard ? "standard input" : path);
	}
	*ret_config = config;
	return 0;
}

void kernel_config_done(struct kernel_config *config)
{
	free(config->text);
	*config = (struct kernel_config){ .text = NULL };
}

static enum kernel_state state_of(const char *value)
{
	if (value[0] == 'y' && (value[1] == '\n' || value[1] == '\r' || value[1] == '\0'))
		return KERNEL_BUILT_IN;
	return value[0] == 'm' ? KERNEL_MODULE : KERNEL_OFF;
}

enum kernel_state kernel_config_state(const struct kernel_config *config,
				      const char *symbol)
{
	char on[128], off[128];
	enum kernel_state state = KERNEL_OFF;
	const char *last = config->text, *at;

	(void)snprintf(on, sizeof(on), "\nCONFIG_%s=", symbol);
	(void)snprintf(off, sizeof(off), "\n# CONFIG_%s is not set", symbol);
	for (at = config->text; (at = strstr(at, on)); last = at) {
		at += strlen(on);
		state = state_of(at);
	}
	return strstr(last, off) ? KERNEL_OFF : state;
}
