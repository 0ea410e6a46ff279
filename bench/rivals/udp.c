// The rival in C: two threads and two UDP sockets over the loopback interface, the sender keeping a window of datagrams
// under way and the receiver acknowledging them, so that none is ever lost. It may hand the kernel many datagrams in one
// call: by segmentation offload (`gso`), or message by message (`mmsg`). Linux only.
//
// udp stream DATAGRAMS BYTES WINDOW gso|mmsg   one direction, as fast as it goes; a lost datagram fails the run
// udp trip   TRIPS     BYTES SPINS  mmsg       there and back, one datagram under way; SPINS looks before blocking
//
// Prints one line of JSON; the first tenth of the work is warm-up and is not in the figures.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { BATCH = 64, SEGMENTS_MAX = 64, DATAGRAM_MAX = 65507, PATIENCE_SECONDS = 2 };

static int near_socket, far_socket;
static uint32_t frames, warm_up, frame_bytes, window, spins;
static bool offload;

static double seconds_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void broken(const char *what) {
  fprintf(stderr, "udp: %s (%s)\n", what, strerror(errno));
  exit(1);
}

static int open_socket(struct sockaddr_in *name) {
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0) broken("no socket");
  const int bytes = 32 << 20, on = 1;
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes))
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes))
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  if (offload && setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on)) broken("no UDP_GRO");
  const struct timeval patience = {PATIENCE_SECONDS, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  *name = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof *name;
  if (bind(fd, (struct sockaddr *)name, size) || getsockname(fd, (struct sockaddr *)name, &size)) broken("no port");
  return fd;
}

// The kernel charges what a datagram really occupies: the window must fit, or it would drop.
static void fit_window(void) {
  int bytes = 0;
  socklen_t size = sizeof bytes;
  getsockopt(far_socket, SOL_SOCKET, SO_RCVBUF, &bytes, &size);
  const uint32_t charged = frame_bytes * 2 + 1280;
  const uint32_t fits = (uint32_t)bytes / charged;
  if (window > fits) window = fits;
  if (window < 1) broken("the receive buffer holds no datagram");
}

static void open_pair(void) {
  struct sockaddr_in near_name, far_name;
  near_socket = open_socket(&near_name);
  far_socket = open_socket(&far_name);
  if (connect(near_socket, (struct sockaddr *)&far_name, sizeof far_name)) broken("can't connect");
  if (connect(far_socket, (struct sockaddr *)&near_name, sizeof near_name)) broken("can't connect");
}

static ssize_t receive(int fd, void *buffer, size_t bytes) {
  for (uint32_t i = 0; i < spins; i++) {
    const ssize_t got = recv(fd, buffer, bytes, MSG_DONTWAIT);
    if (got >= 0) return got;
  }
  const ssize_t got = recv(fd, buffer, bytes, 0);
  if (got < 0) broken("a datagram was lost");
  return got;
}

// Sends `count` datagrams, numbered from `first`, in as few calls as there can be.
static void send_segments(unsigned char *buffer, uint32_t first, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) memcpy(buffer + i * frame_bytes, &(uint32_t){first + i}, 4);
  char control[CMSG_SPACE(sizeof(uint16_t))] = {0};
  struct iovec io = {buffer, (size_t)count * frame_bytes};
  struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *c = CMSG_FIRSTHDR(&message);
  c->cmsg_level = IPPROTO_UDP;
  c->cmsg_type = UDP_SEGMENT;
  c->cmsg_len = CMSG_LEN(sizeof(uint16_t));
  memcpy(CMSG_DATA(c), &(uint16_t){(uint16_t)frame_bytes}, sizeof(uint16_t));
  if (sendmsg(near_socket, &message, 0) < 0) broken("can't send");
}

static void send_messages(unsigned char *buffer, uint32_t first, uint32_t count) {
  struct mmsghdr messages[BATCH] = {0};
  struct iovec io[BATCH];
  for (uint32_t i = 0; i < count; i++) {
    memcpy(buffer + (size_t)i * frame_bytes, &(uint32_t){first + i}, 4);
    io[i] = (struct iovec){buffer + (size_t)i * frame_bytes, frame_bytes};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &io[i], .msg_iovlen = 1};
  }
  for (uint32_t done = 0; done < count;) {
    const int sent = sendmmsg(near_socket, messages + done, count - done, 0);
    if (sent < 0) broken("can't send");
    done += (uint32_t)sent;
  }
}

static uint32_t check_numbers(const unsigned char *buffer, uint32_t bytes, uint32_t expected) {
  for (uint32_t at = 0; at < bytes; at += frame_bytes) {
    uint32_t number;
    memcpy(&number, buffer + at, 4);
    if (number != expected++) broken("a datagram is missing");
  }
  return expected;
}

