// Messages between two processes over a Unix socket that keeps their borders: `unix COUNT BYTES BATCH` sends
// COUNT of them, BATCH in one system call (1: plain send and recv), and prints one line of JSON. The receiver
// checks each number; the time is its own, from the first message after a tenth of them to the last.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BATCH_MAX = 256 };

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static char *buffers;
static struct mmsghdr heads[BATCH_MAX];
static struct iovec parts[BATCH_MAX];

static void prepare(size_t bytes) {
  buffers = calloc(BATCH_MAX, bytes);
  if (!buffers) fail("calloc");
  for (int i = 0; i < BATCH_MAX; i++) {
    parts[i] = (struct iovec){.iov_base = buffers + (size_t)i * bytes, .iov_len = bytes};
    heads[i].msg_hdr.msg_iov = &parts[i];
    heads[i].msg_hdr.msg_iovlen = 1;
  }
}

static void send_all(int socket, long count, size_t bytes, int batch) {
  for (long sent = 0; sent < count;) {
    int many = count - sent < batch ? (int)(count - sent) : batch;
    for (int i = 0; i < many; i++) {
      long number = sent + i;
      memcpy(parts[i].iov_base, &number, sizeof number);
    }
    if (batch == 1) {
      if (send(socket, buffers, bytes, 0) != (ssize_t)bytes) fail("send");
      sent++;
      continue;
    }
    int done = 0;
    while (done < many) {
      int went = sendmmsg(socket, heads + done, (unsigned)(many - done), 0);
      if (went < 0) fail("sendmmsg");
      done += went;
    }
    sent += many;
  }
}

static double receive_all(int socket, long count, size_t bytes, int batch) {
  long warm = count / 10;
  double start = now();
  for (long taken = 0; taken < count;) {
    int came = 1;
    if (batch == 1) {
      if (recv(socket, buffers, bytes, 0) != (ssize_t)bytes) fail("recv");
    } else {
      long most = count - taken < batch ? count - taken : batch; // What comes after the last is its end.
      came = recvmmsg(socket, heads, (unsigned)most, MSG_WAITFORONE, NULL);
      if (came < 0) fail("recvmmsg");
    }
    for (int i = 0; i < came; i++) {
      long number;
      memcpy(&number, parts[i].iov_base, sizeof number);
      if (number != taken + i) {
        fprintf(stderr, "message %ld came where %ld was due\n", number, taken + i);
        exit(1);
      }
    }
    if (taken < warm && taken + came >= warm) {
      start = now();
      warm = taken + came;
    }
    taken += came;
  }
  double seconds = now() - start;
  printf("{\"frames\": %ld, \"bytes\": %zu, \"seconds\": %.9f}\n", count - warm, bytes, seconds);
  return seconds;
}

int main(int words, char **word) {
  if (words != 4) return 64;
  long count = atol(word[1]);
  size_t bytes = (size_t)atol(word[2]);
  int batch = atoi(word[3]);
  if (count < 10 || bytes < sizeof(long) || batch < 1 || batch > BATCH_MAX) return 64;
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) < 0) fail("socketpair");
  prepare(bytes);
  pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    close(ends[1]);
    send_all(ends[0], count, bytes, batch);
    _exit(0);
  }
  close(ends[0]);
  receive_all(ends[1], count, bytes, batch);
  int status;
  if (waitpid(child, &status, 0) < 0) fail("waitpid");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
