// Frames between two guests, beside the same work in C, over a MessagePort, and over UDP on the loopback
// interface. It says what is measured and with what numbers; how each side does it stands in `lab.ts` and
// `rivals/`.
import { compileRival, runRival, type RivalResult } from "./compile.ts";
import type { Measure, Rival, Work } from "./harness.ts";
import { openLab, type Lab } from "./lab.ts";
import { streamOverPort, tripOverPort, type Packing } from "./rivals/message-port.ts";

/**
 * What is sent: enough of it that a run takes about half a second, or so little that it only shows that it
 * works.
 */
interface Shape {
  readonly bytes: number;
  /** Frames between two signals, in every contender that can send several at once. */
  readonly batch: number;
  /** Bytes from one buffer of the C rival to the next: what is fastest for it on the machines tried. */
  readonly stride: number;
  /** Slots of a ring, in C and in ours: as many as still lie in a cache, for 4 MiB at most. */
  readonly slots: number;
  /** Buffers that the C rival's sender takes turns with when they are to stay in its cache. */
  readonly few: number;
  readonly ours: number;
  /** Frames that go before ours are timed: V8 compiles what runs often. The C rivals leave a tenth out. */
  readonly warm: number;
  readonly ring: number;
  readonly udp: number;
  readonly udpOffload: number;
  readonly port: number;
  readonly portPacked: number;
}

const SHAPES: readonly Shape[] = [
  shape({
    bytes: 64,
    batch: 256,
    stride: 128,
    slots: 512,
    few: 64,
    ours: 8e6,
    warm: 8e6,
    ring: 6e6,
    udp: 4e5,
    udpOffload: 4e6,
    port: 3e5,
    portPacked: 3e6,
  }),
  shape({
    bytes: 1500,
    batch: 64,
    stride: 1600,
    slots: 512,
    few: 64,
    ours: 6e6,
    warm: 6e6,
    ring: 3e6,
    udp: 3e5,
    udpOffload: 2e6,
    port: 2e5,
    portPacked: 1e6,
  }),
  shape({
    bytes: 65_536,
    batch: 16,
    stride: 65_600,
    slots: 64,
    few: 16,
    ours: 2e5,
    warm: 5e4,
    ring: 2e5,
    udp: 5e4,
    udpOffload: 0,
    port: 2e4,
    portPacked: 4e4,
  }),
];
/** What is promised of the frames of 1500 bytes: this many for a kick, at least. */
const FRAMES_PER_KICK = 8;
const KICKED = { bytes: 1500, batch: 64, frames: 1e6 };
const TRIPS = { bytes: 64, stride: 128, slots: 512, few: 64, ours: 1e5, ring: 2e5, udp: 5e4, port: 2e4 };
/** How often either side of a round trip looks before it sleeps, as the guests do. */
const LOOKS = 2000;
/** A tiny run does this share of the work, and at least so many frames. */
const TINY = { share: 0.005, least: 500 };

const DATAGRAM_MAX = 65_507;
const UDP_WINDOW = 1024;

function shape(shape: Shape): Shape {
  return shape;
}

/** Builds rivals and guests and makes the works. `close` ends the lab. */
export async function openNetBench(
  tiny: boolean,
): Promise<{ works: readonly Work[]; close: () => Promise<void> }> {
  const [ring, udp, lab] = [await compileRival("ring"), await compileRival("udp"), await openLab()];
  const amount = (count: number): number =>
    tiny ? Math.max(TINY.least, Math.round(count * TINY.share)) : count;
  const programs: Programs = { ring, udp, lab, amount };
  const works = [
    ...SHAPES.map((each) => streamWork(each, programs)),
    kicksWork(programs),
    tripWork(programs),
  ];
  return { works, close: () => lab.close() };
}

interface Programs {
  readonly ring: string;
  readonly udp: string;
  readonly lab: Lab;
  readonly amount: (count: number) => number;
}

/** One direction, as fast as it goes: millions of frames a second. */
function streamWork(shape: Shape, { ring, udp, lab, amount }: Programs): Work {
  const { bytes, stride, batch, slots, few } = shape;
  const port =
    (packing: Packing, frames: number): Measure =>
    async () =>
      (await streamOverPort(amount(frames), bytes, packing)) / 1e6;
  const datagram = Math.min(bytes, DATAGRAM_MAX);
  const overUdp =
    (how: string, frames: number): Measure =>
    async () =>
      rate(await runRival(udp, ["stream", amount(frames), datagram, UDP_WINDOW, how]));
  const inC =
    (buffers: number): Measure =>
    async () =>
      rate(await runRival(ring, ["stream", amount(shape.ring), bytes, stride, buffers, batch, slots]));
  const rivals: Rival[] = [
    { name: "C, two threads", measure: inC(slots) },
    { name: `C, ${few} buffers`, measure: inC(few) },
    { name: "MessagePort", measure: port("batched", shape.port) },
    { name: "MessagePort, packed", measure: port("packed", shape.portPacked) },
    { name: datagram < bytes ? `UDP, ${DATAGRAM_MAX} B` : "UDP", measure: overUdp("mmsg", shape.udp) },
  ];
  if (shape.udpOffload > 0) rivals.push({ name: "UDP, offload", measure: overUdp("gso", shape.udpOffload) });
  return {
    name: `${bytes} B`,
    unit: "Mframes/s",
    better: "more",
    ours: async () =>
      rate(
        await lab.stream({ frames: amount(shape.ours), warm: amount(shape.warm), bytes, batch, ring: slots }),
      ),
    rivals,
  };
}

/** How often a stream asks the host to look. */
function kicksWork({ lab, amount }: Programs): Work {
  const { bytes, batch, frames } = KICKED;
  return {
    name: `kicks, ${bytes} B`,
    unit: "a frame",
    better: "less",
    ours: async () => (await lab.stream({ frames: amount(frames), bytes, batch })).kicksPerFrame,
    rivals: [{ name: "the bound", measure: () => Promise.resolve(1 / FRAMES_PER_KICK) }],
  };
}

const rate = (result: { frames: number; seconds: number }): number => result.frames / result.seconds / 1e6;

/** The median of a rival's round trips. */
function median({ p50_us: p50 }: RivalResult): number {
  if (p50 === undefined) throw new Error("a rival gave no median");
  return p50;
}

/** There and back with one frame under way: median microseconds. */
function tripWork({ ring, udp, lab, amount }: Programs): Work {
  const { bytes, stride, slots, few } = TRIPS;
  return {
    name: `round trip ${bytes} B`,
    unit: "us",
    better: "less",
    ours: async () => (await lab.trips({ trips: amount(TRIPS.ours), bytes })).p50_us,
    rivals: [
      {
        name: "C, two threads",
        measure: async () =>
          median(await runRival(ring, ["trip", amount(TRIPS.ring), bytes, stride, few, LOOKS, slots])),
      },
      { name: "MessagePort", measure: () => tripOverPort(amount(TRIPS.port), bytes, true) },
      {
        name: "UDP",
        measure: async () => median(await runRival(udp, ["trip", amount(TRIPS.udp), bytes, LOOKS, "mmsg"])),
      },
    ],
  };
}
