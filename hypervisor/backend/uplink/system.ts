// The calls of the C library that a TAP interface needs and Node does not have. Loaded when the first
// one is opened.

import { getSystemErrorName } from "node:util";

export interface System {
  /** Undefined, or the name of what went wrong (`EPERM`). */
  ioctl(fd: number, request: number, argument: Uint8Array): string | undefined;
  /** A Unix socket, connected with nobody. */
  socket(): number;
  /** Makes `to` another name of what `from` is. */
  replace(from: number, to: number): void;
}

const AF_UNIX = 1;
const SOCK_STREAM = 1;

/** The calls, or why there are none here. */
export async function loadSystem(): Promise<System | string> {
  if (process.platform !== "linux") return "TAP interfaces are served on Linux only";
  const { default: koffi } = await import("koffi");
  const libc = koffi.load(null);
  const ioctl = libc.func("int ioctl(int fd, unsigned long request, void *argument)");
  const socket = libc.func("int socket(int domain, int type, int protocol)");
  const dup2 = libc.func("int dup2(int from, int to)");
  const checked = (answer: number): void => {
    if (answer < 0) throw new Error(`the system refuses what it always grants: ${nameOf(koffi.errno())}`);
  };
  return {
    ioctl: (fd, request, argument) =>
      (ioctl(fd, request, argument) as number) < 0 ? nameOf(koffi.errno()) : undefined,
    socket() {
      const fd = socket(AF_UNIX, SOCK_STREAM, 0) as number;
      checked(fd);
      return fd;
    },
    replace: (from: number, to: number) => checked(dup2(from, to) as number),
  };
}

function nameOf(errno: number): string {
  return getSystemErrorName(-errno);
}
