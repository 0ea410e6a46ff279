// TCP both ways: each connection of a guest is one of lwIP's on the one side and a socket of the host on the
// other. What one side doesn't take, the other is not asked for: windows follow the buffers.

import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import {
  NAT_CONNECT_MS,
  NAT_CONNECTIONS_EACH_MAX,
  NAT_CONNECTIONS_MAX,
  NAT_READ_BYTES,
  NAT_SOCKET_BYTES,
  NAT_TICK_MS,
} from "../../limits.ts";
import { HostSockets, resetSocket } from "./host-sockets.ts";
import { EVENT, Stack, type StackParts } from "./stack.ts";
import type { PublishedTo } from "./udp-flows.ts";
import { type Address, BODY, copyOf, get16, get32, IP } from "./wire.ts";
import { BODY6, ip6At, ip6Bytes, isIp6Frame, SOURCE6, TARGET6 } from "./wire6.ts";

const [FIN, SYN, RST, ACK] = [1, 2, 4, 16];

/** Where a guest's connection leads: a place of the host's network, a service of the gateway, or nowhere. */
export type Way =
  | { readonly to: "place"; readonly host: string; readonly port: number }
  | { readonly to: "service"; readonly open: () => Duplex }
  | { readonly to: "refused" }
  | { readonly to: "forbidden" };

export interface ConnectionsParts {
  readonly stack: Omit<StackParts, "event">;
  /** The number of connections is another. */
  readonly changed: () => void;
  readonly wayTo: (target: Address, port: number) => Way;
  /** By what the connections of a frame's sender are counted, where it is of IPv6. */
  readonly shareOf: (frame: Uint8Array) => Address;
  /** Tells a guest that what its packet, in a frame, was for can't be reached. */
  readonly unreachable: (frame: Uint8Array, code: "host" | "forbidden") => void;
}

interface Connection {
  readonly id: number;
  readonly guest: Address;
  readonly key: string;
  readonly socket: Duplex;
  /** The guest's first packet, in its frame, until the host's side is there. */
  syn: Uint8Array | undefined;
  /** For the guest, which has no room for it yet. */
  pending: Uint8Array | undefined;
  /** The host's side is not read until the guest has room. */
  isPaused: boolean;
  isOpen: boolean;
  /** Nothing more comes from there. */
  guestEnded: boolean;
  hostEnded: boolean;
  /** That has been told to the other side. */
  toldHost: boolean;
  toldGuest: boolean;
}

export class Connections {
  readonly #parts: ConnectionsParts;
  #stack: Stack;
  readonly #sockets = new HostSockets();
  readonly #byId: (Connection | undefined)[] = [];
  readonly #byKey = new Map<string, Connection>();
  readonly #free = Array.from({ length: NAT_CONNECTIONS_MAX }, (_, index) => NAT_CONNECTIONS_MAX - index);
  /** Of each guest, how many it has. */
  readonly #each = new Map<Address, number>();
  readonly #happened = new Int32Array(NAT_CONNECTIONS_MAX + 1);
  #touched: number[] = [];
  #isScheduled = false;
  #ticking: NodeJS.Timeout | undefined;
  #isClosed = false;
  #published = 0;
  /** Connections that found no room, and times that the stack had to be made anew. */
  refused = 0;
  broken = 0;

  constructor(parts: ConnectionsParts) {
    this.#parts = parts;
    this.#stack = this.#makeStack();
  }

