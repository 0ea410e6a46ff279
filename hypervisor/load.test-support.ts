// Guests that load a network: those that send as fast as they can, those that send at a pace, and a receiver
// that is slower than they are. See test-guests/load.wat.txt.

import { BROADCAST, REPORT, type TestLab, macOf, shapeOf, until } from "./machine-room.test-support.ts";
import { guestImage, memoryOf, testGuest } from "./wat.test-support.ts";

const COUNTS_AT = 47_104;

interface LoadOptions {
  /** The port that it sends to; absent: it only receives. */
  readonly to?: number;
  /** Frames of a round. */
  readonly batch?: number;
  /** Rest between rounds, microseconds; 0: none. */
  readonly paceUs?: number;
  readonly length?: number;
  /** Turns of a loop for each frame that comes. */
  readonly work?: number;
}

/** Boots such a guest as `loadN` on the n-th port. */
export async function bootLoad(lab: TestLab, n: number, options: LoadOptions): Promise<void> {
  const { to, batch = 1, paceUs = 0, length = 64, work = 0 } = options;
  const shape = shapeOf(n, to === undefined ? BROADCAST : macOf(to));
  const image = await guestImage(testGuest("load"), shape, {
    ID: n,
    BATCH: to === undefined ? 0 : batch,
    PACE: paceUs * 1000,
    LENGTH: length,
    WORK: work,
  });
  await lab.boot(`load${n}`, n, image, memoryOf(shape));
}

/** Frames of the n-th port: sent so far, lost, and taken by the guest at `at`. */
export interface Load {
  readonly sent: number;
  readonly lost: number;
  readonly taken: number;
}

function loadOf(lab: TestLab, n: number, at: number): Load {
  const memory = lab.room.guests.memoryOf(`load${at}`);
  const taken = memory ? Atomics.load(memory.i32, (COUNTS_AT >> 2) + n) : 0;
  return { sent: lab.report(`load${n}`, REPORT.sent), lost: lab.device(n).tx.dropped, taken };
}

/** What has come of these ports while the first of them sent so many frames more. */
export async function loadsWhile(
  lab: TestLab,
  ports: readonly [number, ...number[]],
  at: number,
  frames: number,
): Promise<Load[]> {
  const [first] = ports;
  const before = ports.map((n) => loadOf(lab, n, at));
  const since = before[0]?.sent ?? 0;
  const done = (): boolean => loadOf(lab, first, at).sent - since >= frames;
  await until(`${frames} more frames of port ${first}`, done, 100_000);
  return ports.map((n, index) => {
    const [was, is] = [before[index] as Load, loadOf(lab, n, at)];
    return { sent: is.sent - was.sent, lost: is.lost - was.lost, taken: is.taken - was.taken };
  });
}

/** Jain's index of fairness: 1 where all are equal, 1 / n where one has all. */
export function jain(shares: readonly number[]): number {
  const sum = shares.reduce((all, one) => all + one, 0);
  return sum ** 2 / (shares.length * shares.reduce((all, one) => all + one ** 2, 0));
}
