/* SPDX-License-Identifier: Apache-2.0 */
/* Docker's seccomp profiles as ranges of numbers. */
#include "bytes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "pack/seccomp/profile.h"
#include "pack/seccomp/table.h"

static struct manifest manifest;
static char text[PROFILE_TEXT_SIZE];

static int make(const char *json, const char *arch, struct err *err)
{
	manifest.arch = arch;
	return profile_ranges(json, strlen(json), &manifest, text, err);
}

#define PROFILE(defaults, rules) \
	"{\"defaultAction\": \"SCMP_ACT_" defaults "\", \"syscalls\": [" rules "]}"
#define RULE(names, action, more) \
	"{\"names\": [" names "], \"action\": \"SCMP_ACT_" action "\"" more "}"

static void expect(const char *json, const char *arch, const char *ranges)
{
	struct err err = ERR_INIT;

	if (make(json, arch, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(text, ranges);
}

static void refuse(const char *json, int number, const char *words)
{
	struct err err = ERR_INIT;

	assert_int_equal(make(json, "amd64", &err), number);
	assert_string_equal(err.text, words);
}

static void numbers(void **state)
{
	static const char some[] = PROFILE(
		"ERRNO", RULE("\"read\", \"write\", \"close\", \"set_tls\", \"openat\"",
			      "ALLOW", ""));

	(void)state;
	expect(some, "amd64", "0-1,3,257");
	expect(some, "arm64", "56-57,63-64");
	expect(some, "arm", "3-4,6,322,983045");
	expect(some, "riscv64", "56-57,63-64");
}

static void rules(void **state)
{
	(void)state;
	expect(PROFILE("ERRNO", RULE("\"read\", \"write\"", "ALLOW", "") "," RULE(
					"\"read\"", "ERRNO", ", \"errnoRet\": 38")),
	       "amd64", "1");
	expect(PROFILE("ERRNO",
		       RULE("\"read\"", "ALLOW", "") "," RULE("\"reboot\"", "ALLOW", ", \"includes\": {\"caps\": [\"CAP_SYS_BOOT\"]}") "," RULE("\"chroot\"", "ALLOW", ", \"includes\": {\"caps\": [\"CAP_SYS_CHROOT\"]}") "," RULE(
			       "\"write\"", "ALLOW",
			       ", \"excludes\": {\"caps\": [\"CAP_CHOWN\"]}") "," RULE("\"close\"",
										       "ALLOW",
										       ", \"includes\": {\"arches\": [\"arm\", \"arm64\"]}") "," RULE("\"stat\"",
																		      "ALLOW",
																		      ", \"excludes\": {\"arches\": [\"arm\"]}")),
	       "amd64", "0,4,161");
	expect(PROFILE("ERRNO",
		       RULE("\"clone\"", "ALLOW",
			    ", \"args\": [{\"index\": 0, \"value\": 2114060288, "
			    "\"valueTwo\": 0, \"op\": \"SCMP_CMP_MASKED_EQ\"}]") "," RULE("\"socket\"",
											  "ALLOW",
											  ", \"args\": [{\"index\": 0, \"value\": 40, "
											  "\"op\": \"SCMP_CMP_NE\"}]") "," RULE("\"kill\"",
																"ALLOW",
																", \"args\": []")),
	       "amd64", "41,56,62");
	/* what init has no rule for is refused as a whole, and so is what it would allow */
	expect(PROFILE("ERRNO",
		       RULE("\"read\"", "ALLOW", "") "," RULE(
			       "\"kill\"", "ALLOW",
			       ", \"args\": [{\"index\": 1, \"value\": 0, "
			       "\"op\": \"SCMP_CMP_EQ\"}]") "," RULE("\"socket\"",
								     "ALLOW",
								     ", \"args\": [{\"index\": 0, \"value\": 1, "
								     "\"op\": \"SCMP_CMP_EQ\"}]")),
	       "amd64", "0");
}

static void without_a_default(void **state)
{
	(void)state;
	expect(PROFILE("ALLOW", RULE("\"read\", \"nosuchcall\"", "KILL", "") "," RULE(
					"\"socket\"", "ERRNO",
					", \"args\": [{\"index\": 0, \"value\": 38, "
					"\"op\": \"SCMP_CMP_EQ\"}]")),
	       "amd64", "1-335,424-462");
}

static void no_profiles(void **state)
{
	(void)state;
	refuse("{", -EBADMSG,
	       "not JSON: line 1: string or '}' expected near end of file");
	refuse("{}", -EBADMSG, "defaultAction is missing");
	refuse(PROFILE("NOTIFY", ""), -EBADMSG,
	       "defaultAction: 'SCMP_ACT_NOTIFY' is no action");
	refuse(PROFILE("ERRNO", ""), -EINVAL, "it allows no system call");
	refuse(PROFILE("ERRNO", "7"), -EBADMSG, "a rule is not an object");
	refuse(PROFILE("ERRNO", RULE("7", "ALLOW", "")), -EBADMSG,
	       "\"names\": not texts");
	refuse(PROFILE("ERRNO", "{\"names\": \"read\", \"action\": \"SCMP_ACT_ALLOW\"}"),
	       -EBADMSG, "\"names\" is not a list");
	refuse(PROFILE("ERRNO", RULE("\"read\"", "ALLOW", ", \"includes\": 7")), -EBADMSG,
	       "\"includes\" is not an object");
}

static bool standard_allows(const char *name, const char *arch)
{
	const struct table_call *call = &table_calls[table_find(name)];
	uint32_t first, last;
	struct err err = ERR_INIT;

	assert_true(table_find(name) >= 0);
	manifest.arch = arch;
	if (profile_ranges(profile_standard, profile_standard_size, &manifest, text,
			   &err) < 0)
		fail_msg("%s", err.text);
	for (const char *at = text; manifest_next_range(&at, &first, &last) > 0;)
		if (call->numbers[table_arch(arch)] >= (int)first &&
		    call->numbers[table_arch(arch)] <= (int)last)
			return true;
	return false;
}

static void the_standard(void **state)
{
	static const char *const archs[] = { "amd64", "arm64", "arm", "riscv64" };
	static const char *const good[] = { "read",   "openat",	 "clone",  "socket",
					    "chroot", "capset",	 "execve", "personality",
					    "futex",  "mknodat", "rseq",   "statx",
					    "ptrace" };
	static const char *const bad[] = {
		"mount",	   "unshare",	       "setns",		 "bpf",
		"keyctl",	   "reboot",	       "io_uring_setup", "clone3",
		"fsopen",	   "init_module",      "kexec_load",	 "swapon",
		"syslog",	   "pivot_root",       "userfaultfd",	 "sethostname",
		"perf_event_open", "open_by_handle_at"
	};

	(void)state;
	for (size_t a = 0; a < 4; a++) {
		for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
			if (!standard_allows(good[i], archs[a]))
				fail_msg("%s: %s is refused", archs[a], good[i]);
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
			if (standard_allows(bad[i], archs[a]))
				fail_msg("%s: %s is allowed", archs[a], bad[i]);
	}
	manifest.cap_adds[manifest.cap_add_count++] = "SYS_ADMIN";
	assert_true(standard_allows("mount", "amd64"));
	assert_true(standard_allows("clone3", "arm64"));
	manifest.cap_add_count = 0;
}

/* Those that the workstation's own headers have. */
static void the_table(void **state)
{
	(void)state;
#ifdef __x86_64__
	static const struct {
		const char *name;
		long number;
	} known[] = {
		{ "read", SYS_read },	      { "clone", SYS_clone },
		{ "socket", SYS_socket },     { "openat", SYS_openat },
		{ "futex", SYS_futex },	      { "personality", SYS_personality },
		{ "execveat", SYS_execveat }, { "statx", SYS_statx },
		{ "rseq", SYS_rseq },	      { "clone3", SYS_clone3 },
		{ "openat2", SYS_openat2 },   { "faccessat2", SYS_faccessat2 },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_int_equal(
			table_calls[table_find(known[i].name)].numbers[TABLE_AMD64],
			known[i].number);
#endif
	for (size_t i = 1; i < table_count; i++)
		assert_true(strcmp(table_calls[i - 1].name, table_calls[i].name) < 0);
	assert_int_equal(table_find("none"), -ENOENT);
	assert_int_equal(table_arch("mips"), -ENOENT);
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
		cmocka_unit_test(numbers),	     cmocka_unit_test(rules),
		cmocka_unit_test(without_a_default), cmocka_unit_test(no_profiles),
		cmocka_unit_test(the_standard),	     cmocka_unit_test(the_table),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
