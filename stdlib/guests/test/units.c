// Parts of vbus.h, exported one by one under the names of units.ts, for the tests that both SDKs have.

#include "../c/vbus.h"

#define EXPORT(name) __attribute__((export_name(#name))) int32_t name

static struct vbus_rx rx;
static uint8_t memory[VBUS_RING_BYTES(VBUS_RING_SLOTS_MAX, 64)] __attribute__((aligned(64)));
static uint32_t length;

EXPORT(rxOpen)(uint32_t slots, uint32_t capacity) {
  return vbus_rx_open(&rx, 1, VBUS_VENET_RX, memory, slots, capacity);
}
EXPORT(rxTake)(void) {
  const uint8_t *at = vbus_rx_take(&rx, &length);
  return at == NULL ? -1 : *(const int32_t *)at;
}
EXPORT(rxLength)(void) { return (int32_t)length; }
EXPORT(rxReady)(void) { return vbus_rx_ready(&rx); }
EXPORT(rxGive)(void) {
  vbus_rx_give(&rx);
  return 0;
}
EXPORT(rxEnable)(int32_t wanted) {
  vbus_rx_enable(&rx, wanted != 0);
  return 0;
}
EXPORT(rxEnableFor)(uint32_t count) {
  vbus_rx_enable_for(&rx, count);
  return 0;
}
EXPORT(rxReadyFor)(uint32_t count) { return vbus_rx_ready_for(&rx, count); }
// It has no bursts: there is never one.
EXPORT(rxBurst)(int32_t most) { return most * 0; }
EXPORT(rxBurstWord)(int32_t index) { return index * 0 - 1; }
EXPORT(rxGiveBurst)(int32_t count) { return count * 0; }