  #makeStack(): Stack {
    return new Stack({ ...this.#parts.stack, event: (id, what) => this.#note(id, what) });
  }

  get count(): number {
    return this.#byKey.size;
  }

  /**
   * A frame with a TCP segment from a guest, `length` bytes of it behind the IP header, which is right; the
   * segment's sum is, or need not be.
   */
  receive(frame: Uint8Array, length: number, needsNoSum = false): void {
    if (length < 20) return;
    const body = isIp6Frame(frame) ? BODY6 : BODY;
    const packet = frame.subarray(IP, body + length);
    if (((frame[body + 13] as number) & (FIN | SYN | RST | ACK)) === SYN && this.#opens(frame, packet))
      return;
    this.#guarded(() => this.#stack.input(packet, needsNoSum));
  }

  /** True: the stack is not to see the packet, or has seen it. */
  #opens(frame: Uint8Array, packet: Uint8Array): boolean {
    const { source, target, guestPort, port } = endsOf(frame);
    const key = `${source}:${guestPort} ${target}:${port}`;
    const known = this.#byKey.get(key);
    if (known) return known.syn !== undefined;
    const way = this.#parts.wayTo(target, port);
    if (way.to === "refused") return false; // The stack answers with a reset.
    if (way.to === "forbidden") {
      this.#parts.unreachable(frame, "forbidden");
      return true;
    }
    const syn = copyOf(frame, 0, IP + packet.length);
    const guest = typeof source === "number" ? source : this.#parts.shareOf(frame);
    if (way.to === "service") {
      const made = this.#add(guest, key, way.open, syn);
      if (made) this.#accept(made);
      return made !== undefined;
    }
    let socket: Socket | undefined;
    const take = (bytes: Uint8Array): boolean => made !== undefined && this.#take(made, bytes);
    const open = (): Socket => (socket = this.#sockets.open(way.host, way.port, take));
    const made = this.#add(guest, key, open, syn);
    if (!made || !socket) return false;
    const opening = socket;
    opening.setTimeout(NAT_CONNECT_MS, () => opening.destroy(new Error("no answer")));
    opening.once("connect", () => {
      opening.setTimeout(0);
      this.#accept(made);
    });
    return true;
  }

  #accept(made: Connection): void {
    const { syn } = made;
    if (!syn) return;
    made.syn = undefined;
    let isOpening = false;
    this.#guarded(() => (isOpening = this.#stack.accept(made.id, syn.subarray(IP))));
    if (!isOpening) this.#forget(made);
  }

  /** A connection from outside for a guest. False: there is no room. */
  offer(socket: Duplex, { guest, port, share }: PublishedTo): boolean {
    const made = this.#add(share, `published ${this.#published++}`, () => socket);
    if (!made) return false;
    const address = typeof guest === "number" ? swapped(guest) : ip6Bytes(guest);
    let isOpening = false;
    this.#guarded(() => (isOpening = this.#stack.connect(made.id, address, port)));
    if (!isOpening) this.#forget(made);
    return isOpening;
  }

  #add(guest: Address, key: string, make: () => Duplex, syn?: Uint8Array): Connection | undefined {
    const has = this.#each.get(guest) ?? 0;
    const id = has < NAT_CONNECTIONS_EACH_MAX ? this.#free.pop() : undefined;
    if (id === undefined) {
      this.refused++;
      return undefined;
    }
    const connection: Connection = {
      id,
      guest,
      key,
      socket: make(),
      syn,
      pending: undefined,
      isPaused: false,
      isOpen: false,
      guestEnded: false,
      hostEnded: false,
      toldHost: false,
      toldGuest: false,
    };
    this.#each.set(guest, has + 1);
    this.#byId[id] = connection;
    this.#byKey.set(key, connection);
    this.#parts.changed();
    this.#happened[id] = 0;
    this.#listen(connection);
    this.#startTicking();
    return connection;
  }

