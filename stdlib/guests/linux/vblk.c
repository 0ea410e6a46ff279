// SPDX-License-Identifier: GPL-2.0
/*
 * A vblk on the vbus bridge: blk-mq with one queue. A request is posted with
 * the parts of memory that its data is in; the host does it within the kick,
 * so most are over when that returns, and there is no interrupt.
 */
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/dma-mapping.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/scatterlist.h>

#include "vbus.h"

#define RING_REQUESTS 0
#define SLOTS 32u
#define PARTS_MOST 62u
#define DISKS_MOST 26

#define OP_READ 0
#define OP_WRITE 1
#define OP_FLUSH 2
#define OP_DISCARD 3

struct vblk_facts {
	__le64 bytes;
	__le32 sector;
	__le32 readonly;
	__le32 queues;
	__le32 request_bytes;
};

struct vblk_part {
	u32 address;
	u32 length;
};

struct vblk_request {
	u32 op;
	s32 status;
	u32 offset_low;
	u32 offset_high;
	u32 length;
	u32 unused;
	struct vblk_part parts[PARTS_MOST];
};

/* What the host reads and writes. */
struct vblk_shared {
	struct vbus_descriptor slots[SLOTS];
	struct vbus_signal signal;
	u8 reserved[48];
	struct vblk_request requests[SLOTS];
};

/* Of each request of the block layer. */
struct vblk_command {
	int mapped;
	struct scatterlist parts[PARTS_MOST];
};

struct vblk {
	struct vbus_device *vdev;
	struct gendisk *disk;
	struct blk_mq_tag_set tags;
	struct vblk_shared *shared;
	dma_addr_t dma;
	int number;
	int index;
	spinlock_t lock; /* the ring and what is out */
	u32 posted; /* the next position */
	u32 returned; /* the first that has not come back */
	struct request *out[SLOTS];
};

static DEFINE_IDA(vblk_indexes);

static const struct vblk_facts *vblk_facts_of(const struct vbus_device *vdev)
{
	return (const struct vblk_facts *)vdev->facts;
}

static enum dma_data_direction vblk_direction(const struct request *rq)
{
	return rq_data_dir(rq) == WRITE ? DMA_TO_DEVICE : DMA_FROM_DEVICE;
}

static void vblk_end(struct vblk *v, struct request *rq, int err)
{
	struct vblk_command *command = blk_mq_rq_to_pdu(rq);

	if (command->mapped)
		dma_unmap_sg(vbus_dma_device(v->vdev), command->parts, command->mapped,
			     vblk_direction(rq));
	blk_mq_end_request(rq, errno_to_blk_status(err));
}

/* The next request that the host has done, or none. */
static struct request *vblk_take(struct vblk *v, int *status)
{
	struct request *rq = NULL;
	unsigned long flags;
	u32 index;

	spin_lock_irqsave(&v->lock, flags);
	index = v->returned & (SLOTS - 1);
	if (v->returned != v->posted &&
	    smp_load_acquire(&v->shared->slots[index].turn) == (v->returned << 1)) {
		rq = v->out[index];
		*status = READ_ONCE(v->shared->requests[rq->tag].status);
		v->returned = (v->returned + 1) & VBUS_POSITIONS;
	}
	spin_unlock_irqrestore(&v->lock, flags);
	return rq;
}

/* Ends what the host has done; it ends, since the host posts nothing. */
static void vblk_reap(struct vblk *v)
{
	struct request *rq;
	int status = 0;

	while ((rq = vblk_take(v, &status)))
		vblk_end(v, rq, status);
}

/* Ends what the host has done, and has it tell of what it could not do yet. */
static void vblk_reap_or_wait(struct vblk *v)
{
	vblk_reap(v);
	if (READ_ONCE(v->returned) == READ_ONCE(v->posted))
		return;
	WRITE_ONCE(v->shared->signal.waiting, 1);
	/* Said first, then the look: the host does it the other way round. */
	mb();
	vblk_reap(v);
}

static void vblk_kick(struct vblk *v)
{
	vbus_kick(v->vdev, v->number);
	vblk_reap_or_wait(v);
}

static void vblk_signalled(void *data)
{
	vblk_reap_or_wait(data);
}

static int vblk_op(const struct request *rq)
{
	switch (req_op(rq)) {
	case REQ_OP_READ:
		return OP_READ;
	case REQ_OP_WRITE:
		return OP_WRITE;
	case REQ_OP_FLUSH:
		return OP_FLUSH;
	case REQ_OP_DISCARD:
		return OP_DISCARD;
	default:
		return -EOPNOTSUPP;
	}
}

