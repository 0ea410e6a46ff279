// The rival in C: two threads, one ring of frames to send, one ring of posted buffers, one copy from memory to memory.
// The sender's thread does the copying for both sides; the receiver touches every frame and sleeps on a futex when
// there is nothing. It checks lengths and nothing else: no ports, no MAC addresses, no counters. Linux only.
//
// ring stream FRAMES BYTES STRIDE BUFFERS BATCH SLOTS  one direction, as fast as it goes, nothing is ever dropped
// ring trip   TRIPS  BYTES STRIDE BUFFERS SPINS SLOTS  there and back, one under way; SPINS looks before sleeping
//
// STRIDE bytes lie between two buffers. The sender takes turns with BUFFERS of them and the receiver with SLOTS, which
// its ring has (powers of two up to 512): the fewer, the longer they stay in a cache.
//
// Prints one line of JSON; the first tenth of the work is warm-up and is not in the figures.
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { SLOTS_MAX = 512, LINE = 64, STREAM_SPINS = 100 };

struct descriptor {
  uint32_t address, length;
};

// Written by the sending guest (posted) and by whoever moves its frames (taken); a cache line each.
struct tx_ring {
  alignas(LINE) _Atomic uint32_t posted;
  alignas(LINE) _Atomic uint32_t taken;
  alignas(LINE) struct descriptor slots[SLOTS_MAX];
};

// Written by the receiving guest (posted, sleeping) and by whoever fills it (filled).
struct rx_ring {
  alignas(LINE) _Atomic uint32_t posted;
  alignas(LINE) _Atomic uint32_t filled;
  _Atomic uint32_t sleeping;
  alignas(LINE) struct descriptor slots[SLOTS_MAX];
  uint32_t lengths[SLOTS_MAX];
};

// One guest: its memory, its rings, and the host's own positions, which the guest can't write.
struct guest {
  struct tx_ring tx;
  struct rx_ring rx;
  alignas(LINE) uint32_t host_taken;
  uint32_t host_filled;
  alignas(LINE) unsigned char *memory;
  size_t memory_bytes;
  uint32_t rx_base;
};

static struct guest left, right;
static uint32_t frames, warm_up, frame_bytes, stride, buffers, batch, spins, slots;
static double started;

