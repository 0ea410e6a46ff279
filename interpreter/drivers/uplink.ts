// Uplinks as the hypervisor takes them, by class, and what it can't change in place.

import type { Resource, Value } from "../../lang/index.ts";
import type {
  NatSpec,
  PcapSpec,
  PublishSpec,
  SocketAddress,
  UplinkClassSpec,
  UplinkSpec,
} from "../../hypervisor/index.ts";
import path from "node:path";
import { BugError, invariant } from "../bug.ts";
import type { Derived, Driver, Find } from "./driver.ts";
import { isTrue, optionalNumberOf, pathOf, refOf, valueOf, wordOf } from "./read.ts";

/** Of every network that doesn't say a prefix, before its IPv4 subnet (RFC 4193). */
const PRIVATE6 = "fd76:6275";

/** What is opened outside is opened anew where it is another thing. */
const uplink = (className: string): Driver => ({
  kind: "uplink",
  class: className,
  replaceFrom: "pause",
  derived: networkSize,
});

/** A gateway answers for its network, with what that says. */
const natDriver: Driver = { ...uplink("nat"), derived: networkOfGateway };

export const uplinkDrivers: readonly Driver[] = [uplink("socket"), uplink("tap"), uplink("pcap"), natDriver];

/** Its ring is made for its network's frames. */
function networkSize(resource: Resource, find: Find): Readonly<Record<string, Derived>> {
  const mtu = find(refOf(resource, "network") ?? "")?.attributes["mtu"];
  return mtu === undefined ? {} : { "network.mtu": { value: mtu.value, disruption: "pause" } };
}

function networkOfGateway(resource: Resource, find: Find): Readonly<Record<string, Derived>> {
  const network = find(refOf(resource, "network") ?? "");
  const derived = (name: string, disruption: Derived["disruption"]): Record<string, Derived> => {
    const value = network?.attributes[name]?.value;
    return value === undefined ? {} : { [`network.${name}`]: { value, disruption } };
  };
  return {
    ...networkSize(resource, find),
    ...derived("gateway", "pause"),
    ...derived("subnet", "pause"),
    ...derived("pool", "live"),
    ...derived("dhcp", "live"),
  };
}

export function uplinkSpec(resource: Resource, find: Find): UplinkSpec {
  const network = refOf(resource, "network");
  invariant(network !== undefined, `${resource.address} has no network`);
  const rate = optionalNumberOf(resource, "rate");
  const link = wordOf(resource, "link") === "down" ? "down" : "up";
  return { network, link, ...(rate !== undefined && { rate }), ...classSpec(resource, find) };
}

function classSpec(resource: Resource, find: Find): UplinkClassSpec {
  switch (resource.class) {
    case "socket": {
      const role = valueOf(resource, "listen").is === "none" ? "connect" : "listen";
      return { class: "socket", socket: { role, address: addressOf(resource, role) } };
    }
    case "nat":
      return { class: "nat", nat: natSpec(resource, find) };
    case "pcap":
      return { class: "pcap", pcap: pcapSpec(resource) };
    case "tap":
      return { class: "tap", tap: { interface: wordOf(resource, "interface") } };
    default:
      throw new BugError(`no driver serves ${resource.address}`);
  }
}

function pcapSpec(resource: Resource): PcapSpec {
  const [record, replay] = [pathOf(valueOf(resource, "record")), pathOf(valueOf(resource, "replay"))];
  const speed = optionalNumberOf(resource, "speed");
  return {
    ...(record !== undefined && { record }),
    ...(replay !== undefined && { replay }),
    ...(speed !== undefined && { speed }),
  };
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

function natSpec(resource: Resource, find: Find): NatSpec {
  const network = find(refOf(resource, "network") ?? "");
  invariant(network !== undefined, `${resource.address} has no network`);
  const publish = valueOf(resource, "publish");
  const gateway6 = gateway6Of(resource, network);
  return {
    gateway: wordOf(network, "gateway"),
    prefix: Number(wordOf(network, "subnet").split("/")[1] ?? 32),
    ...(gateway6 !== undefined && { gateway6 }),
    pool: endsOf(wordOf(network, "pool")),
    dhcp: isTrue(network, "dhcp"),
    dns: isTrue(resource, "dns"),
    outward: isTrue(resource, "outward"),
    hostAccess: isTrue(resource, "host_access"),
    publish: publish.is === "list" ? publish.items.map(publishSpec) : [],
  };
}

/** The first address of the prefix; undefined where there is no IPv6. */
function gateway6Of(resource: Resource, network: Resource): string | undefined {
  if (!isTrue(resource, "ipv6")) return undefined;
  // The text of a /64 ends in `::`, as no other run of zeros is as long.
  if (valueOf(resource, "subnet6").is !== "none") return wordOf(resource, "subnet6").replace(/\/64$/, "1");
  const [base = ""] = wordOf(network, "subnet").split("/");
  const bytes = Buffer.from(base.split(".").map(Number));
  return `${PRIVATE6}:${bytes.readUInt16BE(0).toString(16)}:${bytes.readUInt16BE(2).toString(16)}::1`;
}

function publishSpec(value: Value): PublishSpec {
  invariant(value.is === "record", "what is published is no record");
  const { listen, to, port, protocol, address, ipv6 } = value.fields;
  invariant(listen?.is === "int" && port?.is === "int", "what is published has no port");
  invariant(to?.is === "ref" && address?.is === "ip", "what is published has no address");
  const isUdp = protocol?.is === "variant" ? protocol.name === "udp" : wordIs(protocol, "udp");
  return {
    protocol: isUdp ? "udp" : "tcp",
    address: address.text,
    listen: listen.value,
    to: to.address,
    port: port.value,
    ...(ipv6?.is === "bool" && ipv6.value && { isIp6: true }),
  };
}

function wordIs(value: Value | undefined, word: string): boolean {
  return value?.is === "string" && value.value === word;
}

/** The addresses of a pool that a station may have: not its first and last, where there are others. */
function endsOf(pool: string): readonly [string, string] {
  const [base = "", prefix = "32"] = pool.split("/");
  const first = base.split(".").reduce((value, part) => value * 256 + Number(part), 0);
  const last = first + 2 ** (32 - Number(prefix)) - 1;
  return last - first < 2 ? [ipText(first), ipText(last)] : [ipText(first + 1), ipText(last - 1)];
}

function ipText(value: number): string {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join(".");
}