/* Writes a request's parts; how many, or a negative errno value. */
static int vblk_map(struct vblk *v, struct request *rq, struct vblk_request *made)
{
	struct vblk_command *command = blk_mq_rq_to_pdu(rq);
	struct scatterlist *part;
	int count;
	int i;

	command->mapped = 0;
	if (!blk_rq_nr_phys_segments(rq) || req_op(rq) == REQ_OP_DISCARD)
		return 0;
	sg_init_table(command->parts, blk_rq_nr_phys_segments(rq));
	count = blk_rq_map_sg(rq->q, rq, command->parts);
	command->mapped = count;
	count = dma_map_sg(vbus_dma_device(v->vdev), command->parts, count, vblk_direction(rq));
	if (!count) {
		command->mapped = 0;
		return -ENOMEM;
	}
	for_each_sg(command->parts, part, count, i) {
		made->parts[i].address = (u32)sg_dma_address(part);
		made->parts[i].length = sg_dma_len(part);
	}
	return count;
}

static void vblk_post(struct vblk *v, struct request *rq, int parts)
{
	struct vbus_descriptor *slot;
	unsigned long flags;
	u32 index;

	/* There are as many slots as tags, so one is free. */
	spin_lock_irqsave(&v->lock, flags);
	index = v->posted & (SLOTS - 1);
	slot = &v->shared->slots[index];
	v->out[index] = rq;
	slot->address = (u32)v->dma + offsetof(struct vblk_shared, requests) +
			rq->tag * sizeof(struct vblk_request);
	slot->length = offsetof(struct vblk_request, parts) + parts * sizeof(struct vblk_part);
	smp_store_release(&slot->turn, (v->posted << 1) | 1);
	v->posted = (v->posted + 1) & VBUS_POSITIONS;
	spin_unlock_irqrestore(&v->lock, flags);
}

static blk_status_t vblk_queue_rq(struct blk_mq_hw_ctx *hctx, const struct blk_mq_queue_data *bd)
{
	struct vblk *v = hctx->queue->queuedata;
	struct request *rq = bd->rq;
	struct vblk_request *made = &v->shared->requests[rq->tag];
	u64 offset = (u64)blk_rq_pos(rq) << SECTOR_SHIFT;
	int op = vblk_op(rq);
	int parts;

	if (op < 0)
		return BLK_STS_NOTSUPP;
	if (READ_ONCE(v->vdev->gone))
		return BLK_STS_IOERR;
	blk_mq_start_request(rq);
	parts = vblk_map(v, rq, made);
	if (parts < 0)
		return BLK_STS_RESOURCE;
	made->op = op;
	made->status = -EIO;
	made->offset_low = op == OP_FLUSH ? 0 : lower_32_bits(offset);
	made->offset_high = op == OP_FLUSH ? 0 : upper_32_bits(offset);
	made->length = op == OP_FLUSH ? 0 : blk_rq_bytes(rq);
	vblk_post(v, rq, parts);
	if (bd->last)
		vblk_kick(v);
	return BLK_STS_OK;
}

static void vblk_commit_rqs(struct blk_mq_hw_ctx *hctx)
{
	vblk_kick(hctx->queue->queuedata);
}

static const struct blk_mq_ops vblk_mq_ops = {
	.queue_rq = vblk_queue_rq,
	.commit_rqs = vblk_commit_rqs,
};

static const struct block_device_operations vblk_ops = {
	.owner = THIS_MODULE,
};

static ssize_t serial_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct vblk *v = dev_to_disk(dev)->private_data;

	return sysfs_emit(buf, "%s", v->vdev->name);
}
static DEVICE_ATTR_RO(serial);

static struct attribute *vblk_attrs[] = { &dev_attr_serial.attr, NULL };
ATTRIBUTE_GROUPS(vblk);

static void vblk_changed(struct vbus_device *vdev)
{
	struct vblk *v = dev_get_drvdata(&vdev->dev);

	set_capacity_and_notify(v->disk, le64_to_cpu(vblk_facts_of(vdev)->bytes) >> SECTOR_SHIFT);
}

static int vblk_begin(struct vblk *v)
{
	u32 bytes = offsetof(struct vblk_shared, signal);
	int err = vbus_open(v->vdev, VBUS_VERSION);

	if (err)
		return err;
	v->number = vbus_shm(v->vdev, RING_REQUESTS, v->dma, bytes, bytes, vblk_signalled, v);
	if (v->number >= 0)
		return 0;
	vbus_close(v->vdev);
	return v->number;
}

