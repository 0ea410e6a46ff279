// A lab for tests of the machine room: the real parts, one network, a port for each number, and a look
// inside.

import type { Reaped } from "./datapath/reap.ts";
import type { DeviceFacts, DeviceSpec, GuestFacts, Image, Outcome, VcpuKind } from "./hypervisor.ts";
import type { VenetSpec } from "./hypervisor.ts";
import { assembleMachineRoom, type MachineRoom } from "./machine-room.ts";
import { macText } from "./datapath/mac-text.ts";
import { countersOf, portOwner, receivingRing } from "./datapath/port.ts";
import { THREAD, THREAD_ROWS, threadAt } from "./memory/layout.ts";
import { guestImage, memoryOf, testGuest, type GuestShape } from "./wat.test-support.ts";

export { randomOf } from "./random.test-support.ts";

/** Words of a guest's report, from byte 64 of its memory; see test-guests/peer.wat.txt. */
export const REPORT = {
  ready: 0,
  sent: 1,
  answered: 2,
  wrong: 3,
  data: 4,
  others: 5,
  rounds: 6,
  pause: 15,
} as const;

/** For what a busy machine may take long to do. */
const PATIENCE_MS = 60_000;

export const BROADCAST = [255, 255, 255, 255, 255, 255] as const;

/** The MAC of the n-th port. */
export function macOf(n: number): number[] {
  return [2, 0, 0, 0, n >> 8, n & 255];
}

