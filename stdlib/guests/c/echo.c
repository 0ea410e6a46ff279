// A guest in C: answers ARP, ping and UDP echo (port 7) on the first venet of its bus, and on the next one
// where that goes. The sample of vbus.h.

#include "net.h"

enum {
  SLOTS = 64,
  MTU_MAX = 9000,
  FRAME_MAX = MTU_MAX + VBUS_FRAME_OVERHEAD,
  PORT_ECHO = 7,
};

static struct vbus_events events;
static struct vbus_change change;
static struct vbus_venet_facts facts;
// Two of each: while the lab changes them, the new ones beside the old.
static struct vbus_rx rx[2];
static struct vbus_tx tx[2];
static struct {
  uint8_t bytes[VBUS_RING_BYTES(SLOTS, FRAME_MAX)] __attribute__((aligned(64)));
} rx_memory[2], tx_memory[2];
static uint32_t used;  // Which of them serve.
static bool emptying;  // The other receiving ring is to be emptied first.
static uint32_t ticket; // Of the rings that the lab wants, or 0.
static bool staged;
static struct vbus_venet_facts wanted;
static uint32_t device; // Its id while it is open, else 0.
static int32_t handle;
static uint32_t changes_seen;

// Each answer function writes into `out` and returns its bytes, 0 for none. `bytes` are those of the frame.

// Turns the message behind the IPv4 header of `packet` into its answer, in place. False: there is none.
static bool answer_icmp(uint8_t *message, uint32_t length) {
  if (length < ICMP || message[0] != 8 || checksum(0, message, length) != 0) return false;
  message[0] = 0;
  store16(message + 2, 0);
  store16(message + 2, checksum(0, message, length));
  return true;
}

static bool answer_udp(uint8_t *packet, uint8_t *message, uint32_t length) {
  if (!udp_is_sound(packet, message, length) || load16(message + 2) != PORT_ECHO) return false;
  uint32_t port = load16(message);
  // An answer to another echo service would be answered for ever.
  if (port == PORT_ECHO) return false;
  udp_seal(packet, message, PORT_ECHO, port, length);
  return true;
}

static uint32_t answer_ipv4(uint8_t *out, const uint8_t *frame, uint32_t bytes) {
  uint32_t total = check_ipv4(frame, bytes, &facts);
  if (total == 0) return 0;
  __builtin_memcpy(out, frame, ETHERNET + total);
  turn_round(out, frame, &facts);
  uint8_t *answer = out + ETHERNET, *message = answer + IPV4;
  uint32_t length = total - IPV4;
  bool answered = answer[9] == PROTOCOL_ICMP  ? answer_icmp(message, length)
                  : answer[9] == PROTOCOL_UDP ? answer_udp(answer, message, length)
                                              : false;
  if (!answered) return 0;
  turn_ipv4(answer, frame + ETHERNET, total, &facts);
  return ETHERNET + total;
}

static uint32_t answer(uint8_t *out, const uint8_t *frame, uint32_t bytes) {
  if (bytes < ETHERNET || is_group(frame + 6)) return 0;
  uint32_t type = load16(frame + 12);
  if (type == 0x0806) return answer_arp(out, frame, bytes, &facts);
  return type == 0x0800 ? answer_ipv4(out, frame, bytes) : 0;
}

static void say(const char *text) {
  int32_t length = 0;
  while (length < 32 && change.name[length] != 0) length++;
  vbus_print("echo: ");
  vbus_write(change.name, length);
  vbus_print(text);
}

static bool too_large(const struct vbus_venet_facts *of) { return of->mtu == 0 || of->mtu > MTU_MAX; }

static uint32_t slots_of(const struct vbus_venet_facts *of) { return of->ring < SLOTS ? of->ring : SLOTS; }

