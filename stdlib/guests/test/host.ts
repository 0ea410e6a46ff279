// The other side of docs/abi.md for tests of guests: one guest, in one thread, under a clock that moves only
// while the guest sleeps. What happens is written down beforehand, as actions at times. Protocol only: no
// hypervisor.

import { readFileSync } from "node:fs";
import { HostRing } from "./rings.ts";

const ERRNO = {
  enoent: -2,
  ebadf: -9,
  eagain: -11,
  efault: -14,
  ebusy: -16,
  enodev: -19,
  einval: -22,
  enospc: -28,
};
const PAGE = 65_536;
const RX = 0;

export interface Device {
  readonly id: number;
  readonly name: string;
  readonly mac: string;
  readonly ip: string;
  readonly gateway?: string;
  readonly prefix?: number;
  /** Descriptors that its rings should have; 256. */
  readonly ring?: number;
  readonly mtu?: number;
  readonly linkUp?: boolean;
}

export interface HostOptions {
  readonly args?: readonly string[];
  readonly devices?: readonly Device[];
  readonly pages?: number;
  /** What `open` answers, instead of a handle. */
  readonly openResult?: number;
  /** What `signal` answers, call by call, before it works anything off; then 0. */
  readonly signalAnswers?: number[];
  /** What `WRITE` takes at most; every other call answers EAGAIN if `logBusy`. */
  readonly writeMax?: number;
  readonly logBusy?: boolean;
  /** Virtual nanoseconds, after which the guest is asked to stop. */
  readonly stopAt?: number;
}

interface Action {
  readonly at: number;
  readonly run: () => void;
}

export class TestHost {
  readonly sent: { readonly at: number; readonly device: number; readonly frame: Uint8Array }[] = [];
  readonly rings = new Map<string, HostRing>();
  onSend: (frame: Uint8Array, device: number) => void = () => undefined;
  log = "";
  now = 1_000_000_000;
  waits = 0;

  readonly memory: WebAssembly.Memory;
  private readonly options: HostOptions;
  private readonly changes: Uint8Array[] = [];
  private readonly actions: Action[] = [];
  private readonly handles = new Map<number, number>();
  private readonly signals: { readonly ring: HostRing; readonly device: number; readonly id: number }[] = [];
  private events = 0;
  private writes = 0;

  constructor(options: HostOptions) {
    this.options = options;
    const pages = options.pages ?? 32;
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    for (const device of options.devices ?? []) this.changes.push(changeRecord(1, device));
    if (options.stopAt !== undefined) this.at(options.stopAt, () => this.stop());
  }

  /** Runs the guest to its end and answers its exit code. */
  run(wasm: URL): number {
    const instance = this.instantiate(new WebAssembly.Module(readFileSync(wasm)));
    return (instance.exports["main"] as () => number)();
  }

  instantiate(module: WebAssembly.Module): WebAssembly.Instance {
    return new WebAssembly.Instance(module, { env: { memory: this.memory }, vbus: this.verbs() });
  }

  /** Opens a device as a guest would, for tests of parts that begin behind that. */
  openDevice(id: number): void {
    this.handles.set(id, id);
  }

  /** Plans something for a time of the virtual clock, counted from the start, in nanoseconds. */
  at(ns: number, run: () => void): void {
    const action = { at: 1_000_000_000 + ns, run };
    const index = this.actions.findIndex((other) => other.at > action.at);
    this.actions.splice(index < 0 ? this.actions.length : index, 0, action);
  }

  /** The same, counted from now. */
  in(ns: number, run: () => void): void {
    this.at(this.now - 1_000_000_000 + ns, run);
  }

  stop(): void {
    this.event(12, 1);
  }

  change(type: 1 | 2 | 3, device: Device): void {
    this.changes.push(changeRecord(type, device));
    this.event(8, 1);
  }

  /** Delivers a frame, as if a neighbour had sent it. False: no room, it is dropped. */
  deliver(device: number, frame: Uint8Array): boolean {
    const ring = this.rings.get(`${device}:${RX}`);
    const position = ring?.claim();
    if (ring === undefined || position === undefined) return false;
    ring.fill(position, frame);
    return true;
  }

  private verbs(): Record<string, (...args: never[]) => number> {
    return {
      open: (id: number) => this.open(id),
      close: (handle: number) => (this.handles.delete(handle) ? 0 : ERRNO.ebadf),
      call: (handle: number, func: number, at: number, length: number) =>
        this.call(handle, func, at >>> 0, length),
      shm: (handle: number, id: number, _prio: number, at: number, length: number, signalOffset: number) =>
        this.shm(handle, id, at >>> 0, length, signalOffset),
      signal: (number: number) => this.signal(number),
      wait: (timeout: bigint) => this.wait(timeout),
    } as Record<string, (...args: never[]) => number>;
  }

  private open(id: number): number {
    if (this.options.openResult !== undefined) return this.options.openResult;
    this.handles.set(id, id);
    return id;
  }

