// SPDX-License-Identifier: GPL-2.0
/*
 * A venet on the vbus bridge. Frames are copied to and from buffers that are
 * registered once; the host is kicked only where it asks for that, and asks
 * for nothing while it looks by itself. NAPI does the same the other way.
 */
#include <linux/dma-mapping.h>
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/if_vlan.h>
#include <linux/module.h>
#include <linux/netdevice.h>

#include "vbus.h"

#define RING_RX 0
#define RING_TX 1

#define SLOTS_MIN 16u
#define SLOTS_MAX 256u
#define ALIGNMENT 64u
#define MTU_MOST 65535u

struct venet_facts {
	u8 mac[ETH_ALEN];
	__le16 mtu;
	__le32 link;
	u8 address[4];
	u8 gateway[4];
	__le32 prefix;
	__le32 slots;
};

struct venet_ring {
	struct vbus_descriptor *slots;
	struct vbus_signal *signal;
	u8 *buffers;
	dma_addr_t dma;
	size_t bytes;
	u32 count;
	u32 buffer_bytes;
	int number;
	u32 position; /* the next to post, or to take */
};

struct venet {
	struct net_device *dev;
	struct vbus_device *vdev;
	struct napi_struct napi;
	struct venet_ring rx;
	struct venet_ring tx;
	u32 tx_told; /* the first position that the host was not told of */
	u64 kicks;
	u64 signals;
};

static const char venet_counters[][ETH_GSTRING_LEN] = { "kicks", "signals" };

static u32 venet_slot(const struct venet_ring *ring)
{
	return ring->position & (ring->count - 1);
}

static void venet_advance(struct venet_ring *ring)
{
	ring->position = (ring->position + 1) & VBUS_POSITIONS;
}

static u32 venet_ring_offset(const struct venet_ring *ring)
{
	return ring->count * sizeof(struct vbus_descriptor);
}

static u32 venet_buffers_offset(const struct venet_ring *ring)
{
	return ALIGN(venet_ring_offset(ring) + sizeof(struct vbus_signal), ALIGNMENT);
}

/* As many slots as wanted, or as there is memory in one piece for. */
static int venet_alloc_ring(struct venet *v, struct venet_ring *ring, u32 slots, u32 mtu)
{
	struct device *dma = vbus_dma_device(v->vdev);
	u8 *memory;

	ring->buffer_bytes = ALIGN(mtu + VLAN_ETH_HLEN, ALIGNMENT);
	for (ring->count = slots; ring->count >= SLOTS_MIN; ring->count /= 2) {
		ring->bytes = venet_buffers_offset(ring) + (size_t)ring->count * ring->buffer_bytes;
		memory = dma_alloc_coherent(dma, ring->bytes, &ring->dma,
					    GFP_KERNEL | __GFP_NOWARN);
		if (!memory)
			continue;
		ring->slots = (struct vbus_descriptor *)memory;
		ring->signal = (struct vbus_signal *)(memory + venet_ring_offset(ring));
		ring->buffers = memory + venet_buffers_offset(ring);
		return 0;
	}
	return -ENOMEM;
}

static void venet_free_ring(struct venet *v, struct venet_ring *ring)
{
	if (ring->slots)
		dma_free_coherent(vbus_dma_device(v->vdev), ring->bytes, ring->slots, ring->dma);
	ring->slots = NULL;
}

/* All slots as they are before anybody has used them. */
static void venet_clear_ring(struct venet_ring *ring, u32 turn)
{
	u32 i;

	memset(ring->slots, 0, venet_buffers_offset(ring));
	ring->position = 0;
	for (i = 0; i < ring->count; i++) {
		ring->slots[i].address =
			(u32)ring->dma + venet_buffers_offset(ring) + i * ring->buffer_bytes;
		ring->slots[i].length = ring->buffer_bytes;
		ring->slots[i].turn = turn;
	}
}

static int venet_share_ring(struct venet *v, struct venet_ring *ring, u32 id, u32 turn,
			    vbus_signalled signalled)
{
	venet_clear_ring(ring, turn);
	ring->number = vbus_shm(v->vdev, id, ring->dma, venet_ring_offset(ring),
				venet_ring_offset(ring), signalled, v);
	return min(ring->number, 0);
}

static bool venet_came(const struct venet_ring *rx)
{
	/* The bridge fills in order, so no position stays out. */
	return smp_load_acquire(&rx->slots[venet_slot(rx)].turn) == rx->position << 1;
}

static void venet_rx_signalled(void *data)
{
	struct venet *v = data;

	v->signals++;
	if (napi_schedule_prep(&v->napi)) {
		WRITE_ONCE(v->rx.signal->enabled, VBUS_SIGNAL_NEVER);
		__napi_schedule(&v->napi);
	}
}

