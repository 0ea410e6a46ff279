// Our side of the benchmark: the real hypervisor with two guests on one network, booted anew for each run. A
// run counts only if the sums agree: every frame sent was received in order, and no drop counter of any
// device moved.
import { readFile } from "node:fs/promises";
import {
  createHypervisor,
  type GuestSpec,
  type HistogramFacts,
  type Hypervisor,
  type Image,
  type ImpairmentSpec,
} from "../hypervisor/index.ts";
import { must } from "./guest-run.ts";

/** What a run gives: so many frames (or trips) in so many seconds, by the sending guest's own clock. */
export interface RunResult {
  readonly frames: number;
  readonly seconds: number;
  /** Signals of the sender that entered the host, for each frame that it sent, warming up included. */
  readonly kicksPerFrame: number;
}
export interface StreamOptions {
  readonly frames: number;
  /** Frames beside them that go before the clock starts, so that what is timed is compiled. */
  readonly warm?: number;
  readonly bytes: number;
  /** Frames that the sender posts before it signals. */
  readonly batch: number;
  /** Slots of the receiver's ring: a power of two; 512 where it is left out. */
  readonly ring?: number;
  /** The sender's link; good where it is left out. */
  readonly impair?: ImpairmentSpec;
}
/** Of the round trips, microseconds; of an impaired sender's line, how late frames went on. */
export interface TripResult {
  readonly p50_us: number;
  readonly p99_us: number;
  readonly late_p50_us: number;
  readonly late_p99_us: number;
}
export interface TripOptions {
  readonly trips: number;
  readonly bytes: number;
  readonly impair?: ImpairmentSpec;
}

/** A hypervisor with the bench's images compiled. Not reentrant: one run at a time. */
export interface Lab {
  stream(options: StreamOptions): Promise<RunResult>;
  trips(options: TripOptions): Promise<TripResult>;
  close(): Promise<void>;
}

const RING = 512;
const MAC = { sender: "02:00:00:00:00:01", receiver: "02:00:00:00:00:02" };
const IP = { sender: "10.0.0.1", receiver: "10.0.0.2" };
const ETHERNET_BYTES = 14;
const MTU_LEAST = 1500;
/** Both rings with a buffer each, and the guest's own few pages beside them. */
const memoryFor = (bytes: number): number => 2 * RING * (bytes + 128) + (8 << 20);
/** A run takes a second or so; one that takes this long will never end. */
const PATIENCE_MS = 60_000;
const GRACE_MS = 1000;

type Role = "sender" | "receiver";

/** Compiles the guests, which `npm run build` has made. Throws with a sentence if they are not there. */
export async function openLab(): Promise<Lab> {
  // No thread is made ready for later while one measures.
  const hypervisor = createHypervisor({ lab: "bench", warm: 0 });
  const images = {
    sender: must(await hypervisor.compile(await readGuest("blast"))),
    receiver: must(await hypervisor.compile(await readGuest("drain"))),
  };
  return {
    async stream({ frames, warm = 0, bytes, batch, ring = RING, impair }) {
      const common = ["--bytes", String(bytes), "--ring", String(ring)];
      const counts = ["--frames", String(frames), "--warm", String(warm), "--batch", String(batch)];
      const sender = ["--mac", MAC.receiver, ...counts, ...common];
      const logs = await runOnce({ hypervisor, images, bytes, ring, sender, receiver: common, impair });
      checkSums(logs, frames + warm);
      return { frames, seconds: said(logs.sender, "ns") / 1e9, kicksPerFrame: logs.kicks / (frames + warm) };
    },
    async trips({ trips, bytes, impair }) {
      const common = ["--bytes", String(bytes), "--ring", String(RING)];
      const sender = ["--mac", MAC.receiver, "--rtt", String(trips), ...common];
      const logs = await runOnce({ hypervisor, images, bytes, ring: RING, sender, receiver: common, impair });
      return {
        p50_us: said(logs.sender, "p50_ns") / 1e3,
        p99_us: said(logs.sender, "p99_ns") / 1e3,
        late_p50_us: (logs.late?.p50 ?? Number.NaN) / 1e3,
        late_p99_us: (logs.late?.p99 ?? Number.NaN) / 1e3,
      };
    },
    close: () => hypervisor.close(),
  };
}

async function readGuest(name: string): Promise<Uint8Array> {
  try {
    return await readFile(new URL(`build/${name}.wasm`, import.meta.url));
  } catch {
    throw new Error(`bench/build/${name}.wasm is not there; \`npm run build\` makes it`);
  }
}

interface Run {
  readonly hypervisor: Hypervisor;
  readonly images: Readonly<Record<Role, Image>>;
  readonly bytes: number;
  readonly ring: number;
  /** Arguments of each guest. */
  readonly sender: readonly string[];
  readonly receiver: readonly string[];
  /** Of the sender's link. */
  readonly impair: ImpairmentSpec | undefined;
}
/** What the guests said, how often the sender kicked, and how late its line was, if it has one. */
type Logs = Readonly<Record<Role, string>> & {
  readonly kicks: number;
  readonly late: HistogramFacts | undefined;
};

/**
 * Builds the lab, runs the sender to its end and asks the receiver to end, checks the counters, and clears
 * up.
 */
