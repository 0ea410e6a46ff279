// SPDX-License-Identifier: GPL-2.0
/*
 * The vbus bridge: a PCI device by which a PC reaches the devices of its bus.
 * A hypercall is one write of a port; answers, events and rings lie in memory.
 */
#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "vbus.h"

#define VBUS_PCI_VENDOR 0x7662
#define VBUS_PCI_DEVICE 0x0001

#define REG_MAGIC 0x00
#define REG_VERSION 0x04
#define REG_CALL 0x08
#define REG_STATUS 0x0c
#define REG_KICK 0x10

#define VBUS_MAGIC 0x73756276

#define VERB_OPEN 1
#define VERB_CLOSE 2
#define VERB_CALL 3
#define VERB_SHM 4

#define BUS_NEGOTIATE 1
#define BUS_EVENTS 3
#define BUS_NEXT_CHANGE 4

#define CHANGE_ADDED 1
#define CHANGE_REMOVED 2
#define CHANGE_CHANGED 3

#define SIGNAL_WORDS 8
#define SIGNALS (SIGNAL_WORDS * 32)
#define ARGUMENTS 7

struct vbus_block {
	u32 verb;
	s32 answer;
	u32 arguments[ARGUMENTS];
	u32 reserved[7];
};

struct vbus_events {
	u32 wake;
	u32 sleeping;
	u32 changes;
	u32 stop;
	u32 reserved[4];
	u32 pending[SIGNAL_WORDS];
};

struct vbus_record {
	u32 type;
	u32 id;
	u32 class;
	u32 ticket;
	char name[VBUS_NAME_BYTES];
	u8 facts[VBUS_FACTS_BYTES];
};

struct vbus_features {
	u32 version;
	u32 reserved;
	u32 low;
	u32 high;
};

/* What the host reads and writes, at its alignment. */
struct vbus_shared {
	struct vbus_block block;
	struct vbus_events events;
	struct vbus_record record;
	struct vbus_features features;
};

struct vbus_listener {
	vbus_signalled signalled;
	void *data;
	struct vbus_device *vdev;
};

struct vbus {
	struct pci_dev *pdev;
	unsigned long ports;
	struct vbus_shared *shared;
	dma_addr_t dma;
	spinlock_t call_lock; /* the block of a hypercall */
	struct mutex change_lock; /* the record, and the list of devices */
	struct list_head devices;
	struct work_struct work;
	u32 changes_seen;
	u32 features;
	struct vbus_listener listeners[SIGNALS];
};

static int vbus_verb(struct vbus *bus, u32 verb, const u32 *arguments, int count)
{
	struct vbus_block *block = &bus->shared->block;
	unsigned long flags;
	int answer;
	int i;

	spin_lock_irqsave(&bus->call_lock, flags);
	block->verb = verb;
	for (i = 0; i < ARGUMENTS; i++)
		block->arguments[i] = i < count ? arguments[i] : 0;
	wmb();
	outl((u32)bus->dma, bus->ports + REG_CALL);
	rmb();
	answer = READ_ONCE(block->answer);
	spin_unlock_irqrestore(&bus->call_lock, flags);
	return answer;
}

static int vbus_call_bus(struct vbus *bus, u32 func, size_t offset, u32 length)
{
	u32 arguments[] = { 0, func, (u32)bus->dma + offset, length, 0 };

	return vbus_verb(bus, VERB_CALL, arguments, ARRAY_SIZE(arguments));
}

int vbus_open(struct vbus_device *vdev, u32 version)
{
	u32 arguments[] = { vdev->id, version };
	int handle = vbus_verb(vdev->bus, VERB_OPEN, arguments, ARRAY_SIZE(arguments));

	if (handle < 0)
		return handle;
	vdev->handle = handle;
	return 0;
}
EXPORT_SYMBOL_GPL(vbus_open);

void vbus_close(struct vbus_device *vdev)
{
	u32 arguments[] = { vdev->handle };
	struct vbus *bus = vdev->bus;
	int i;

	if (!vdev->handle)
		return;
	vbus_verb(bus, VERB_CLOSE, arguments, ARRAY_SIZE(arguments));
	vdev->handle = 0;
	for (i = 0; i < SIGNALS; i++)
		if (bus->listeners[i].vdev == vdev)
			WRITE_ONCE(bus->listeners[i].signalled, NULL);
	/* Whoever is in the handler has seen what was there before. */
	synchronize_irq(bus->pdev->irq);
}
EXPORT_SYMBOL_GPL(vbus_close);

int vbus_shm(struct vbus_device *vdev, u32 ring, dma_addr_t address, u32 length,
	     s32 signal_offset, vbus_signalled signalled, void *data)
{
	u32 arguments[] = { vdev->handle, ring, 0, (u32)address, length, signal_offset, 0 };
	struct vbus_listener *listener;
	int number = vbus_verb(vdev->bus, VERB_SHM, arguments, ARRAY_SIZE(arguments));

	if (number < 0)
		return number;
	if (number >= SIGNALS)
		return -EPROTO;
	listener = &vdev->bus->listeners[number];
	listener->data = data;
	listener->vdev = vdev;
	smp_store_release(&listener->signalled, signalled);
	return number;
}
EXPORT_SYMBOL_GPL(vbus_shm);

