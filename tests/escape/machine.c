/* SPDX-License-Identifier: Apache-2.0 */
/* The machine as a whole, more rights, and ways into the kernel. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>

#include "escape.h"

/* In a namespace of processes the kernel has nothing more to do for it. */
HERE(ctrl_alt_del, CALL(reboot, 0xfee1dead, 672274793, 0x89abcdef, NULL))
HERE(swap_on, CALL(swapon, "/none", 0))
HERE(accounting, CALL(acct, "/none"))
HERE(host_name, sethostname("escaped", 7))
HERE(domain_name, setdomainname("escaped", 7))
HERE(log_read, CALL(syslog, 3, (char[64]){ "" }, 64))
HERE(log_level, CALL(syslog, 8, NULL, 7))
HERE(module, CALL(init_module, NULL, 0UL, ""))
HERE(module_file, CALL(finit_module, -1, "", 0))
HERE(module_removed, CALL(delete_module, "escape", O_NONBLOCK))
HERE(kexec, CALL(kexec_load, 0UL, 0UL, NULL, 0UL))
#ifdef SYS_kexec_file_load
HERE(kexec_file, CALL(kexec_file_load, -1, -1, 1UL, "", 0UL))
#endif
HERE(quota, CALL(quotactl, 0, NULL, 0, NULL))
HERE(quota_of, (int)syscall(443L /* quotactl_fd */, -1, 0, 0, NULL))
APART(hang_up, vhangup())

static int set_clock(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return clock_settime(CLOCK_REALTIME, &now);
}

static int adjust_clock(void)
{
	struct timex change = { .modes = ADJ_TICK, .tick = 10000 };

	return adjtimex(&change);
}

static int real_time_there(void)
{
	const struct sched_param param = { .sched_priority = 1 };

	return CALL(sched_setscheduler, 0, SCHED_FIFO, &param);
}
HERE(real_time, apart(real_time_there))
APART(nicer, setpriority(PRIO_PROCESS, 0, -10))

/* Of the processes that wait for the disk: IOPRIO_CLASS_RT. */
APART(first_at_disk, CALL(ioprio_set, 1, 0, 1 << 13))

static int more_files_there(void)
{
	struct rlimit limit;

	(void)getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_max++;
	return setrlimit(RLIMIT_NOFILE, &limit);
}
HERE(more_files, apart(more_files_there))

/* --- more rights ------------------------------------------------------------------------- */

static int all_capabilities_there(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { { 0x200000, 0x200000, 0 } };

	return CALL(capset, &head, data);
}
HERE(a_capability, apart(all_capabilities_there))
APART(bounded, prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN) == 1 ? 0 : (errno = EPERM, -1))

static int by_handle(void)
{
	struct {
		struct file_handle head;
		unsigned char bytes[128];
	} handle = { .head = { .handle_bytes = 128 } };
	int mount, fd, dir = open("/dev/shm", O_RDONLY | O_CLOEXEC);

	if (name_to_handle_at(AT_FDCWD, "/dev/shm", &handle.head, &mount, 0) < 0)
		return -1;
	fd = open_by_handle_at(dir, &handle.head, O_RDONLY);
	(void)done(dir, 0);
	return done(fd, fd);
}

/* A set-user-ID copy of this, run by somebody else. */
static int set_user_id_there(void)
{
	char *const argv[] = { (char *)"/suid", (char *)"who", NULL };

	if (setresgid(7, 7, 7) < 0 || setresuid(7, 7, 7) < 0)
		return -1;
	return execv(argv[0], argv);
}

