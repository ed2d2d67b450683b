/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reason.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifndef ENOTSUPP
#define ENOTSUPP 524 /* the kernel's own, which drivers let out */
#endif

/*
 * What the kernel, its file systems, disks, drivers, networks and execve say. Not libc's
 * words: musl has some that no device says, lacks some that file systems do, and takes
 * 1 KiB more.
 */
#define ERRORS(E)                                     \
	E(EPERM, "Operation not permitted")           \
	E(ENOENT, "No such file or directory")        \
	E(ESRCH, "No such process")                   \
	E(EINTR, "Interrupted system call")           \
	E(EIO, "Input/output error")                  \
	E(ENXIO, "No such device or address")         \
	E(E2BIG, "Argument list too long")            \
	E(ENOEXEC, "Exec format error")               \
	E(EBADF, "Bad file descriptor")               \
	E(ECHILD, "No child process")                 \
	E(EAGAIN, "Resource temporarily unavailable") \
	E(ENOMEM, "Cannot allocate memory")           \
	E(EACCES, "Permission denied")                \
	E(EFAULT, "Bad address")                      \
	E(ENOTBLK, "Block device required")           \
	E(EBUSY, "Device or resource busy")           \
	E(EEXIST, "File exists")                      \
	E(EXDEV, "Cross-device link")                 \
	E(ENODEV, "No such device")                   \
	E(ENOTDIR, "Not a directory")                 \
	E(EISDIR, "Is a directory")                   \
	E(EINVAL, "Invalid argument")                 \
	E(ENFILE, "Too many open files in system")    \
	E(EMFILE, "Too many open files")              \
	E(ENOTTY, "Inappropriate ioctl for device")   \
	E(ETXTBSY, "Text file busy")                  \
	E(EFBIG, "File too large")                    \
	E(ENOSPC, "No space left on device")          \
	E(ESPIPE, "Illegal seek")                     \
	E(EROFS, "Read-only file system")             \
	E(EMLINK, "Too many links")                   \
	E(EPIPE, "Broken pipe")                       \
	E(EDOM, "Argument out of domain")             \
	E(ERANGE, "Result out of range")              \
	E(EDEADLK, "Deadlock avoided")                \
	E(ENAMETOOLONG, "File name too long")         \
	E(ENOLCK, "No locks available")               \
	E(ENOSYS, "Function not implemented")         \
	E(ENOTEMPTY, "Directory not empty")           \
	E(ELOOP, "Too many levels of symbolic links") \
	E(EBADE, "Reserved for another host")         \
	E(ENODATA, "No data available")               \
	E(ETIME, "Timer expired")                     \
	E(ENOPKG, "Package not installed")            \
	E(ENOLINK, "Link has been severed")           \
	E(EPROTO, "Protocol error")                   \
	E(EOVERFLOW, "Value too large")               \
	E(EREMCHG, "Remote address changed")          \
	E(ELIBBAD, "Interpreter is no program")       \
	E(EILSEQ, "Invalid byte sequence")            \
	E(EUSERS, "Too many users")                   \
	E(EOPNOTSUPP, "Operation not supported")      \
	E(ETIMEDOUT, "Timed out")                     \
	E(EALREADY, "Already in progress")            \
	E(EUCLEAN, "Structure needs cleaning")        \
	E(EREMOTEIO, "Remote I/O error")              \
	E(EDQUOT, "Quota exceeded")                   \
	E(ENOMEDIUM, "No medium found")               \
	E(EMEDIUMTYPE, "Wrong medium type")           \
	E(ECANCELED, "Canceled")                      \
	E(EKEYEXPIRED, "Key has expired")             \
	E(EKEYREVOKED, "Key has been revoked")        \
	E(EHWPOISON, "Hardware error in memory")      \
	E(ENOTSUPP, "Operation not supported")

/* Sockets': nobody has one without supervision. */
#if defined(CONFIG_LAMINA_SUPERVISE) || defined(CONFIG_LAMINA_FOR_HOST)
#define SOCKET_ERRORS(E)                                \
	E(EMSGSIZE, "Message too long")                 \
	E(EPROTONOSUPPORT, "Protocol not supported")    \
	E(EAFNOSUPPORT, "Address family not supported") \
	E(EADDRINUSE, "Address in use")                 \
	E(EADDRNOTAVAIL, "Address not available")       \
	E(ENETDOWN, "Network is down")                  \
	E(ENETUNREACH, "Network unreachable")           \
	E(ECONNRESET, "Connection reset by peer")       \
	E(ENOBUFS, "No buffer space")                   \
	E(ENOTCONN, "Not connected")                    \
	E(ECONNREFUSED, "Connection refused")           \
	E(EHOSTUNREACH, "Host unreachable")
#else
#define SOCKET_ERRORS(E)
#endif

static const uint16_t numbers[] = {
#define E(number, words) number,
	ERRORS(E) SOCKET_ERRORS(E)
#undef E
};

/* One behind the other, in the same order. */
static const char words[] =
#define E(number, words) words "\0"
	ERRORS(E) SOCKET_ERRORS(E);

const char *reason_of_kernel(int number)
{
	static char unknown[24];
	const char *text = words;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (numbers[i] == number)
			return text;
		text += strlen(text) + 1;
	}
	(void)snprintf(unknown, sizeof(unknown), "error %d", number);
	return unknown;
}
