/* SPDX-License-Identifier: Apache-2.0 */
/* Devices, and files of the kernel. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "escape.h"

/* The disk's own number. */
static int disk(const char *path, int flags)
{
	FILE *file = fopen("/sys/block/vda/dev", "re");
	unsigned int major = 254, minor = 0;

	if (file) {
		(void)!fscanf(file, "%u:%u", &major, &minor);
		(void)fclose(file);
	}
	return node(path, S_IFBLK, major, minor, flags);
}

HERE(disk_in_dev, disk("/dev/disk", O_RDONLY))
HERE(disk_written, disk("/dev/disk", O_RDWR))
HERE(disk_in_tmp, disk("/tmp/disk", -1))
HERE(disk_in_shm, disk("/dev/shm/disk", -1))
HERE(kmsg_made, node("/dev/kernel", S_IFCHR, 1, 11, O_WRONLY))
HERE(loops_made, node("/dev/loops", S_IFCHR, 10, 237, O_RDWR))
HERE(mapper_made, node("/dev/mapping", S_IFCHR, 10, 236, O_RDWR))
HERE(console_made, node("/dev/con", S_IFCHR, 5, 1, O_WRONLY))
HERE(memory_made, node("/dev/memory", S_IFCHR, 1, 1, O_RDONLY))
HERE(ports_made, node("/dev/ports", S_IFCHR, 1, 4, O_RDWR))
HERE(registers_made, node("/dev/registers", S_IFCHR, 202, 0, O_RDWR))
HERE(tunnel_made, node("/dev/tunnel", S_IFCHR, 10, 200, O_RDWR))
HERE(network_disk_made, node("/dev/network", S_IFBLK, 43, 0, O_RDWR))
HERE(flash_made, node("/dev/flash", S_IFCHR, 90, 0, O_RDWR))
HERE(user_made, node("/dev/user", S_IFCHR, 10, 229, O_RDWR))
HERE(watchdog_made, node("/dev/dog", S_IFCHR, 10, 130, -1))

/* --- files of the kernel ----------------------------------------------------------------- */

HERE(sys_panic, rewrite("/proc/sys/kernel/panic"))
HERE(sys_printk, rewrite("/proc/sys/kernel/printk"))
HERE(sys_hostname, try_write("/proc/sys/kernel/hostname", "escaped"))
HERE(sys_randomize, rewrite("/proc/sys/kernel/randomize_va_space"))
HERE(sys_sysrq, rewrite("/proc/sys/kernel/sysrq"))
HERE(sys_overcommit, rewrite("/proc/sys/vm/overcommit_memory"))
HERE(sys_caches, try_write("/proc/sys/vm/drop_caches", "4") /* none, and quietly */)
HERE(sys_files, rewrite("/proc/sys/fs/file-max"))
HERE(sys_core_pattern, rewrite("/proc/sys/kernel/core_pattern"))
HERE(sys_modprobe, rewrite("/proc/sys/kernel/modprobe"))
HERE(sys_perf, rewrite("/proc/sys/kernel/perf_event_paranoid"))
HERE(sys_last_pid, rewrite("/proc/sys/kernel/ns_last_pid"))
HERE(sys_forward, rewrite("/proc/sys/net/ipv4/ip_forward"))
HERE(sys_ports, rewrite("/proc/sys/net/ipv4/ip_local_port_range"))
HERE(sysrq_trigger, try_write("/proc/sysrq-trigger", "h"))
HERE(irq_affinity, rewrite("/proc/irq/default_smp_affinity"))
HERE(read_interrupts, try_read("/proc/interrupts"))
HERE(read_timers, try_read("/proc/timer_list"))
HERE(read_kcore, try_read("/proc/kcore"))

/* With one there that can be seen. */
static int read_keys(void)
{
	(void)CALL(add_key, "user", "seen", "x", 1UL, -3);
	return try_read("/proc/keys");
}

HERE(read_kmsg, try_read("/proc/kmsg"))
HERE(list_firmware, list("/sys/firmware"))
HERE(list_scsi, list("/proc/scsi"))
HERE(uevent, try_write("/sys/block/vda/uevent", "change"))
HERE(read_ahead, rewrite("/sys/block/vda/queue/read_ahead_kb"))
HERE(autoprobe, try_write("/sys/bus/virtio/drivers_autoprobe", "1"))
HERE(lo_mtu, rewrite("/sys/class/net/lo/mtu"))
HERE(parameter, rewrite("/sys/module/printk/parameters/time"))
HERE(uevent_helper, rewrite("/sys/kernel/uevent_helper"))
HERE(power_state, try_write("/sys/power/state", "nonsense"))

/* Some kernels name a bus with its domain. */
static int pci_config(void)
{
	int r = try_open("/proc/bus/pci/00/00.0");

	return r < 0 && errno == ENOENT ? try_open("/proc/bus/pci/0000:00/00.0") : r;
}

HERE(pci_config_sys, try_open("/sys/bus/pci/devices/0000:00:00.0/config"))
HERE(pci_memory, try_open("/sys/bus/pci/devices/0000:00:01.0/resource0"))
HERE(group_made, mkdir("/sys/fs/cgroup/below", 0755))
HERE(group_raised, try_write("/sys/fs/cgroup/pids.max", "max"))
HERE(group_entered, try_write("/sys/fs/cgroup/cgroup.procs", "0"))
HERE(oom_score, try_write("/proc/self/oom_score_adj", "-1000"))

const struct attempt attempts_files[] = {
	A(disk_in_dev),
	A(disk_written),
	A(disk_in_tmp),
	A(disk_in_shm),
	A(kmsg_made),
	A(loops_made),
	A(mapper_made),
	A(console_made),
	A(memory_made),
	A(ports_made),
	A(registers_made),
	A(tunnel_made),
	A(network_disk_made),
	A(flash_made),
	A(user_made),
	A(watchdog_made),
	A(sys_panic),
	A(sys_printk),
	A(sys_hostname),
	A(sys_randomize),
	A(sys_sysrq),
	A(sys_overcommit),
	A(sys_caches),
	A(sys_files),
	A(sys_core_pattern),
	A(sys_modprobe),
	A(sys_perf),
	A(sys_last_pid),
	A(sys_forward),
	A(sys_ports),
	A(sysrq_trigger),
	A(irq_affinity),
	A(read_interrupts),
	A(read_timers),
	A(read_kcore),
	A(read_keys),
	A(read_kmsg),
	A(list_firmware),
	A(list_scsi),
	A(uevent),
	A(read_ahead),
	A(autoprobe),
	A(lo_mtu),
	A(parameter),
	A(uevent_helper),
	THEN(power_state, EINVAL),
	A(pci_config),
	A(pci_config_sys),
	A(pci_memory),
	A(group_made),
	A(group_raised),
	A(group_entered),
	A(oom_score),
	{ 0 },
};