  #listen(connection: Connection): void {
    const { id, socket } = connection;
    let error: NodeJS.ErrnoException | undefined;
    socket.on("error", (thrown) => (error = thrown));
    socket.on("drain", () => this.#note(id, 0, connection));
    socket.on("end", () => {
      connection.hostEnded = true;
      this.#note(id, 0, connection);
    });
    socket.on("close", () => {
      const isWhole = connection.hostEnded && connection.toldHost;
      if (this.#byId[id] !== connection || isWhole) return;
      const { syn } = connection;
      if (syn && error && error.code !== "ECONNREFUSED") this.#parts.unreachable(syn, "host");
      else if (syn) this.#guarded(() => this.#stack.input(syn.subarray(IP)));
      this.#forget(connection);
    });
  }

  /** The guest's side is there: bytes may flow. */
  #open(connection: Connection): void {
    const { socket } = connection;
    connection.isOpen = true;
    // One that was opened here is read by `take`.
    socket.on("data", (chunk: Uint8Array) => {
      if (!this.#take(connection, chunk)) socket.pause();
    });
    socket.resume();
  }

  /** Bytes from the host's side. False: no more for now. */
  #take(connection: Connection, bytes: Uint8Array): boolean {
    const { id, pending } = connection;
    if (this.#byId[id] !== connection) return false;
    let [written, room] = [0, 0];
    if (!pending) {
      this.#guarded(() => {
        written = this.#stack.write(id, bytes);
        room = this.#stack.room(id);
      });
    }
    const left = written < bytes.length ? copyOf(bytes, written) : undefined;
    if (left) connection.pending = pending ? Buffer.concat([pending, left]) : left;
    connection.isPaused = room < NAT_READ_BYTES;
    this.#note(id, 0, connection);
    return !connection.isPaused;
  }

  /** Ends every connection of these guests. */
  drop(isGone: (guest: Address) => boolean): void {
    for (const connection of this.#byKey.values()) if (isGone(connection.guest)) this.#forget(connection);
  }

  close(): void {
    this.drop(() => true);
    this.#isClosed = true;
    clearInterval(this.#ticking);
  }

  /** `connection` where the number may have gone to another by now. */
  #note(id: number, what: number, connection?: Connection): void {
    if (connection && this.#byId[id] !== connection) return;
    this.#happened[id] = (this.#happened[id] as number) | what;
    this.#touched.push(id);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // After all frames of one batch.
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#guarded(() => this.#work());
    });
  }

  /** Does at once what the frames so far have brought. */
  flush(): void {
    if (this.#touched.length > 0) this.#guarded(() => this.#work());
  }

  #work(): void {
    const touched = this.#touched;
    this.#touched = [];
    for (const id of touched) {
      const connection = this.#byId[id];
      const what = this.#happened[id] as number;
      this.#happened[id] = 0;
      if (connection && !connection.syn) this.#advance(connection, what);
    }
  }

  #advance(connection: Connection, what: number): void {
    if ((what & EVENT.open) !== 0) this.#open(connection);
    if ((what & EVENT.end) !== 0) connection.guestEnded = true;
    this.#toHost(connection);
    if ((what & EVENT.reset) !== 0) return this.#forget(connection);
    if (connection.isOpen) this.#toGuest(connection);
    this.#stack.flush(connection.id);
    this.#settle(connection);
  }

  #toHost(connection: Connection): void {
    const { id, socket } = connection;
    // Bound: the window's bytes, in at most two pieces, and the socket's buffer.
    while (!socket.writableNeedDrain && socket.writable) {
      const length = Math.min(this.#stack.readable(id), NAT_SOCKET_BYTES);
      if (length === 0) break;
      this.#sockets.write(socket, length, (into) => this.#stack.read(id, into, length));
    }
    if (!connection.guestEnded || connection.toldHost || this.#stack.readable(id) > 0) return;
    connection.toldHost = true;
    socket.end();
  }

  #toGuest(connection: Connection): void {
    const { id, pending, socket } = connection;
    if (pending) {
      const written = this.#stack.write(id, pending);
      connection.pending = written < pending.length ? pending.subarray(written) : undefined;
      if (connection.pending) return;
    }
    if (connection.isPaused && this.#stack.room(id) >= 2 * NAT_READ_BYTES) {
      connection.isPaused = false;
      socket.resume();
    }
    if (connection.hostEnded && !connection.toldGuest) connection.toldGuest = this.#stack.finish(id);
  }

  #settle(connection: Connection): void {
    const { id, toldGuest, toldHost } = connection;
    if (toldGuest && toldHost && this.#stack.isSettled(id)) this.#forget(connection);
  }

  /** Lets both sides go; the side that isn't through is told by a reset. */
  #forget(connection: Connection): void {
    const { id, guest, key, socket } = connection;
    if (this.#byId[id] !== connection) return;
    this.#byId[id] = undefined;
    this.#byKey.delete(key);
    this.#parts.changed();
    this.#free.push(id);
    const left = (this.#each.get(guest) ?? 1) - 1;
    if (left > 0) this.#each.set(guest, left);
    else this.#each.delete(guest);
    if (!socket.destroyed && !(connection.hostEnded && connection.toldHost)) resetSocket(socket);
    this.#guarded(() => this.#stack.release(id));
  }

  #startTicking(): void {
    if (this.#isClosed) return;
    this.#ticking ??= setInterval(() => this.#tick(), NAT_TICK_MS);
  }

  #tick(): void {
    this.#guarded(() => this.#stack.tick());
    // What found no memory is tried again, and what has ended by itself is noticed.
    for (const connection of this.#byKey.values())
      if (connection.toldHost || connection.hostEnded || connection.isPaused) this.#note(connection.id, 0);
    if (this.#byKey.size > 0 || !this.#stack.isIdle) return;
    clearInterval(this.#ticking);
    this.#ticking = undefined;
  }

  /** A fault inside the module costs the connections, and nothing else. */
  #guarded(step: () => void): void {
    try {
      step();
    } catch (thrown) {
      if (!(thrown instanceof WebAssembly.RuntimeError)) throw thrown;
      this.broken++;
      this.#stack = this.#makeStack();
      this.drop(() => true);
    }
  }
}

function endsOf(frame: Uint8Array): { source: Address; target: Address; guestPort: number; port: number } {
  const isIp6 = isIp6Frame(frame);
  const body = isIp6 ? BODY6 : BODY;
  return {
    source: isIp6 ? ip6At(frame, SOURCE6) : get32(frame, IP + 12),
    target: isIp6 ? ip6At(frame, TARGET6) : get32(frame, IP + 16),
    guestPort: get16(frame, body),
    port: get16(frame, body + 2),
  };
}

/** An address as the module reads it. */
export function swapped(address: number): number {
  return ((address << 24) | ((address & 0xff00) << 8) | ((address >>> 8) & 0xff00) | (address >>> 24)) >>> 0;
}
