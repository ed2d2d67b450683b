/* SPDX-License-Identifier: Apache-2.0 */
#include "init/pid1/failure.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/reboot.h>

#include "base/err.h"
#include "base/sys.h"
#include "init/pid1/console.h"

static enum policy_failure chosen = POLICY_REBOOT;
static uint32_t delay_s = 10;

void failure_obey(const struct policy *policy)
{
	chosen = policy->on_failure;
	delay_s = policy->on_failure_delay_s;
}

static void wait_s(uint32_t seconds)
{
	struct timespec time = { .tv_sec = (time_t)seconds };

	(void)sys_nanosleep(&time);
}

static void stop(int how, const char *what)
{
	int r;

	(void)sys_sync();
	r = sys_reboot(how);
	console_say("%s failed: %s; the machine stays as it is", what, err_reason(r));
}

static void end_reboot(void)
{
	if (delay_s > 0)
		console_say("rebooting in %u s", (unsigned int)delay_s);
	else
		console_say("rebooting");
	wait_s(delay_s);
	stop(RB_AUTOBOOT, "reboot");
}

static void end_poweroff(void)
{
	console_say("powering off");
	stop(RB_POWER_OFF, "power off");
}

static void end_halt(void)
{
	console_say("halted");
	stop(RB_HALT_SYSTEM, "halt");
}

#ifdef CONFIG_LAMINA_RESCUE
static void end_rescue(void)
{
	console_say("rescue shell; the machine reboots when it ends");
	failure_rescue();
	console_say("rebooting");
	stop(RB_AUTOBOOT, "reboot");
}
#else
static void end_rescue(void)
{
	console_say("the policy asks for a rescue shell, but this build has none");
	end_halt();
}
#endif

static void (*const ends[])(void) = {
	[POLICY_REBOOT] = end_reboot,
	[POLICY_POWEROFF] = end_poweroff,
	[POLICY_HALT] = end_halt,
	[POLICY_RESCUE] = end_rescue,
};

_Noreturn void failure_end(void)
{
	ends[chosen]();
	for (;;)
		wait_s(3600);
}

/* The stack or the data may be rubbish by now, but PID 1 has nobody else to turn to: a
 * second fault in here is fatal, and then the kernel panics and reboots as it is
 * configured. */
static void crashed(int sig)
{
	console_say("crashed by signal %d, this is a bug", sig);
	if (sys_getpid() != 1) /* the keeper */
		sys_exit(128 + sig);
	failure_end();
}

void failure_catch_crashes(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE,
				       SIGABRT, SIGSYS, SIGTRAP };
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = crashed;
	action.sa_flags = (int)SA_RESETHAND;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		(void)sys_sigaction(signals[i], &action);
}
