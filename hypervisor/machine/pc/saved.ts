// What a snapshot holds of a PC beside what the emulator saves itself: our devices, in the order of the bus,
// and the serial ports. Plain data, which comes back from a file: what is read there is bounded here, and by
// whoever takes it over as if the guest had said it.

import type { SavedPlace } from "./split-queue.ts";

/** The registers of a virtio device, as v86 keeps them, without what its kind has alike. */
export interface SavedRegisters {
  readonly values: readonly number[];
  readonly features: readonly number[];
  readonly queues: readonly (readonly number[])[];
}

/** A ring of the bridge: where it is, its signal number, and how far it is. */
export interface SavedRing {
  readonly offset: number;
  readonly count: number;
  readonly signal: number;
  readonly number: number;
  readonly position: number;
  readonly round: boolean;
  readonly published: number;
}

/** A device of the bridge: its rings by their numbers. */
export interface SavedBridged {
  readonly id: number;
  readonly opened: boolean;
  readonly rings: readonly (SavedRing | null)[];
}

/** What the bridge has told of a device; one that is gone has only to be told. */
export interface SavedTold {
  readonly id: number;
  readonly class: number;
  readonly known: boolean;
  readonly dirty: boolean;
  readonly stale: boolean;
}

/** A card on the PC's bus. `id` is the device's number on the guest's bus. */
export type SavedSlot =
  | {
      readonly kind: "card" | "disk";
      readonly id: number;
      readonly registers: SavedRegisters;
      readonly places: readonly SavedPlace[];
    }
  | {
      readonly kind: "bridge";
      readonly events: number;
      readonly changes: number;
      /** Those that its driver took; absent in snapshots from before there were any. */
      readonly features?: number;
      readonly raised: boolean;
      /** Ids by handle - 1; 0: none. */
      readonly handles: readonly number[];
      readonly told: readonly SavedTold[];
      readonly devices: readonly SavedBridged[];
    }
  | {
      readonly kind: "copy";
      readonly registers: SavedRegisters;
      readonly places: readonly SavedPlace[];
      readonly ready: boolean;
      readonly connected: boolean;
      readonly words: readonly (readonly number[])[];
    };

export interface SavedAgent {
  /** Of the line that the guest is sending. */
  readonly line: readonly number[];
  /** The highest number that a command had. */
  readonly last: number;
}

export interface SavedParts {
  readonly slots: readonly SavedSlot[];
  /** What the guest has not read from its serial ports. */
  readonly inputs: readonly [readonly number[], readonly number[]];
  readonly agent: SavedAgent;
}

/** Thrown where a snapshot says what can't be. */
export class WrongSnapshot extends Error {}

type Shape = (value: unknown) => boolean;

const U32 = 2 ** 32;
const isNumber: Shape = (value) => Number.isInteger(value) && Math.abs(value as number) < U32;
const isFlag: Shape = (value) => typeof value === "boolean";
const list =
  (shape: Shape, most: number): Shape =>
  (value) =>
    Array.isArray(value) && value.length <= most && value.every(shape);
const record =
  (shapes: Readonly<Record<string, Shape>>): Shape =>
  (value) =>
    typeof value === "object" &&
    value !== null &&
    Object.entries(shapes).every(([name, shape]) => shape((value as Record<string, unknown>)[name]));

const LIST_MAX = 256;
const INPUT_MAX = 1 << 20;
const numbers = list(isNumber, LIST_MAX);
const registers = record({ values: numbers, features: numbers, queues: list(numbers, LIST_MAX) });
const place: Shape = (value) => numbers(value) && (value as readonly number[]).length === 3;
const places = list(place, LIST_MAX);
const ring = record({
  offset: isNumber,
  count: isNumber,
  signal: isNumber,
  number: isNumber,
  position: isNumber,
  round: isFlag,
  published: isNumber,
});
const told = record({ id: isNumber, class: isNumber, known: isFlag, dirty: isFlag, stale: isFlag });
const bridged = record({
  id: isNumber,
  opened: isFlag,
  rings: list((value) => value === null || ring(value), 2),
});
const device = record({ id: isNumber, registers, places });
const SLOTS: Readonly<Record<SavedSlot["kind"], Shape>> = {
  card: device,
  disk: device,
  bridge: record({
    events: isNumber,
    changes: isNumber,
    features: (value) => value === undefined || isNumber(value),
    raised: isFlag,
    handles: numbers,
    told: list(told, LIST_MAX),
    devices: list(bridged, LIST_MAX),
  }),
  copy: record({ registers, places, ready: isFlag, connected: isFlag, words: list(numbers, LIST_MAX) }),
};
const slot: Shape = (value) => {
  const kind = (value as { readonly kind?: unknown } | null)?.kind;
  return typeof kind === "string" && Object.hasOwn(SLOTS, kind) && SLOTS[kind as SavedSlot["kind"]](value);
};
const parts = record({
  slots: list(slot, LIST_MAX),
  inputs: (value) => list(list(isNumber, INPUT_MAX), 2)(value) && (value as unknown[]).length === 2,
  agent: record({ line: list(isNumber, INPUT_MAX), last: isNumber }),
});

/** Reads what stands in a snapshot. Throws `WrongSnapshot`. */
export function readParts(text: string): SavedParts {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new WrongSnapshot("its devices can't be read");
  }
  if (!parts(value)) throw new WrongSnapshot("its devices are not what a PC can have");
  return value as SavedParts;
}
