// What the control thread and a PC's thread say to each other of a snapshot. A PC that is held stands still
// with all that its devices were asked to do done; each time that it is held has a number.

import type { HoldReason, PcSnapshot } from "../../snapshots.ts";

/** To the PC. */
export type SnapshotOrder =
  | { readonly do: "hold"; readonly hold: number; readonly why: HoldReason }
  /** Of one that is held. */
  | { readonly do: "save"; readonly hold: number }
  /** It goes on, if it is held by this number. */
  | { readonly do: "release"; readonly hold: number };

/** From the PC. */
export type SnapshotNews =
  | { readonly what: "held"; readonly hold: number }
  /** It goes on: the end of a sentence that begins with the guest. */
  | { readonly what: "refused"; readonly hold: number; readonly why: string }
  | { readonly what: "saved"; readonly hold: number; readonly saved: PcSnapshot };
