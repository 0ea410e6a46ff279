// Not a rival, but what all contenders are measured by: runs a program to its end, with its output in a file, and
// prints one line of JSON: how long it took, its peak memory, how it ended. Small, because the peak that Linux counts
// for a program begins with the memory of the process that started it.
//
// meter FILE PROGRAM ARGUMENT...
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void fail(const char *what) {
  perror(what);
  exit(2);
}

int main(int count, char **words) {
  if (count < 3) return 64;
  int file = open(words[1], O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (file < 0) fail(words[1]);
  double start = now();
  pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    dup2(file, STDOUT_FILENO);
    execvp(words[2], words + 2);
    fail(words[2]);
  }
  int status;
  struct rusage used;
  if (wait4(child, &status, 0, &used) < 0) fail("wait4");
  double seconds = now() - start;
  printf("{\"seconds\": %.6f, \"kib\": %ld, \"status\": %d}\n", seconds, used.ru_maxrss,
         WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  return 0;
}
