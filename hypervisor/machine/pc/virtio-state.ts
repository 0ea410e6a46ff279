// The registers of a virtio device as a snapshot has them. v86 keeps them as values, typed arrays and queues;
// what comes back is bounded as what a driver writes is.

import { WrongSnapshot, type SavedRegisters } from "./saved.ts";
import type { SavedPlace } from "./split-queue.ts";
import type { VirtioRegisters } from "./v86.ts";

/** Where v86 has what is no plain number, and how many values come before the queues. */
const AT = { offered: 2, taken: 3, featuresOk: 4, changed: 6, status: 5, selected: 9 } as const;
const VALUES = 10;
/** Where it has of a queue what is its own; the rest are addresses in the RAM. */
const QUEUE = { size: 0, supported: 1, enabled: 2, notify: 3 } as const;
const FLAGS: ReadonlySet<number> = new Set([AT.featuresOk, AT.changed]);
const STATUS_MAX = 255;

export function saveRegisters(registers: VirtioRegisters): SavedRegisters {
  const state = registers.get_state();
  return {
    values: state.slice(0, VALUES).map((value) => (typeof value === "object" ? 0 : Number(value))),
    features: [...(state[AT.taken] as Uint32Array)],
    queues: queuesOf(state),
  };
}

function queuesOf(state: readonly unknown[]): readonly (readonly number[])[] {
  const queues = state.slice(VALUES) as readonly { get_state(): readonly unknown[] }[];
  return queues.map((queue) => queue.get_state().map(Number));
}

/** Throws `WrongSnapshot` where the device could not be so. */
export function restoreRegisters(registers: VirtioRegisters, saved: SavedRegisters): void {
  const { values, features, queues } = saved;
  const offered = registers.device_feature;
  const fits = features.length === offered.length && queues.length === registers.queues.length;
  const taken = Uint32Array.from(features);
  if (!fits || values.length !== VALUES || taken.some((bits, word) => (bits & ~(offered[word] ?? 0)) !== 0))
    throw new WrongSnapshot("a virtio device has other queues or features");
  if ((values[AT.status] as number) > STATUS_MAX || (values[AT.selected] as number) < 0)
    throw new WrongSnapshot("a virtio device has registers that can't be");
  const state: unknown[] = values.map((value, index) => (FLAGS.has(index) ? value !== 0 : value));
  state[AT.offered] = offered;
  state[AT.taken] = taken;
  const before = queuesOf(registers.get_state());
  for (const [index, queue] of queues.entries()) {
    const now = before[index] as readonly number[];
    const size = queue[QUEUE.size] as number;
    const whole = queue.length === now.length && queue[QUEUE.supported] === now[QUEUE.supported];
    const isPower = Number.isInteger(Math.log2(size)) && size <= (now[QUEUE.supported] as number);
    if (!whole || !isPower || queue[QUEUE.notify] !== now[QUEUE.notify])
      throw new WrongSnapshot("a virtio device has queues that can't be");
    state.push(queue.map((value, at) => (at === QUEUE.enabled ? value !== 0 : value)));
  }
  registers.set_state(state);
}

/** How far the queue of this index is. Throws `WrongSnapshot` where it isn't said. */
export function placeOf(places: readonly SavedPlace[], index: number): SavedPlace {
  const place = places[index];
  if (!place) throw new WrongSnapshot("a virtio device has fewer queues");
  return place;
}