u32 vbus_features(struct vbus_device *vdev)
{
	return vdev->bus->features;
}
EXPORT_SYMBOL_GPL(vbus_features);

struct device *vbus_dma_device(struct vbus_device *vdev)
{
	return &vdev->bus->pdev->dev;
}
EXPORT_SYMBOL_GPL(vbus_dma_device);

static int vbus_match(struct device *dev, struct device_driver *drv)
{
	return to_vbus_device(dev)->class == to_vbus_driver(drv)->class;
}

static int vbus_probe_device(struct device *dev)
{
	return to_vbus_driver(dev->driver)->probe(to_vbus_device(dev));
}

static void vbus_remove_device(struct device *dev)
{
	to_vbus_driver(dev->driver)->remove(to_vbus_device(dev));
}

static struct bus_type vbus_type = {
	.name = "vbus",
	.match = vbus_match,
	.probe = vbus_probe_device,
	.remove = vbus_remove_device,
};

int vbus_register_driver(struct vbus_driver *drv, struct module *owner)
{
	drv->driver.bus = &vbus_type;
	drv->driver.owner = owner;
	return driver_register(&drv->driver);
}
EXPORT_SYMBOL_GPL(vbus_register_driver);

void vbus_unregister_driver(struct vbus_driver *drv)
{
	driver_unregister(&drv->driver);
}
EXPORT_SYMBOL_GPL(vbus_unregister_driver);

static void vbus_release_device(struct device *dev)
{
	kfree(to_vbus_device(dev));
}

static void vbus_take_facts(struct vbus_device *vdev, const struct vbus_record *record)
{
	memcpy(vdev->name, record->name, VBUS_NAME_BYTES);
	memcpy(vdev->facts, record->facts, VBUS_FACTS_BYTES);
}

static void vbus_add(struct vbus *bus, const struct vbus_record *record)
{
	struct vbus_device *vdev = kzalloc(sizeof(*vdev), GFP_KERNEL);

	if (!vdev)
		return;
	vdev->bus = bus;
	vdev->id = record->id;
	vdev->class = record->class;
	vdev->kick_port = bus->ports + REG_KICK;
	vbus_take_facts(vdev, record);
	vdev->dev.bus = &vbus_type;
	vdev->dev.parent = &bus->pdev->dev;
	vdev->dev.release = vbus_release_device;
	dev_set_name(&vdev->dev, "%s-%u", dev_name(&bus->pdev->dev), vdev->id);
	if (device_register(&vdev->dev)) {
		put_device(&vdev->dev);
		return;
	}
	list_add_tail(&vdev->list, &bus->devices);
}

static void vbus_drop(struct vbus_device *vdev)
{
	list_del(&vdev->list);
	device_unregister(&vdev->dev);
}

static void vbus_change(struct vbus_device *vdev, const struct vbus_record *record)
{
	struct vbus_driver *drv;

	vbus_take_facts(vdev, record);
	device_lock(&vdev->dev);
	drv = vdev->dev.driver ? to_vbus_driver(vdev->dev.driver) : NULL;
	if (drv && drv->changed)
		drv->changed(vdev);
	device_unlock(&vdev->dev);
}

static struct vbus_device *vbus_find(struct vbus *bus, u32 id)
{
	struct vbus_device *vdev;

	list_for_each_entry(vdev, &bus->devices, list)
		if (vdev->id == id)
			return vdev;
	return NULL;
}

/* Takes what has changed of the bus; ends, since each device is told once. */
static void vbus_take_changes(struct vbus *bus)
{
	struct vbus_record record;
	struct vbus_device *vdev;

	mutex_lock(&bus->change_lock);
	while (vbus_call_bus(bus, BUS_NEXT_CHANGE, offsetof(struct vbus_shared, record),
			     sizeof(record)) == 1) {
		record = bus->shared->record;
		vdev = vbus_find(bus, record.id);
		if (record.type == CHANGE_ADDED && !vdev)
			vbus_add(bus, &record);
		else if (record.type == CHANGE_REMOVED && vdev) {
			WRITE_ONCE(vdev->gone, true);
			vbus_drop(vdev);
		}
		else if (record.type == CHANGE_CHANGED && vdev)
			vbus_change(vdev, &record);
	}
	mutex_unlock(&bus->change_lock);
}

static void vbus_work(struct work_struct *work)
{
	vbus_take_changes(container_of(work, struct vbus, work));
}