  private call(handle: number, func: number, at: number, length: number): number {
    const bytes = new Uint8Array(this.memory.buffer, at, length);
    const view = new DataView(this.memory.buffer, at, length);
    if (handle !== 0) {
      if (!this.handles.has(handle)) return ERRNO.ebadf;
      view.setUint32(0, 80, true);
      view.setUint32(4, 24, true);
      return func === 1 ? 0 : ERRNO.enoent;
    }
    switch (func) {
      case 1:
        return 0;
      case 2:
        return this.boot(bytes);
      case 3:
        this.events = at;
        return at % 64 === 0 && length === 64 ? 0 : ERRNO.einval;
      case 4:
        return this.nextChange(bytes);
      case 5:
        return this.write(bytes);
      case 6:
        this.now += 100; // Reading a clock takes time; without it, a guest that spins would never end.
        view.setBigUint64(0, BigInt(this.now), true);
        return 0;
      default:
        return ERRNO.enoent;
    }
  }

  private boot(out: Uint8Array): number {
    const records = [record(1, "lab"), record(99, "to be skipped"), record(2, "guest")];
    for (const arg of this.options.args ?? []) records.push(record(3, arg));
    const all = Buffer.concat(records);
    if (all.length > out.length) return ERRNO.enospc;
    out.set(all);
    return all.length;
  }

  private nextChange(out: Uint8Array): number {
    const next = this.changes.shift();
    if (next !== undefined) out.set(next);
    return next === undefined ? 0 : 1;
  }

  private write(bytes: Uint8Array): number {
    if (this.options.logBusy && this.writes++ % 2 === 0) return ERRNO.eagain;
    const taken = Math.min(bytes.length, this.options.writeMax ?? bytes.length);
    this.log += Buffer.from(bytes.slice(0, taken)).toString();
    return taken;
  }

  private shm(handle: number, id: number, at: number, length: number, signalOffset: number): number {
    const device = this.handles.get(handle);
    if (device === undefined) return ERRNO.ebadf;
    if (at % 64 !== 0 || (at + signalOffset) % 16 !== 0) return ERRNO.einval;
    const count = length / 16;
    if (count < 16 || count > 1024 || (count & (count - 1)) !== 0) return ERRNO.einval;
    if (at + length > this.memory.buffer.byteLength) return ERRNO.efault;
    const ring = new HostRing(this.memory, at, length, signalOffset);
    this.rings.set(`${device}:${id}`, ring);
    this.signals.push({ ring, device, id });
    return this.signals.length - 1;
  }

  private signal(number: number): number {
    const entry = this.signals[number];
    if (entry === undefined || entry.id === RX) return ERRNO.einval;
    if (!this.handles.has(entry.device)) return ERRNO.enodev;
    const answer = this.options.signalAnswers?.shift() ?? 0;
    if (answer !== 0) return answer;
    for (let frame = entry.ring.workOff(); frame !== undefined; frame = entry.ring.workOff()) {
      this.sent.push({ at: this.now, device: entry.device, frame });
      this.onSend(frame, entry.device);
    }
    return 0;
  }

  /** Time passes here, and only here. */
  private wait(timeout: bigint): number {
    if (++this.waits > 1_000_000) throw new Error("the guest sleeps for ever");
    const until = timeout < 0n ? Infinity : this.now + Number(timeout);
    const action = this.actions[0];
    if (action === undefined || action.at > until) {
      if (until === Infinity || until > 1e18) throw new Error("the guest sleeps, and nothing will wake it");
      this.now = until;
      return 0;
    }
    this.actions.shift();
    this.now = Math.max(this.now, action.at);
    action.run();
    return 1;
  }

  private event(offset: number, add: number): void {
    Atomics.add(new Int32Array(this.memory.buffer, this.events, 16), offset / 4, add);
    Atomics.add(new Int32Array(this.memory.buffer, this.events, 16), 0, 1);
  }
}

function record(type: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  const head = Buffer.from([type, 0, bytes.length & 255, bytes.length >> 8]);
  return Buffer.concat([head, bytes]);
}

function changeRecord(type: number, device: Device): Uint8Array {
  const out = Buffer.alloc(128);
  out.writeUInt32LE(type, 0);
  out.writeUInt32LE(device.id, 4);
  out.writeUInt32LE(1, 8);
  out.write(device.name, 16, "utf8");
  Buffer.from(device.mac.replaceAll(":", ""), "hex").copy(out, 48);
  out.writeUInt16LE((device.mtu ?? 1500) & 0xffff, 54);
  out.writeUInt32LE(device.linkUp === false ? 0 : 1, 56);
  Buffer.from(device.ip.split(".").map(Number)).copy(out, 60);
  Buffer.from((device.gateway ?? "0.0.0.0").split(".").map(Number)).copy(out, 64);
  out.writeUInt32LE(device.prefix ?? 24, 68);
  out.writeUInt32LE(device.ring ?? 256, 72);
  return out;
}
