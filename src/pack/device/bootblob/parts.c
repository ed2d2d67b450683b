/* SPDX-License-Identifier: Apache-2.0 */
/* What goes into a boot blob, read and looked at; and the command that may sign it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/le.h"
#include "pack/device/bootblob/parts.h"
#include "pack/host/decompress.h"
#include "pack/host/tool.h"

/* A kernel is known by some bytes at a place of its head. */
static const struct kind {
	size_t at;
	uint8_t bytes[4];
	struct bootblob_arch arch;
} kinds[] = {
	{ 0x38,
	  { 'A', 'R', 'M', 0x64 },
	  { "arm64", "arm64", "BOOTAA64EFI", "aa64", 0xaa64 } },
	{ 0x24,
	  { 0x18, 0x28, 0x6f, 0x01 },
	  { "arm", "arm", "BOOTARM EFI", "arm", 0x01c2 } },
	{ 0x202,
	  { 'H', 'd', 'r', 'S' },
	  { "amd64", NULL, "BOOTX64 EFI", "x64", 0x8664 } },
	{ 0x38, { 'R', 'S', 'C', 0x05 }, { "riscv64", "riscv", NULL, NULL, 0x5064 } },
};

void bootblob_file_done(struct bootblob_file *file)
{
	free(file->bytes);
	*file = (struct bootblob_file){ NULL, 0 };
}

void bootblob_done(struct bootblob *blob)
{
	bootblob_file_done(&blob->kernel);
	bootblob_file_done(&blob->initramfs);
	bootblob_file_done(&blob->dtb);
}

int bootblob_read_fd(int fd, struct bootblob_file *ret_file, struct err *err)
{
	struct stat st;
	uint8_t *bytes;
	int r;

	if (fstat(fd, &st) < 0)
		return err_errno(err, -errno, "stat");
	if (!S_ISREG(st.st_mode))
		return err_set(err, -EINVAL, "not a regular file");
	if (st.st_size == 0)
		return err_set(err, -EINVAL, "is empty");
	if ((uint64_t)st.st_size > BOOTBLOB_MAX_PART)
		return err_set(err, -EFBIG, "too large for a boot blob");
	bytes = malloc((size_t)st.st_size);
	r = bytes ? fd_pread_all(fd, bytes, (size_t)st.st_size, 0) : -ENOMEM;
	if (r < 0) {
		free(bytes);
		return err_errno(err, r, "read");
	}
	*ret_file = (struct bootblob_file){ bytes, (size_t)st.st_size };
	return 0;
}

int bootblob_read(const char *path, struct bootblob_file *ret_file, struct err *err)
{
	/* a fifo is not waited for, but refused */
	__fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int r;

	if (fd < 0)
		return err_errno(err, -errno, "%s", path);
	r = bootblob_read_fd(fd, ret_file, err);
	return r < 0 ? err_wrap(err, r, "%s", path) : 0;
}

static bool begins(const struct bootblob_file *file, const char *magic, size_t size)
{
	return file->size >= size && memcmp(file->bytes, magic, size) == 0;
}

int bootblob_read_dtb(const char *path, struct bootblob_file *ret_file, struct err *err)
{
	struct bootblob_file file = { NULL, 0 };
	int r = bootblob_read(path, &file, err);

	if (r < 0)
		return r;
	if (!begins(&file, "\320\015\376\355", 4)) {
		bootblob_file_done(&file);
		return err_set(err, -EBADMSG, "%s: not a device tree (dtb)", path);
	}
	*ret_file = file;
	return 0;
}

bool bootblob_is_initramfs(const struct bootblob_file *file)
{
	static const struct {
		const char *magic;
		size_t size;
	} formats[] = {
		{ "070701", 6 },  { "070702", 6 },	  { "\037\213", 2 },
		{ "BZh", 3 },	  { "\135\0\0", 3 },	  { "\3757zXZ", 5 },
		{ "\211LZO", 4 }, { "\002\041L\030", 4 }, { "\050\265\057\375", 4 },
	};

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (begins(file, formats[i].magic, formats[i].size))
			return true;
	return false;
}

