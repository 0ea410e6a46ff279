// Channels and the devices that join them, as the hypervisor takes them; clocks and sources of randomness.

import type { Resource } from "../../lang/index.ts";
import type { ChannelSpec, VchanSpec, VclockSpec, VrngSpec } from "../../hypervisor/index.ts";
import { invariant } from "../bug.ts";
import type { Driver } from "./driver.ts";
import { isPlace } from "./place.ts";
import { numberOf, optionalNumberOf, refOf, wordOf } from "./read.ts";

/** Its memory is made for these. */
const CHANNEL_SIZES: ReadonlySet<string> = new Set(["depth", "message_max"]);
/** A percent in the language's units. */
const WHOLE = 1e9;

export const channelDriver: Driver = {
  kind: "channel",
  replaceFrom: "recreate",
  answer: (name) => (CHANNEL_SIZES.has(name) ? "recreate" : undefined),
};
export const vchanDriver: Driver = { kind: "device", class: "vchan", replaceFrom: "restart", same: isPlace };
export const vclockDriver: Driver = { kind: "device", class: "vclock", replaceFrom: "pause", same: isPlace };
export const vrngDriver: Driver = { kind: "device", class: "vrng", replaceFrom: "restart", same: isPlace };

export function channelSpec(channel: Resource): ChannelSpec {
  return {
    kind: wordOf(channel, "kind") === "stream" ? "stream" : "datagram",
    depth: numberOf(channel, "depth"),
    messageMax: numberOf(channel, "message_max"),
    full: wordOf(channel, "full") === "refuse" ? "refuse" : "wait",
  };
}

export function vchanSpec(device: Resource): VchanSpec {
  const channel = refOf(device, "channel");
  invariant(channel !== undefined, `${device.address} has no channel`);
  const role = wordOf(device, "role");
  return {
    channel,
    role: role === "send" || role === "receive" ? role : "both",
    priority: numberOf(device, "priority"),
  };
}

export function vclockSpec(device: Resource): VclockSpec {
  return { offsetNs: numberOf(device, "offset"), drift: numberOf(device, "drift") / WHOLE };
}

export function vrngSpec(device: Resource): VrngSpec {
  const seed = optionalNumberOf(device, "seed");
  return seed === undefined ? {} : { seed };
}
