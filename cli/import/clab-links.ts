// The links of a containerlab topology, in their short form (`["a:eth1", "b:eth1"]`) and in the long one.

import { macText, readAddress, type Address } from "./addresses.ts";
import type { Report } from "./report.ts";
import type { Entry, Place, Tree } from "./tree.ts";

/** One end of a link: a device of a node. */
export interface End {
  readonly node: string;
  readonly device: string;
  readonly at: Place;
  readonly mac?: string;
  readonly address?: Address;
}

export interface Link {
  readonly at: Place;
  /** One where the other end is no node of the topology, else two. */
  readonly ends: readonly End[];
  readonly mtu?: number;
  readonly notes: readonly string[];
}

/** What stands in the place of a node and is outside the topology. */
const OUTSIDE = new Set(["host", "mgmt-net", "macvlan", "vxlan", "vxlan-stitch", "dummy"]);
const WHY_OUTSIDE = "an uplink of class tap joins the network to an interface of the host's";

/** Links with ends that are there. What is wrong with the others is told to `report`. */
export function readLinks(links: Tree | undefined, report: Report, nodes: ReadonlySet<string>): Link[] {
  const reader = new LinkReader(report, nodes);
  return (report.ask("list", "links", links)?.items ?? []).map((link) => reader.read(link));
}

class LinkReader {
  readonly #report: Report;
  readonly #nodes: ReadonlySet<string>;
  /** Where each device of a node was first plugged in. */
  readonly #plugged = new Map<string, Place>();

  constructor(report: Report, nodes: ReadonlySet<string>) {
    this.#report = report;
    this.#nodes = nodes;
  }

  read(link: Tree): Link {
    const settings = this.#report.entries("link", link);
    const ask = (name: string): string | undefined => this.#report.text(name, settings.get(name)?.value);
    const type = ask("type") ?? "veth";
    const several = settings.get("endpoints");
    const single = settings.get("endpoint");
    const items = several ? (this.#report.ask("list", "endpoints", several.value)?.items ?? []) : [];
    if (type === "veth" && items.length !== 2)
      this.#report.error("VB7003", several?.value.at ?? link.at, "A link has two endpoints.");
    const notes = OUTSIDE.has(type) ? [this.#report.note(link.at, outside(type, ask("host-interface")))] : [];
    const wanted = this.#report.texts("ipv4", settings.get("ipv4")?.value);
    const ends = [...items, ...(single ? [single.value] : [])].flatMap((item, index) => {
      const address = readAddress(wanted[index]?.text ?? "");
      const end = this.#end(item, notes);
      return end ? [address ? { ...end, address } : end] : [];
    });
    const mtu = Number(ask("mtu") ?? "");
    for (const [name, { value }] of settings)
      if (!KNOWN.has(name)) notes.push(this.#report.without(`link ${name}`, value));
    return { at: link.at, ends, notes, ...(isMtu(mtu) && { mtu }) };
  }

  /** `node:interface`, or a map with both. */
  #end(item: Tree, notes: string[]): End | undefined {
    const settings = item.is === "map" ? item.entries : new Map<string, Entry>();
    const text = item.is === "map" ? undefined : (this.#report.text("endpoint", item) ?? "");
    const ask = (name: string): string | undefined => this.#report.text(name, settings.get(name)?.value);
    const colon = text?.indexOf(":") ?? 0;
    const node = text === undefined ? ask("node") : colon < 0 ? text : text.slice(0, colon);
    const device = text === undefined ? ask("interface") : colon < 0 ? undefined : text.slice(colon + 1);
    if (node !== undefined && OUTSIDE.has(node)) {
      notes.push(this.#report.note(item.at, outside(node, device)));
      return undefined;
    }
    if (node === undefined || node === "" || device === undefined || device === "")
      return this.#wrong("VB7002", item.at, "An endpoint is `NODE:INTERFACE`.");
    if (!this.#nodes.has(node)) return this.#wrong("VB7003", item.at, `There is no node \`${node}\`.`);
    const before = this.#plugged.get(`${node}:${device}`);
    if (before !== undefined) {
      const message = `\`${node}:${device}\` has a link already, in line ${this.#report.line(before[0])}.`;
      return this.#wrong("VB7004", item.at, message);
    }
    this.#plugged.set(`${node}:${device}`, item.at);
    const mac = macText(ask("mac") ?? "");
    const address = readAddress(ask("ipv4") ?? "");
    return { node, device, at: item.at, ...(mac !== undefined && { mac }), ...(address && { address }) };
  }

  #wrong(code: string, at: Place, message: string): undefined {
    this.#report.error(code, at, message);
    return undefined;
  }
}

const KNOWN = new Set(["endpoints", "endpoint", "type", "host-interface", "mtu", "ipv4"]);

/** The language's bounds of a network's `mtu`. */
const isMtu = (bytes: number): boolean => Number.isInteger(bytes) && bytes >= 576 && bytes <= 65_536;

const outside = (type: string, name: string | undefined): string =>
  `no counterpart: an end at ${type}${name === undefined ? "" : ` (${name})`}; ${WHY_OUTSIDE}`;
