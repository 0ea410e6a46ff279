// A guest in C that writes to the first vblk of its bus, flushes, reads back what it wrote and says whether that
// is right. From one that is read-only it reads. The sample of vbus_disk.

#include "vbus.h"

enum { BLOCK = 4096, BLOCKS_MAX = 256 };

static struct vbus_events events;
static struct vbus_change change;
static struct vbus_tx queue;
static uint8_t memory[VBUS_DISK_BYTES] __attribute__((aligned(64)));
static uint64_t block[BLOCK / sizeof(uint64_t)];

static void print_number(uint64_t value) {
  char digits[20];
  int32_t at = sizeof digits;
  do digits[--at] = (char)('0' + value % 10);
  while ((value /= 10) > 0);
  vbus_write(digits + at, (int32_t)sizeof digits - at);
}

// Each word says where it stands.
static uint64_t word_at(uint64_t offset) { return offset * 0x9e3779b97f4a7c15u + 1; }

static int32_t write_all(uint64_t blocks) {
  for (uint64_t at = 0; at < blocks * BLOCK; at += BLOCK) {
    for (uint32_t i = 0; i < BLOCK; i += 8) block[i / 8] = word_at(at + i);
    int32_t failed = vbus_disk(&queue, VBUS_OP_WRITE, at, block, BLOCK);
    if (failed < 0) return failed;
  }
  return vbus_disk(&queue, VBUS_OP_FLUSH, 0, NULL, 0);
}

// How many words are not as they were written, or a negative errno value.
static int32_t read_all(uint64_t blocks) {
  int32_t wrong = 0;
  for (uint64_t at = 0; at < blocks * BLOCK; at += BLOCK) {
    int32_t failed = vbus_disk(&queue, VBUS_OP_READ, at, block, BLOCK);
    if (failed < 0) return failed;
    for (uint32_t i = 0; i < BLOCK; i += 8) wrong += block[i / 8] != word_at(at + i);
  }
  return wrong;
}

static int32_t fail(const char *what) {
  vbus_print(what);
  return 1;
}

VBUS_MAIN {
  if (vbus_negotiate(0) < 0 || vbus_listen(&events) < 0) return 1;
  do
    if (!vbus_next_change(&change)) return fail("disk: its bus has no vblk\n");
  while (change.type != VBUS_CHANGE_ADDED || change.device_class != VBUS_CLASS_VBLK);
  struct vbus_vblk_facts facts = change.facts.vblk;
  int32_t handle = vbus_open((int32_t)change.id, VBUS_ABI_VERSION);
  if (handle < 0 || vbus_disk_open(&queue, handle, memory) < 0) return fail("disk: it can't be opened\n");
  uint64_t blocks = facts.size / BLOCK < BLOCKS_MAX ? facts.size / BLOCK : BLOCKS_MAX;
  if (!facts.readonly && write_all(blocks) < 0) return fail("disk: it can't be written\n");
  int32_t wrong = read_all(blocks);
  if (wrong < 0) return fail("disk: it can't be read\n");
  if (!facts.readonly && wrong > 0) return fail("disk: what is read is not what was written\n");
  vbus_print("disk: ");
  print_number(blocks * BLOCK);
  vbus_print(facts.readonly ? " bytes read\n" : " bytes written and verified\n");
  return 0;
}
