// The numbers and layouts of docs/abi.md for C. Nothing here does anything; guests include vbus.h.
#ifndef VBUS_ABI_H
#define VBUS_ABI_H

#include <stddef.h>
#include <stdint.h>

enum {
  VBUS_ABI_VERSION = 1,

  VBUS_EPERM = -1,
  VBUS_ENOENT = -2,
  VBUS_EIO = -5,
  VBUS_EBADF = -9,
  VBUS_EAGAIN = -11,
  VBUS_EFAULT = -14,
  VBUS_EBUSY = -16,
  VBUS_ENODEV = -19,
  VBUS_EINVAL = -22,
  VBUS_ENOSPC = -28,
  VBUS_EPROTO = -71,

  VBUS_BUS = 0, // The handle of the bus, and its functions.
  VBUS_BUS_NEGOTIATE = 1,
  VBUS_BUS_BOOT = 2,
  VBUS_BUS_EVENTS = 3,
  VBUS_BUS_NEXT_CHANGE = 4,
  VBUS_BUS_WRITE = 5,
  VBUS_BUS_CLOCK = 6,

  VBUS_FEATURE_RECONFIGURE = 1, // What a guest and its host may agree on, as bits.
  VBUS_FEATURE_NOTIFY_AT = 2,
  VBUS_FEATURE_SEGMENT = 4,
  VBUS_FEATURE_WHOLE = 8,

  VBUS_BOOT_LAB = 1,
  VBUS_BOOT_GUEST = 2,
  VBUS_BOOT_ARGUMENT = 3,
  VBUS_BOOT_ENVIRONMENT = 4,

  VBUS_CHANGE_ADDED = 1,
  VBUS_CHANGE_REMOVED = 2,
  VBUS_CHANGE_CHANGED = 3,
  VBUS_CHANGE_RECONFIGURE = 4,
  VBUS_CLASS_VENET = 1,
  VBUS_CLASS_VCONSOLE = 2,
  VBUS_CLASS_VBLK = 3,
  VBUS_CLASS_VCHAN = 4,
  VBUS_CLASS_VCLOCK = 5,
  VBUS_CLASS_VRNG = 6,

  VBUS_SHM_STAGED = 1, // A flag of `shm`: the ring serves when the guest acknowledges.

  VBUS_VENET_INFO = 1,
  VBUS_VENET_ACKNOWLEDGE = 2,
  VBUS_VENET_RX = 0,
  VBUS_VENET_TX = 1,
  VBUS_VENET_OFFLOAD = 1, // A bit of its facts: large frames are taken and given.
  VBUS_LENGTH_MASK = 0x1ffff, // Of a large frame's length word: its bytes; above them those of a segment.
  VBUS_SEGMENT_SHIFT = 17,
  VBUS_SEGMENT_BYTES_MIN = 536,
  VBUS_LARGE_FRAME_MAX = 65554,
  VBUS_VCONSOLE_SIZE = 1,
  VBUS_VCONSOLE_IN = 0,
  VBUS_VCONSOLE_OUT = 1,
  VBUS_VCHAN_INFO = 1,
  VBUS_VCHAN_IN = 0,
  VBUS_VCHAN_OUT = 1,
  VBUS_VCHAN_DATAGRAM = 1,
  VBUS_VCHAN_STREAM = 2,
  VBUS_VCHAN_SEND = 1, // Bits of its role.
  VBUS_VCHAN_RECEIVE = 2,
  VBUS_VCLOCK_NOW = 1,
  VBUS_VCLOCK_LISTEN = 2,
  VBUS_VCLOCK_DEADLINE = 3,
  VBUS_VCLOCK_PERIOD = 4,
  VBUS_VCLOCK_TICKS = 5,
  VBUS_VRNG_FILL = 1,
  VBUS_VRNG_BYTES_MAX = 65536,
  VBUS_VBLK_INFO = 1,
  VBUS_OP_READ = 0, // What a request to a disk asks for.
  VBUS_OP_WRITE = 1,
  VBUS_OP_FLUSH = 2,
  VBUS_OP_DISCARD = 3,