async function runOnce(run: Run): Promise<Logs> {
  const { hypervisor, bytes, ring } = run;
  const mtu = Math.max(MTU_LEAST, bytes - ETHERNET_BYTES);
  must(hypervisor.createNetwork("lan", { mtu }));
  for (const role of ["receiver", "sender"] as const) {
    must(hypervisor.createBus(role));
    const venet = {
      network: "lan",
      mac: MAC[role],
      ip: IP[role],
      prefix: 24,
      gateway: "10.0.0.254",
      mtu,
      ring,
      ...(role === "sender" && run.impair !== undefined && { impair: run.impair }),
    };
    const spec = { class: "venet", name: "eth0", venet: { ...venet, link: "up" } } as const;
    must(hypervisor.addDevice(role, `${role}.eth0`, spec));
  }
  const watch = watchGuests(hypervisor);
  try {
    must(await hypervisor.bootGuest("receiver", specOf(run, "receiver")));
    await watch.listening("receiver.eth0");
    must(await hypervisor.bootGuest("sender", specOf(run, "sender")));
    await watch.ended("sender");
    must(await hypervisor.stopGuest("receiver", GRACE_MS));
    await watch.ended("receiver");
    checkDrops(hypervisor);
    const { kicks = Number.NaN, egress } = hypervisor.device("sender.eth0") ?? {};
    return { sender: watch.log("sender"), receiver: watch.log("receiver"), kicks, late: egress?.lateNs };
  } finally {
    watch.stop();
    for (const role of ["sender", "receiver"] as const) await clear(hypervisor, role);
    must(hypervisor.removeNetwork("lan"));
  }
}

function specOf({ images, bytes, ...args }: Run, role: Role): GuestSpec {
  return { bus: role, image: images[role], args: args[role], env: {}, memory: memoryFor(bytes) };
}

async function clear(hypervisor: Hypervisor, role: Role): Promise<void> {
  if (hypervisor.guest(role)) {
    await hypervisor.killGuest(role);
    hypervisor.removeGuest(role);
  }
  must(hypervisor.removeDevice(`${role}.eth0`));
  must(hypervisor.removeBus(role));
}

interface Watch {
  /** Resolves when a guest has buffers posted on the device: a frame that comes earlier would be dropped. */
  listening(device: string): Promise<void>;
  /**
   * Resolves when main has returned 0, asked to or not; rejects, with the log, if the guest ended otherwise.
   */
  ended(guest: Role): Promise<void>;
  log(guest: Role): string;
  stop(): void;
}

/** Collects what guests say and how they end, as it is told. */
function watchGuests(hypervisor: Hypervisor): Watch {
  const logs: Record<string, string> = {};
  let look = (): void => undefined;
  const stop = hypervisor.on((event) => {
    if (event.type === "log") logs[event.id] = (logs[event.id] ?? "") + event.text;
    look();
  });
  const until = (what: string, done: () => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`waited too long for ${what}`)), PATIENCE_MS);
      look = () => {
        if (!done()) return;
        clearTimeout(timer);
        resolve();
      };
      look();
    });
  return {
    stop,
    log: (guest) => logs[guest] ?? "",
    async listening(device) {
      // No event tells of posted buffers. Bound: PATIENCE_MS.
      const poll = setInterval(() => look(), 1);
      const listens = (): boolean =>
        hypervisor.device(device)?.rings.some(({ name, slots }) => name === "rx" && slots.includes("p")) ??
        false;
      await until(device, listens).finally(() => clearInterval(poll));
    },
    async ended(guest) {
      await until(
        guest,
        () => !["booting", "running", "stopping"].includes(hypervisor.guest(guest)?.state ?? "booting"),
      );
      const facts = hypervisor.guest(guest);
      if ((facts?.state === "completed" || facts?.state === "stopped") && facts.exit === 0) return;
      throw new Error(
        `${guest} ${facts?.state}: ${facts?.reason ?? `exit ${facts?.exit}`}\n${logs[guest] ?? ""}`,
      );
    },
  };
}

/** The run is void if anything was dropped anywhere. */
function checkDrops(hypervisor: Hypervisor): void {
  for (const device of hypervisor.devices()) {
    for (const counter of [device.rx, device.tx]) {
      if (counter.dropped === 0) continue;
      throw new Error(`${device.id} dropped ${counter.dropped} frames: ${JSON.stringify(counter.droppedBy)}`);
    }
  }
}

/** The run is void if the receiver didn't see all frames, each in its turn and whole. */
function checkSums({ receiver }: Logs, frames: number): void {
  const expected = { received: frames, missing: 0, reordered: 0, damaged: 0 };
  for (const [name, value] of Object.entries(expected)) {
    const said = numberAfter(receiver, name) ?? (name === "damaged" ? 0 : undefined);
    if (said !== value) throw new Error(`the receiver should say ${name} ${value}, but says: ${receiver}`);
  }
}

/** A figure that the sender must have given. */
function said(log: string, word: string): number {
  const value = numberAfter(log, word);
  if (value === undefined || value <= 0) throw new Error(`the sender gave no ${word}: ${log}`);
  return value;
}

/** The whole number that follows a word in a guest's log. */
function numberAfter(log: string, word: string): number | undefined {
  const digits = new RegExp(`(?:^|\\s)${word} (\\d+)`).exec(log)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
