/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The application of bench-chains: how long ago the machine was switched on, by a counter that its
 * processor has from then on, and how long ago the kernel began to count. Then it powers off.
 */
#include <stdint.h>
#include <stdio.h>
#include <sys/reboot.h>
#include <time.h>
#include <unistd.h>

#if defined(__x86_64__)
/* With QEMU's -icount a tick is an instruction, and that a nanosecond. */
static uint64_t since_power_on_ns(void)
{
	return __builtin_ia32_rdtsc();
}
#elif defined(__aarch64__)
static uint64_t since_power_on_ns(void)
{
	uint64_t count, rate;

	__asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(count));
	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(rate));
	return count * (1000000000 / rate);
}
#elif defined(__arm__)
static uint64_t since_power_on_ns(void)
{
	uint64_t count;
	uint32_t rate;

	__asm__ volatile("isb; mrrc p15, 1, %Q0, %R0, c14" : "=r"(count));
	__asm__ volatile("mrc p15, 0, %0, c14, c0, 0" : "=r"(rate));
	return count * (1000000000 / rate);
}
#endif

int main(void)
{
	struct timespec up;

	(void)clock_gettime(CLOCK_MONOTONIC, &up);
	printf("bench: machine %llu kernel %llu\n",
	       (unsigned long long)since_power_on_ns(),
	       (unsigned long long)up.tv_sec * 1000000000 +
		       (unsigned long long)up.tv_nsec);
	fflush(stdout);
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
