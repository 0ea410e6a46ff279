// The calls of the C library that TAP interfaces and pings need and Node does not have. Loaded when the first
// one is opened.
//
// Libuv watches sockets and pipes only, and takes a descriptor's kind from what it is when it is wrapped: so
// `watch` wraps a socket and puts another descriptor in its place before the first look.

import { Socket } from "node:net";
import { getSystemErrorName } from "node:util";
import { UPLINK_BUDGET_FRAMES } from "../limits.ts";

/** A descriptor whose messages come by the event loop, one a read. */
export interface Watched {
  /** For writing, until it is closed. */
  readonly fd: number;
  close(): Promise<void>;
}
export interface Watching {
  /** The longest message, in bytes. */
  readonly most: number;
  /** A message; the bytes are the caller's again when it returns. */
  readonly take: (message: Uint8Array) => void;
  /** It ended by itself: nothing more comes. */
  readonly failed: () => void;
}
export interface System {
  /** Undefined, or the name of what went wrong (`EPERM`). */
  ioctl(fd: number, request: number, argument: Uint8Array | number): string | undefined;
  /**
   * A socket for ICMP messages with one address, of IPv6 by 16 bytes, which never waits: `datagram` where
   * this group may ping (net.ipv4.ping_group_range; ids are the kernel's), else `raw`, for root (of IPv4 each
   * message has its IP header). A text: the name of what went wrong.
   */
  icmp(address: number | Uint8Array): { readonly fd: number; readonly type: "datagram" | "raw" } | string;
  /** Closes what `icmp` opened; `node:fs` would warn of a descriptor that it does not know. */
  close(fd: number): void;
  /** Reads what a descriptor leads to from now on, by one of its own; throws where there is none left. */
  watch(fd: number, watching: Watching): Watched;
}

/** Spec: Linux, bits/socket.h. */
const [AF_UNIX, AF_INET, AF_INET6] = [1, 2, 10];
const [SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_NONBLOCK, SOCK_CLOEXEC] = [1, 2, 3, 0x800, 0x80000];
const [IPPROTO_IP, IPPROTO_ICMP, IPPROTO_IPV6, IPPROTO_ICMPV6] = [0, 1, 41, 58];
/** An answer that says why a message did not get there is an error of the socket. */
const [IP_RECVERR, IPV6_RECVERR] = [11, 25];
const [SOCKADDR_IN_BYTES, SOCKADDR_IN6_BYTES] = [16, 28];

/** The calls, or why there are none here. */
export async function loadSystem(): Promise<System | string> {
  if (process.platform !== "linux") return "this is served on Linux only";
  const { default: koffi } = await import("koffi");
  const libc = koffi.load(null);
  const ioctl = libc.func("int ioctl(int fd, unsigned long request, void *argument)");
  const ioctlOfNumber = libc.func("int ioctl(int fd, unsigned long request, unsigned long argument)");
  const socket = libc.func("int socket(int domain, int type, int protocol)");
  const dup2 = libc.func("int dup2(int from, int to)");
  const close = libc.func("int close(int fd)");
  const read = libc.func("intptr_t read(int fd, void *into, size_t bytes)");
  const setsockopt = libc.func(
    "int setsockopt(int fd, int level, int name, const void *value, uint32_t bytes)",
  );
  const connect = libc.func("int connect(int fd, const void *address, uint32_t bytes)");
  const failure = (): string => getSystemErrorName(-koffi.errno());
  const checked = (answer: number): number => {
    if (answer < 0) throw new Error(`the system refuses what it always grants: ${failure()}`);
    return answer;
  };
  return {
    ioctl(fd, request, argument) {
      const call = typeof argument === "number" ? ioctlOfNumber : ioctl;
      return (call(fd, request, argument) as number) < 0 ? failure() : undefined;
    },
    icmp(address) {
      const flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
      const isIp6 = typeof address !== "number";
      const [family, protocol] = isIp6 ? [AF_INET6, IPPROTO_ICMPV6] : [AF_INET, IPPROTO_ICMP];
      let fd = socket(family, SOCK_DGRAM | flags, protocol) as number;
      const type = fd < 0 ? "raw" : "datagram";
      if (fd < 0) fd = socket(family, SOCK_RAW | flags, protocol) as number;
      if (fd < 0) return failure();
      const [level, option] = isIp6 ? [IPPROTO_IPV6, IPV6_RECVERR] : [IPPROTO_IP, IP_RECVERR];
      setsockopt(fd, level, option, new Uint8Array([1, 0, 0, 0]), 4);
      const place = placeOf(address);
      if ((connect(fd, place, place.length) as number) >= 0) return { fd, type };
      const problem = failure();
      close(fd);
      return problem;
    },
    close: (fd) => void close(fd),
    watch(from, watching) {
      const fd = checked(socket(AF_UNIX, SOCK_STREAM, 0) as number);
      const reader = makeReader(fd, watching, read as Read);
      checked(dup2(from, fd) as number);
      reader.resume();
      return { fd, close: () => closed(reader) };
    },
  };
}

/** A `sockaddr_in` or `sockaddr_in6`. */
function placeOf(address: number | Uint8Array): Uint8Array {
  const isIp6 = typeof address !== "number";
  const place = new DataView(new ArrayBuffer(isIp6 ? SOCKADDR_IN6_BYTES : SOCKADDR_IN_BYTES));
  place.setUint16(0, isIp6 ? AF_INET6 : AF_INET, true);
  const bytes = new Uint8Array(place.buffer);
  if (isIp6) bytes.set(address, 8);
  else place.setUint32(4, address);
  return bytes;
}

type Read = (fd: number, into: Uint8Array, bytes: number) => number;

/** Libuv takes a short read for the last one, and would come for each message in a turn of its own. */
function makeReader(fd: number, { most, take, failed }: Watching, read: Read): Socket {
  const buffer = new Uint8Array(most);
  const callback = (first: number): boolean => {
    take(buffer.subarray(0, first));
    // Bound: UPLINK_BUDGET_FRAMES.
    for (let taken = 1; taken < UPLINK_BUDGET_FRAMES && !reader.destroyed; taken++) {
      const length = read(fd, buffer, most);
      if (length <= 0) break; // Nothing is there, or libuv meets the error.
      take(buffer.subarray(0, length));
    }
    return true;
  };
  const reader = new Socket({ fd, readable: true, writable: false, onread: { buffer, callback } });
  return reader.on("error", failed);
}

function closed(reader: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (reader.closed) return resolve();
    reader.once("close", () => resolve());
    reader.destroy();
  });
}
