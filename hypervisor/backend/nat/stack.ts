// lwIP's TCP as a module with connections by number: segments in, segments out, bytes either way. Every call
// is short; what happened is told by numbers that the caller works off afterwards.

import { readFileSync } from "node:fs";
import { NAT_MEMORY_PAGES } from "../../limits.ts";
import { ETHERNET_BYTES } from "./wire.ts";

/** What has happened to a connection, as bits. */
export const EVENT = { open: 1, data: 2, end: 4, room: 8, reset: 16, closed: 32 } as const;

export interface StackParts {
  /** The gateway's address as it stands in packets, read as a little-endian number. */
  readonly address: number;
  /** Its IPv6 address, 16 bytes; absent: it speaks no IPv6. */
  readonly address6?: Uint8Array;
  readonly mtu: number;
  /**
   * A packet for a guest, behind room for an Ethernet header; only until the call returns. Where `joins` is
   * true it may be for many, with so much payload each and no sums, else 0.
   */
  readonly output: (frame: Uint8Array, segmentBytes: number) => void;
  readonly joins?: boolean;
  readonly event: (id: number, what: number) => void;
  readonly random: () => number;
}

interface Exports {
  readonly scratch: () => number;
  readonly start: (address: number, mtu: number, joins: number) => void;
  readonly place: (length: number) => number;
  readonly input: (needsSum: number) => void;
  readonly accept: (id: number) => number;
  readonly start6: () => void;
  readonly connect: (id: number, address: number, port: number) => number;
  readonly connect6: (id: number, port: number) => number;
  readonly bytes: (id: number) => number;
  readonly readable: (id: number) => number;
  readonly taken: (id: number, length: number) => void;
  readonly room: (id: number) => number;
  readonly write: (id: number, length: number) => number;
  readonly flush: (id: number) => void;
  readonly finish: (id: number) => number;
  readonly settled: (id: number) => number;
  readonly release: (id: number) => void;
  readonly tick: () => void;
  readonly idle: () => number;
}

let compiled: WebAssembly.Module | undefined;

export class Stack {
  readonly #memory = new WebAssembly.Memory({ initial: 8, maximum: NAT_MEMORY_PAGES });
  readonly #exports: Exports;
  readonly #scratch: number;
  #bytes: Uint8Array;

  constructor({ address, address6, mtu, output, joins, event, random }: StackParts) {
    compiled ??= new WebAssembly.Module(readFileSync(new URL("./lwip/lwip.wasm", import.meta.url)));
    const host = {
      output: (at: number, length: number, segmentBytes: number) => {
        const bytes = this.#view();
        output(bytes.subarray(at - ETHERNET_BYTES, at + length), segmentBytes);
      },
      event,
      random,
    };
    const { exports } = new WebAssembly.Instance(compiled, { env: { memory: this.#memory }, host });
    this.#exports = exports as unknown as Exports;
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#scratch = this.#exports.scratch();
    this.#exports.start(address, mtu, joins ? 1 : 0);
    if (!address6) return;
    this.#view().set(address6, this.#scratch);
    this.#exports.start6();
  }

  /** The module's memory may have grown, which leaves older views empty. */
  #view(): Uint8Array {
    if (this.#bytes.length === 0) this.#bytes = new Uint8Array(this.#memory.buffer);
    return this.#bytes;
  }

  /**
   * A packet whose header, of IPv4 or IPv6, has been checked and has no options or headers behind it, and
   * whose TCP sum may need no look.
   */
  input(packet: Uint8Array, needsNoSum = false): void {
    if (this.#place(packet)) this.#exports.input(needsNoSum ? 0 : 1);
  }

  /** False: there is no memory for it. */
  #place(packet: Uint8Array): boolean {
    const at = this.#exports.place(packet.length);
    if (at !== 0) this.#view().set(packet, at);
    return at !== 0;
  }

  /** Answers the first packet of a connection that is to be `id`. False: it can't be opened. */
  accept(id: number, packet: Uint8Array): boolean {
    return this.#place(packet) && this.#exports.accept(id) === 1;
  }

  /**
   * Opens a connection to a guest, of IPv6 by 16 bytes; `open` or `reset` follows. False: there is no memory
   * for it.
   */
  connect(id: number, address: number | Uint8Array, port: number): boolean {
    if (typeof address === "number") return this.#exports.connect(id, address, port) === 1;
    this.#view().set(address, this.#scratch);
    return this.#exports.connect6(id, port) === 1;
  }

  /** Bytes from the guest that `read` would give, in one piece. */
  readable(id: number): number {
    return this.#exports.readable(id);
  }

  /** Takes so many of these bytes as a copy, to the beginning of `into`; the guest may send as many again. */
  read(id: number, into: Uint8Array, length: number): void {
    const at = this.#exports.bytes(id);
    into.set(this.#view().subarray(at, at + length));
    this.#exports.taken(id, length);
  }

  /** Bytes that `write` would take now. */
  room(id: number): number {
    return this.#exports.room(id);
  }

  /** Puts bytes on their way to the guest; how many there was room for. */
  write(id: number, bytes: Uint8Array): number {
    let written = 0;
    // Bound: the room in the connection's window; each turn fills some of it.
    while (written < bytes.length) {
      const length = Math.min(this.#exports.room(id), bytes.length - written, 0xffff);
      if (length === 0) break;
      this.#view().set(bytes.subarray(written, written + length), this.#scratch);
      const taken = this.#exports.write(id, length);
      if (taken === 0) break;
      written += taken;
    }
    return written;
  }

  /** Sends what waits, acknowledgements too. */
  flush(id: number): void {
    this.#exports.flush(id);
  }

  /** Ends the way to the guest. False: there was no memory, try again. */
  finish(id: number): boolean {
    return this.#exports.finish(id) === 1;
  }

  /** Whether both ends are done and nothing more will happen to the connection. */
  isSettled(id: number): boolean {
    return this.#exports.settled(id) === 1;
  }

  /** Forgets the connection; where it is not settled, the guest is told by a reset. */
  release(id: number): void {
    this.#exports.release(id);
  }

  /** Every `NAT_TICK_MS` while it isn't idle. */
  tick(): void {
    this.#exports.tick();
  }

  get isIdle(): boolean {
    return this.#exports.idle() === 1;
  }
}