static int set_user_id(void)
{
	static char buf[65536];
	int from = open("/escape", O_RDONLY | O_CLOEXEC);
	int to = open("/suid", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	ssize_t size;

	while ((size = read(from, buf, sizeof(buf))) > 0)
		(void)!write(to, buf, (size_t)size);
	(void)fchmod(to, 04755);
	close(from);
	close(to);
	return apart(set_user_id_there);
}

APART(unguarded, CALL(personality, 0x0400000UL) /* READ_IMPLIES_EXEC */)
APART(predictable, CALL(personality, 0x0040000UL) /* ADDR_NO_RANDOMIZE */)

#ifdef __x86_64__
/* The gate of 32-bit programs: its numbers are others. */
static int other_gate_there(void)
{
	long r = 20;

	__asm__ volatile("int $0x80" : "+a"(r) : : "memory", "r8", "r9", "r10", "r11");
	errno = (int)-r;
	return r < 0 ? -1 : 0;
}
HERE(other_gate, apart(other_gate_there))
HERE(x32, (int)syscall(0x40000000L + SYS_getpid))
APART(port_level, CALL(iopl, 3))
APART(port_bits, CALL(ioperm, 0x80UL, 1UL, 1))
#endif

#ifdef __aarch64__
/* A program of the processor's other instruction set, whose numbers are others: _exit(0). */
static const struct other {
	Elf32_Ehdr head;
	Elf32_Phdr part;
	uint32_t code[3];
} other = {
	.head = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT },
		  .e_type = ET_EXEC,
		  .e_machine = EM_ARM,
		  .e_version = EV_CURRENT,
		  .e_entry = 0x10000 + offsetof(struct other, code),
		  .e_phoff = offsetof(struct other, part),
		  .e_flags = EF_ARM_EABI_VER5,
		  .e_ehsize = sizeof(Elf32_Ehdr),
		  .e_phentsize = sizeof(Elf32_Phdr),
		  .e_phnum = 1 },
	.part = { .p_type = PT_LOAD,
		  .p_vaddr = 0x10000,
		  .p_filesz = sizeof(other),
		  .p_memsz = sizeof(other),
		  .p_flags = PF_R | PF_X,
		  .p_align = 0x1000 },
	.code = { 0xe3a00000 /* mov r0, #0 */, 0xe3a07001 /* mov r7, #1 */,
		  0xef000000 /* svc #0 */ },
};

static int other_gate_there(void)
{
	char *const argv[] = { (char *)"/other", NULL };
	int fd = open(argv[0], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	(void)!write(fd, &other, sizeof(other));
	(void)done(fd, 0);
	return execv(argv[0], argv);
}
HERE(other_gate, apart(other_gate_there))
#endif

/* --- ways into the kernel ---------------------------------------------------------------- */

static int program_loaded(void)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY,
				.key_size = 4,
				.value_size = 4,
				.max_entries = 1 };

	return CALL(bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

/* One with no instruction, which is refused after its caller was let pass. */
static int program_checked(void)
{
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_KPROBE };

	return CALL(bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

HERE(perf, CALL(perf_event_open, NULL, 0, -1, -1, 0UL))
HERE(fault, CALL(userfaultfd, 0))
HERE(rings, CALL(io_uring_setup, 1, NULL))
HERE(keys, CALL(keyctl, 0, -3, 0))
HERE(key_added, CALL(add_key, "user", "escape", "x", 1UL, -3))
HERE(key_asked, CALL(request_key, "user", "escape none", NULL, -3))
HERE(notify, CALL(fanotify_init, 0, 0))
HERE(memory_policy, CALL(set_mempolicy, 0, NULL, 0UL))
HERE(pages_moved, CALL(move_pages, 0, 0UL, NULL, NULL, NULL, 0))

const struct attempt attempts_machine[] = {
	THEN(ctrl_alt_del, EINVAL),
	THEN(swap_on, ENOENT),
	THEN(accounting, ENOENT),
	A(host_name),
	A(domain_name),
	A(log_read),
	A(log_level),
	THEN(module, ENOEXEC),
	THEN(module_file, EBADF),
	THEN(module_removed, ENOENT),
	A(kexec),
#ifdef SYS_kexec_file_load
	THEN(kexec_file, EBADF),
#endif
	THEN(quota, ENODEV),
	THEN(quota_of, EBADF),
	A(hang_up),
	A(set_clock),
	A(adjust_clock),
	A(real_time),
	A(nicer),
	A(first_at_disk),
	A(more_files),
	A(a_capability),
	A(bounded),
	A(by_handle),
	A(set_user_id),
	A(unguarded),
	A(predictable),
#ifdef __x86_64__
	A(other_gate),
	A(x32),
	A(port_level),
	A(port_bits),
#endif
#ifdef __aarch64__
	A(other_gate),
#endif
	A(program_loaded),
	THEN(program_checked, E2BIG),
	THEN(perf, EFAULT),
	A(fault),
	THEN(rings, EFAULT),
	A(keys),
	A(key_added),
	THEN(key_asked, ENOKEY),
	A(notify),
	A(memory_policy),
	A(pages_moved),
	{ 0 },
};
