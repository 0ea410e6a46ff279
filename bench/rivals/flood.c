// Sends UDP datagrams to one address, port 9, as fast as the kernel takes them. Nobody needs to listen.
//
// flood ADDRESS BYTES SECONDS
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { BATCH = 64, DATAGRAM_MAX = 1400 };

static double seconds_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int main(int argc, char **argv) {
  static unsigned char buffer[DATAGRAM_MAX];
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
  if (argc != 4 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1) return 2;
  const size_t bytes = strtoul(argv[2], NULL, 10);
  const double end = seconds_now() + strtod(argv[3], NULL);
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0 || bytes < 1 || bytes > DATAGRAM_MAX) return 2;
  struct iovec io = {buffer, bytes};
  struct mmsghdr messages[BATCH] = {0};
  for (int i = 0; i < BATCH; i++) messages[i].msg_hdr = (struct msghdr){&to, sizeof to, &io, 1, NULL, 0, 0};
  // An answer that nobody listens is none: the socket is not connected.
  while (seconds_now() < end)
    if (sendmmsg(fd, messages, BATCH, 0) < 0 && errno != ENOBUFS) {
      fprintf(stderr, "flood: can't send (%s)\n", strerror(errno));
      return 1;
    }
  return 0;
}
