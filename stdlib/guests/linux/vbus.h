/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The vbus bridge of a PC: what drivers of its devices need. The numbers are
 * those of docs/abi.md, "The bridge of a PC".
 */
#ifndef VBUS_H
#define VBUS_H

#include <linux/device.h>
#include <linux/io.h>
#include <linux/types.h>

#define VBUS_VERSION 1

#define VBUS_CLASS_VENET 1
#define VBUS_CLASS_VBLK 3

/* Error values of the ABI are errno values, so they are returned as they are. */

struct vbus_descriptor {
	u32 address;
	u32 length;
	u32 turn; /* bit 0: the host's; the rest: the position */
	u32 cookie;
};

/* A ring's signal. The host writes "enabled" and "at" of a ring that we fill. */
struct vbus_signal {
	u32 enabled;
	u32 dirty;
	u32 at;
	u32 waiting; /* of a ring that we fill: tell us of slots given back */
};

#define VBUS_SIGNAL_NEVER 0
#define VBUS_SIGNAL_ALWAYS 1
#define VBUS_SIGNAL_AT 2

#define VBUS_POSITIONS 0x7fffffffu

#define VBUS_FEATURE_NOTIFY_AT 2u
#define VBUS_FEATURE_SEGMENT 4u
#define VBUS_FEATURE_WHOLE 8u

#define VBUS_NAME_BYTES 32
#define VBUS_FACTS_BYTES 80

struct vbus;

struct vbus_device {
	struct device dev;
	struct vbus *bus;
	struct list_head list;
	u32 id;
	u32 class;
	char name[VBUS_NAME_BYTES + 1];
	u8 facts[VBUS_FACTS_BYTES];
	int handle; /* 0: it is not open */
	bool gone; /* the host has taken it away */
	unsigned long kick_port;
};

struct vbus_driver {
	struct device_driver driver;
	u32 class;
	int (*probe)(struct vbus_device *vdev);
	void (*remove)(struct vbus_device *vdev);
	/* The facts have changed; may sleep. */
	void (*changed)(struct vbus_device *vdev);
};

#define to_vbus_device(d) container_of(d, struct vbus_device, dev)
#define to_vbus_driver(d) container_of(d, struct vbus_driver, driver)

int vbus_register_driver(struct vbus_driver *drv, struct module *owner);
void vbus_unregister_driver(struct vbus_driver *drv);

/* What the host and this driver both know. */
u32 vbus_features(struct vbus_device *vdev);

/* Runs in the interrupt's handler. */
typedef void (*vbus_signalled)(void *data);

int vbus_open(struct vbus_device *vdev, u32 version);
void vbus_close(struct vbus_device *vdev);

/* Registers a ring; the number of its signal, or a negative errno value. */
int vbus_shm(struct vbus_device *vdev, u32 ring, dma_addr_t address, u32 length,
	     s32 signal_offset, vbus_signalled signalled, void *data);

/* The device that rings and buffers are allocated for. */
struct device *vbus_dma_device(struct vbus_device *vdev);

/* The host works the ring of this number off before this returns. */
static inline void vbus_kick(struct vbus_device *vdev, u32 number)
{
	outl(number, vdev->kick_port);
}

#endif
