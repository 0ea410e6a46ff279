// The C side of docs/abi.md, for freestanding wasm32: the verbs, and inline functions for what guests do.
// No libc, no allocation: memory for rings is the caller's. How to build a guest stands in docs/guests.md;
// echo.c beside this file is a sample.
#ifndef VBUS_H
#define VBUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vbus-abi.h"

#define VBUS_IMPORT(name) __attribute__((import_module("vbus"), import_name(name)))

VBUS_IMPORT("open") int32_t vbus_open(int32_t id, int32_t version);
VBUS_IMPORT("close") int32_t vbus_close(int32_t handle);
VBUS_IMPORT("call") int32_t vbus_call(int32_t handle, int32_t func, void *at, int32_t bytes, int32_t flags);
VBUS_IMPORT("shm") int32_t vbus_shm(int32_t handle, int32_t id, int32_t prio, void *at, int32_t bytes,
                                    int32_t signal_offset, int32_t flags);
VBUS_IMPORT("signal") int32_t vbus_signal(int32_t number);
VBUS_IMPORT("wait") int32_t vbus_wait(int64_t timeout_ns);

// The guest begins here, and ends with what this returns: `VBUS_MAIN { return 0; }`.
#define VBUS_MAIN __attribute__((export_name("main"))) int32_t vbus_main(void)

static inline uint32_t vbus_load(const uint32_t *at) { return __atomic_load_n(at, __ATOMIC_SEQ_CST); }
static inline void vbus_store(uint32_t *at, uint32_t value) { __atomic_store_n(at, value, __ATOMIC_SEQ_CST); }

// ---- The bus

// Agrees on the version, and on those of `features` that the host has too: 0, or a negative errno value. The
// first call of every guest.
static inline int32_t vbus_negotiate(uint64_t features) {
  struct {
    uint32_t version, zero;
    uint64_t features;
  } agreed = {VBUS_ABI_VERSION, 0, features};
  return vbus_call(VBUS_BUS, VBUS_BUS_NEGOTIATE, &agreed, sizeof agreed, 0);
}

struct vbus_boot {
  const uint8_t *records;
  int32_t bytes, at;
};

// One text of the boot information. It does not end with a zero.
struct vbus_text {
  int32_t type; // VBUS_BOOT_..., or one to be skipped.
  const char *at;
  int32_t length;
};

// Reads the boot information into the caller's buffer. 0, or `VBUS_ENOSPC` where it doesn't fit in.
static inline int32_t vbus_boot_read(struct vbus_boot *boot, void *buffer, int32_t bytes) {
  int32_t got = vbus_call(VBUS_BUS, VBUS_BUS_BOOT, buffer, bytes, 0);
  boot->records = buffer;
  boot->bytes = got < 0 ? 0 : got;
  boot->at = 0;
  return got < 0 ? got : 0;
}

// The next text, the first after `vbus_boot_read`; false at the end.
static inline bool vbus_boot_next(struct vbus_boot *boot, struct vbus_text *text) {
  const uint8_t *record = boot->records + boot->at;
  if (boot->at + 4 > boot->bytes) return false;
  text->type = record[0];
  text->length = record[2] | record[3] << 8;
  text->at = (const char *)record + 4;
  boot->at += 4 + text->length;
  return boot->at <= boot->bytes;
}

// Asks to be told of events there from now on. Once, before anything is opened.
static inline int32_t vbus_listen(struct vbus_events *events) {
  return vbus_call(VBUS_BUS, VBUS_BUS_EVENTS, events, sizeof *events, 0);
}

static inline bool vbus_stopping(const struct vbus_events *events) { return vbus_load(&events->stop) != 0; }

// Fetches the next change of a device. After `events->changes` has changed, until it answers false.
static inline bool vbus_next_change(struct vbus_change *change) {
  return vbus_call(VBUS_BUS, VBUS_BUS_NEXT_CHANGE, change, sizeof *change, 0) == 1;
}

// Nanoseconds on a clock that never jumps.
static inline int64_t vbus_now(void) {
  int64_t clock[2] = {0, 0};
  vbus_call(VBUS_BUS, VBUS_BUS_CLOCK, clock, sizeof clock, 0);
  return clock[0];
}

