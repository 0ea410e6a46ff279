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
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/tcp.h>
#include <net/ip6_checksum.h>
#include <net/tcp.h>

#include "vbus.h"

#define RING_RX 0
#define RING_TX 1

#define SLOTS_MIN 16u
#define SLOTS_MAX 256u
#define ALIGNMENT 64u
#define MTU_MOST 65535u
/* Behind an Ethernet header that begins here, the rest is aligned: what copies words is then fast. */
#define FRAME_AT 2u

/* A length word: bytes, and above them those of the payload of one segment of a large frame. */
#define LENGTH_MASK 0x1ffffu
#define SEGMENT_SHIFT 17
#define SEGMENT_MIN 536u

/* Buffers for large frames that are sent, and the size of those for any frame that comes. */
#define LARGE_SLOTS 16u
#define LARGE_BYTES 32768u
#define LARGE_MOST (LARGE_BYTES - FRAME_AT)
/* As many as fill the 2 MiB that the kernel gives for the ring: it rounds up to a power of two. */
#define WHOLE_SLOTS 128u
#define WHOLE_BYTES (16256u - FRAME_AT)
/* What of a frame lies in one piece: longer than any headers. */
#define LINEAR_BYTES 256u

#define TX_FEATURES (NETIF_F_SG | NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM | NETIF_F_TSO | NETIF_F_TSO6)

/* Datagrams that came together go up through the kernel together, and are as many for a socket. */
#define RX_FEATURES (NETIF_F_RXCSUM | NETIF_F_GRO_FRAGLIST)

#define FACT_OFFLOAD 1u

struct venet_facts {
	u8 mac[ETH_ALEN];
	__le16 mtu;
	__le32 link;
	u8 address[4];
	u8 gateway[4];
	__le32 prefix;
	__le32 slots;
	__le32 bits;
};

struct venet_ring {
	struct vbus_descriptor *slots;
	struct vbus_signal *signal;
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
	u32 large_next;
	struct venet_large {
		u8 *memory;
		dma_addr_t dma;
		u32 position; /* which had it last */
	} large[LARGE_SLOTS];
	u64 kicks;
	u64 signals;
};

static const struct venet_facts *venet_facts_of(const struct vbus_device *vdev)
{
	return (const struct venet_facts *)vdev->facts;
}

static const char venet_counters[][ETH_GSTRING_LEN] = { "kicks", "signals" };

static u32 venet_slot(const struct venet_ring *ring)
{
	return ring->position & (ring->count - 1);
}

static void venet_advance(struct venet_ring *ring)
{
	ring->position = (ring->position + 1) & VBUS_POSITIONS;
}

/* The longest frame that a buffer of the ring takes. */
static u32 venet_frame_most(const struct venet_ring *ring)
{
	return ring->buffer_bytes - FRAME_AT;
}

static u32 venet_ring_offset(const struct venet_ring *ring)
{
	return ring->count * sizeof(struct vbus_descriptor);
}

static u32 venet_buffers_offset(const struct venet_ring *ring)
{
	return ALIGN(venet_ring_offset(ring) + sizeof(struct vbus_signal), ALIGNMENT);
}

/* Where the frame in a slot lies, from the ring's first byte on. */
static u32 venet_frame_offset(const struct venet_ring *ring, u32 index)
{
	return venet_buffers_offset(ring) + index * ring->buffer_bytes + FRAME_AT;
}