static int vblk_alloc_disk(struct vblk *v)
{
	const struct vblk_facts *facts = vblk_facts_of(v->vdev);
	u32 sectors = le32_to_cpu(facts->request_bytes) >> SECTOR_SHIFT;
	struct request_queue *q;

	v->tags.ops = &vblk_mq_ops;
	v->tags.nr_hw_queues = 1;
	v->tags.queue_depth = SLOTS;
	v->tags.numa_node = NUMA_NO_NODE;
	v->tags.cmd_size = sizeof(struct vblk_command);
	v->tags.flags = BLK_MQ_F_SHOULD_MERGE;
	if (blk_mq_alloc_tag_set(&v->tags))
		return -ENOMEM;
	v->disk = blk_mq_alloc_disk(&v->tags, v);
	if (IS_ERR(v->disk)) {
		blk_mq_free_tag_set(&v->tags);
		return PTR_ERR(v->disk);
	}
	q = v->disk->queue;
	blk_queue_logical_block_size(q, le32_to_cpu(facts->sector));
	blk_queue_max_segments(q, PARTS_MOST);
	blk_queue_max_hw_sectors(q, sectors);
	blk_queue_max_discard_sectors(q, sectors);
	q->limits.discard_granularity = le32_to_cpu(facts->sector);
	blk_queue_write_cache(q, true, false);
	blk_queue_flag_set(QUEUE_FLAG_NONROT, q);
	v->disk->fops = &vblk_ops;
	v->disk->private_data = v;
	snprintf(v->disk->disk_name, sizeof(v->disk->disk_name), "vbd%c", 'a' + v->index);
	set_capacity(v->disk, le64_to_cpu(facts->bytes) >> SECTOR_SHIFT);
	set_disk_ro(v->disk, le32_to_cpu(facts->readonly) != 0);
	return 0;
}

static void vblk_free(struct vblk *v)
{
	if (v->shared)
		dma_free_coherent(vbus_dma_device(v->vdev), sizeof(*v->shared), v->shared, v->dma);
	if (v->index >= 0)
		ida_free(&vblk_indexes, v->index);
	kfree(v);
}

static int vblk_probe(struct vbus_device *vdev)
{
	struct vblk *v = kzalloc(sizeof(*v), GFP_KERNEL);
	int err = -ENOMEM;

	BUILD_BUG_ON(sizeof(struct vblk_facts) != 24);
	BUILD_BUG_ON(offsetof(struct vblk_request, parts) != 24);
	BUILD_BUG_ON(offsetof(struct vblk_shared, requests) % 64);
	if (!v)
		return err;
	v->vdev = vdev;
	spin_lock_init(&v->lock);
	v->index = ida_alloc_max(&vblk_indexes, DISKS_MOST - 1, GFP_KERNEL);
	if (v->index >= 0)
		v->shared = dma_alloc_coherent(vbus_dma_device(vdev), sizeof(*v->shared), &v->dma,
					       GFP_KERNEL);
	if (!v->shared)
		goto out;
	err = vblk_begin(v);
	if (err)
		goto out;
	err = vblk_alloc_disk(v);
	if (err)
		goto out_close;
	dev_set_drvdata(&vdev->dev, v);
	err = device_add_disk(&vdev->dev, v->disk, vblk_groups);
	if (!err)
		return 0;
	put_disk(v->disk);
	blk_mq_free_tag_set(&v->tags);
out_close:
	vbus_close(vdev);
out:
	vblk_free(v);
	return err;
}

/* What is out comes back from nobody: each fails. */
static void vblk_fail_all(struct vblk *v)
{
	unsigned long flags;
	struct request *rq;

	for (;;) {
		rq = NULL;
		spin_lock_irqsave(&v->lock, flags);
		if (v->returned != v->posted) {
			rq = v->out[v->returned & (SLOTS - 1)];
			v->returned = (v->returned + 1) & VBUS_POSITIONS;
		}
		spin_unlock_irqrestore(&v->lock, flags);
		if (!rq)
			return;
		vblk_end(v, rq, -EIO);
	}
}

static void vblk_remove(struct vbus_device *vdev)
{
	struct vblk *v = dev_get_drvdata(&vdev->dev);

	if (READ_ONCE(vdev->gone)) {
		blk_mark_disk_dead(v->disk);
		vbus_close(vdev);
		vblk_fail_all(v);
	}
	del_gendisk(v->disk);
	vbus_close(vdev);
	put_disk(v->disk);
	blk_mq_free_tag_set(&v->tags);
	vblk_free(v);
}

static struct vbus_driver vblk_driver = {
	.driver.name = "vblk",
	.class = VBUS_CLASS_VBLK,
	.probe = vblk_probe,
	.remove = vblk_remove,
	.changed = vblk_changed,
};

static int __init vblk_init(void)
{
	return vbus_register_driver(&vblk_driver, THIS_MODULE);
}

static void __exit vblk_exit(void)
{
	vbus_unregister_driver(&vblk_driver);
}

module_init(vblk_init);
module_exit(vblk_exit);

MODULE_DESCRIPTION("Disks on the vbus bridge");
MODULE_LICENSE("GPL");
