// What the control thread and the I/O thread write to each other.

import type { DirectionSpec } from "../hypervisor.ts";
import type { ReceivingPlace } from "../ring/receiving.ts";
import type { Direction } from "./fate.ts";

/** A line that is new, or whose impairment changes. */
export interface LineLetter {
  readonly type: "line";
  /** Its own port, that of its device, and the device's address. */
  readonly line: number;
  readonly port: number;
  readonly address: string;
  readonly direction: Direction;
  readonly place: ReceivingPlace;
  /** The number by which its ring is signalled. */
  readonly number: number;
  readonly spec: DirectionSpec;
}

/** To the I/O thread, beside letters about peers. */
export type LinesLetter = LineLetter | { readonly type: "drop"; readonly line: number };

/** From the I/O thread. */
export type LinesAnswer =
  | { readonly type: "ready" }
  /** Nothing of this line is left. */
  | { readonly type: "dropped"; readonly line: number }
  /** A guest broke the protocol: look at the fault words. */
  | { readonly type: "fault" };