// Nanoseconds since 1970.
static inline int64_t vbus_wall_now(void) {
  int64_t clock[2] = {0, 0};
  vbus_call(VBUS_BUS, VBUS_BUS_CLOCK, clock, sizeof clock, 0);
  return clock[1];
}

// Writes to the guest's log. Where the log is full it waits, for a second at most, then the rest is lost.
static inline void vbus_write(const char *text, int32_t length) {
  for (int32_t written = 0, tries = 0; written < length && tries < 1000;) {
    int32_t taken = vbus_call(VBUS_BUS, VBUS_BUS_WRITE, (void *)(text + written), length - written, 0);
    if (taken > 0) {
      written += taken;
    } else if (taken == 0 || taken == VBUS_EAGAIN) {
      tries++;
      vbus_wait(1000000);
    } else {
      return;
    }
  }
}

static inline void vbus_print(const char *text) {
  int32_t length = 0;
  while (text[length] != 0) length++;
  vbus_write(text, length);
}

// Sleeps until the host has something to tell, for so many nanoseconds at most. Not to miss anything: first
// enable the signals of the rings, then look at them, at `changes` and at `stop` once more, then call this.
static inline void vbus_sleep(struct vbus_events *events, int64_t timeout_ns) {
  vbus_wait(timeout_ns < 0 ? 0 : timeout_ns);
  for (int word = 7; word >= 0; word--)
    if (vbus_load(&events->pending[word]) != 0)
      __atomic_fetch_and(&events->pending[word], 0, __ATOMIC_SEQ_CST);
}

// ---- A ring that the guest fills

struct vbus_tx {
  struct vbus_descriptor *ring;
  uint8_t *buffers;
  uint32_t slots, stride;
  uint32_t sequence; // Of the next frame; 31 bits of it count.
  int32_t number;
};

// Memory of a ring with its signal and buffers. To be aligned to 64.
#define VBUS_STRIDE(capacity) (((capacity) + 15u) & ~15u)
#define VBUS_RING_BYTES(slots, capacity) ((slots) * (16u + VBUS_STRIDE(capacity)) + 16u)

static inline int32_t vbus_tx_register(struct vbus_tx *tx, int32_t handle, int32_t id, void *memory,
                                       uint32_t slots, uint32_t capacity, int32_t flags) {
  uint32_t bytes = slots * sizeof(struct vbus_descriptor);
  tx->ring = memory;
  tx->buffers = (uint8_t *)memory + bytes + sizeof(struct vbus_ring_signal);
  tx->slots = slots;
  tx->stride = VBUS_STRIDE(capacity);
  tx->sequence = 0;
  __builtin_memset(memory, 0, bytes + sizeof(struct vbus_ring_signal));
  tx->number = vbus_shm(handle, id, 0, memory, (int32_t)bytes, (int32_t)bytes, flags);
  return tx->number < 0 ? tx->number : 0;
}

// Registers a ring of `slots` descriptors (a power of two) in `memory`, which is VBUS_RING_BYTES of zeros.
static inline int32_t vbus_tx_open(struct vbus_tx *tx, int32_t handle, int32_t id, void *memory,
                                   uint32_t slots, uint32_t capacity) {
  return vbus_tx_register(tx, handle, id, memory, slots, capacity, 0);
}

// The same for the ring that is to serve after `vbus_acknowledge`.
static inline int32_t vbus_tx_stage(struct vbus_tx *tx, int32_t handle, int32_t id, void *memory,
                                    uint32_t slots, uint32_t capacity) {
  return vbus_tx_register(tx, handle, id, memory, slots, capacity, VBUS_SHM_STAGED);
}

// The next buffer to fill, or NULL while all are with the host: kick, and wait as long as it says.
static inline uint8_t *vbus_tx_reserve(struct vbus_tx *tx) {
  uint32_t slot = tx->sequence & (tx->slots - 1);
  return vbus_load(&tx->ring[slot].turn) & 1 ? NULL : tx->buffers + slot * tx->stride;
}