/* Gives the bytes of a file once. */
static ssize_t give(void *context, const void **ret_bytes)
{
	struct bootblob_file *left = context;
	size_t size = left->size;

	*ret_bytes = left->bytes;
	left->size = 0;
	return (ssize_t)size;
}

static int gather(struct decompress *decompress, struct bootblob_file *out,
		  struct err *err)
{
	const void *bytes;
	ssize_t n;

	while ((n = decompress_next(decompress, &bytes, err)) > 0) {
		uint8_t *more;

		if ((size_t)n > BOOTBLOB_MAX_PART - out->size)
			return err_set(err, -EFBIG, "too large for a boot blob");
		more = realloc(out->bytes, out->size + (size_t)n);
		if (!more)
			return err_errno(err, -ENOMEM, "unpack");
		memcpy(more + out->size, bytes, (size_t)n);
		*out = (struct bootblob_file){ more, out->size + (size_t)n };
	}
	return (int)n;
}

int bootblob_unpack(const struct bootblob_file *in, struct bootblob_file *ret_file,
		    struct err *err)
{
	struct bootblob_file left = *in, out = { NULL, 0 };
	struct decompress *decompress;
	int r = decompress_open(&decompress, give, &left, err);

	if (r < 0)
		return r;
	r = gather(decompress, &out, err);
	decompress_free(decompress);
	if (r < 0)
		bootblob_file_done(&out);
	else
		*ret_file = out;
	return r;
}

static const struct bootblob_arch *know(const struct bootblob_file *kernel)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kernel->size >= kinds[i].at + sizeof(kinds[i].bytes) &&
		    memcmp(kernel->bytes + kinds[i].at, kinds[i].bytes,
			   sizeof(kinds[i].bytes)) == 0)
			return &kinds[i].arch;
	return NULL;
}

static bool is_gzip(const struct bootblob_file *file)
{
	return file->size > 2 && file->bytes[0] == 0x1f && file->bytes[1] == 0x8b;
}

int bootblob_read_kernel(struct bootblob *blob, const char *path, bool as_is,
			 struct err *err)
{
	struct bootblob_file plain = { NULL, 0 };
	int r = bootblob_read(path, &blob->kernel, err);

	if (r < 0)
		return r;
	if (is_gzip(&blob->kernel))
		r = bootblob_unpack(&blob->kernel, &plain, err);
	if (r < 0)
		return err_wrap(err, r, "%s", path);
	blob->arch = know(plain.bytes ? &plain : &blob->kernel);
	if (plain.bytes && !as_is) {
		bootblob_file_done(&blob->kernel);
		blob->kernel = plain;
	} else {
		blob->kernel_is_gzip = plain.bytes;
		bootblob_file_done(&plain);
	}
	return blob->arch
		       ? 0
		       : err_set(err, -EBADMSG,
				 "%s: not a kernel (Image, Image.gz, zImage or bzImage)",
				 path);
}

int bootblob_ask(const char *command, const struct bootblob_file *in,
		 struct bootblob_file *ret_file, struct err *err)
{
	const char *const argv[] = { "/bin/sh", "-c", command, NULL };
	__fd int question = tool_file(in->bytes, in->size);
	__fd int answer = tool_file("", 0);
	const struct tool_options run = {
		.argv = argv, .in_fd = question, .out_fd = answer, .own = true
	};
	int r;

	if (question < 0 || answer < 0)
		return err_errno(err, question < 0 ? question : answer, "sign-cmd");
	r = tool_run(&run, err);
	if (r == 0)
		r = bootblob_read_fd(answer, ret_file, err);
	return r < 0 ? err_wrap(err, r, "sign-cmd") : 0;
}
