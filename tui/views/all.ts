// The views, in the order of their tabs.

import type { View } from "../model.ts";
import { busesPart } from "./buses.ts";
import { consolePart } from "./console.ts";
import { eventsPart } from "./events.ts";
import { guestsPart } from "./guests.ts";
import { helpPart } from "./help.ts";
import { logsPart } from "./logs.ts";
import { packetsPart } from "./packets.ts";
import { outputPart } from "./output.ts";
import type { ViewPart } from "./part.ts";
import { planPart } from "./plan.ts";
import { ringsPart } from "./rings.ts";
import { topologyPart } from "./topology.ts";

export const PARTS: readonly ViewPart[] = [
  guestsPart,
  busesPart,
  ringsPart,
  topologyPart,
  planPart,
  logsPart,
  eventsPart,
  packetsPart,
  consolePart,
  outputPart,
  helpPart,
];

const BY_VIEW = new Map(PARTS.map((part) => [part.view, part]));

/** The one that is seen. Every view has one: a test says so. */
export function partOf(view: View): ViewPart {
  return BY_VIEW.get(view) ?? guestsPart;
}
