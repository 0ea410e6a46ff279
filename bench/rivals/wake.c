// The rival of a delayed link in C: three threads that do nothing but sleep and wake each other, as a sender, its line
// and an answering receiver do. What it is late by is what this machine's timers and wake-ups cost. Linux only.
//
// wake DELAY_NS TRIPS LOOK_NS   the line's thread sleeps for DELAY_NS on each trip, of the last LOOK_NS of which it looks
//                               at the clock instead
//
// Prints one line of JSON with the times of a trip, delay included, and how late the line's thread went to wake the receiver.
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { SENDER, LINE, RECEIVER, THREADS };
static const int64_t SECOND = 1000000000;

// How often each has been woken; nobody goes on before its own has moved.
static _Atomic uint32_t woken[THREADS];
static uint32_t trips;
static int64_t delay_ns;
static int64_t look_ns;
static int64_t *late;

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * SECOND + t.tv_nsec;
}

static void await(int who, uint32_t seen) {
  while (atomic_load(&woken[who]) == seen) syscall(SYS_futex, &woken[who], FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
}

static void wake(int who) {
  atomic_fetch_add(&woken[who], 1);
  syscall(SYS_futex, &woken[who], FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *delay(void *unused) {
  (void)unused;
  for (uint32_t i = 0; i < trips; i++) {
    await(LINE, i);
    const int64_t due = now_ns() + delay_ns;
    const int64_t look = due - look_ns;
    const struct timespec until = {look / SECOND, look % SECOND};
    if (look_ns < delay_ns) clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    while (look_ns > 0 && now_ns() < due) {
    }
    late[i] = now_ns() - due; // As a line counts it: who is woken may have this thread's core at once.
    wake(RECEIVER);
  }
  return NULL;
}

static void *answer(void *unused) {
  (void)unused;
  for (uint32_t i = 0; i < trips; i++) {
    await(RECEIVER, i);
    wake(SENDER);
  }
  return NULL;
}

static int by_size(const void *a, const void *b) {
  const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  delay_ns = argc == 4 ? strtoll(argv[1], NULL, 10) : 0;
  trips = argc == 4 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
  look_ns = argc == 4 ? strtoll(argv[3], NULL, 10) : 0;
  int64_t *const took = malloc(sizeof *took * (trips + 1));
  late = malloc(sizeof *late * (trips + 1));
  if (!took || !late || delay_ns <= 0 || !trips) {
    fprintf(stderr, "wake: usage: wake DELAY_NS TRIPS LOOK_NS\n");
    return 1;
  }
  pthread_t line, receiver;
  pthread_create(&line, NULL, delay, NULL);
  pthread_create(&receiver, NULL, answer, NULL);
  const int64_t started = now_ns();
  for (uint32_t i = 0; i < trips; i++) {
    const int64_t start = now_ns();
    wake(LINE);
    await(SENDER, i);
    took[i] = now_ns() - start;
  }
  const double seconds = (double)(now_ns() - started) / 1e9;
  pthread_join(line, NULL);
  pthread_join(receiver, NULL);
  qsort(took, trips, sizeof *took, by_size);
  qsort(late, trips, sizeof *late, by_size);
  printf("{\"frames\":%u,\"bytes\":0,\"seconds\":%.9f,\"p50_us\":%.3f,\"p99_us\":%.3f,"
         "\"late_p50_us\":%.3f,\"late_p99_us\":%.3f}\n",
         trips, seconds, (double)took[trips / 2] / 1e3, (double)took[trips * 99ul / 100] / 1e3,
         (double)late[trips / 2] / 1e3, (double)late[trips * 99ul / 100] / 1e3);
  return 0;
}