export function must<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.refusal.code}: ${outcome.refusal.message}`);
  return outcome.value;
}

/** What counts of the time between two looks, milliseconds: more than that, and the whole process stood. */
const LOOK_MS_MAX = 250;

/** Waits for something that another thread does; throws with `what` after `limitMs`. */
export async function until(what: string, true_: () => boolean, limitMs = 10_000): Promise<void> {
  let [waited, looked] = [0, performance.now()];
  // Bound: limitMs. A guest's memory has no event to wait for.
  while (!true_()) {
    if (waited > limitMs) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
    const now = performance.now();
    waited += Math.min(LOOK_MS_MAX, now - looked);
    looked = now;
  }
}

interface LabOptions {
  readonly mtu?: number;
  readonly warm?: number;
  /** What its guests run on. */
  readonly vcpu?: VcpuKind;
}

/** One network `lan`; bus `busN` with device `ethN` for each number that is plugged. */
export class TestLab {
  readonly room: MachineRoom;
  readonly reaped: Reaped[] = [];
  readonly vcpu: VcpuKind;
  readonly #mtu: number;
  readonly #plugged = new Map<number, VenetSpec>();

  constructor({ mtu = 1500, warm = 2, vcpu = "dedicated" }: LabOptions = {}) {
    this.#mtu = mtu;
    this.vcpu = vcpu;
    this.room = assembleMachineRoom({ lab: "test", warm }, (reaped) => this.reaped.push(reaped));
    must(this.hv.createNetwork("lan", { mtu }));
  }

  get hv(): MachineRoom["hypervisor"] {
    return this.room.hypervisor;
  }

  /** Plugs the n-th port, with the rest of its settings in `change`. */
  plug(n: number, change: Partial<VenetSpec> = {}): void {
    const mac = macText(Uint8Array.from(macOf(n)));
    const venet: VenetSpec = {
      network: "lan",
      mac,
      ip: `10.0.${n >> 8}.${n & 255}`,
      prefix: 16,
      gateway: "10.0.255.254",
      mtu: this.#mtu,
      ring: 256,
      link: "up",
      ...change,
    };
    this.#plugged.set(n, venet);
    must(this.hv.createBus(`bus${n}`));
    must(this.hv.addDevice(`bus${n}`, `eth${n}`, specOf(n, venet)));
  }

  /** Changes settings of the n-th port. `rate: undefined` takes the limit away. */
  change(n: number, change: { [Name in keyof VenetSpec]?: VenetSpec[Name] | undefined }): void {
    const merged = Object.entries({ ...this.#plugged.get(n), ...change }).filter(
      ([, value]) => value !== undefined,
    );
    const venet = Object.fromEntries(merged) as unknown as VenetSpec;
    this.#plugged.set(n, venet);
    must(this.hv.setDevice(`eth${n}`, specOf(n, venet)));
  }

  /** The settings of the n-th port with these changes. */
  specOf(n: number, change: Partial<VenetSpec>): DeviceSpec {
    return specOf(n, { ...(this.#plugged.get(n) as VenetSpec), ...change });
  }

  /** Changes settings that take other rings; the answer when the guest has them, or keeps its old ones. */
  async reconfigure(n: number, change: Partial<VenetSpec>): Promise<Outcome> {
    const outcome = await this.hv.reconfigureDevice(`eth${n}`, this.specOf(n, change));
    if (outcome.ok) this.#plugged.set(n, { ...(this.#plugged.get(n) as VenetSpec), ...change });
    return outcome;
  }

  /** Boots an image on the n-th port and waits until it reports that it is ready, if it does so. */
  async boot(id: string, n: number, image: Image, memory: number, options: BootOptions = {}): Promise<void> {
    const { watchdogMs, ready = true } = options;
    const watchdog = watchdogMs === undefined ? {} : { watchdogMs };
    const { vcpu } = this;
    const spec = { bus: `bus${n}`, image, vcpu, args: [], env: {}, memory, ...watchdog };
    must(await this.hv.bootGuest(id, spec));
    if (ready) await until(`${id} is ready`, () => this.report(id, REPORT.ready) === 1);
  }

  /** A word that a guest, also one that has ended, reports. */
  report(id: string, word: number): number {
    const memory = this.room.guests.memoryOf(id);
    if (!memory) throw new Error(`no guest ${id}`);
    return Atomics.load(memory.i32, 16 + word);
  }

  /** Tells a peer something by a word of its report. */
  tell(id: string, word: number, value: number): void {
    const memory = this.room.guests.memoryOf(id);
    if (memory) Atomics.store(memory.i32, 16 + word, value);
  }

  guest(id: string): GuestFacts {
    const facts = this.hv.guest(id);
    if (!facts) throw new Error(`no guest ${id}`);
    return facts;
  }

  device(n: number): DeviceFacts {
    const facts = this.hv.device(`eth${n}`);
    if (!facts) throw new Error(`no device eth${n}`);
    return facts;
  }

  /** Waits for the end of a guest and answers how it was. */
  async ended(id: string, limitMs = 10_000): Promise<GuestFacts> {
    const ends = ["completed", "failed", "stopped", "quarantined"];
    await until(`${id} has ended`, () => ends.includes(this.guest(id).state), limitMs);
    return this.guest(id);
  }

  /** Thread rows in the middle of a claim or of a flood. */
  openClaims(): number[] {
    const { i32 } = this.room.fabric;
    const word = (thread: number, field: number): number =>
      Atomics.load(i32, (threadAt(thread) + field) >> 2);
    const rows = Array.from({ length: THREAD_ROWS }, (_, thread) => thread);
    // A ring that is noted without a position is one that is being signalled.
    const claims = (thread: number): boolean =>
      word(thread, THREAD.claimRing) !== 0 && word(thread, THREAD.claimCount) !== 0;
    return rows.filter((thread) => claims(thread) || word(thread, THREAD.flooding) !== 0);
  }

  /** The thread that has the n-th port open, and its receiving ring; 0 and -1 where nobody has. */
  portOf(n: number): { owner: number; ring: number } {
    const port = this.room.devices.device(`eth${n}`)?.port;
    if (port === undefined) throw new Error(`no device eth${n}`);
    return { owner: portOwner(this.room.fabric, port), ring: receivingRing(this.room.fabric, port) };
  }

  /** One letter for each slot of the n-th port's receiving ring; see `RingFacts`. */
  slots(n: number): string {
    return this.device(n).rings.find(({ name }) => name === "rx")?.slots ?? "";
  }

  /** Frames put before all of `ports`, and what their senders have counted: these are to be the same. */
  sums(ports: readonly number[]): { received: number; accounted: number } {
    const { fabric, devices } = this.room;
    let [received, accounted] = [0, 0];
    for (const n of ports) {
      const port = devices.device(`eth${n}`)?.port ?? 0;
      received += this.device(n).rx.count;
      const egress = devices.lines.of(port, "egress");
      for (const each of egress === undefined ? [port] : [port, egress]) {
        const { sent, flooded, copies } = countersOf(fabric, each);
        accounted += sent - flooded + copies;
      }
      // What came into a line before the device left it there, or as often as the line says.
      const ingress = devices.lines.of(port, "ingress");
      if (ingress === undefined) continue;
      accounted += countersOf(fabric, ingress).sent - (this.device(n).ingress?.count ?? 0);
    }
    return { received, accounted };
  }

  async close(): Promise<void> {
    await this.hv.close();
  }
}

interface BootOptions {
  readonly watchdogMs?: number;
  /** False: it does not say that it is ready. */
  readonly ready?: boolean;
}

function specOf(n: number, venet: VenetSpec): DeviceSpec {
  return { class: "venet", name: `eth${n}`, venet };
}

/** The seed of this run of the tests, printed where it is used. */
export const SEED = Number(process.env["SEED"] ?? 20_261_123);

/** What a peer (test-guests/peer.wat.txt) does. */
interface PeerOptions {
  readonly to: readonly number[];
  /** Frames on their way at most; 0: sends nothing by itself. */
  readonly window: number;
  /** Ports whose guests must answer before a frame counts as answered. */
  readonly answerers?: readonly [number, number?];
  /** Bytes of a frame; to it up to `lengthMask` are added by chance. */
  readonly length?: number;
  readonly lengthMask?: number;
  /** Answers data of others; default yes. */
  readonly answers?: boolean;
  /** Calls `signal` all the time and never sleeps. */
  readonly spins?: boolean;
  /** Rests so long between rounds, microseconds: leaves CPU to others. */
  readonly paceUs?: number;
  readonly shape?: Partial<GuestShape>;
}

export function shapeOf(n: number, to: readonly number[], change: Partial<GuestShape> = {}): GuestShape {
  return { rx: 256, rxSize: 2048, tx: 256, txSize: 2048, from: macOf(n), to, ...change };
}

/** The image of a peer for the n-th port, and the memory that it needs. */
export async function peer(n: number, options: PeerOptions): Promise<{ image: Image; memory: number }> {
  const shape = shapeOf(n, options.to, options.shape);
  const [first, second] = options.answerers ?? [n];
  const image = await guestImage(testGuest("peer"), shape, {
    ID: n,
    WINDOW: options.window,
    LENGTH: options.length ?? 64,
    LENGTH_MASK: options.lengthMask ?? 0,
    ANSWERS: options.answers === false ? 0 : 1,
    PACE: (options.paceUs ?? 0) * 1000,
    SPINS: options.spins === true ? 1 : 0,
    BY_FIRST: first * 4,
    BY_SECOND: (second ?? first) * 4,
  });
  return { image, memory: memoryOf(shape) };
}

/** Boots the well-behaved pair on ports 1 and 2: a closed loop of numbered frames, each answered. */
export async function bootPair(lab: TestLab, options: Partial<PeerOptions> = {}): Promise<void> {
  const shape = options.shape === undefined ? {} : { shape: options.shape };
  const b = await peer(2, { to: macOf(1), window: 0, ...shape });
  const a = await peer(1, { to: macOf(2), window: 32, answerers: [2], ...options });
  await lab.boot("b", 2, b.image, b.memory);
  await lab.boot("a", 1, a.image, a.memory);
  await until("the pair exchanges frames", () => lab.report("a", REPORT.answered) > 100);
}

/** Waits until the pair has exchanged `frames` more, so that what happened before has met traffic. */
export async function pairGoesOn(lab: TestLab, frames: number): Promise<void> {
  const before = lab.report("a", REPORT.answered);
  await until(
    `${frames} more frames of the pair`,
    () => lab.report("a", REPORT.answered) - before >= frames,
    PATIENCE_MS,
  );
}

/** Lets the pair come to rest and answers what then does not lie where it belongs; afterwards it goes on. */
export async function pairAtRest(lab: TestLab): Promise<string[]> {
  lab.tell("a", REPORT.pause, 1);
  const resting = (): boolean => lab.report("a", REPORT.sent) === lab.report("a", REPORT.answered);
  await until("the pair rests", resting, PATIENCE_MS);
  const wrong: string[] = [];
  for (const n of [1, 2]) {
    const allPosted = (): boolean => /^p+$/.test(lab.slots(n));
    await until("all buffers are posted", allPosted, PATIENCE_MS).catch(() =>
      wrong.push(`ring ${n}: ${lab.slots(n)}`),
    );
  }
  if (lab.openClaims().length > 0) wrong.push(`open claims in rows ${lab.openClaims().join()}`);
  lab.tell("a", REPORT.pause, 0);
  await pairGoesOn(lab, 1000);
  return wrong;
}

/** Ends the pair in order and answers everything that must be zero, and what it exchanged. */
export async function endPair(lab: TestLab): Promise<{ exchanged: number; zeros: Record<string, number> }> {
  await lab.hv.stopGuest("a", 10_000);
  const exchanged = lab.report("a", REPORT.answered);
  await until("b has taken all", () => lab.report("b", REPORT.data) >= exchanged);
  await lab.hv.stopGuest("b", 10_000);
  const [a, b] = [lab.guest("a"), lab.guest("b")];
  const zeros = {
    aExit: a.exit ?? -1,
    bExit: b.exit ?? -1,
    aWrong: lab.report("a", REPORT.wrong),
    bWrong: lab.report("b", REPORT.wrong),
    unanswered: lab.report("a", REPORT.sent) - exchanged,
    aTxDropped: lab.device(1).tx.dropped,
    bTxDropped: lab.device(2).tx.dropped,
    aRxDropped: lab.device(1).rx.dropped,
    bRxDropped: lab.device(2).rx.dropped,
  };
  return { exchanged, zeros };
}
