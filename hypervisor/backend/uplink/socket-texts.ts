// Addresses of sockets, and what went wrong with them, in words.

import type { SocketAddress } from "../../hypervisor.ts";

/** As it is written in a lab: `unix:/run/a`, `tcp:127.0.0.1:4444`, `udp:[::1]:4444`. */
export function addressText(address: SocketAddress): string {
  if (address.family === "unix") return `unix:${address.path}`;
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return `${address.family}:${host}:${address.port}`;
}

/** `ECONNREFUSED` and the like, or the message where there is no such word. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}