static void venet_take_frame(struct venet *v)
{
	struct venet_ring *rx = &v->rx;
	u32 index = venet_slot(rx);
	struct vbus_descriptor *slot = &rx->slots[index];
	u32 length = READ_ONCE(slot->length);
	struct sk_buff *skb;

	if (length >= ETH_HLEN && length <= rx->buffer_bytes) {
		skb = napi_alloc_skb(&v->napi, length);
		if (skb) {
			skb_put_data(skb, rx->buffers + index * rx->buffer_bytes, length);
			skb->protocol = eth_type_trans(skb, v->dev);
			dev_sw_netstats_rx_add(v->dev, length);
			napi_gro_receive(&v->napi, skb);
		} else {
			v->dev->stats.rx_dropped++;
		}
	}
	slot->length = rx->buffer_bytes;
	smp_store_release(&slot->turn, (rx->position << 1) | 1);
	venet_advance(rx);
}

static int venet_poll(struct napi_struct *napi, int budget)
{
	struct venet *v = container_of(napi, struct venet, napi);
	struct venet_ring *rx = &v->rx;
	int done = 0;

	while (done < budget && venet_came(rx)) {
		venet_take_frame(v);
		done++;
	}
	if (done == budget || !napi_complete_done(napi, done))
		return done;
	WRITE_ONCE(rx->signal->enabled, VBUS_SIGNAL_ALWAYS);
	/* Enabled first, then the look: the host does it the other way round. */
	mb();
	if (venet_came(rx) && napi_schedule_prep(napi)) {
		WRITE_ONCE(rx->signal->enabled, VBUS_SIGNAL_NEVER);
		__napi_schedule(napi);
	}
	return done;
}

static bool venet_has_room(const struct venet_ring *tx)
{
	return !(smp_load_acquire(&tx->slots[venet_slot(tx)].turn) & 1);
}

static void venet_kick(struct venet *v)
{
	v->kicks++;
	v->tx_told = v->tx.position;
	vbus_kick(v->vdev, v->tx.number);
}

/* Whether the host wants to hear of what was posted since it was told. */
static bool venet_host_wants(struct venet *v)
{
	const struct vbus_signal *signal = v->tx.signal;
	u32 posted = (v->tx.position - v->tx_told) & VBUS_POSITIONS;
	u32 enabled;

	/* Posted first, then the look. */
	mb();
	enabled = READ_ONCE(signal->enabled);
	if (enabled != VBUS_SIGNAL_AT)
		return enabled != VBUS_SIGNAL_NEVER;
	return ((READ_ONCE(signal->at) - v->tx_told) & VBUS_POSITIONS) < posted;
}

static void venet_tx_signalled(void *data)
{
	struct venet *v = data;

	v->signals++;
	netif_wake_queue(v->dev);
}

/* The ring is full: the host works it off, or tells us once it has. */
static void venet_make_room(struct venet *v)
{
	struct venet_ring *tx = &v->tx;

	venet_kick(v);
	if (venet_has_room(tx))
		return;
	netif_stop_queue(v->dev);
	WRITE_ONCE(tx->signal->waiting, 1);
	mb();
	if (venet_has_room(tx)) {
		WRITE_ONCE(tx->signal->waiting, 0);
		netif_start_queue(v->dev);
	}
}

static netdev_tx_t venet_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct venet *v = netdev_priv(dev);
	struct venet_ring *tx = &v->tx;
	u32 index = venet_slot(tx);
	struct vbus_descriptor *slot = &tx->slots[index];

	if (unlikely(skb->len > tx->buffer_bytes)) {
		dev->stats.tx_dropped++;
		dev_kfree_skb_any(skb);
		return NETDEV_TX_OK;
	}
	if (unlikely(!venet_has_room(tx))) {
		netif_stop_queue(dev);
		return NETDEV_TX_BUSY;
	}
	skb_copy_from_linear_data(skb, tx->buffers + index * tx->buffer_bytes, skb->len);
	slot->length = skb->len;
	smp_store_release(&slot->turn, (tx->position << 1) | 1);
	venet_advance(tx);
	dev_sw_netstats_tx_add(dev, 1, skb->len);
	if (!venet_has_room(tx))
		venet_make_room(v);
	else if (!netdev_xmit_more() && venet_host_wants(v))
		venet_kick(v);
	dev_consume_skb_any(skb);
	return NETDEV_TX_OK;
}

static int venet_open(struct net_device *dev)
{
	struct venet *v = netdev_priv(dev);
	int err = vbus_open(v->vdev, VBUS_VERSION);

	if (err)
		return err;
	v->tx_told = 0;
	napi_enable(&v->napi);
	err = venet_share_ring(v, &v->tx, RING_TX, 0, venet_tx_signalled);
	if (!err)
		err = venet_share_ring(v, &v->rx, RING_RX, 1, venet_rx_signalled);
	if (err) {
		napi_disable(&v->napi);
		vbus_close(v->vdev);
		return err;
	}
	WRITE_ONCE(v->rx.signal->enabled, VBUS_SIGNAL_ALWAYS);
	netif_start_queue(dev);
	return 0;
}

