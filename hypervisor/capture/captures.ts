// Captures on the control thread: which ports are tapped for whom, while devices come, go and move; and the
// capture thread, which is started with the first one. No frame passes here, only chunks that were asked for.

import { MessageChannel, type MessagePort, type Worker } from "node:worker_threads";
import type { Device } from "../bus/bus.ts";
import { refuse } from "../bus/outcome.ts";
import type { HostClock } from "../clock.ts";
import type { Tap } from "../datapath/plugs.ts";
import { startHostThread } from "../host-thread.ts";
import type { Capture, CaptureChunk, CaptureSpec, Id, Outcome, UplinkSpec } from "../hypervisor.ts";
import { CAPTURES_MAX, SNAPLEN_MAX, SNAPLEN_MIN } from "../limits.ts";
import type { Fabric } from "../memory/fabric.ts";
import { TAP_SIDE } from "../memory/layout.ts";
import { ringTapBell } from "../ring/tap-ring.ts";
import { readFilter } from "./filter.ts";
import type { CaptureAnswer, CaptureLetter, CaptureStart } from "./letters.ts";

const NS_PER_MS = 1e6;

/** A port whose frames can be captured, and what it is called. */
interface TappedPort {
  readonly id: Id;
  readonly port: number;
  readonly description: string;
}

/** The devices that can be captured. */
export interface TappedDevices {
  readonly networks: { readonly all: ReadonlyMap<Id, unknown> };
  device(id: Id): Device | undefined;
  /** Devices and uplinks that are plugged into a network or one that it is joined with. */
  onSegment(network: Id): readonly Device[];
  uplinksOn(network: Id): readonly { readonly id: Id; readonly port: number; readonly spec: UplinkSpec }[];
  setTap(port: number, tap: Tap): void;
}

interface Tapped {
  readonly of: TappedPort;
  readonly sides: number;
}

interface Running {
  readonly spec: CaptureSpec;
  /** Numbers of its interfaces by device. */
  readonly interfaces: Map<Id, number>;
  /** What the thread has been told of each tap: its sides. */
  readonly told: Map<number, number>;
  stopped: boolean;
  /** Who waits for a chunk. */
  reading: PromiseWithResolvers<CaptureChunk> | undefined;
}

export class Captures {
  readonly #fabric: Fabric;
  readonly #devices: TappedDevices;
  readonly #clock: HostClock;
  readonly #running = new Map<number, Running>();
  /** Numbers of taps by port. */
  readonly #taps = new Map<number, number>();
  #count = 0;
  #tapCount = 0;
  #worker: Worker | undefined;
  #inbox: MessagePort | undefined;

  constructor(fabric: Fabric, devices: TappedDevices, clock: HostClock) {
    this.#fabric = fabric;
    this.#devices = devices;
    this.#clock = clock;
  }

