// A guest in C that sends numbered messages on the first vchan of its bus, `--send N`, where its bus has a vclock one
// `--every 20ms` if that is said; or takes them, `--expect N`, and says whether they came in order. It talks with
// chat.ts, whose messages these are. The sample of channels and clocks.

#include "vbus.h"

enum {
  SLOTS = 16,
  CAPACITY = 4096, // The longest message that it has buffers for.
  BYTES = 64,      // Of a message that it sends.
  BYTES_MIN = 16,
  MARK = 0x54414843, // "CHAT"
  CLOCK_PRIORITY = 7,
};

struct message {
  uint32_t mark, bytes;
  uint64_t number;
};

static struct vbus_events events;
static struct vbus_change change;
static struct vbus_rx in;
static struct vbus_tx out;
static uint8_t in_memory[VBUS_RING_BYTES(SLOTS, CAPACITY)] __attribute__((aligned(64)));
static uint8_t out_memory[VBUS_RING_BYTES(SLOTS, CAPACITY)] __attribute__((aligned(64)));
static uint8_t boot_memory[65536];
static uint32_t changes_seen = UINT32_MAX;
static uint32_t channel, clock_id; // Device ids, 0: none is open.
static int32_t clock_handle;
static bool gone; // The channel was there and is not any more.
static uint32_t unsettled; // Messages that were posted and may still be refused.
static uint64_t refused;

static void print_number(uint64_t value) {
  char digits[20];
  int32_t at = sizeof digits;
  do digits[--at] = (char)('0' + value % 10);
  while ((value /= 10) > 0);
  vbus_write(digits + at, (int32_t)sizeof digits - at);
}

static int32_t fail(const char *what, int32_t exit) {
  vbus_print("chat: ");
  vbus_print(what);
  vbus_print("\n");
  return exit;
}

// ---- Arguments

struct wishes {
  uint64_t send, expect, every;
};

static bool is(const struct vbus_text *text, const char *word) {
  int32_t at = 0;
  while (at < text->length && word[at] == text->at[at] && word[at] != 0) at++;
  return at == text->length && word[at] == 0;
}

// The number that a text begins with, and how many of its characters that are. Up to 10^12.
static int32_t read_number(const struct vbus_text *text, uint64_t *value) {
  int32_t at = 0;
  for (*value = 0; at < text->length && at < 13 && text->at[at] >= '0' && text->at[at] <= '9'; at++)
    *value = *value * 10 + (uint64_t)(text->at[at] - '0');
  return at;
}

static bool read_count(const struct vbus_text *text, uint64_t *value) {
  return read_number(text, value) == text->length && *value > 0;
}

