// Where in the memory beside a PC's RAM its rings are.

import { PC_CARDS_MAX, PC_CARD_BYTES } from "../../limits.ts";
import { DRIVER_BYTES } from "../streams.ts";

/** Bytes of it. The system gives pages where they are touched. */
export const PC_DRIVER_BYTES = DRIVER_BYTES + PC_CARDS_MAX * PC_CARD_BYTES;

/** Where a card has its `PC_CARD_BYTES`; index from 0. */
export function cardPlace(index: number): number {
  return DRIVER_BYTES + index * PC_CARD_BYTES;
}