// Posts what was written to the buffer of `vbus_tx_reserve`.
static inline void vbus_tx_post(struct vbus_tx *tx, uint32_t length) {
  uint32_t slot = tx->sequence & (tx->slots - 1);
  struct vbus_descriptor *at = &tx->ring[slot];
  at->address = (uint32_t)(uintptr_t)(tx->buffers + slot * tx->stride);
  at->length = length;
  vbus_store(&at->turn, tx->sequence << 1 | 1); // Last: it says that the rest is complete.
  tx->sequence++;
}

// Lets the host work off what was posted: 0, microseconds after which to call again, or a negative errno.
static inline int32_t vbus_tx_kick(struct vbus_tx *tx) {
  int32_t answer = vbus_signal(tx->number);
  while (answer == 1) answer = vbus_signal(tx->number); // Bound: each call works off what a budget allows.
  return answer;
}

// ---- A ring that the host fills

struct vbus_rx {
  struct vbus_descriptor *ring;
  struct vbus_ring_signal *signal;
  uint8_t *buffers;
  uint32_t slots, stride, capacity;
  uint32_t scan; // The next position in order.
  uint32_t dirty_seen;
  uint32_t looks; // Since all slots were looked at.
  int32_t number; // Its signal.
  int32_t held; // The slot that the guest has in hand, or -1.
  uint32_t held_turn;
  // Slots that `scan` went past before they were completed, and a mark for each that is listed.
  uint32_t passed_count;
  uint16_t passed[VBUS_RING_SLOTS_MAX];
  bool listed[VBUS_RING_SLOTS_MAX];
  bool retired; // The host fills it no more.
};

#define VBUS_POSITIONS 0x7fffffffu
#define VBUS_HALF_CIRCLE 0x40000000u
#define VBUS_LOOKS 64u // Looks in vain at the next slot before all others are looked at.

static inline void vbus_rx_post_slot(struct vbus_rx *rx, uint32_t slot, uint32_t turn) {
  rx->ring[slot].address = (uint32_t)(uintptr_t)(rx->buffers + slot * rx->stride);
  rx->ring[slot].length = rx->capacity;
  vbus_store(&rx->ring[slot].turn, turn | 1);
}

static inline int32_t vbus_rx_register(struct vbus_rx *rx, int32_t handle, int32_t id, void *memory,
                                       uint32_t slots, uint32_t capacity, int32_t flags) {
  uint32_t bytes = slots * sizeof(struct vbus_descriptor);
  __builtin_memset(rx, 0, sizeof *rx);
  rx->ring = memory;
  rx->signal = (struct vbus_ring_signal *)(rx->ring + slots);
  rx->buffers = (uint8_t *)(rx->signal + 1);
  rx->slots = slots;
  rx->stride = VBUS_STRIDE(capacity);
  rx->capacity = capacity;
  rx->held = -1;
  __builtin_memset(memory, 0, bytes + sizeof(struct vbus_ring_signal));
  int32_t number = vbus_shm(handle, id, 0, memory, (int32_t)bytes, (int32_t)bytes, flags);
  if (number < 0) return number;
  rx->number = number;
  for (uint32_t slot = 0; slot < slots; slot++) vbus_rx_post_slot(rx, slot, 0);
  return 0;
}

// As `vbus_tx_open`; posts all buffers.
static inline int32_t vbus_rx_open(struct vbus_rx *rx, int32_t handle, int32_t id, void *memory,
                                   uint32_t slots, uint32_t capacity) {
  return vbus_rx_register(rx, handle, id, memory, slots, capacity, 0);
}

// As `vbus_tx_stage`.
static inline int32_t vbus_rx_stage(struct vbus_rx *rx, int32_t handle, int32_t id, void *memory,
                                    uint32_t slots, uint32_t capacity) {
  return vbus_rx_register(rx, handle, id, memory, slots, capacity, VBUS_SHM_STAGED);
}

// Another ring has its place: what is taken from now on until NULL is all that it holds.
static inline void vbus_rx_retire(struct vbus_rx *rx) { rx->retired = true; }