static bool read_duration(const struct vbus_text *text, uint64_t *ns) {
  static const struct {
    const char *unit;
    uint64_t ns;
  } units[] = {{"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}};
  int32_t digits = read_number(text, ns);
  struct vbus_text unit = {text->type, text->at + digits, text->length - digits};
  for (uint32_t i = 0; digits > 0 && digits < 7 && i < sizeof units / sizeof *units; i++) {
    if (!is(&unit, units[i].unit)) continue;
    *ns *= units[i].ns;
    return true;
  }
  return false;
}

// True: it is known what to do.
static bool read_arguments(struct wishes *wishes) {
  struct vbus_boot boot;
  struct vbus_text text, value;
  if (vbus_boot_read(&boot, boot_memory, sizeof boot_memory) < 0) return false;
  while (vbus_boot_next(&boot, &text)) {
    if (text.type != VBUS_BOOT_ARGUMENT) continue;
    if (!vbus_boot_next(&boot, &value) || value.type != VBUS_BOOT_ARGUMENT) return false;
    bool known = is(&text, "--send")     ? read_count(&value, &wishes->send)
                 : is(&text, "--expect") ? read_count(&value, &wishes->expect)
                 : is(&text, "--every")  ? read_duration(&value, &wishes->every)
                                         : false;
    if (!known) return false;
  }
  return (wishes->send == 0) != (wishes->expect == 0);
}

// ---- Devices

static void open_channel(void) {
  if (change.facts.vchan.message_max > CAPACITY) {
    fail("its channel has longer messages than it has buffers for", 0);
    return;
  }
  int32_t handle = vbus_open((int32_t)change.id, VBUS_ABI_VERSION);
  if (handle < 0) return;
  if (vbus_rx_open(&in, handle, VBUS_VCHAN_IN, in_memory, SLOTS, CAPACITY) < 0 ||
      vbus_tx_open(&out, handle, VBUS_VCHAN_OUT, out_memory, SLOTS, CAPACITY) < 0)
    return;
  channel = change.id;
}

static void open_clock(void) {
  int32_t handle = vbus_open((int32_t)change.id, VBUS_ABI_VERSION);
  if (handle < 0 || vbus_clock_listen(handle, CLOCK_PRIORITY) < 0) return;
  clock_id = change.id;
  clock_handle = handle;
}

static void follow_changes(void) {
  if (vbus_load(&events.changes) == changes_seen) return;
  changes_seen = vbus_load(&events.changes);
  while (vbus_next_change(&change)) {
    bool removed = change.type == VBUS_CHANGE_REMOVED;
    if (removed && change.id == channel) gone = true;
    if (removed && change.id == clock_id) clock_id = 0;
    if (removed) continue;
    if (change.device_class == VBUS_CLASS_VCHAN && channel == 0) open_channel();
    if (change.device_class == VBUS_CLASS_VCLOCK && clock_id == 0) open_clock();
  }
}

// ---- Sending

static void write_message(uint8_t *at, uint64_t number) {
  struct message head = {MARK, BYTES, number};
  __builtin_memset(at, 0, BYTES);
  __builtin_memcpy(at, &head, sizeof head);
}

// Counts those of the messages that the host has given back which the channel did not take.
static void settle(void) {
  for (; unsettled > 0; unsettled--) {
    uint32_t slot = (out.sequence - unsettled) & (out.slots - 1);
    if (vbus_load(&out.ring[slot].turn) & 1) return;
    if (vbus_vchan_taken(&out, unsettled) == 0) refused++;
  }
}

static void tell_sent(uint64_t count) {
  vbus_print("chat: sent ");
  print_number(count);
  if (refused > 0) {
    vbus_print(", of which the channel refused ");
    print_number(refused);
  }
  vbus_print("\n");
}

static int32_t send_all(uint64_t count, uint64_t every) {
  uint64_t start = (uint64_t)vbus_now(), posted = 0;
  uint8_t *buffer;
  if (every > 0 && clock_id != 0) vbus_clock_period(clock_handle, (int64_t)every, (int64_t)(start + every));
  while (!gone && !vbus_stopping(&events)) {
    uint64_t due = every == 0 ? count : 1 + ((uint64_t)vbus_now() - start) / every;
    if (due > count) due = count;
    while (posted < due && (buffer = vbus_tx_reserve(&out)) != NULL) {
      write_message(buffer, ++posted);
      vbus_tx_post(&out, BYTES);
      unsettled++;
    }
    int32_t retry_us = vbus_tx_kick(&out);
    settle();
    if (retry_us < 0) return fail("its vchan does not send", 1);
    if (retry_us == 0 && posted < due) continue;
    if (retry_us == 0 && posted == count) {
      tell_sent(count);
      return 0;
    }
    // A clock ends the sleep by itself.
    int64_t next = (int64_t)(start + posted * every) - vbus_now();
    bool paced = every > 0 && posted == due && clock_id == 0;
    vbus_vchan_wait(&in, &out, retry_us, &events, changes_seen, paced ? next : VBUS_FOREVER);
    follow_changes();
  }
  tell_sent(posted);
  return posted == count ? 0 : 1;
}

// ---- Receiving

struct tally {
  uint64_t taken, last, wrong;
};

// Counts the messages in a buffer: of a stream there may be several.
static void take(struct tally *tally, const uint8_t *at, uint32_t length) {
  struct message head;
  while (length >= BYTES_MIN) {
    __builtin_memcpy(&head, at, sizeof head);
    if (head.mark != MARK || head.bytes < BYTES_MIN || head.bytes > length) break;
    // A sender that was there before begins somewhere.
    if (tally->taken > 0 && head.number != tally->last + 1) tally->wrong++;
    tally->last = head.number;
    tally->taken++;
    at += head.bytes;
    length -= head.bytes;
  }
  if (length > 0) tally->wrong++;
}

static int32_t take_all(uint64_t count) {
  struct tally tally = {0, 0, 0};
  const uint8_t *at;
  uint32_t length;
  while (tally.taken < count && !gone && !vbus_stopping(&events)) {
    while (tally.taken < count && (at = vbus_vchan_receive(&in, &length)) != NULL) take(&tally, at, length);
    if (tally.taken >= count) break;
    vbus_vchan_wait(&in, &out, 0, &events, changes_seen, VBUS_FOREVER);
    follow_changes();
  }
  vbus_print("chat: ");
  print_number(tally.taken);
  if (tally.wrong == 0) {
    vbus_print(" in order\n");
  } else {
    vbus_print(", ");
    print_number(tally.wrong);
    vbus_print(" of them out of order\n");
  }
  return tally.taken >= count && tally.wrong == 0 ? 0 : 1;
}

VBUS_MAIN {
  struct wishes wishes = {0, 0, 0};
  if (vbus_negotiate(0) < 0) return 1;
  if (!read_arguments(&wishes)) return fail("usage: chat --send N [--every DURATION] | --expect N", 2);
  if (vbus_listen(&events) < 0) return 1;
  follow_changes();
  if (channel == 0) return fail("there is no channel to use", 1);
  return wishes.send > 0 ? send_all(wishes.send, wishes.every) : take_all(wishes.expect);
}
