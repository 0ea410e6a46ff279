// Ports of the host that lead to guests. A list of them is taken over whole or not at all; ports that stay
// are not closed in between, and connections through those that go live on.

import { createSocket, type Socket as Datagrams } from "node:dgram";
import { once } from "node:events";
import { createServer, isIPv6, type Server, type Socket } from "node:net";
import type { PublishSpec } from "./spec.ts";
import { NAT_SOCKET_BYTES } from "../../limits.ts";
import type { PublishedPort, PublishedTo } from "./udp-flows.ts";

export interface PublishedParts {
  /** A connection from outside. False: there is no room for it. */
  readonly offer: (socket: Socket, to: PublishedTo) => boolean;
  readonly publish: (port: PublishedPort) => void;
  /** The device's address now, of either family, and its share; undefined where it has none. */
  readonly addressOf: (device: string, isIp6: boolean) => Omit<PublishedTo, "port"> | undefined;
}

interface Open {
  spec: PublishSpec;
  /** The port that it really has. */
  readonly port: number;
  readonly close: () => void;
}

export class Published {
  readonly #parts: PublishedParts;
  #open = new Map<string, Open>();

  constructor(parts: PublishedParts) {
    this.#parts = parts;
  }

  /** Takes over a list. The answer is why it could not, one sentence; then everything is as before. */
  async set(list: readonly PublishSpec[]): Promise<string | undefined> {
    const wanted = new Map(list.map((spec) => [placeOf(spec), spec]));
    const fresh = new Map<string, Open>();
    for (const [place, spec] of wanted) {
      if (this.#open.has(place)) continue;
      const made = await this.#listen(spec);
      if (typeof made === "string") {
        for (const open of fresh.values()) open.close();
        return made;
      }
      fresh.set(place, made);
    }
    const next = new Map<string, Open>();
    for (const [place, spec] of wanted) {
      const open = (fresh.get(place) ?? this.#open.get(place)) as Open;
      open.spec = spec;
      next.set(place, open);
    }
    for (const [place, open] of this.#open) if (!next.has(place)) open.close();
    this.#open = next;
    return undefined;
  }

  /** What is published, with the ports that are really taken, in the order of the list. */
  get ports(): readonly PublishSpec[] {
    return [...this.#open.values()].map(({ spec, port }) => ({ ...spec, listen: port }));
  }

  close(): void {
    for (const open of this.#open.values()) open.close();
    this.#open.clear();
  }

  async #listen(spec: PublishSpec): Promise<Open | string> {
    try {
      return spec.protocol === "tcp" ? await this.#listenTcp(spec) : await this.#listenUdp(spec);
    } catch (thrown) {
      return sayWhy(spec, thrown as NodeJS.ErrnoException);
    }
  }

  async #listenTcp(spec: PublishSpec): Promise<Open> {
    const server: Server = createServer({
      allowHalfOpen: true,
      pauseOnConnect: true,
      noDelay: true,
      highWaterMark: NAT_SOCKET_BYTES,
    });
    server.listen({ port: spec.listen, host: spec.address });
    await once(server, "listening");
    server.on("error", () => undefined); // One that could not be accepted.
    const open: Open = {
      spec,
      port: (server.address() as { port: number }).port,
      close: () => server.close(),
    };
    server.on("connection", (socket) => {
      const to = this.#targetOf(open.spec);
      if (to && this.#parts.offer(socket, to)) return;
      socket.on("error", () => undefined);
      socket.resetAndDestroy();
    });
    return open;
  }

  async #listenUdp(spec: PublishSpec): Promise<Open> {
    const socket: Datagrams = createSocket(isIPv6(spec.address) ? "udp6" : "udp4");
    socket.bind(spec.listen, spec.address);
    await once(socket, "listening");
    socket.on("error", () => undefined);
    const open: Open = { spec, port: socket.address().port, close: () => socket.close() };
    this.#parts.publish({ socket, to: () => this.#targetOf(open.spec) });
    return open;
  }

  #targetOf({ to, port, isIp6 = false }: PublishSpec): PublishedTo | undefined {
    const guest = this.#parts.addressOf(to, isIp6);
    return guest && { ...guest, port };
  }
}

/** What stays the same while a port of the host is kept open; a free one belongs to what it leads to. */
function placeOf({ protocol, address, listen, to, port, isIp6 = false }: PublishSpec): string {
  const place = `${protocol} ${address} ${listen}`;
  return listen === 0 ? `${place} ${to} ${port} ${isIp6}` : place;
}

function sayWhy(
  { protocol, address, listen }: PublishSpec,
  { code, message }: NodeJS.ErrnoException,
): string {
  const place = `${isIPv6(address) ? `[${address}]` : address}:${listen}`;
  if (code === "EADDRINUSE")
    return `${protocol.toUpperCase()} port ${place} is taken by somebody else: choose another, or 0 for a free one`;
  if (code === "EACCES") return `Port ${place} is not for this user: choose one from 1024 on`;
  if (code === "EADDRNOTAVAIL") return `This machine has no address ${address}`;
  return `${place} can't be listened on: ${message}`;
}
