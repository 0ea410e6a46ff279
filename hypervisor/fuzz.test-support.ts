// The fuzzer: a guest that makes calls by chance, a second thread in its memory, control that changes its
// devices meanwhile, one that sends to it and one that it sends to. A guest that is stopped is replaced.

import { MessageChannel, Worker, type MessagePort } from "node:worker_threads";
import { once } from "node:events";
import {
  DISKS as DISK_IDS,
  FRAME_BYTES,
  FRAME_KINDS,
  LARGE_BYTES,
  LAST_HANDLE,
  LAST_NUMBER,
  MEMORY,
  OWN_PLACE,
  PLACES,
  REQUESTS,
  Sequences,
  TICKET_AT,
  wordsOf,
  type FuzzedCall,
} from "./fuzz-calls.test-support.ts";
import { largeFrame } from "./large-frames.test-support.ts";
import { disk } from "./disks.test-support.ts";
import { PORT, portAt } from "./memory/layout.ts";
import { REQUEST, REQUEST_OP } from "./ring/abi.ts";
import type { ScribbleLetter, ScribbleMode } from "./fuzz-scribbler.test-support.ts";
import type { DeviceSpec, Image, VenetSpec } from "./hypervisor.ts";
import {
  BROADCAST,
  type TestLab,
  macOf,
  must,
  peer,
  randomOf,
  shapeOf,
  until,
} from "./machine-room.test-support.ts";
import { guestImage, testGuest } from "./wat.test-support.ts";

const FUZZED_PORT = 3;
const FEEDER_PORT = 4;
const SINK_PORT = 5;
/** Words of the fuzzed guest's memory; see test-guests/fuzzed.wat.txt. */
const CALLS = 131_072 >> 2;
const ANSWERS = 262_144 >> 2;
const TO_DO = 278_528 >> 2;
const DONE = 278_532 >> 2;
/** At most eight calls each, and there is room for 4096. */
const BATCH = 512;
const CHURN_MS = 10;
const STORE_BYTES = 64 * 1024;
/** With so many queues they use up the numbers of a priority. */
const DISKS = ["disk0", "disk1", "disk2", "disk3"] as const;
const QUEUES = 8;
const ENDS = ["completed", "failed", "stopped", "quarantined"];
/** What a guest may be stopped for. The rest would be an exception of the host's own. */
const BROKE = /^broke the protocol: /;

/** What the second thread does in a batch: mostly what leaves the guest alive. */
const MODES: readonly ScribbleMode[] = [
  ...Array.from({ length: 28 }, (): ScribbleMode => "signals"),
  ...(["lengths", "pointers", "turns", "all"] as const),
];

const SCREEN: DeviceSpec = { class: "vconsole", name: "screen", vconsole: { columns: 80, rows: 24 } };

function venet(name: string, n: number, change: Partial<VenetSpec> = {}): DeviceSpec {
  const common = { prefix: 16, gateway: "10.0.255.254", mtu: 1500, ring: 256, link: "up" } as const;
  const [mac, ip] = [`02:00:00:00:00:${n.toString(16).padStart(2, "0")}`, `10.0.0.${n}`];
  return { class: "venet", name, venet: { network: "arena", mac, ip, ...common, ...change } };
}

function vchan(name: string, channel: string, role: "both" | "send" | "receive"): DeviceSpec {
  return { class: "vchan", name, vchan: { channel, role, priority: 3 } };
}

export class Fuzzer {
  readonly lab: TestLab;
  readonly seed: number;
  /** Sequences that were made from first to last, and guests that were stopped for what they did. */
  sequences = 0;
  stopped = 0;
  readonly #random: () => number;
  readonly #generated: Sequences;
  readonly #end = new SharedArrayBuffer(4);
  #scribbler: { readonly worker: Worker; readonly port: MessagePort } | undefined;
  #churn: NodeJS.Timeout | undefined;
  #churned = 0;
  #image: Image | undefined;