// The staged rings are to serve, by the ticket of the change record, after what was posted has gone out. 0: they
// do, and the old ones are the guest's. VBUS_EAGAIN: call it again. Others: it is as before.
static inline int32_t vbus_acknowledge(int32_t handle, uint32_t ticket) {
  return vbus_call(handle, VBUS_VENET_ACKNOWLEDGE, &ticket, sizeof ticket, 0);
}

static inline void vbus_rx_forget(struct vbus_rx *rx, uint32_t index) {
  rx->listed[rx->passed[index]] = false;
  rx->passed[index] = rx->passed[--rx->passed_count];
}

// Rule 2: the earliest passed position that is completed. Answers how far behind `scan` it is, 0 for none.
static inline uint32_t vbus_rx_find_passed(struct vbus_rx *rx, uint32_t *index) {
  uint32_t most = 0;
  for (uint32_t i = 0; i < rx->passed_count;) {
    uint32_t turn = vbus_load(&rx->ring[rx->passed[i]].turn);
    uint32_t behind = (rx->scan - (turn >> 1)) & VBUS_POSITIONS;
    if ((turn & 1) == 0 && (behind == 0 || behind >= VBUS_HALF_CIRCLE)) {
      vbus_rx_forget(rx, i); // Completed with a later position: the passed one stays out.
      continue;
    }
    if ((turn & 1) == 0 && behind > most) {
      most = behind;
      *index = i;
    }
    i++;
  }
  return most;
}

static inline bool vbus_rx_take_passed(struct vbus_rx *rx) {
  uint32_t index = 0;
  if (vbus_rx_find_passed(rx, &index) == 0) return false;
  // Once more: a sender completes its positions in order, so what it put before the one found is there now.
  uint32_t behind = vbus_rx_find_passed(rx, &index);
  rx->held = rx->passed[index];
  rx->held_turn = ((rx->scan - behind) & VBUS_POSITIONS) << 1;
  // Passed a second time, its slot stays listed for the later position.
  if (behind <= rx->slots) vbus_rx_forget(rx, index);
  return true;
}

// Rule 4: moves `scan` to the first completed position from it on, and lists those before.
// Mostly there is none: who isn't about to sleep looks at every slot only now and then.
static inline bool vbus_rx_look_ahead(struct vbus_rx *rx, bool before_sleep) {
  uint32_t dirty = vbus_load(&rx->signal->dirty), nearest = VBUS_HALF_CIRCLE;
  if (dirty == rx->dirty_seen && !rx->retired) return false; // Who filled a retired one need not have told.
  if (!before_sleep && !rx->retired && ++rx->looks < VBUS_LOOKS) return false;
  rx->looks = 0;
  for (uint32_t slot = 0; slot < rx->slots; slot++) {
    uint32_t turn = vbus_load(&rx->ring[slot].turn);
    uint32_t ahead = ((turn >> 1) - rx->scan) & VBUS_POSITIONS;
    if ((turn & 1) == 0 && ahead < nearest) nearest = ahead;
  }
  if (nearest == VBUS_HALF_CIRCLE) {
    rx->dirty_seen = dirty;
    return false;
  }
  for (uint32_t back = nearest < rx->slots ? nearest : rx->slots; back > 0; back--) {
    uint32_t slot = (rx->scan + nearest - back) & (rx->slots - 1);
    if (!rx->listed[slot]) rx->passed[rx->passed_count++] = (uint16_t)slot;
    rx->listed[slot] = true;
  }
  rx->scan = (rx->scan + nearest) & VBUS_POSITIONS;
  return true;
}

// Posts the buffer again that `vbus_rx_take` gave. The next `vbus_rx_take` does it too.
static inline void vbus_rx_give(struct vbus_rx *rx) {
  if (rx->held >= 0) vbus_rx_post_slot(rx, (uint32_t)rx->held, rx->held_turn);
  rx->held = -1;
}

