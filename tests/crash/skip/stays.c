/* SPDX-License-Identifier: Apache-2.0 */
/* `laminactl reboot` that ends where the machine would go down. */
#include <unistd.h>

int __wrap_sys_reboot(int how);
int __wrap_sys_reboot_to(const char *where);

int __wrap_sys_reboot_to(const char *where)
{
	(void)where;
	_exit(0);
}

int __wrap_sys_reboot(int how)
{
	(void)how;
	_exit(0);
}
