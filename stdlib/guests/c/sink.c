// A guest in C that takes what `stream` sends: counts the datagrams of one run after the other on port 5001,
// prints a line when its sender says that it has ended, and tells the sender what has come. Answers ARP. One
// venet, the first of its bus; what it keeps of a run is a highest number, so datagrams that come twice count
// twice (the sink in AssemblyScript knows better).

#include "net.h"

enum {
  SLOTS = 256,
  MTU_MAX = 9000,
  FRAME_MAX = MTU_MAX + VBUS_FRAME_OVERHEAD,
  PORT = 5001,
  MAGIC = 0x76627573,
  // A datagram begins with magic, kind, run, zero and a number of 64 bits; a report has five numbers more.
  DATA = 1,
  FINISH = 2,
  REPORT = 3,
  HEAD_BYTES = 24,
  REPORT_BYTES = 64,
};

static struct vbus_events events;
static struct vbus_change change;
static struct vbus_venet_facts facts;
static struct vbus_rx rx;
static struct vbus_tx tx;
static struct {
  uint8_t bytes[VBUS_RING_BYTES(SLOTS, FRAME_MAX)] __attribute__((aligned(64)));
} rx_memory, tx_memory;
static uint32_t device; // Its id while it is open, else 0.
static int32_t handle;
static uint32_t changes_seen;

static struct {
  uint32_t number; // Of the run, as its sender chose it.
  bool told;
  uint64_t received, bytes, disordered, end; // `end` is one more than the highest number.
  int64_t started, last;
} run;

static void print_number(uint64_t value) {
  char digits[20];
  int32_t at = sizeof digits;
  do digits[--at] = (char)('0' + value % 10);
  while ((value /= 10) > 0);
  vbus_write(digits + at, (int32_t)sizeof digits - at);
}

static void begin(uint32_t number) {
  __builtin_memset(&run, 0, sizeof run);
  run.number = number;
  run.started = run.last = vbus_now();
}

static void count(uint64_t number, uint32_t bytes) {
  run.received++;
  run.bytes += bytes;
  if (number < run.end) run.disordered++;
  else run.end = number + 1;
  run.last = vbus_now();
}

static void tell(uint64_t sent) {
  if (run.told) return;
  run.told = true;
  vbus_print("sink: ");
  print_number(run.received);
  vbus_print(" of ");
  print_number(sent);
  vbus_print(" datagrams, ");
  print_number(run.bytes);
  vbus_print(" bytes, ");
  print_number(run.disordered);
  vbus_print(" out of order\n");
}

// Writes the report of the run behind the headers, for a FINISH at `head`.
static void write_report(uint8_t *at, const uint8_t *head) {
  __builtin_memcpy(at, head, HEAD_BYTES);
  store32(at + 4, REPORT);
  store64(at + 24, run.received);
  store64(at + 32, run.bytes);
  store64(at + 40, run.disordered);
  store64(at + 48, 0);
  store64(at + 56, (uint64_t)(run.last - run.started));
}

// Takes a datagram. The bytes of the answer in `out`, 0 for none.
static uint32_t take_ipv4(uint8_t *out, const uint8_t *frame, uint32_t bytes) {
  uint32_t total = check_ipv4(frame, bytes, &facts);
  const uint8_t *packet = frame + ETHERNET, *message = packet + IPV4, *head = message + UDP;
  if (total < IPV4 + UDP + HEAD_BYTES || packet[9] != PROTOCOL_UDP) return 0;
  if (!udp_is_sound(packet, message, total - IPV4) || load16(message + 2) != PORT) return 0;
  uint32_t kind = load32(head + 4);
  uint64_t number = load64(head + 16);
  if (load32(head) != MAGIC || (kind != DATA && kind != FINISH) || number >> 53 != 0) return 0;
  if (run.started == 0 || load32(head + 8) != run.number) begin(load32(head + 8));
  if (kind == DATA) count(number, total - IPV4 - UDP);
  if (kind == DATA) return 0;
  tell(number);
  turn_round(out, frame, &facts);
  store16(out + 12, 0x0800);
  uint8_t *answer = out + ETHERNET;
  turn_ipv4(answer, packet, IPV4 + UDP + REPORT_BYTES, &facts);
  write_report(answer + IPV4 + UDP, head);
  udp_seal(answer, answer + IPV4, PORT, load16(message), UDP + REPORT_BYTES);
  return ETHERNET + IPV4 + UDP + REPORT_BYTES;
}

static void open_device(void) {
  facts = change.facts.venet;
  uint32_t slots = facts.ring < SLOTS ? facts.ring : SLOTS;
  if (facts.mtu == 0 || facts.mtu > MTU_MAX) return vbus_print("sink: the device has too large an MTU\n");
  handle = vbus_open((int32_t)change.id, VBUS_ABI_VERSION);
  if (handle < 0) return vbus_print("sink: the device can't be opened\n");
  if (vbus_rx_open(&rx, handle, VBUS_VENET_RX, &rx_memory, slots, FRAME_MAX) < 0 ||
      vbus_tx_open(&tx, handle, VBUS_VENET_TX, &tx_memory, slots, FRAME_MAX) < 0) {
    vbus_close(handle);
    return vbus_print("sink: the device can't have its rings\n");
  }
  device = change.id;
  vbus_print("sink: ready\n");
}

static void follow_changes(void) {
  changes_seen = vbus_load(&events.changes);
  while (vbus_next_change(&change)) {
    if (change.device_class != VBUS_CLASS_VENET) continue;
    if (device == 0 && change.type != VBUS_CHANGE_REMOVED) {
      open_device();
    } else if (change.id == device && change.type == VBUS_CHANGE_REMOVED) {
      vbus_close(handle);
      device = 0;
    } else if (change.id == device) {
      facts = change.facts.venet;
    }
  }
}

// Takes what is there, and returns after how many nanoseconds there is more to do even if nothing comes.
static int64_t serve(void) {
  uint32_t length;
  for (uint32_t frames = 0; frames < SLOTS; frames++) {
    uint8_t *out = vbus_tx_reserve(&tx);
    const uint8_t *frame = out == NULL ? NULL : vbus_rx_take(&rx, &length);
    if (frame == NULL) break;
    if (length < ETHERNET || is_group(frame + 6)) continue;
    uint32_t type = load16(frame + 12);
    uint32_t bytes = type == 0x0806   ? answer_arp(out, frame, length, &facts)
                     : type == 0x0800 ? take_ipv4(out, frame, length)
                                      : 0;
    if (bytes > 0) vbus_tx_post(&tx, bytes);
  }
  int32_t wait = vbus_tx_kick(&tx);
  return wait >= 2 ? (int64_t)wait * 1000 : VBUS_FOREVER;
}

VBUS_MAIN {
  if (vbus_negotiate(0) < 0 || vbus_listen(&events) < 0) return 1;
  follow_changes();
  while (!vbus_stopping(&events)) {
    if (vbus_load(&events.changes) != changes_seen) follow_changes();
    if (device != 0) vbus_rx_wait(&rx, &events, changes_seen, serve());
    else if (vbus_load(&events.changes) == changes_seen) vbus_sleep(&events, VBUS_FOREVER);
  }
  return 0;
}
