// Networks and the devices of a bus as the hypervisor takes them, and what it can't change in place.

import type { Attribute, Disruption, Resource } from "../../lang/index.ts";
import type { NetworkSpec, VenetSpec } from "../../hypervisor/index.ts";
import { invariant } from "../bug.ts";
import type { Derived, Driver, Find, ThingState } from "./driver.ts";
import { isPlace } from "./place.ts";
import { impairmentSpec } from "./impairment.ts";
import { isTrue, numberOf, optionalNumberOf, refOf, refsOf, wordOf } from "./read.ts";

/** What the hypervisor takes over while a device is open. */
const VENET_LIVE: ReadonlySet<string> = new Set(["network", "link", "rate", "vlan", "offload", "impair"]);
/** These take other rings: the guest is asked for them, if it knows how (docs/abi.md). */
const VENET_RINGS: ReadonlySet<string> = new Set(["mtu", "ring"]);

/** A segment is made with its MTU; another one is another segment. */
export const networkDriver: Driver = {
  kind: "network",
  replaceFrom: "recreate",
  answer: (name) => (name === "mtu" ? "recreate" : undefined),
};

export const venetDriver: Driver = {
  kind: "device",
  class: "venet",
  replaceFrom: "restart",
  answer: venetAnswer,
  same: isPlace,
  derived: networkFacts,
};
function venetAnswer(
  name: string,
  before: Attribute | undefined,
  after: Attribute | undefined,
  { rigid }: ThingState,
): Disruption | undefined {
  const mark = (after ?? before)?.disruption;
  if (mark === "live" || VENET_LIVE.has(name)) return undefined;
  return VENET_RINGS.has(name) && !rigid ? undefined : "restart";
}

/** The guest is told these at boot. */
function networkFacts(device: Resource, find: Find): Readonly<Record<string, Derived>> {
  const network = find(refOf(device, "network") ?? "");
  const gateway = network?.attributes["gateway"];
  const subnet = network?.attributes["subnet"];
  return {
    ...(gateway && { "network.gateway": { value: gateway.value, disruption: "restart" } }),
    ...(subnet && { "network.subnet": { value: subnet.value, disruption: "restart" } }),
  };
}

export function networkSpec(network: Resource): NetworkSpec {
  const rate = optionalNumberOf(network, "rate");
  const links = refsOf(network, "links") ?? [];
  return { mtu: numberOf(network, "mtu"), links, ...(rate !== undefined && { rate }) };
}

/** A venet as the hypervisor takes it. */
export function venetSpec(device: Resource, find: Find): VenetSpec {
  const address = refOf(device, "network");
  const network = find(address ?? "");
  invariant(address !== undefined && network !== undefined, `${device.address} has no network`);
  const rate = optionalNumberOf(device, "rate");
  const vlan = optionalNumberOf(device, "vlan");
  const impair = impairmentSpec(device);
  return {
    network: address,
    mac: wordOf(device, "mac"),
    ip: wordOf(device, "ip"),
    prefix: Number(wordOf(network, "subnet").split("/")[1] ?? 32),
    gateway: wordOf(network, "gateway"),
    mtu: numberOf(device, "mtu"),
    ring: numberOf(device, "ring"),
    link: wordOf(device, "link") === "down" ? "down" : "up",
    offload: isTrue(device, "offload"),
    model: wordOf(device, "model") === "vbus" ? "vbus" : "virtio",
    ...(rate !== undefined && { rate }),
    ...(vlan !== undefined && { vlan }),
    ...(impair !== undefined && { impair }),
    ...namesOf(device),
  };
}

/** A guest's own device is known by the guest's name. */
function namesOf({ address, bus = "" }: Resource): { readonly names?: readonly string[] } {
  const owner = bus.slice(0, bus.lastIndexOf("."));
  return owner !== "" && !address.startsWith(`${bus}.`) ? { names: [owner] } : {};
}
