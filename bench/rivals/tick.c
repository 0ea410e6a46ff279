// A thread that wakes up every so many microseconds and notes how late it is, as `cyclictest` does, with the
// priority that it is told: `tick COUNT PERIOD_US NICE`. Prints one line of JSON; a tenth is warm-up.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static int smaller(const void *a, const void *b) {
  long x = *(const long *)a, y = *(const long *)b;
  return (x > y) - (x < y);
}

int main(int words, char **word) {
  if (words != 4) return 64;
  long count = atol(word[1]), period = atol(word[2]) * 1000;
  if (count < 10 || period < 1000) return 64;
  if (setpriority(PRIO_PROCESS, 0, atoi(word[3])) != 0) {
    perror("setpriority");
    return 1;
  }
  long *late = calloc((size_t)count, sizeof *late);
  if (!late) return 1;
  struct timespec due, now;
  clock_gettime(CLOCK_MONOTONIC, &due);
  struct timespec start = due;
  for (long tick = 0; tick < count; tick++) {
    due.tv_nsec += period;
    while (due.tv_nsec >= 1000000000) {
      due.tv_nsec -= 1000000000;
      due.tv_sec++;
    }
    if (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) != 0) return 1;
    clock_gettime(CLOCK_MONOTONIC, &now);
    late[tick] = (now.tv_sec - due.tv_sec) * 1000000000 + (now.tv_nsec - due.tv_nsec);
  }
  long warm = count / 10, left = count - warm;
  qsort(late + warm, (size_t)left, sizeof *late, smaller);
  double seconds = (double)(now.tv_sec - start.tv_sec) + (double)(now.tv_nsec - start.tv_nsec) / 1e9;
  printf("{\"frames\": %ld, \"seconds\": %.9f, \"p50_us\": %.3f, \"p99_us\": %.3f}\n", left, seconds,
         (double)late[warm + left / 2] / 1e3, (double)late[warm + left * 99 / 100] / 1e3);
  return 0;
}
