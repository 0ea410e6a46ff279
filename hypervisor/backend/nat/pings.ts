// Echo requests of guests to the world. Each guest's `ping` of a place has a socket of the host's for ICMP,
// connected to that place; where the kernel gives us none, the guest is told that the place can't be reached.

import { writeSync } from "node:fs";
import { NAT_FLOW_WAITING_MAX } from "../../limits.ts";
import { loadSystem, type System, type Watched } from "../system.ts";
import type { Flows, Ways } from "./flows.ts";
import { type Address, addWords, copyOf, ECHO, fold, get16, put16 } from "./wire.ts";
import { ECHO6, ip6Bytes } from "./wire6.ts";

const HEADER_BYTES = 8;
const [CHECKSUM, ID] = [2, 4];
/** The longest message with its IP header. */
const MESSAGE_MOST = 65_535;

/** One guest's pings of one place. */
export interface PingEnds {
  readonly source: Address;
  readonly target: Address;
  /** By what the guest's flows are counted. */
  readonly share: Address;
}
export interface PingsParts {
  readonly flows: Flows;
  readonly random: () => number;
  /** An answer for the guest: an ICMP message of the target's. */
  readonly answer: (ends: PingEnds, message: Uint8Array) => void;
  readonly unreachable: (ends: PingEnds, message: Uint8Array) => void;
}

export class Pings {
  readonly #parts: PingsParts;
  /** Loaded with the first ping; a text where there are no such calls. */
  #system: Promise<System | string> | undefined;

  constructor(parts: PingsParts) {
    this.#parts = parts;
  }

  /** A whole echo request for a place that the guest may ping. */
  outward(ends: PingEnds, request: Uint8Array): void {
    const key = `${ends.source} ping ${get16(request, ID)} ${ends.target}`;
    const id = get16(request, ID);
    this.#parts.flows.open(key, ends.share, () => this.#open(ends, id, key))?.send(request);
  }

  #open(ends: PingEnds, id: number, key: string): Ways {
    const { flows, unreachable } = this.#parts;
    let waiting: Uint8Array[] | undefined = [];
    let socket: Socket | undefined;
    let isClosed = false;
    const give = (request: Uint8Array): void => {
      if (!socket?.send(request)) unreachable(ends, request);
    };
    this.#system ??= loadSystem();
    void this.#system.then((system) => {
      if (isClosed) return;
      if (typeof system !== "string") socket = this.#connect(system, ends, id, key);
      for (const request of waiting ?? []) give(request);
      waiting = undefined;
      if (!socket) flows.remove(key); // The next one tries again: rights may have been given.
    });
    return {
      send(request) {
        if (waiting === undefined) give(request);
        else if (waiting.length < NAT_FLOW_WAITING_MAX) waiting.push(copyOf(request));
      },
      close() {
        isClosed = true;
        void socket?.close();
      },
    };
  }

  #connect(system: System, ends: PingEnds, id: number, key: string): Socket | undefined {
    const opened = system.icmp(typeof ends.target === "number" ? ends.target : ip6Bytes(ends.target));
    if (typeof opened === "string") return undefined;
    const { flows, answer, random, unreachable } = this.#parts;
    const isRaw = opened.type === "raw";
    const isIp6 = typeof ends.target === "string";
    const reply = isIp6 ? ECHO6.reply : ECHO.reply;
    // A raw socket hears all answers of the place, the host's own pings among them.
    const ownId = random() & 0xffff;
    const take = (bytes: Uint8Array): void => {
      const message = isRaw && !isIp6 ? bytes.subarray(((bytes[0] as number) & 15) * 4) : bytes;
      if (message.length < HEADER_BYTES || message[0] !== reply) return;
      if (isRaw && get16(message, ID) !== ownId) return;
      if (!flows.use(key)) return;
      const copy = copyOf(message);
      put16(copy, ID, id);
      answer(ends, copy);
    };
    const failed = (): void => {
      if (socket?.lastHead) unreachable(ends, socket.lastHead);
      flows.remove(key); // The next request begins anew.
    };
    const watching = { most: MESSAGE_MOST, take, failed };
    let socket: Socket | undefined;
    try {
      socket = new Socket(system.watch(opened.fd, watching), ownId);
    } catch {
      // The process has no descriptor left: as where the kernel gives no socket.
    }
    system.close(opened.fd);
    return socket;
  }
}

class Socket {
  readonly #watched: Watched;
  readonly #id: number;
  /** Of the last request, as its guest sent it: what it is told by if there is no way. */
  lastHead: Uint8Array | undefined;

  constructor(watched: Watched, id: number) {
    this.#watched = watched;
    this.#id = id;
  }

  /** False: the host's system has no way to that place. */
  send(request: Uint8Array): boolean {
    const message = copyOf(request);
    this.lastHead = copyOf(request, 0, HEADER_BYTES);
    put16(message, ID, this.#id);
    put16(message, CHECKSUM, 0);
    // Of IPv6 the system makes it, as it covers the addresses.
    put16(message, CHECKSUM, fold(addWords(message, 0, message.length)));
    try {
      writeSync(this.#watched.fd, message);
      return true;
    } catch (error) {
      // No room for it now: lost, as on any way.
      return ["EAGAIN", "ENOBUFS"].includes((error as NodeJS.ErrnoException).code ?? "");
    }
  }

  close(): Promise<void> {
    return this.#watched.close();
  }
}
