/* SPDX-License-Identifier: Apache-2.0 */
/* The filter of system calls, by an interpreter of its instructions: every number, on every
 * architecture. */
#include "bytes.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "container/filter.h"

#define ALLOWED SECCOMP_RET_ALLOW
#define REFUSED(number) (SECCOMP_RET_ERRNO | (number))

static struct manifest manifest;
static struct sock_filter filter[FILTER_SIZE];
static size_t count;

static const struct {
	const char *name;
	uint32_t audit;
	int clone, personality, socket;
} archs[] = {
	{ "amd64", 0xc000003e, 56, 135, 41 },
	{ "arm64", 0xc00000b7, 220, 92, 198 },
	{ "arm", 0x40000028, 120, 136, 281 },
	{ "riscv64", 0xc00000f3, 220, 92, 198 },
};

/* As the kernel would run it; a program that it would not load fails the test. */
static uint32_t run(const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (size_t at = 0; at < count; at++) {
		const struct sock_filter *f = &filter[at];
		bool yes = false;

		switch (f->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			assert_true(f->k % 4 == 0 && f->k + 4 <= sizeof(*data));
			memcpy(&a, (const char *)data + f->k, 4);
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= f->k;
			continue;
		case BPF_RET | BPF_K:
			return f->k;
		case BPF_JMP | BPF_JEQ | BPF_K:
			yes = a == f->k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			yes = a > f->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			yes = a >= f->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			yes = a & f->k;
			break;
		default:
			fail_msg("instruction %zu: code %#x", at, f->code);
		}
		at += yes ? f->jt : f->jf;
	}
	fail_msg("no end");
	return 0;
}

static uint32_t call(size_t arch, uint32_t number, uint64_t argument)
{
	const struct seccomp_data data = { .nr = (int)number,
					   .arch = archs[arch].audit,
					   .args = { argument } };

	return run(&data);
}

static void compile(size_t arch, const char *ranges)
{
	int r;

	manifest.arch = archs[arch].name;
	manifest.syscalls = ranges;
	r = filter_compile(&manifest, filter);
	assert_true(r > 0 && r <= FILTER_SIZE && r <= BPF_MAXINSNS);
	count = (size_t)r;
}

/* 1: listed; 0: between the ranges; -1: above those below 1024, or above all. */
static int place_of(uint32_t number, const char *ranges)
{
	unsigned int first, last, low = 0, high = 0;
	int used;

	for (; *ranges; ranges += *ranges == ',') {
		assert_int_equal(sscanf(ranges, "%u%n", &first, &used), 1);
		ranges += used;
		last = first;
		if (sscanf(ranges, "-%u%n", &last, &used) == 1)
			ranges += used;
		if (number >= first && number <= last)
			return 1;
		if (last < 1024)
			low = last;
		high = last;
	}
	return number < low || (number >= 983041 && number < high) ? 0 : -1;
}

static bool has_rule(size_t arch, uint32_t number)
{
	return number == 435 || (int)number == archs[arch].clone ||
	       (int)number == archs[arch].personality ||
	       (int)number == archs[arch].socket;
}

static void check_number(size_t arch, uint32_t number, const char *ranges)
{
	int place = place_of(number, ranges);
	uint32_t expected = place > 0	 ? ALLOWED
			    : place == 0 ? REFUSED(EPERM)
					 : REFUSED(ENOSYS);

	if (!has_rule(arch, number) && call(arch, number, 0) != expected)
		fail_msg("%s: call %u of %s: %#x", archs[arch].name, number, ranges,
			 call(arch, number, 0));
}

static void every_number(void **state)
{
	static const char *const lists[] = {
		"0-2,5,7-9,41,56,120,135,136,198,220,281,400-450,983041-983042,983045",
		"0",
		"3-461",
		"1,3,5,7,9,11,13,15,17,19,983041",
		"1023,983041-983046",
	};

	(void)state;
	for (size_t arch = 0; arch < 4; arch++) {
		for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
			compile(arch, lists[i]);
			for (uint32_t n = 0; n < 2000; n++)
				check_number(arch, n, lists[i]);
			for (uint32_t n = 983000; n < 983100; n++)
				check_number(arch, n, lists[i]);
			/* x32's, and what is none at all */
			for (uint32_t n = 0; n < 600; n++) {
				check_number(arch, 0x40000000 + n, lists[i]);
				check_number(arch, 0x80000000 + n, lists[i]);
				check_number(arch, UINT32_MAX - n, lists[i]);
			}
		}
	}
}