// Takes the next buffer, each sender's in its order. NULL: there is nothing now, or only behind one that is still
// being filled: ask again, and ask `vbus_rx_ready` before sleeping. Valid until the next take.
static inline uint8_t *vbus_rx_take(struct vbus_rx *rx, uint32_t *length) {
  vbus_rx_give(rx);
  for (;;) { // Bound: each round takes a completed slot, moves on to one, or ends.
    uint32_t slot = rx->scan & (rx->slots - 1);
    bool next = vbus_load(&rx->ring[slot].turn) == rx->scan << 1;
    // The passed ones only after that look: who filled `scan` had published its earlier frames before.
    if (!(rx->passed_count > 0 && vbus_rx_take_passed(rx))) {
      if (!next) {
        if (vbus_rx_look_ahead(rx, false)) continue;
        return NULL;
      }
      rx->held = (int32_t)slot;
      rx->held_turn = rx->scan << 1;
      rx->scan = (rx->scan + 1) & VBUS_POSITIONS;
    }
    *length = rx->ring[rx->held].length;
    if (*length > 0 && *length <= rx->capacity) return rx->buffers + (uint32_t)rx->held * rx->stride;
    vbus_rx_give(rx); // It carries nothing.
  }
}

// There may be something to take.
static inline bool vbus_rx_ready(struct vbus_rx *rx) {
  if (vbus_load(&rx->ring[rx->scan & (rx->slots - 1)].turn) == rx->scan << 1) return true;
  for (uint32_t i = 0; i < rx->passed_count; i++)
    if ((vbus_load(&rx->ring[rx->passed[i]].turn) & 1) == 0) return true;
  return vbus_rx_look_ahead(rx, true);
}

// Says whether the guest is to be signalled.
static inline void vbus_rx_enable(struct vbus_rx *rx, bool wanted) {
  vbus_store(&rx->signal->enabled, wanted);
}

// As `vbus_rx_enable(rx, true)`, but the guest is to be signalled only when so many buffers from the next one on are
// filled. Ask `vbus_rx_ready_for` before sleeping, and sleep for as long as one of them may wait. Of a guest that did
// not take VBUS_FEATURE_NOTIFY_AT it does what `vbus_rx_enable` does.
static inline void vbus_rx_enable_for(struct vbus_rx *rx, uint32_t count) {
  vbus_store(&rx->signal->at, rx->scan + count - 1);
  vbus_store(&rx->signal->enabled, 2);
}

// The last of so many buffers from the next one on is filled, or one behind it; or a passed one is.
static inline bool vbus_rx_ready_for(struct vbus_rx *rx, uint32_t count) {
  for (uint32_t i = 0; i < rx->passed_count; i++)
    if ((vbus_load(&rx->ring[rx->passed[i]].turn) & 1) == 0) return true;
  for (uint32_t slot = 0; slot < rx->slots; slot++) {
    uint32_t turn = vbus_load(&rx->ring[slot].turn), ahead = ((turn >> 1) - rx->scan) & VBUS_POSITIONS;
    if ((turn & 1) == 0 && ahead >= count - 1 && ahead <= VBUS_POSITIONS / 2) return true;
  }
  return false;
}

// Rule 5: sleeps until there may be something to take, a device has changed, the guest is asked to stop, or
// time is up. `changes_seen` is `events->changes` as it was when the guest last looked.
static inline void vbus_rx_wait(struct vbus_rx *rx, struct vbus_events *events, uint32_t changes_seen,
                                int64_t timeout_ns) {
  vbus_rx_give(rx);
  vbus_rx_enable(rx, true);
  if (!vbus_rx_ready(rx) && !vbus_stopping(events) && vbus_load(&events->changes) == changes_seen)
    vbus_sleep(events, timeout_ns);
  vbus_rx_enable(rx, false);
}

// ---- Channels: the host fills and works off the rings of a vchan while the guest calls

// Takes the next message, as `vbus_rx_take`. Buffers have at least the channel's most bytes of a message.
static inline uint8_t *vbus_vchan_receive(struct vbus_rx *in, uint32_t *length) {
  uint8_t *at = vbus_rx_take(in, length);
  if (at != NULL) return at;
  vbus_signal(in->number);
  return vbus_rx_take(in, length);
}

