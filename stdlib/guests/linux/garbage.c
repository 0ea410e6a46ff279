// SPDX-License-Identifier: GPL-2.0
/*
 * For tests: a kernel that writes to the registers of the bridge what no
 * driver would.
 */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/random.h>

#define WRITES 100000
#define REGISTERS 8

static int __init garbage_init(void)
{
	struct pci_dev *pdev = pci_get_device(0x7662, 0x0001, NULL);
	unsigned long ports;
	int i;

	if (!pdev)
		return -ENODEV;
	ports = pci_resource_start(pdev, 0);
	pr_info("garbage: begins\n");
	for (i = 0; i < WRITES; i++)
		outl(get_random_u32(), ports + (get_random_u32() % REGISTERS) * 4);
	pci_dev_put(pdev);
	return -ECANCELED;
}

module_init(garbage_init);

MODULE_DESCRIPTION("What the host must stand");
MODULE_LICENSE("GPL");