static void vbus_deliver(struct vbus *bus, int word, u32 bits)
{
	while (bits) {
		int bit = __ffs(bits);
		struct vbus_listener *listener = &bus->listeners[word * 32 + bit];
		vbus_signalled signalled = smp_load_acquire(&listener->signalled);

		bits &= bits - 1;
		if (signalled)
			signalled(listener->data);
	}
}

static irqreturn_t vbus_interrupt(int irq, void *data)
{
	struct vbus *bus = data;
	struct vbus_events *events = &bus->shared->events;
	u32 changes;
	int word;

	if (!inl(bus->ports + REG_STATUS))
		return IRQ_NONE;
	for (word = SIGNAL_WORDS - 1; word >= 0; word--)
		if (READ_ONCE(events->pending[word]))
			vbus_deliver(bus, word, xchg(&events->pending[word], 0));
	changes = READ_ONCE(events->changes);
	if (changes != bus->changes_seen) {
		bus->changes_seen = changes;
		schedule_work(&bus->work);
	}
	return IRQ_HANDLED;
}

/* A host that knows none of them says so. */
static void vbus_negotiate(struct vbus *bus)
{
	struct vbus_features *features = &bus->shared->features;

	features->version = VBUS_VERSION;
	features->reserved = 0;
	features->low = VBUS_FEATURE_NOTIFY_AT | VBUS_FEATURE_SEGMENT | VBUS_FEATURE_WHOLE;
	features->high = 0;
	if (!vbus_call_bus(bus, BUS_NEGOTIATE, offsetof(struct vbus_shared, features),
			   sizeof(*features)))
		bus->features = READ_ONCE(features->low);
}

static int vbus_begin(struct vbus *bus)
{
	int err = request_irq(bus->pdev->irq, vbus_interrupt, IRQF_SHARED, "vbus", bus);

	if (err)
		return err;
	err = vbus_call_bus(bus, BUS_EVENTS, offsetof(struct vbus_shared, events),
			    sizeof(struct vbus_events));
	if (err) {
		free_irq(bus->pdev->irq, bus);
		return err;
	}
	vbus_negotiate(bus);
	/* Whoever looks for devices finds them when the probe is over. */
	vbus_take_changes(bus);
	return 0;
}

static int vbus_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct vbus *bus;
	int err;

	bus = devm_kzalloc(&pdev->dev, sizeof(*bus), GFP_KERNEL);
	if (!bus)
		return -ENOMEM;
	err = pcim_enable_device(pdev);
	if (err)
		return err;
	bus->pdev = pdev;
	bus->ports = pci_resource_start(pdev, 0);
	if (!bus->ports || inl(bus->ports + REG_MAGIC) != VBUS_MAGIC)
		return -ENODEV;
	if (inl(bus->ports + REG_VERSION) != VBUS_VERSION)
		return -EPROTO;
	err = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(32));
	if (err)
		return err;
	pci_set_master(pdev);
	bus->shared = dmam_alloc_coherent(&pdev->dev, sizeof(*bus->shared), &bus->dma,
					  GFP_KERNEL);
	if (!bus->shared)
		return -ENOMEM;
	spin_lock_init(&bus->call_lock);
	mutex_init(&bus->change_lock);
	INIT_LIST_HEAD(&bus->devices);
	INIT_WORK(&bus->work, vbus_work);
	pci_set_drvdata(pdev, bus);
	return vbus_begin(bus);
}

static void vbus_remove(struct pci_dev *pdev)
{
	struct vbus *bus = pci_get_drvdata(pdev);
	struct vbus_device *vdev, *next;

	free_irq(pdev->irq, bus);
	cancel_work_sync(&bus->work);
	mutex_lock(&bus->change_lock);
	list_for_each_entry_safe(vdev, next, &bus->devices, list)
		vbus_drop(vdev);
	mutex_unlock(&bus->change_lock);
}

static const struct pci_device_id vbus_ids[] = {
	{ PCI_DEVICE(VBUS_PCI_VENDOR, VBUS_PCI_DEVICE) },
	{ }
};
MODULE_DEVICE_TABLE(pci, vbus_ids);

static struct pci_driver vbus_pci_driver = {
	.name = "vbus",
	.id_table = vbus_ids,
	.probe = vbus_probe,
	.remove = vbus_remove,
};

static int __init vbus_init(void)
{
	int err;

	BUILD_BUG_ON(sizeof(struct vbus_block) != 64);
	BUILD_BUG_ON(sizeof(struct vbus_events) != 64);
	BUILD_BUG_ON(sizeof(struct vbus_record) != 128);
	err = bus_register(&vbus_type);
	if (err)
		return err;
	err = pci_register_driver(&vbus_pci_driver);
	if (err)
		bus_unregister(&vbus_type);
	return err;
}

static void __exit vbus_exit(void)
{
	pci_unregister_driver(&vbus_pci_driver);
	bus_unregister(&vbus_type);
}

module_init(vbus_init);
module_exit(vbus_exit);

MODULE_DESCRIPTION("The vbus bridge of an AlacrityVM PC");
MODULE_LICENSE("GPL");