static void other_architectures(void **state)
{
	static const uint32_t others[] = { 0xc000003e, 0xc00000b7, 0x40000028,
					   0xc00000f3, 0x40000003, 0 };

	(void)state;
	for (size_t arch = 0; arch < 4; arch++) {
		compile(arch, "0-461");
		for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
			const struct seccomp_data data = { .nr = 1, .arch = others[i] };
			bool own = others[i] == archs[arch].audit;

			assert_int_equal(run(&data),
					 own ? ALLOWED : SECCOMP_RET_KILL_PROCESS);
		}
	}
	manifest.arch = "mips";
	assert_int_equal(filter_compile(&manifest, filter), -ENOTSUP);
}

static void arguments(size_t arch)
{
	uint32_t clone = (uint32_t)archs[arch].clone;
	uint32_t socket = (uint32_t)archs[arch].socket;
	uint32_t personality = (uint32_t)archs[arch].personality;

	assert_int_equal(call(arch, clone, CLONE_VM | CLONE_FILES | 17), ALLOWED);
	for (int bit = 0; bit < 32; bit++) {
		uint64_t flag = 1ULL << bit;
		bool space = flag &
			     (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
			      CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET);

		assert_int_equal(call(arch, clone, flag),
				 space ? REFUSED(EPERM) : ALLOWED);
		assert_int_equal(call(arch, personality, flag),
				 flag == 8 || flag == 0x20000 ? ALLOWED : REFUSED(EPERM));
	}
	assert_int_equal(call(arch, 435, 0), REFUSED(ENOSYS));
	for (uint64_t family = 0; family < 50; family++)
		assert_int_equal(call(arch, socket, family),
				 family == AF_ALG || family == AF_VSOCK
					 ? REFUSED(EAFNOSUPPORT)
					 : ALLOWED);
	/* the kernel looks at 32 bits of it */
	assert_int_equal(call(arch, socket, (1ULL << 32) + AF_ALG),
			 REFUSED(EAFNOSUPPORT));
	assert_int_equal(call(arch, personality, 0x20008), ALLOWED);
	assert_int_equal(call(arch, personality, 0xffffffff), ALLOWED);
	assert_int_equal(call(arch, personality, 0), ALLOWED);
}

static void rules(void **state)
{
	(void)state;
	for (size_t arch = 0; arch < 4; arch++) {
		compile(arch, "0-461");
		arguments(arch);
		/* a rule allows nothing that is not listed */
		compile(arch, "500");
		assert_int_equal(call(arch, (uint32_t)archs[arch].clone, 17),
				 REFUSED(EPERM));
		assert_int_equal(call(arch, (uint32_t)archs[arch].socket, AF_UNIX),
				 REFUSED(EPERM));
	}
}

static void an_administrator(void **state)
{
	(void)state;
	manifest.cap_adds[manifest.cap_add_count++] = "SYS_ADMIN";
	compile(0, "0-461");
	assert_int_equal(call(0, 56, CLONE_NEWUSER), ALLOWED);
	assert_int_equal(call(0, 435, 0), ALLOWED);
	assert_int_equal(call(0, 41, AF_ALG), REFUSED(EAFNOSUPPORT));
	manifest.cap_add_count = 0;
}

static void the_longest(void **state)
{
	static char ranges[MANIFEST_MAX_RANGES * 15];
	size_t used = 0;

	(void)state;
	for (unsigned int i = 0; i < MANIFEST_MAX_RANGES; i++)
		used += (size_t)snprintf(ranges + used, sizeof(ranges) - used, "%s%u",
					 i ? "," : "", 1 + 3 * i);
	compile(0, ranges);
	for (uint32_t n = 0; n < 800; n++)
		check_number(0, n, ranges);
}

static int start(void **state)
{
	(void)state;
	manifest_init(&manifest);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_number), cmocka_unit_test(other_architectures),
		cmocka_unit_test(rules),	cmocka_unit_test(an_administrator),
		cmocka_unit_test(the_longest),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
