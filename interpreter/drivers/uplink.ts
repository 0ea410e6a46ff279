// Uplinks as the hypervisor takes them, by class, and what it can't change in place.

import type { Resource } from "../../lang/index.ts";
import type { SocketAddress, UplinkClassSpec, UplinkSpec } from "../../hypervisor/index.ts";
import path from "node:path";
import { BugError, invariant } from "../bug.ts";
import type { Derived, Driver, Find } from "./driver.ts";
import { optionalNumberOf, refOf, valueOf, wordOf } from "./read.ts";

/** What is opened outside is opened anew where it is another thing. */
const uplink = (className: string): Driver => ({
  kind: "uplink",
  class: className,
  replaceFrom: "pause",
  derived: networkSize,
});

export const uplinkDrivers: readonly Driver[] = [uplink("socket")];

/** Its ring is made for its network's frames. */
function networkSize(resource: Resource, find: Find): Readonly<Record<string, Derived>> {
  const mtu = find(refOf(resource, "network") ?? "")?.attributes["mtu"];
  return mtu === undefined ? {} : { "network.mtu": { value: mtu.value, disruption: "pause" } };
}

export function uplinkSpec(resource: Resource): UplinkSpec {
  const network = refOf(resource, "network");
  invariant(network !== undefined, `${resource.address} has no network`);
  const rate = optionalNumberOf(resource, "rate");
  const link = wordOf(resource, "link") === "down" ? "down" : "up";
  return { network, link, ...(rate !== undefined && { rate }), ...classSpec(resource) };
}

function classSpec(resource: Resource): UplinkClassSpec {
  switch (resource.class) {
    case "socket": {
      const role = valueOf(resource, "listen").is === "none" ? "connect" : "listen";
      return { class: "socket", socket: { role, address: addressOf(resource, role) } };
    }
    default:
      throw new BugError(`no driver serves ${resource.address}`);
  }
}

/** The declaration has held it to this form. A relative path is one from the file that says it. */
function addressOf(resource: Resource, name: "listen" | "connect"): SocketAddress {
  const text = wordOf(resource, name);
  const unix = /^unix:(.+)$/.exec(text);
  const folder = path.dirname(resource.attributes[name]?.span.file ?? "");
  if (unix) return { family: "unix", path: path.resolve(folder, unix[1] as string) };
  const [, family, host, port] = /^(tcp|udp):(.+):(\d+)$/.exec(text) ?? [];
  invariant(host !== undefined, `${resource.address}.${name} is no address`);
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  return { family: family === "tcp" ? "tcp" : "udp", host: bare, port: Number(port) };
}