// Bytes that the channel took of the message that was posted `back` messages ago, 1: the last. 0: it refused it.
static inline uint32_t vbus_vchan_taken(const struct vbus_tx *out, uint32_t back) {
  return out->ring[(out->sequence - back) & (out->slots - 1)].length;
}

// Sleeps until there may be a message, or room for what waits to be sent (`retry_us` is what `vbus_tx_kick`
// answered last), and as `vbus_rx_wait`.
static inline void vbus_vchan_wait(struct vbus_rx *in, struct vbus_tx *out, int32_t retry_us,
                                   struct vbus_events *events, uint32_t changes_seen, int64_t timeout_ns) {
  struct vbus_ring_signal *room = (struct vbus_ring_signal *)(out->ring + out->slots);
  vbus_store(&room->enabled, 1);
  vbus_rx_give(in);
  vbus_rx_enable(in, true);
  vbus_signal(in->number);
  int32_t answer = retry_us >= 2 ? vbus_tx_kick(out) : retry_us;
  if (answer >= 2 && (int64_t)answer * 1000 < timeout_ns) timeout_ns = (int64_t)answer * 1000;
  bool as_before = (answer >= 2) == (retry_us >= 2);
  if (as_before && !vbus_rx_ready(in) && !vbus_stopping(events) && vbus_load(&events->changes) == changes_seen)
    vbus_sleep(events, timeout_ns);
  vbus_rx_enable(in, false);
  vbus_store(&room->enabled, 0);
}

// ---- Disks: one request at a time, on the first queue of a vblk

#define VBUS_DISK_BYTES VBUS_RING_BYTES(VBUS_RING_SLOTS_MIN, sizeof(struct vbus_request))

// `memory` has VBUS_DISK_BYTES and is aligned to 64. 0, or a negative errno value.
static inline int32_t vbus_disk_open(struct vbus_tx *queue, int32_t handle, void *memory) {
  return vbus_tx_open(queue, handle, 0, memory, VBUS_RING_SLOTS_MIN, sizeof(struct vbus_request));
}

// Does what `op` says and returns when it is done: 0, or a negative errno value. Whole sectors; `at` is not
// looked at where nothing is read or written.
static inline int32_t vbus_disk(struct vbus_tx *queue, uint32_t op, uint64_t offset, void *at,
                                uint32_t length) {
  struct vbus_request *request = (struct vbus_request *)vbus_tx_reserve(queue);
  if (request == NULL) return VBUS_EBUSY; // One that failed half-way was before it.
  *request = (struct vbus_request){op, 0, offset, length, (uint32_t)(uintptr_t)at};
  vbus_tx_post(queue, sizeof *request);
  // Bound: the disk's rate, which says how long to wait.
  for (int32_t answer = vbus_tx_kick(queue);; answer = vbus_tx_kick(queue)) {
    if (answer < 0) return answer;
    if (answer == 0) return request->status;
    vbus_wait((int64_t)answer * 1000);
  }
}

// ---- Clocks and randomness

// The signal number of the timers from now on, or a negative errno value.
static inline int32_t vbus_clock_listen(int32_t handle, uint32_t priority) {
  return vbus_call(handle, VBUS_VCLOCK_LISTEN, &priority, sizeof priority, 0);
}

// Ends a sleep at `at` on the clock of `vbus_now`; 0: no more.
static inline int32_t vbus_clock_deadline(int32_t handle, int64_t at) {
  return vbus_call(handle, VBUS_VCLOCK_DEADLINE, &at, sizeof at, 0);
}

// Ends a sleep every `ns`, first at `first`, or after one of them where that is 0. `ns` 0: no more.
static inline int32_t vbus_clock_period(int32_t handle, int64_t ns, int64_t first) {
  int64_t period[2] = {ns, first};
  return vbus_call(handle, VBUS_VCLOCK_PERIOD, period, sizeof period, 0);
}

// Fills at most VBUS_VRNG_BYTES_MAX bytes; how many, or a negative errno value.
static inline int32_t vbus_random(int32_t handle, void *at, int32_t bytes) {
  return vbus_call(handle, VBUS_VRNG_FILL, at, bytes, 0);
}

#endif