static int venet_stop(struct net_device *dev)
{
	struct venet *v = netdev_priv(dev);

	netif_stop_queue(dev);
	vbus_close(v->vdev);
	napi_disable(&v->napi);
	return 0;
}

static const struct net_device_ops venet_ops = {
	.ndo_open = venet_open,
	.ndo_stop = venet_stop,
	.ndo_start_xmit = venet_xmit,
	.ndo_get_stats64 = dev_get_tstats64,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_validate_addr = eth_validate_addr,
};

static void venet_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	struct venet *v = netdev_priv(dev);

	strscpy(info->driver, "venet", sizeof(info->driver));
	strscpy(info->bus_info, dev_name(&v->vdev->dev), sizeof(info->bus_info));
}

static int venet_counter_count(struct net_device *dev, int set)
{
	return set == ETH_SS_STATS ? ARRAY_SIZE(venet_counters) : -EOPNOTSUPP;
}

static void venet_counter_names(struct net_device *dev, u32 set, u8 *names)
{
	if (set == ETH_SS_STATS)
		memcpy(names, venet_counters, sizeof(venet_counters));
}

static void venet_counter_values(struct net_device *dev, struct ethtool_stats *stats, u64 *values)
{
	struct venet *v = netdev_priv(dev);

	values[0] = v->kicks;
	values[1] = v->signals;
}

static const struct ethtool_ops venet_ethtool_ops = {
	.get_drvinfo = venet_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_sset_count = venet_counter_count,
	.get_strings = venet_counter_names,
	.get_ethtool_stats = venet_counter_values,
};

static const struct venet_facts *venet_facts_of(const struct vbus_device *vdev)
{
	return (const struct venet_facts *)vdev->facts;
}

static void venet_changed(struct vbus_device *vdev)
{
	struct net_device *dev = dev_get_drvdata(&vdev->dev);

	if (le32_to_cpu(venet_facts_of(vdev)->link))
		netif_carrier_on(dev);
	else
		netif_carrier_off(dev);
}

static int venet_alloc_rings(struct venet *v)
{
	const struct venet_facts *facts = venet_facts_of(v->vdev);
	u32 slots = clamp(rounddown_pow_of_two(le32_to_cpu(facts->slots) | SLOTS_MIN),
			  (unsigned long)SLOTS_MIN, (unsigned long)SLOTS_MAX);
	int err = venet_alloc_ring(v, &v->rx, slots, v->dev->mtu);

	return err ? err : venet_alloc_ring(v, &v->tx, slots, v->dev->mtu);
}

static int venet_probe(struct vbus_device *vdev)
{
	const struct venet_facts *facts = venet_facts_of(vdev);
	struct net_device *dev = alloc_etherdev(sizeof(struct venet));
	struct venet *v;
	int err;

	BUILD_BUG_ON(sizeof(struct venet_facts) != 28);
	if (!dev)
		return -ENOMEM;
	v = netdev_priv(dev);
	v->dev = dev;
	v->vdev = vdev;
	dev_set_drvdata(&vdev->dev, dev);
	SET_NETDEV_DEV(dev, &vdev->dev);
	eth_hw_addr_set(dev, facts->mac);
	dev->mtu = le16_to_cpu(facts->mtu) ? le16_to_cpu(facts->mtu) : MTU_MOST;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = dev->mtu;
	dev->netdev_ops = &venet_ops;
	dev->ethtool_ops = &venet_ethtool_ops;
	dev->tstats = netdev_alloc_pcpu_stats(struct pcpu_sw_netstats);
	err = dev->tstats ? venet_alloc_rings(v) : -ENOMEM;
	if (err)
		goto out;
	netif_napi_add(dev, &v->napi, venet_poll);
	netif_carrier_off(dev);
	err = register_netdev(dev);
	if (err)
		goto out;
	venet_changed(vdev);
	return 0;
out:
	venet_free_ring(v, &v->rx);
	venet_free_ring(v, &v->tx);
	free_percpu(dev->tstats);
	free_netdev(dev);
	return err;
}

static void venet_remove(struct vbus_device *vdev)
{
	struct net_device *dev = dev_get_drvdata(&vdev->dev);
	struct venet *v = netdev_priv(dev);

	unregister_netdev(dev);
	venet_free_ring(v, &v->rx);
	venet_free_ring(v, &v->tx);
	free_percpu(dev->tstats);
	free_netdev(dev);
}

static struct vbus_driver venet_driver = {
	.driver.name = "venet",
	.class = VBUS_CLASS_VENET,
	.probe = venet_probe,
	.remove = venet_remove,
	.changed = venet_changed,
};

static int __init venet_init(void)
{
	return vbus_register_driver(&venet_driver, THIS_MODULE);
}

static void __exit venet_exit(void)
{
	vbus_unregister_driver(&venet_driver);
}

module_init(venet_init);
module_exit(venet_exit);

MODULE_DESCRIPTION("Network cards on the vbus bridge");
MODULE_LICENSE("GPL");