static double seconds_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void futex_wait(_Atomic uint32_t *word, uint32_t value) {
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void futex_wake(_Atomic uint32_t *word) {
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void broken(const char *what) {
  fprintf(stderr, "ring: %s\n", what);
  exit(1);
}

// The data path: moves what `from` has posted into buffers that `to` has posted, and wakes `to` if it sleeps.
__attribute__((noinline)) static uint32_t move(struct guest *from, struct guest *to) {
  const uint32_t offered = atomic_load(&from->tx.posted);
  const uint32_t room = atomic_load(&to->rx.posted);
  uint32_t taken = from->host_taken, filled = to->host_filled;
  while (taken != offered && filled != room) {
    const struct descriptor source = from->tx.slots[taken & (slots - 1)];
    const struct descriptor target = to->rx.slots[filled & (slots - 1)];
    if (source.length > target.length) broken("a frame is longer than the buffer");
    memcpy(to->memory + target.address, from->memory + source.address, source.length);
    to->rx.lengths[filled & (slots - 1)] = source.length;
    taken++;
    filled++;
  }
  const uint32_t moved = taken - from->host_taken;
  from->host_taken = taken;
  to->host_filled = filled;
  atomic_store(&from->tx.taken, taken);
  atomic_store(&to->rx.filled, filled);
  if (moved && atomic_load(&to->rx.sleeping)) futex_wake(&to->rx.filled);
  return moved;
}

static void prepare(struct guest *g) {
  g->rx_base = slots * stride;
  g->memory_bytes = 2ul * slots * stride;
  if (posix_memalign((void **)&g->memory, 2 << 20, g->memory_bytes)) broken("no memory");
  memset(g->memory, 1, g->memory_bytes);
  for (uint32_t i = 0; i < slots; i++) g->rx.slots[i] = (struct descriptor){g->rx_base + i * stride, stride};
  atomic_store(&g->rx.posted, slots);
}

// Waits until more than `seen` frames have been filled: looks, then sleeps. Nobody fills while it decides to sleep
// without seeing `sleeping`, because both sides store before they load.
static uint32_t await_filled(struct guest *g, uint32_t seen, uint32_t looks) {
  for (;;) {
    for (uint32_t i = 0; i <= looks; i++) {
      const uint32_t filled = atomic_load(&g->rx.filled);
      if (filled != seen) return filled;
    }
    atomic_store(&g->rx.sleeping, 1);
    futex_wait(&g->rx.filled, seen);
    atomic_store(&g->rx.sleeping, 0);
  }
}

static void post(struct guest *g, uint32_t sequence) {
  const uint32_t address = (sequence & (buffers - 1)) * stride;
  memcpy(g->memory + address, &sequence, sizeof sequence);
  g->tx.slots[sequence & (slots - 1)] = (struct descriptor){address, frame_bytes};
  atomic_store(&g->tx.posted, sequence + 1);
}

static uint32_t touch(struct guest *g, uint32_t position) {
  uint32_t word;
  memcpy(&word, g->memory + g->rx.slots[position & (slots - 1)].address, sizeof word);
  return word;
}

static void *receive_stream(void *unused) {
  (void)unused;
  uint32_t seen = 0, sum = 0;
  while (seen != frames) {
    const uint32_t filled = await_filled(&right, seen, STREAM_SPINS);
    while (seen != filled) sum += touch(&right, seen++);
    atomic_store(&right.rx.posted, seen + slots);
  }
  return (void *)(uintptr_t)sum;
}

static void stream(void) {
  pthread_t receiver;
  pthread_create(&receiver, NULL, receive_stream, NULL);
  uint32_t posted = 0;
  while (posted < frames) {
    while (posted - atomic_load(&left.tx.taken) >= buffers) move(&left, &right);
    if (posted == warm_up) started = seconds_now();
    post(&left, posted++);
    if (posted % batch == 0) move(&left, &right);
  }
  while (left.host_taken != frames) move(&left, &right);
  void *sum;
  pthread_join(receiver, &sum);
  const double seconds = seconds_now() - started;
  uint32_t expected = 0;
  for (uint32_t i = 0; i < frames; i++) expected += i;
  if ((uint32_t)(uintptr_t)sum != expected) broken("the sum of what was received is wrong");
  printf("{\"frames\":%u,\"bytes\":%u,\"seconds\":%.9f}\n", frames - warm_up, frame_bytes, seconds);
}

static void *answer_trips(void *unused) {
  (void)unused;
  for (uint32_t i = 0; i < frames; i++) {
    await_filled(&right, i, spins);
    if (touch(&right, i) != i) broken("a frame came out of order");
    atomic_store(&right.rx.posted, i + 1 + slots);
    post(&right, i);
    while (!move(&right, &left)) {}
  }
  return NULL;
}

static int by_size(const void *a, const void *b) {
  const float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

static void trips(void) {
  pthread_t other;
  float *micros = malloc(sizeof *micros * frames);
  pthread_create(&other, NULL, answer_trips, NULL);
  double previous = 0;
  for (uint32_t i = 0; i < frames; i++) {
    if (i == warm_up) started = previous = seconds_now();
    post(&left, i);
    while (!move(&left, &right)) {}
    await_filled(&left, i, spins);
    if (touch(&left, i) != i) broken("an answer came out of order");
    atomic_store(&left.rx.posted, i + 1 + slots);
    const double now = seconds_now();
    if (i >= warm_up) micros[i - warm_up] = (float)((now - previous) * 1e6);
    previous = now;
  }
  const double seconds = seconds_now() - started;
  pthread_join(other, NULL);
  const uint32_t count = frames - warm_up;
  qsort(micros, count, sizeof *micros, by_size);
  printf("{\"frames\":%u,\"bytes\":%u,\"seconds\":%.9f,\"p50_us\":%.3f,\"p99_us\":%.3f}\n", count, frame_bytes, seconds,
         (double)micros[count / 2], (double)micros[count * 99ul / 100]);
}

int main(int argc, char **argv) {
  const bool streaming = argc == 8 && !strcmp(argv[1], "stream");
  const bool tripping = argc == 8 && !strcmp(argv[1], "trip");
  if (!streaming && !tripping) broken("usage: ring stream|trip FRAMES BYTES STRIDE BUFFERS BATCH|SPINS SLOTS");
  frames = (uint32_t)strtoul(argv[2], NULL, 10);
  frame_bytes = (uint32_t)strtoul(argv[3], NULL, 10);
  stride = (uint32_t)strtoul(argv[4], NULL, 10);
  buffers = (uint32_t)strtoul(argv[5], NULL, 10);
  batch = spins = (uint32_t)strtoul(argv[6], NULL, 10);
  slots = (uint32_t)strtoul(argv[7], NULL, 10);
  warm_up = frames / 10;
  if (!slots || slots > SLOTS_MAX || (slots & (slots - 1))) broken("SLOTS is a power of two up to 512");
  if (!buffers || buffers > slots || (buffers & (buffers - 1))) broken("BUFFERS is a power of two up to SLOTS");
  if (frames < 10 || frame_bytes < 4 || stride < frame_bytes || (streaming && !batch)) broken("bad arguments");
  prepare(&left);
  prepare(&right);
  if (streaming) stream();
  else trips();
  return 0;
}