  /** Control may not touch the lab's ports 3 to 5, its network "arena" and `bus3`. */
  constructor(lab: TestLab, seed: number) {
    this.lab = lab;
    this.seed = seed;
    this.#random = randomOf(seed);
    this.#generated = new Sequences(this.#random);
  }

  async start(): Promise<void> {
    const { lab } = this;
    must(lab.hv.createNetwork("arena", { mtu: 1500 }));
    for (const n of [FUZZED_PORT, FEEDER_PORT, SINK_PORT]) lab.plug(n, { network: "arena" });
    must(lab.hv.addDevice(`bus${FUZZED_PORT}`, "screen", SCREEN));
    must(lab.hv.addDevice(`bus${FUZZED_PORT}`, "slow", venet("slow", 6, { rate: 8000 })));
    must(lab.hv.addDevice(`bus${FUZZED_PORT}`, "spare", venet("spare", 7)));
    for (const [id, full] of [
      ["waits", "wait"],
      ["refuses", "refuse"],
    ] as const) {
      must(lab.hv.createChannel(id, { kind: "datagram", depth: 4, messageMax: 64, full }));
      must(lab.hv.addDevice(`bus${FUZZED_PORT}`, id, vchan(id, id, full === "wait" ? "both" : "send")));
    }
    const clock: DeviceSpec = { class: "vclock", name: "clock", vclock: { offsetNs: 0, drift: 0.01 } };
    must(lab.hv.addDevice(`bus${FUZZED_PORT}`, "clock", clock));
    must(lab.hv.addDevice(`bus${FUZZED_PORT}`, "dice", { class: "vrng", name: "dice", vrng: { seed: 1 } }));
    must(lab.hv.addDevice(`bus${FUZZED_PORT}`, "hears", vchan("hears", "refuses", "receive")));
    for (const id of DISKS) {
      must(await lab.hv.createVolume(id, { class: "memory", size: STORE_BYTES, readonly: false }));
      must(lab.hv.addDevice(`bus${FUZZED_PORT}`, id, disk(id, id, { queues: QUEUES })));
    }
    const shape = shapeOf(FUZZED_PORT, macOf(FEEDER_PORT), { rx: 16, tx: 16 });
    this.#image = await guestImage(testGuest("fuzzed"), shape, {
      LAST_HANDLE,
      LAST_NUMBER,
      OWN_PLACE,
      FIRST_DISK: DISK_IDS[0],
      REQUEST_BYTES: REQUEST.size,
    });
    const sink = await peer(SINK_PORT, {
      to: macOf(FEEDER_PORT),
      window: 1,
      answerers: [63],
      answers: false,
    });
    await lab.boot("sink", SINK_PORT, sink.image, sink.memory);
    const to = macOf(FUZZED_PORT);
    const feeder = await peer(FEEDER_PORT, {
      to,
      window: 2 ** 30,
      answerers: [63],
      paceUs: 300,
      lengthMask: 0x3ff,
    });
    await lab.boot("feeder", FEEDER_PORT, feeder.image, feeder.memory);
    const { port1, port2 } = new MessageChannel();
    const worker = new Worker(new URL("./fuzz-scribbler.test-support.ts", import.meta.url), {
      workerData: { port: port2, end: this.#end },
      transferList: [port2],
    });
    this.#scribbler = { worker, port: port1 };
    await this.#boot();
    this.#churn = setInterval(() => this.#change(), CHURN_MS);
  }

  /** Makes so many sequences more. Throws at the first sign of a broken host, with what was being done. */
  async run(count: number): Promise<void> {
    const end = this.sequences + count;
    while (this.sequences < end) await this.#batch(Math.min(BATCH, end - this.sequences));
  }

  /** Ends it and all that it has started; once more does nothing. */
  async stop(): Promise<void> {
    const scribbler = this.#scribbler;
    if (!scribbler) return;
    this.#scribbler = undefined;
    clearInterval(this.#churn);
    const end = new Int32Array(this.#end);
    Atomics.store(end, 0, 1);
    Atomics.notify(end, 0);
    await once(scribbler.worker, "exit");
    scribbler.port.close();
    for (const id of ["fuzzed", "feeder", "sink"]) must(await this.lab.hv.killGuest(id));
  }

  async #boot(): Promise<void> {
    await this.lab.boot("fuzzed", FUZZED_PORT, this.#image as Image, MEMORY, { ready: false });
    const { u8, memory } = this.#memory();
    const unknown = [2, 9, 9, 9, 9, 9];
    const group = [1, 0, 94, 0, 0, 1];
    const heads = [
      macOf(FEEDER_PORT),
      macOf(SINK_PORT),
      macOf(FUZZED_PORT),
      macOf(6),
      macOf(7),
      unknown,
      group,
      BROADCAST,
    ];
    for (let kind = 0; kind < FRAME_KINDS; kind++) {
      const [tag, more] = kind % 3 === 0 ? [{ vlan: 7 }, 4] : [{}, 0];
      const payload = Array.from({ length: LARGE_BYTES - 54 - more }, () => kind);
      const frame = largeFrame({
        to: heads[kind] as readonly number[],
        from: macOf(FUZZED_PORT),
        payload,
        ...tag,
      });
      u8.set(frame, PLACES.buffers + kind * FRAME_BYTES);
    }
    for (let n = 0; n < REQUESTS.count; n++) u8.set(this.#request(), REQUESTS.at + n * REQUESTS.bytes);
    this.#scribble({ memory, mode: "signals", seed: this.#seed() });
  }

  /** A request to a disk, mostly one that can be. */
  #request(): Uint8Array {
    const below = (count: number): number => Math.floor(this.#random() * count);
    const pick = (good: number, ...bad: readonly number[]): number =>
      below(6) > 0 ? good : (bad[below(bad.length)] as number);
    const op = pick(below(4), 4, -1);
    const flush = op === REQUEST_OP.flush;
    const view = new DataView(new ArrayBuffer(REQUESTS.bytes));
    view.setInt32(REQUEST.op, op, true);
    view.setUint32(REQUEST.offset, flush ? 0 : pick(below(64) * 512, 1, STORE_BYTES, 0xffffffff), true);
    view.setUint32(REQUEST.offset + 4, pick(0, 1, 0xffffffff), true);
    view.setUint32(
      REQUEST.length,
      flush ? pick(0, 512) : pick(512 * (1 + below(8)), 0, 100, 0xfffffe00),
      true,
    );
    view.setUint32(REQUEST.address, pick(REQUESTS.data, MEMORY - 511, MEMORY, 0xffffff00), true);
    return new Uint8Array(view.buffer);
  }

  #scribble(letter: ScribbleLetter): void {
    this.#scribbler?.port.postMessage(letter);
  }

  async #batch(count: number): Promise<void> {
    const { i32 } = this.#memory();
    const batch = Array.from({ length: count }, () => this.#generated.next());
    const mode = MODES[Math.floor(this.#random() * MODES.length)] as ScribbleMode;
    this.#scribble({ mode, seed: this.#seed() });
    const calls = batch.flat();
    for (const [index, made] of calls.entries()) i32.set(wordsOf(made), CALLS + index * 8);
    Atomics.store(i32, DONE, 0);
    Atomics.store(i32, TO_DO, calls.length);
    Atomics.notify(i32, TO_DO);
    const over = (): boolean => Atomics.load(i32, TO_DO) === 0 || this.#hasEnded();
    await until("a batch is done", over, 60_000).catch((error: unknown) => {
      throw new Error(`${String(error)}; ${this.#where(batch, Atomics.load(i32, DONE))}`);
    });
    const done = Atomics.load(i32, DONE);
    this.sequences += wholeSequences(batch, done);
    const broken = ["feeder", "sink"].find((id) => this.lab.guest(id).state !== "running");
    if (broken) throw new Error(`${broken}: ${this.lab.guest(broken).reason}; ${this.#where(batch, done)}`);
    if (this.#hasEnded()) await this.#replace(batch, done);
  }

  async #replace(batch: readonly FuzzedCall[][], done: number): Promise<void> {
    const { state, reason = "" } = this.lab.guest("fuzzed");
    if (state !== "quarantined" || !BROKE.test(reason)) {
      throw new Error(`the guest is ${state}: ${reason}; ${this.#where(batch, done)}`);
    }
    this.stopped++;
    must(this.lab.hv.removeGuest("fuzzed"));
    await this.#boot();
  }

  #hasEnded(): boolean {
    return ENDS.includes(this.lab.guest("fuzzed").state);
  }

  /**
   * The sequence that was being made when `done` calls of a batch had been, with what is needed to repeat it.
   */
  #where(batch: readonly FuzzedCall[][], done: number): string {
    let before = 0;
    const at = batch.findIndex((calls) => (before += calls.length) > done);
    const { i32 } = this.#memory();
    const answers = [...i32.subarray(ANSWERS + Math.max(0, done - 8), ANSWERS + done)];
    const words = [at - 1, at]
      .map((index) => batch[index] ?? [])
      .map((calls) => calls.map(({ verb, args }) => `${verb}(${args.join(", ")})`).join("; "));
    return `SEED=${this.seed}, about sequence ${this.sequences + at}: ${words.join(" | ")}; answers ${answers.join()}`;
  }

  /** What control does meanwhile. */
  #change(): void {
    const { lab } = this;
    const step = this.#churned++;
    if (step % 4 === 0) lab.change(FUZZED_PORT, { link: step % 32 === 0 ? "down" : "up" });
    if (step % 4 === 1) lab.change(FUZZED_PORT, { link: "up", vlan: step % 24 === 1 ? 7 : 0 });
    if (step % 4 === 2) lab.hv.typeConsole("screen", "typed");
    if (step % 16 === 11) {
      const readonly = step % 32 === 11;
      must(lab.hv.setDevice(DISKS[0], disk(DISKS[0], DISKS[0], { queues: QUEUES, readonly })));
    }
    if (step % 4 === 3) this.#askForRings(step % 8 === 3 ? 128 : 256);
    if (step % 16 === 3) must(lab.hv.removeDevice("spare"));
    if (step % 16 === 7) must(lab.hv.addDevice(`bus${FUZZED_PORT}`, "spare", venet("spare", 7)));
  }

  /** Refused where its guest has not agreed to that, or has not done what it was asked for before. */
  #askForRings(ring: number): void {
    const { hv, room } = this.lab;
    void hv.reconfigureDevice("slow", venet("slow", 6, { rate: 8000, ring }));
    const port = room.devices.device("slow")?.port ?? 0;
    const ticket = room.fabric.i32[(portAt(port) + PORT.ticket) >> 2] as number;
    const memory = room.guests.memoryOf("fuzzed"); // None while it is replaced.
    if (memory) Atomics.store(memory.i32, TICKET_AT >> 2, ticket);
  }

  #memory(): { readonly u8: Uint8Array; readonly i32: Int32Array; readonly memory: WebAssembly.Memory } {
    const memory = this.lab.room.guests.memoryOf("fuzzed");
    if (!memory) throw new Error("there is no fuzzed guest");
    return memory;
  }

  #seed(): number {
    return Math.floor(this.#random() * 2 ** 31);
  }
}

/** How many sequences of a batch are made when so many calls are. */
function wholeSequences(batch: readonly FuzzedCall[][], done: number): number {
  let calls = 0;
  let whole = 0;
  for (const sequence of batch) if ((calls += sequence.length) <= done) whole++;
  return whole;
}