  start(spec: CaptureSpec): Outcome<Capture> {
    const wrong = this.#wrong(spec);
    if (wrong) return wrong;
    this.#startThread();
    const capture = ++this.#count;
    const [startNs, wallNs] = [this.#clock.nowNs(), this.#clock.wallNs()];
    this.#running.set(capture, {
      spec,
      interfaces: new Map(),
      told: new Map(),
      stopped: false,
      reading: undefined,
    });
    this.#send({
      type: "begin",
      capture,
      filter: spec.filter,
      expect: spec.expect,
      snaplen: spec.snaplen ?? SNAPLEN_MAX,
      frames: spec.frames ?? Infinity,
      startNs,
      epochNs: wallNs - BigInt(Math.round(startNs)),
    });
    this.plugsChanged();
    const value: Capture = {
      beganMs: Number(wallNs) / NS_PER_MS,
      read: () => this.#read(capture),
      stop: () => this.#stop(capture),
      drop: () => this.#drop(capture),
    };
    return { ok: true, value };
  }

  /** Devices came, went or moved, or networks were joined or parted: captures follow. */
  plugsChanged(): void {
    if (this.#running.size === 0 && this.#taps.size === 0) return;
    const wanted = new Map<number, Tap>();
    const perCapture = new Map<number, Map<number, number>>();
    for (const [capture, running] of this.#running) {
      if (running.stopped) continue;
      const own = new Map<number, number>();
      for (const [port, tapped] of this.#portsOf(running.spec)) {
        const { sides } = tapped;
        const number = this.#taps.get(port) ?? ++this.#tapCount;
        this.#taps.set(port, number);
        own.set(number, sides);
        this.#tell(capture, running, tapped, number);
        const { sides: others = 0, keep = 0 } = wanted.get(port) ?? {};
        const most = Math.max(keep, running.spec.snaplen ?? SNAPLEN_MAX);
        wanted.set(port, { number, sides: others | sides, keep: most });
      }
      perCapture.set(capture, own);
    }
    this.#leave(perCapture, new Set([...wanted.values()].map(({ number }) => number)));
    for (const [port, tap] of wanted) this.#devices.setTap(port, tap);
    for (const [port, number] of this.#taps) {
      if (wanted.has(port)) continue;
      this.#taps.delete(port);
      this.#devices.setTap(port, { number, sides: 0, keep: 0 });
    }
  }

  async close(): Promise<void> {
    for (const capture of this.#running.keys()) this.#drop(capture);
    this.#inbox?.close();
    await this.#worker?.terminate();
  }

  #wrong(spec: CaptureSpec): Outcome<Capture> | undefined {
    const { devices = [], networks = [], snaplen = SNAPLEN_MAX, filter, expect } = spec;
    if (this.#running.size >= CAPTURES_MAX) return refuse("limit", `${CAPTURES_MAX} captures run already`);
    for (const id of devices) {
      const device = this.#devices.device(id);
      if (!device) return refuse("missing", `there is no device \`${id}\``);
      if (device.spec.class !== "venet")
        return refuse("invalid", `device \`${id}\` carries no frames: it is a ${device.spec.class}`);
    }
    const stranger = networks.find((id) => !this.#devices.networks.all.has(id));
    if (stranger !== undefined) return refuse("missing", `there is no network \`${stranger}\``);
    if (!Number.isInteger(snaplen) || snaplen < SNAPLEN_MIN || snaplen > SNAPLEN_MAX)
      return refuse("invalid", `a snaplen is from ${SNAPLEN_MIN} to ${SNAPLEN_MAX}`);
    for (const text of [filter, expect]) {
      const reading = text === undefined ? undefined : readFilter(text);
      if (reading?.ok === false) return refuse("invalid", `the filter: ${reading.error.message}`);
    }
    return undefined;
  }

  /** A device by itself is seen on both sides; of a network each frame is seen where it was sent. */
  #portsOf({ devices = [], networks = [] }: CaptureSpec): Map<number, Tapped> {
    const found = new Map<number, Tapped>();
    for (const network of networks) {
      for (const device of this.#devices.onSegment(network)) {
        found.set(device.port, { of: tappedDevice(device), sides: TAP_SIDE.out });
      }
      for (const { id, port, spec } of this.#devices.uplinksOn(network)) {
        const of = { id, port, description: `uplink ${spec.class} of ${spec.network}` };
        found.set(port, { of, sides: TAP_SIDE.out });
      }
    }
    for (const id of devices) {
      const device = this.#devices.device(id);
      if (device?.spec.class !== "venet") continue;
      found.set(device.port, { of: tappedDevice(device), sides: TAP_SIDE.out | TAP_SIDE.in });
    }
    return found;
  }

  #tell(capture: number, { interfaces, told }: Running, { of, sides }: Tapped, tap: number): void {
    const { id, port, description } = of;
    let index = interfaces.get(id);
    if (index === undefined) {
      index = interfaces.size;
      interfaces.set(id, index);
      this.#send({ type: "interface", capture, name: id, description });
    }
    if (told.get(tap) === sides) return;
    told.set(tap, sides);
    this.#send({ type: "tap", capture, tap, port, index, sides });
  }

  /**
   * Taps that a capture doesn't want any more. Where nobody does, what was recorded before is still shown.
   */
  #leave(perCapture: ReadonlyMap<number, ReadonlyMap<number, number>>, wanted: ReadonlySet<number>): void {
    for (const [capture, own] of perCapture) {
      const { told } = this.#running.get(capture) as Running;
      for (const tap of told.keys()) {
        if (own.has(tap)) continue;
        told.delete(tap);
        if (wanted.has(tap)) this.#send({ type: "tap", capture, tap, port: 0, index: 0, sides: 0 });
      }
    }
  }

  #read(capture: number): Promise<CaptureChunk> {
    const running = this.#running.get(capture);
    if (!running) return Promise.resolve(NOTHING);
    if (!running.reading) {
      running.reading = Promise.withResolvers();
      this.#send({ type: "read", capture });
    }
    return running.reading.promise;
  }

  #stop(capture: number): void {
    const running = this.#running.get(capture);
    if (!running || running.stopped) return;
    running.stopped = true;
    this.plugsChanged();
    this.#send({ type: "stop", capture, endNs: this.#clock.nowNs() });
  }

  #drop(capture: number): void {
    const running = this.#running.get(capture);
    if (!running) return;
    this.#running.delete(capture);
    this.plugsChanged();
    this.#send({ type: "drop", capture });
    running.reading?.resolve(NOTHING);
  }

  #hear(answer: CaptureAnswer): void {
    const running = this.#running.get(answer.capture);
    if (!running) return;
    if (answer.type === "full") {
      running.stopped = true;
      this.plugsChanged();
      return;
    }
    const { bytes, frames, frameBytes, lost, matched, done } = answer;
    const { reading } = running;
    running.reading = undefined;
    if (done) {
      this.#running.delete(answer.capture);
      this.plugsChanged();
    }
    reading?.resolve({ bytes, frames, frameBytes, lost, matched, done });
  }

  #send(letter: CaptureLetter): void {
    this.#inbox?.postMessage(letter);
    ringTapBell(this.#fabric);
  }

  #startThread(): void {
    if (this.#worker) return;
    const { port1, port2 } = new MessageChannel();
    this.#inbox = port1;
    const start: CaptureStart = { fabric: this.#fabric.memory, inbox: port2 };
    this.#worker = startHostThread("./capture-thread", import.meta.url, {
      workerData: start,
      transferList: [port2],
      name: "capture",
    });
    this.#worker.on("message", (answer: CaptureAnswer) => this.#hear(answer));
  }
}

const NOTHING: CaptureChunk = {
  bytes: new Uint8Array(),
  frames: 0,
  frameBytes: 0,
  lost: 0,
  matched: false,
  done: true,
};

/** Described as `venet on lan, 02:00:00:00:00:01, 10.0.0.1/24`. */
function tappedDevice({ id, port, spec }: Device): TappedPort {
  if (spec.class !== "venet") return { id, port, description: spec.class };
  const { network, mac, ip, prefix } = spec.venet;
  return { id, port, description: `venet on ${network}, ${mac}, ${ip}/${prefix}` };
}
