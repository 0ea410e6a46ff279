// Brings up a network device of the kernel's, runs a program beside it, and carries frames between the device
// and its own standard streams, each after its length in two bytes, the first one first. To be started in a
// network namespace of its own. Says on its error stream what the program has ended with, and ends when its
// input does. Arguments: the address (a /24), then the program with its arguments.

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FRAME_MAX = 65600 };

static void need(int well, const char *what) {
  if (well) return;
  perror(what);
  _exit(3);
}

static void read_all(unsigned char *into, size_t bytes) {
  for (size_t done = 0; done < bytes;) {
    ssize_t got = read(0, into + done, bytes - done);
    if (got <= 0) _exit(0);
    done += (size_t)got;
  }
}

static void set_address(struct ifreq *request, const char *text, int device, unsigned long what) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  need(inet_pton(AF_INET, text, &address.sin_addr) == 1, text);
  memcpy(&request->ifr_addr, &address, sizeof address);
  need(ioctl(device, what, request) == 0, "address");
}

static int open_tap(const char *ip) {
  struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
  strcpy(request.ifr_name, "peer0");
  int tap = open("/dev/net/tun", O_RDWR);
  need(tap >= 0, "/dev/net/tun");
  need(ioctl(tap, TUNSETIFF, &request) == 0, "TUNSETIFF");
  int device = socket(AF_INET, SOCK_DGRAM, 0);
  set_address(&request, ip, device, SIOCSIFADDR);
  set_address(&request, "255.255.255.0", device, SIOCSIFNETMASK);
  need(ioctl(device, SIOCGIFFLAGS, &request) == 0, "flags");
  request.ifr_flags |= IFF_UP | IFF_RUNNING;
  need(ioctl(device, SIOCSIFFLAGS, &request) == 0, "up");
  close(device);
  return tap;
}

int main(int count, char **words) {
  static unsigned char frame[FRAME_MAX + 2];
  need(count > 2, "arguments");
  int tap = open_tap(words[1]);
  pid_t child = fork();
  if (child == 0) {
    dup2(open("/dev/null", O_RDWR), 0);
    dup2(2, 1);
    execvp(words[2], words + 2);
    _exit(127);
  }
  struct pollfd ready[2] = {{.fd = 0, .events = POLLIN}, {.fd = tap, .events = POLLIN}};
  for (int running = 1, status;;) {
    need(poll(ready, 2, running ? 20 : -1) >= 0, "poll");
    if (running && waitpid(child, &status, WNOHANG) == child) {
      running = 0;
      fprintf(stderr, "ended %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    }
    if (ready[0].revents != 0) {
      read_all(frame, 2);
      size_t bytes = (size_t)frame[0] << 8 | frame[1];
      read_all(frame, bytes);
      if (write(tap, frame, bytes) < 0) perror("write");
    }
    if (ready[1].revents & POLLIN) {
      ssize_t bytes = read(tap, frame + 2, FRAME_MAX);
      if (bytes <= 0) continue;
      frame[0] = (unsigned char)(bytes >> 8);
      frame[1] = (unsigned char)bytes;
      for (ssize_t done = 0; done < bytes + 2;) {
        ssize_t wrote = write(1, frame + done, (size_t)(bytes + 2 - done));
        if (wrote < 0) _exit(4);
        done += wrote;
      }
    }
  }
}
