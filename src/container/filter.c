/* SPDX-License-Identifier: Apache-2.0 */
#include "container/filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>

#include "base/sys.h"

#ifndef AUDIT_ARCH_RISCV64
#define AUDIT_ARCH_RISCV64 0xc00000f3U
#endif

/* In every architecture's table alike. */
#define CLONE3 435
/* Of ARM alone, from 0xf0000 on, beside what all of them number from 0. */
#define PRIVATE_FROM 1024

#define CLONE_SPACES                                                                   \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
	 CLONE_NEWPID | CLONE_NEWNET)

/* personality(2): Linux' own, UNAME26 and the like; ~0 asks. */
#define PERSONALITY_ASK 0xffffffffU
#define PERSONALITY_BITS 0x20008U

struct arch {
	const char *name; /* in manifests */
	uint32_t audit;
	unsigned short clone, personality, socket;
};

static const struct arch archs[] = {
	{ "amd64", AUDIT_ARCH_X86_64, 56, 135, 41 },
	{ "arm64", AUDIT_ARCH_AARCH64, 220, 92, 198 },
	{ "arm", AUDIT_ARCH_ARM, 120, 136, 281 },
	{ "riscv64", AUDIT_ARCH_RISCV64, 220, 92, 198 },
};

struct program {
	struct sock_filter *at;
	size_t count;
};

static void add(struct program *program, unsigned short code, uint32_t k, uint8_t yes,
		uint8_t no)
{
	if (program->count < FILTER_SIZE)
		program->at[program->count] = (struct sock_filter){ code, yes, no, k };
	program->count++;
}

static void load(struct program *program, size_t offset)
{
	add(program, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

/* Goes on with the next instruction, or after it passes over so many. */
static void when(struct program *program, unsigned short compare, uint32_t k, uint8_t yes,
		 uint8_t no)
{
	add(program, BPF_JMP | BPF_K | compare, k, yes, no);
}

static void end(struct program *program, uint32_t action)
{
	add(program, BPF_RET | BPF_K, action, 0, 0);
}

static void refuse(struct program *program, int number)
{
	end(program, SECCOMP_RET_ERRNO | (uint32_t)number);
}

static void load_number(struct program *program)
{
	load(program, offsetof(struct seccomp_data, nr));
}

/* Every architecture here is little-endian, and takes 32 bits of these. */
static void load_argument(struct program *program)
{
	load(program, offsetof(struct seccomp_data, args[0]));
}

/* No namespaces: by clone3 they would be in memory, where no filter looks. Libraries go on
 * with clone. */
static void rule_clone(struct program *program, const struct arch *arch)
{
	when(program, BPF_JEQ, CLONE3, 0, 1);
	refuse(program, ENOSYS);
	when(program, BPF_JEQ, arch->clone, 0, 4);
	load_argument(program);
	when(program, BPF_JSET, CLONE_SPACES, 0, 1);
	refuse(program, EPERM);
	load_number(program);
}

/* Neither the kernel's ciphers nor what is beside this machine. */
static void rule_socket(struct program *program, const struct arch *arch)
{
	when(program, BPF_JEQ, arch->socket, 0, 5);
	load_argument(program);
	when(program, BPF_JEQ, AF_ALG, 1, 0);
	when(program, BPF_JEQ, AF_VSOCK, 0, 1);
	refuse(program, EAFNOSUPPORT);
	load_number(program);
}

/* Nothing that makes memory guessable or executable. */
static void rule_personality(struct program *program, const struct arch *arch)
{
	when(program, BPF_JEQ, arch->personality, 0, 6);
	load_argument(program);
	when(program, BPF_JEQ, PERSONALITY_ASK, 3, 0);
	add(program, BPF_ALU | BPF_AND | BPF_K, ~PERSONALITY_BITS, 0, 0);
	when(program, BPF_JEQ, 0, 1, 0);
	refuse(program, EPERM);
	load_number(program);
}

/*
 * In the order of their numbers. What stands between two ranges is refused. What is above
 * them was not there when the image was made, and neither was its library's use of it: that
 * goes on with what it had before when it is told that there is no such call.
 */
static int add_ranges(struct program *program, const char *text)
{
	uint32_t first, last, above = 0;
	int r;

	while ((r = manifest_next_range(&text, &first, &last)) > 0) {
		bool apart = first >= PRIVATE_FROM && above < PRIVATE_FROM;

		when(program, BPF_JGE, first, 1, 0);
		refuse(program, apart ? ENOSYS : EPERM);
		when(program, BPF_JGT, last, 1, 0);
		end(program, SECCOMP_RET_ALLOW);
		above = last;
	}
	refuse(program, ENOSYS);
	return r;
}

int filter_compile(const struct manifest *manifest,
		   struct sock_filter ret_filter[FILTER_SIZE])
{
	bool admin = manifest_capabilities(manifest) >> CAP_SYS_ADMIN & 1;
	struct program program = { .at = ret_filter };
	const struct arch *arch = archs,
			  *end_of = archs + sizeof(archs) / sizeof(archs[0]);
	int r;

	while (arch < end_of && strcmp(arch->name, manifest->arch) != 0)
		arch++;
	if (arch == end_of)
		return -ENOTSUP;
	/* another one's calls have other numbers */
	load(&program, offsetof(struct seccomp_data, arch));
	when(&program, BPF_JEQ, arch->audit, 1, 0);
	end(&program, SECCOMP_RET_KILL_PROCESS);
	load_number(&program);
	if (!admin)
		rule_clone(&program, arch);
	rule_socket(&program, arch);
	rule_personality(&program, arch);
	r = add_ranges(&program, manifest->syscalls);
	return r < 0 || program.count > FILTER_SIZE ? -ENOTSUP : (int)program.count;
}

int filter_check(struct err *err)
{
	/* only a kernel with filters looks where it is */
	if (sys_seccomp(SECCOMP_SET_MODE_FILTER, 0, NULL) == -EFAULT)
		return 0;
	return err_set(
		err, -ENOSYS,
		"syscalls: takes CONFIG_SECCOMP_FILTER, which this kernel has not");
}

int filter_load(const struct manifest *manifest, struct err *err)
{
	struct sock_filter filter[FILTER_SIZE];
	struct sock_fprog program = { .filter = filter };
	int r = filter_compile(manifest, filter);

	if (r < 0)
		return err_errno(err, r, "syscalls");
	program.len = (unsigned short)r;
	/* without the flag, kernels before 5.16 make all of it slower */
	r = sys_seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
			&program);
	return r < 0 ? err_errno(err, r, "system call filter") : 0;
}