static void open_device(void) {
  if (too_large(&change.facts.venet)) return say(" has too large an MTU\n");
  handle = vbus_open((int32_t)change.id, VBUS_ABI_VERSION);
  if (handle < 0) return say(" can't be opened\n");
  facts = change.facts.venet;
  used = 0;
  emptying = false;
  ticket = 0;
  uint32_t slots = slots_of(&facts);
  if (vbus_rx_open(&rx[0], handle, VBUS_VENET_RX, &rx_memory[0], slots, FRAME_MAX) < 0 ||
      vbus_tx_open(&tx[0], handle, VBUS_VENET_TX, &tx_memory[0], slots, FRAME_MAX) < 0) {
    vbus_close(handle);
    return say(" can't have its rings\n");
  }
  device = change.id;
  say(" ready\n");
}

// Goes on with the rings that the lab wants, between two frames. One change after the other.
static void reconfigure(void) {
  if (emptying) return;
  uint32_t other = 1 - used, slots = slots_of(&wanted);
  if (!staged && !too_large(&wanted))
    staged = vbus_rx_stage(&rx[other], handle, VBUS_VENET_RX, &rx_memory[other], slots, FRAME_MAX) == 0 &&
             vbus_tx_stage(&tx[other], handle, VBUS_VENET_TX, &tx_memory[other], slots, FRAME_MAX) == 0;
  vbus_tx_kick(&tx[used]);
  int32_t answer = staged ? vbus_acknowledge(handle, ticket) : VBUS_EINVAL;
  if (answer == VBUS_EAGAIN) return;
  if (answer == 0) {
    vbus_rx_retire(&rx[used]);
    used = other;
    emptying = true;
    facts = wanted;
  }
  ticket = 0;
}

static void follow_changes(void) {
  changes_seen = vbus_load(&events.changes);
  while (vbus_next_change(&change)) {
    if (change.device_class != VBUS_CLASS_VENET) continue;
    if (device == 0 && change.type != VBUS_CHANGE_REMOVED) {
      open_device();
    } else if (change.id == device && change.type == VBUS_CHANGE_RECONFIGURE) {
      wanted = change.facts.venet;
      ticket = change.ticket;
      staged = false;
    } else if (change.id == device && change.type == VBUS_CHANGE_REMOVED) {
      say(" is gone\n");
      vbus_close(handle);
      device = 0;
    } else if (change.id == device) {
      facts = change.facts.venet;
    }
  }
}

static const uint8_t *take(uint32_t *length) {
  const uint8_t *frame = emptying ? vbus_rx_take(&rx[1 - used], length) : NULL;
  if (frame != NULL) return frame;
  emptying = false;
  return vbus_rx_take(&rx[used], length);
}

// Answers what is there, and returns after how many nanoseconds there is more to do even if nothing comes.
static int64_t serve(void) {
  uint32_t length;
  if (ticket != 0) reconfigure();
  if (ticket != 0 && !emptying) return 1000000; // What is posted goes out first.
  for (uint32_t frames = 0; frames < SLOTS; frames++) {
    uint8_t *out = vbus_tx_reserve(&tx[used]);
    const uint8_t *frame = out == NULL ? NULL : take(&length);
    if (frame == NULL) break;
    uint32_t bytes = answer(out, frame, length);
    if (bytes > 0) vbus_tx_post(&tx[used], bytes);
  }
  int32_t wait = vbus_tx_kick(&tx[used]);
  return wait >= 2 ? (int64_t)wait * 1000 : VBUS_FOREVER;
}

VBUS_MAIN {
  if (vbus_negotiate(VBUS_FEATURE_RECONFIGURE) < 0 || vbus_listen(&events) < 0) return 1;
  follow_changes();
  while (!vbus_stopping(&events)) {
    if (vbus_load(&events.changes) != changes_seen) follow_changes();
    if (device == 0) {
      if (vbus_load(&events.changes) == changes_seen) vbus_sleep(&events, VBUS_FOREVER);
      continue;
    }
    int64_t timeout = serve();
    if (emptying) vbus_sleep(&events, timeout == VBUS_FOREVER ? 0 : timeout);
    else vbus_rx_wait(&rx[used], &events, changes_seen, timeout);
  }
  return 0;
}