  VBUS_RING_SLOTS_MIN = 16,
  VBUS_RING_SLOTS_MAX = 1024,
  VBUS_FRAME_OVERHEAD = 18, // A frame has at most so many bytes more than the MTU.
};
#define VBUS_FOREVER INT64_MAX

struct vbus_events {
  uint32_t wake, sleeping, changes, stop, zero[4], pending[8];
} __attribute__((aligned(64)));

struct vbus_venet_facts {
  uint8_t mac[6];
  uint16_t mtu; // 0 is 65,536.
  uint32_t link;
  uint8_t ip[4], gateway[4]; // In the network's order.
  uint32_t prefix, ring, bits;
};

struct vbus_vblk_facts {
  uint64_t size;
  uint32_t sector, readonly, queues, request_max;
};

// What a descriptor of a disk's queue names, at a multiple of 8.
struct vbus_request {
  uint32_t op;
  int32_t status;
  uint64_t offset;
  uint32_t length, address;
};

struct vbus_vchan_facts {
  uint32_t kind, message_max, role, priority;
};

struct vbus_change {
  uint32_t type, id, device_class, ticket;
  char name[32]; // Padded with zeros.
  union {
    struct vbus_venet_facts venet;
    struct vbus_vchan_facts vchan;
    struct vbus_vblk_facts vblk;
    uint8_t bytes[80];
  } facts;
};

struct vbus_descriptor {
  uint32_t address, length, turn, cookie;
};

struct vbus_ring_signal {
  uint32_t enabled, dirty, at, zero;
};

#define VBUS_AT(type, member, at) _Static_assert(offsetof(struct type, member) == (at), #type "." #member)
VBUS_AT(vbus_events, wake, 0);
VBUS_AT(vbus_events, sleeping, 4);
VBUS_AT(vbus_events, changes, 8);
VBUS_AT(vbus_events, stop, 12);
VBUS_AT(vbus_events, pending, 32);
_Static_assert(sizeof(struct vbus_events) == 64, "vbus_events");
VBUS_AT(vbus_venet_facts, mtu, 6);
VBUS_AT(vbus_venet_facts, link, 8);
VBUS_AT(vbus_venet_facts, ip, 12);
VBUS_AT(vbus_venet_facts, gateway, 16);
VBUS_AT(vbus_venet_facts, prefix, 20);
VBUS_AT(vbus_venet_facts, ring, 24);
VBUS_AT(vbus_venet_facts, bits, 28);
_Static_assert(sizeof(struct vbus_venet_facts) == 32, "vbus_venet_facts");
VBUS_AT(vbus_vchan_facts, message_max, 4);
VBUS_AT(vbus_vchan_facts, role, 8);
VBUS_AT(vbus_vchan_facts, priority, 12);
_Static_assert(sizeof(struct vbus_vchan_facts) == 16, "vbus_vchan_facts");
VBUS_AT(vbus_change, id, 4);
VBUS_AT(vbus_change, device_class, 8);
VBUS_AT(vbus_change, ticket, 12);
VBUS_AT(vbus_change, name, 16);
VBUS_AT(vbus_change, facts, 48);
_Static_assert(sizeof(struct vbus_change) == 128, "vbus_change");
VBUS_AT(vbus_request, op, 0);
VBUS_AT(vbus_request, status, 4);
VBUS_AT(vbus_request, offset, 8);
VBUS_AT(vbus_request, length, 16);
VBUS_AT(vbus_request, address, 20);
VBUS_AT(vbus_vblk_facts, sector, 8);
VBUS_AT(vbus_vblk_facts, request_max, 20);
VBUS_AT(vbus_descriptor, address, 0);
VBUS_AT(vbus_descriptor, length, 4);
VBUS_AT(vbus_descriptor, turn, 8);
VBUS_AT(vbus_descriptor, cookie, 12);
_Static_assert(sizeof(struct vbus_descriptor) == 16, "vbus_descriptor");
VBUS_AT(vbus_ring_signal, enabled, 0);
VBUS_AT(vbus_ring_signal, dirty, 4);
VBUS_AT(vbus_ring_signal, at, 8);
_Static_assert(sizeof(struct vbus_ring_signal) == 16, "vbus_ring_signal");

#endif