/* As many slots as wanted, or as there is memory in one piece for. */
static int venet_alloc_ring(struct venet *v, struct venet_ring *ring, u32 slots, u32 bytes)
{
	struct device *dma = vbus_dma_device(v->vdev);
	u8 *memory;

	ring->buffer_bytes = ALIGN(FRAME_AT + bytes, ALIGNMENT);
	for (ring->count = slots; ring->count >= SLOTS_MIN; ring->count /= 2) {
		ring->bytes = venet_buffers_offset(ring) + (size_t)ring->count * ring->buffer_bytes;
		memory = dma_alloc_coherent(dma, ring->bytes, &ring->dma,
					    GFP_KERNEL | __GFP_NOWARN);
		if (!memory)
			continue;
		ring->slots = (struct vbus_descriptor *)memory;
		ring->signal = (struct vbus_signal *)(memory + venet_ring_offset(ring));
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
		ring->slots[i].address = (u32)ring->dma + venet_frame_offset(ring, i);
		ring->slots[i].length = venet_frame_most(ring);
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

/* The host has summed it; what it made of several segments is said as such. */
static void venet_mark(struct sk_buff *skb, u32 size)
{
	struct skb_shared_info *info = skb_shinfo(skb);
	bool is_ipv4 = skb->protocol == htons(ETH_P_IP);
	struct iphdr *ip = (struct iphdr *)skb->data;
	struct ipv6hdr *ip6 = (struct ipv6hdr *)skb->data;
	u32 at = is_ipv4 ? ip->ihl * 4 : sizeof(*ip6);
	struct tcphdr *tcp = (struct tcphdr *)(skb->data + at);
	u32 headers;

	skb->ip_summed = CHECKSUM_UNNECESSARY;
	if (skb->len <= size + sizeof(*ip) + sizeof(*tcp))
		return;
	if (skb_headlen(skb) < at + sizeof(*tcp) ||
	    (is_ipv4 ? ip->protocol : ip6->nexthdr) != IPPROTO_TCP)
		return;
	headers = at + tcp->doff * 4;
	if (skb->len <= size + headers)
		return;
	if (is_ipv4)
		tcp->check = ~tcp_v4_check(skb->len - at, ip->saddr, ip->daddr, 0);
	else
		tcp->check = ~tcp_v6_check(skb->len - at, &ip6->saddr, &ip6->daddr, 0);
	if (!skb_partial_csum_set(skb, at, offsetof(struct tcphdr, check)))
		return;
	info->gso_size = size;
	info->gso_segs = DIV_ROUND_UP(skb->len - headers, size);
	info->gso_type = is_ipv4 ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6;
}

/* A copy of the frame, of which what is long lies in pages. */
static struct sk_buff *venet_copy(struct venet *v, const u8 *frame, u32 length)
{
	const u8 *from = frame - FRAME_AT;
	u32 bytes = length + FRAME_AT;
	u32 rest = bytes <= PAGE_SIZE / 2 ? 0 : bytes - LINEAR_BYTES;
	struct sk_buff *skb;
	int err;

	if (!rest) {
		skb = napi_alloc_skb(&v->napi, bytes);
		if (!skb)
			return NULL;
		skb_put_data(skb, from, bytes);
		__skb_pull(skb, FRAME_AT);
		return skb;
	}
	skb = alloc_skb_with_frags(LINEAR_BYTES + NET_SKB_PAD, rest, 2, &err, GFP_ATOMIC);
	if (!skb)
		return NULL;
	skb->dev = v->dev;
	skb_reserve(skb, NET_SKB_PAD);
	skb_put(skb, LINEAR_BYTES);
	skb->data_len = rest;
	skb->len += rest;
	skb_store_bits(skb, 0, from, bytes);
	__skb_pull(skb, FRAME_AT);
	return skb;
}

static void venet_take_frame(struct venet *v)
{
	struct venet_ring *rx = &v->rx;
	u32 index = venet_slot(rx);
	struct vbus_descriptor *slot = &rx->slots[index];
	u32 word = READ_ONCE(slot->length);
	u32 length = word & LENGTH_MASK;
	struct sk_buff *skb;

	if (length >= ETH_HLEN && length <= venet_frame_most(rx)) {
		skb = venet_copy(v, (u8 *)rx->slots + venet_frame_offset(rx, index), length);
		if (skb) {
			skb->protocol = eth_type_trans(skb, v->dev);
			if (word >> SEGMENT_SHIFT)
				venet_mark(skb, word >> SEGMENT_SHIFT);
			dev_sw_netstats_rx_add(v->dev, length);
			napi_gro_receive(&v->napi, skb);
		} else {
			v->dev->stats.rx_dropped++;
		}
	}
	slot->length = venet_frame_most(rx);
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

/* Whether any frame can be posted, a large one too. */
static bool venet_has_room(const struct venet *v)
{
	const struct venet_ring *tx = &v->tx;
	const struct venet_large *large = &v->large[v->large_next];

	if (smp_load_acquire(&tx->slots[venet_slot(tx)].turn) & 1)
		return false;
	return smp_load_acquire(&tx->slots[large->position & (tx->count - 1)].turn) !=
	       ((large->position << 1) | 1);
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
	if (venet_has_room(v))
		return;
	netif_stop_queue(v->dev);
	WRITE_ONCE(tx->signal->waiting, 1);
	mb();
	if (venet_has_room(v)) {
		WRITE_ONCE(tx->signal->waiting, 0);
		netif_start_queue(v->dev);
	}
}

/* What the host does of a frame is for TCP alone, and not for segments that are very short. */
static netdev_features_t venet_features_check(struct sk_buff *skb, struct net_device *dev,
					      netdev_features_t features)
{
	const netdev_features_t not_ours = NETIF_F_CSUM_MASK | NETIF_F_GSO_MASK;
	bool is_tcp;

	if (skb->ip_summed != CHECKSUM_PARTIAL)
		return features;
	if (skb->protocol == htons(ETH_P_IP))
		is_tcp = ip_hdr(skb)->protocol == IPPROTO_TCP;
	else
		is_tcp = skb->protocol == htons(ETH_P_IPV6) &&
			 ipv6_hdr(skb)->nexthdr == IPPROTO_TCP;
	if (!is_tcp || skb->csum_offset != offsetof(struct tcphdr, check))
		return features & ~not_ours;
	if (skb_is_gso(skb) && (skb_shinfo(skb)->gso_size < SEGMENT_MIN ||
				skb->len > LARGE_MOST || tcp_hdr(skb)->urg))
		return features & ~not_ours;
	return features;
}

/* Where the frame that is about to be posted lies, and its length word. */
static u8 *venet_place(struct venet *v, const struct sk_buff *skb, u32 *word)
{
	struct venet_ring *tx = &v->tx;
	u32 index = venet_slot(tx);
	struct vbus_descriptor *slot = &tx->slots[index];
	struct venet_large *large = &v->large[v->large_next];

	*word = skb->len;
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		*word |= (skb_is_gso(skb) ? skb_shinfo(skb)->gso_size :
					    clamp(skb->len, SEGMENT_MIN, 0x7fffu))
			 << SEGMENT_SHIFT;
	if (skb->len > venet_frame_most(tx)) {
		slot->address = (u32)large->dma + FRAME_AT;
		large->position = tx->position;
		v->large_next = (v->large_next + 1) & (LARGE_SLOTS - 1);
		return large->memory + FRAME_AT;
	}
	slot->address = (u32)tx->dma + venet_frame_offset(tx, index);
	return (u8 *)tx->slots + venet_frame_offset(tx, index);
}

static netdev_tx_t venet_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct venet *v = netdev_priv(dev);
	struct venet_ring *tx = &v->tx;
	struct vbus_descriptor *slot = &tx->slots[venet_slot(tx)];
	u32 most = skb_is_gso(skb) ? LARGE_MOST : venet_frame_most(tx);
	u8 *place;
	u32 word;

	if (unlikely(skb->len > most)) {
		dev->stats.tx_dropped++;
		dev_kfree_skb_any(skb);
		return NETDEV_TX_OK;
	}
	if (unlikely(!venet_has_room(v))) {
		netif_stop_queue(dev);
		return NETDEV_TX_BUSY;
	}
	place = venet_place(v, skb, &word);
	skb_copy_bits(skb, 0, place, skb->len);
	slot->length = word;
	smp_store_release(&slot->turn, (tx->position << 1) | 1);
	venet_advance(tx);
	dev_sw_netstats_tx_add(dev, 1, skb->len);
	if (!venet_has_room(v))
		venet_make_room(v);
	else if (!netdev_xmit_more() && venet_host_wants(v))
		venet_kick(v);
	dev_consume_skb_any(skb);
	return NETDEV_TX_OK;
}

/* None is in a slot: the turn that this stands for comes once in a circle, and goes. */
static void venet_clear_large(struct venet *v)
{
	u32 i;

	v->large_next = 0;
	for (i = 0; i < LARGE_SLOTS; i++)
		v->large[i].position = ~0u;
}

static int venet_open(struct net_device *dev)
{
	struct venet *v = netdev_priv(dev);
	int err = vbus_open(v->vdev, VBUS_VERSION);

	if (err)
		return err;
	v->tx_told = 0;
	venet_clear_large(v);
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

/* The lab may take it away while the guest runs: the host then drops large frames. */
static netdev_features_t venet_fix_features(struct net_device *dev, netdev_features_t features)
{
	const struct venet *v = netdev_priv(dev);

	if (!(le32_to_cpu(venet_facts_of(v->vdev)->bits) & FACT_OFFLOAD))
		features &= ~(TX_FEATURES | NETIF_F_GRO_FRAGLIST);
	return features;
}

static const struct net_device_ops venet_ops = {
	.ndo_open = venet_open,
	.ndo_stop = venet_stop,
	.ndo_start_xmit = venet_xmit,
	.ndo_features_check = venet_features_check,
	.ndo_fix_features = venet_fix_features,
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

static void venet_changed(struct vbus_device *vdev)
{
	struct net_device *dev = dev_get_drvdata(&vdev->dev);

	if (le32_to_cpu(venet_facts_of(vdev)->link))
		netif_carrier_on(dev);
	else
		netif_carrier_off(dev);
	rtnl_lock();
	netdev_update_features(dev);
	rtnl_unlock();
}

static void venet_free_rings(struct venet *v)
{
	u32 i;

	venet_free_ring(v, &v->rx);
	venet_free_ring(v, &v->tx);
	for (i = 0; i < LARGE_SLOTS; i++)
		if (v->large[i].memory)
			dma_free_coherent(vbus_dma_device(v->vdev), LARGE_BYTES,
					  v->large[i].memory, v->large[i].dma);
}

/* False: there is no memory, so large frames are not sent. */
static bool venet_alloc_large(struct venet *v)
{
	u32 i;

	for (i = 0; i < LARGE_SLOTS; i++) {
		v->large[i].memory = dma_alloc_coherent(vbus_dma_device(v->vdev), LARGE_BYTES,
							&v->large[i].dma,
							GFP_KERNEL | __GFP_NOWARN);
		if (!v->large[i].memory)
			return false;
	}
	return true;
}

static int venet_alloc_rings(struct venet *v)
{
	const struct venet_facts *facts = venet_facts_of(v->vdev);
	u32 features = le32_to_cpu(facts->bits) & FACT_OFFLOAD ? vbus_features(v->vdev) : 0;
	u32 slots = clamp(rounddown_pow_of_two(le32_to_cpu(facts->slots) | SLOTS_MIN),
			  (unsigned long)SLOTS_MIN, (unsigned long)SLOTS_MAX);
	u32 bytes = v->dev->mtu + VLAN_ETH_HLEN;
	int err = -ENOMEM;

	if (features & VBUS_FEATURE_WHOLE)
		err = venet_alloc_ring(v, &v->rx, min(slots, WHOLE_SLOTS), max(bytes, WHOLE_BYTES));
	if (err)
		err = venet_alloc_ring(v, &v->rx, slots, bytes);
	if (err)
		return err;
	if (features & VBUS_FEATURE_WHOLE)
		v->dev->features |= RX_FEATURES;
	if ((features & VBUS_FEATURE_SEGMENT) && venet_alloc_large(v)) {
		netif_set_tso_max_size(v->dev, LARGE_MOST);
		v->dev->hw_features |= TX_FEATURES;
		v->dev->features |= TX_FEATURES;
	}
	return venet_alloc_ring(v, &v->tx, slots, bytes);
}

static int venet_probe(struct vbus_device *vdev)
{
	const struct venet_facts *facts = venet_facts_of(vdev);
	struct net_device *dev = alloc_etherdev(sizeof(struct venet));
	struct venet *v;
	int err;

	BUILD_BUG_ON(sizeof(struct venet_facts) != 32);
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
	venet_free_rings(v);
	free_percpu(dev->tstats);
	free_netdev(dev);
	return err;
}

static void venet_remove(struct vbus_device *vdev)
{
	struct net_device *dev = dev_get_drvdata(&vdev->dev);
	struct venet *v = netdev_priv(dev);

	unregister_netdev(dev);
	venet_free_rings(v);
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