static uint32_t receive_messages(unsigned char *buffer, uint32_t seen) {
  struct mmsghdr messages[BATCH] = {0};
  struct iovec io[BATCH];
  for (uint32_t i = 0; i < BATCH; i++) {
    io[i] = (struct iovec){buffer + (size_t)i * frame_bytes, frame_bytes};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &io[i], .msg_iovlen = 1};
  }
  const int got = recvmmsg(far_socket, messages, BATCH, MSG_WAITFORONE, NULL);
  if (got < 0) broken("a datagram was lost");
  for (int i = 0; i < got; i++) seen = check_numbers(io[i].iov_base, messages[i].msg_len, seen);
  return seen;
}

static void *receive_stream(void *unused) {
  (void)unused;
  unsigned char *buffer = malloc((size_t)BATCH * DATAGRAM_MAX);
  uint32_t seen = 0, acknowledged = 0;
  const uint32_t often = window > 4 ? window / 4 : 1;
  while (seen < frames) {
    if (offload) seen = check_numbers(buffer, (uint32_t)receive(far_socket, buffer, 1 << 16), seen);
    else seen = receive_messages(buffer, seen);
    if (seen - acknowledged >= often || seen == frames) {
      acknowledged = seen;
      if (send(far_socket, &seen, sizeof seen, 0) < 0) broken("can't acknowledge");
    }
  }
  free(buffer);
  return NULL;
}

static void stream(void) {
  unsigned char *buffer = calloc(BATCH, DATAGRAM_MAX);
  uint32_t most = offload ? DATAGRAM_MAX / frame_bytes : BATCH;
  if (most > SEGMENTS_MAX) most = SEGMENTS_MAX;
  pthread_t receiver;
  pthread_create(&receiver, NULL, receive_stream, NULL);
  uint32_t sent = 0, acknowledged = 0;
  double started = 0;
  while (acknowledged < frames) {
    if (!started && sent >= warm_up) {
      warm_up = sent;
      started = seconds_now();
    }
    uint32_t count = window - (sent - acknowledged);
    if (count > frames - sent) count = frames - sent;
    if (count > most) count = most;
    if (count == 0) {
      if (receive(near_socket, &acknowledged, sizeof acknowledged) != sizeof acknowledged) broken("a bad answer");
      continue;
    }
    if (offload) send_segments(buffer, sent, count);
    else send_messages(buffer, sent, count);
    sent += count;
  }
  const double seconds = seconds_now() - started;
  pthread_join(receiver, NULL);
  printf("{\"frames\":%u,\"bytes\":%u,\"seconds\":%.9f,\"window\":%u}\n", frames - warm_up, frame_bytes, seconds, window);
}

static void *answer_trips(void *unused) {
  (void)unused;
  unsigned char *buffer = calloc(1, DATAGRAM_MAX);
  for (uint32_t i = 0; i < frames; i++) {
    const ssize_t got = receive(far_socket, buffer, DATAGRAM_MAX);
    if (send(far_socket, buffer, (size_t)got, 0) != got) broken("can't answer");
  }
  free(buffer);
  return NULL;
}

static int by_size(const void *a, const void *b) {
  const float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

static void trips(void) {
  unsigned char *buffer = calloc(1, DATAGRAM_MAX);
  float *micros = malloc(sizeof *micros * frames);
  pthread_t other;
  pthread_create(&other, NULL, answer_trips, NULL);
  double started = 0, previous = 0;
  for (uint32_t i = 0; i < frames; i++) {
    if (i == warm_up) started = previous = seconds_now();
    memcpy(buffer, &i, sizeof i);
    if (send(near_socket, buffer, frame_bytes, 0) < 0) broken("can't send");
    const ssize_t got = receive(near_socket, buffer, DATAGRAM_MAX);
    if (got != (ssize_t)frame_bytes || memcmp(buffer, &i, sizeof i)) broken("a wrong answer");
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
  const bool streaming = argc == 6 && !strcmp(argv[1], "stream");
  const bool tripping = argc == 6 && !strcmp(argv[1], "trip");
  if (!streaming && !tripping) broken("usage: udp stream|trip COUNT BYTES WINDOW|SPINS gso|mmsg");
  frames = (uint32_t)strtoul(argv[2], NULL, 10);
  frame_bytes = (uint32_t)strtoul(argv[3], NULL, 10);
  window = (uint32_t)strtoul(argv[4], NULL, 10);
  offload = streaming && !strcmp(argv[5], "gso");
  if (tripping) spins = window;
  warm_up = frames / 10;
  if (frames < 10 || frame_bytes < 4 || frame_bytes > DATAGRAM_MAX) broken("bad arguments");
  open_pair();
  if (streaming) {
    fit_window();
    stream();
  } else trips();
  return 0;
}
