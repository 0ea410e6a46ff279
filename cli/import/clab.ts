// Containerlab topologies: nodes become guests, links and bridges become networks.

import { readAddress } from "./addresses.ts";
import { readLinks, type End, type Link } from "./clab-links.ts";
import { fillGuest, readNodes, type Node } from "./clab-nodes.ts";
import { emptyDraft, identifier, Names, type DraftGuest, type DraftNetwork } from "./draft.ts";
import { Images, isStandIn, type Choice } from "./images.ts";
import type { Report } from "./report.ts";
import { Subnets, type Wish } from "./subnets.ts";
import type { Entry, Tree } from "./tree.ts";

/** Kinds that are segments of the host's, not machines. */
const BRIDGES = new Set(["bridge", "ovs-bridge"]);
/** The device that containerlab calls `eth0`, on the network beside the links. */
const MANAGED = "mgmt0";
const MANAGEMENT = { name: "mgmt", subnet: "172.20.20.0/24", bits: 24 } as const;

export class Topology {
  readonly draft = emptyDraft();
  readonly #report: Report;
  readonly #names = new Names();
  readonly #nodes: ReadonlyMap<string, Node>;
  readonly #guests = new Map<string, DraftGuest>();
  /** Bridges by the node's name; those that are linked are one. */
  readonly #bridges = new Map<string, DraftNetwork>();
  readonly #wishes = new Map<DraftNetwork, Wish[]>();

  /** Reads a topology. What is wrong with the file is told to `report`. */
  constructor(tree: Tree, report: Report, choices: readonly Choice[]) {
    this.#report = report;
    const root = report.entries("the file", tree);
    const topology = report.entries("topology", root.get("topology")?.value);
    this.#nodes = readNodes(topology, report);
    const links = readLinks(topology.get("links")?.value, report, new Set(this.#nodes.keys()));
    for (const { node, device } of links.flatMap(({ ends }) => ends))
      if (!BRIDGES.has(this.#nodes.get(node)?.kind ?? "")) this.#names.reserve(identifier(device, "eth"));
    this.#names.reserve(MANAGED);
    this.#addNodes();
    this.#mergeBridges(links);
    for (const link of links) this.#addLink(link);
    this.#addManagement(report.entries("mgmt", root.get("mgmt")?.value));
    this.#fill(new Images(this.draft, this.#names, choices));
    new Subnets().settleAll(this.draft, this.#wishes);
    const lab = report.text("name", root.get("name")?.value);
    if (lab !== undefined) this.draft.lab = this.#names.take(lab, "lab");
    for (const [name, { value }] of root)
      if (!["name", "topology", "mgmt"].includes(name)) this.draft.notes.push(report.without(name, value));
  }

  #addNodes(): void {
    for (const { name, at, kind } of this.#nodes.values()) {
      if (BRIDGES.has(kind)) continue;
      const own = this.#names.take(name, "node");
      const notes = own === name ? [] : [this.#report.note(at, `${name} in the file`)];
      const guest: DraftGuest = { name: own, image: "", attributes: [], devices: [], others: [], notes };
      this.#guests.set(name, guest);
      this.draft.guests.push(guest);
    }
    for (const { name, at, kind, own } of this.#nodes.values()) {
      if (!BRIDGES.has(kind)) continue;
      const network = this.#newNetwork(name);
      if (network.name !== name) network.notes.push(this.#report.note(at, `${name} in the file`));
      for (const [word, { value }] of own)
        if (!["kind", "image"].includes(word)) network.notes.push(this.#report.without(word, value));
      this.#bridges.set(name, network);
    }
  }

  #newNetwork(wanted: string): DraftNetwork {
    const network: DraftNetwork = { name: this.#names.take(wanted, "net"), subnet: "", notes: [] };
    this.draft.networks.push(network);
    return network;
  }

  /** A cable between two bridges makes them one segment. */
  #mergeBridges(links: readonly Link[]): void {
    for (const { ends, at } of links) {
      const [one, other] = ends.map(({ node }) => this.#bridges.get(node));
      if (!one || !other || one === other) continue;
      one.notes.push(
        ...other.notes,
        this.#report.note(at, `${other.name} is linked to it: one segment here`),
      );
      for (const [name, network] of this.#bridges) if (network === other) this.#bridges.set(name, one);
      this.draft.networks.splice(this.draft.networks.indexOf(other), 1);
    }
  }

  #addLink({ ends, mtu, notes }: Link): void {
    const bridge = ends.map(({ node }) => this.#bridges.get(node)).find((network) => network !== undefined);
    const plugged = ends.flatMap((end) => {
      const guest = this.#guests.get(end.node);
      return guest ? [{ guest, end }] : [];
    });
    if (plugged.length === 0) return;
    const network = bridge ?? this.#newNetwork(linkName(plugged));
    network.notes.push(...notes);
    if (mtu !== undefined) network.mtu = Math.max(mtu, network.mtu ?? 0);
    for (const { guest, end } of plugged) this.#plug(guest, end, network);
  }

  #plug(guest: DraftGuest, { device, mac, address, at }: End, network: DraftNetwork): void {
    const name = identifier(device, "eth");
    const notes = name === device ? [] : [`${device} in the file`];
    const plugged = { name, network: network.name, notes, ...(mac !== undefined && { mac }) };
    guest.devices.push(plugged);
    if (address) this.#wish(network, { device: plugged, address, line: this.#report.line(at[0]) });
  }

  #wish(network: DraftNetwork, wish: Wish): void {
    const wishes = this.#wishes.get(network);
    if (wishes) wishes.push(wish);
    else this.#wishes.set(network, [wish]);
  }

  /** The network beside the links is made where the file says something of it. */
  #addManagement(mgmt: ReadonlyMap<string, Entry>): void {
    const said = [...this.#nodes.values()].some(({ settings }) => settings.has("mgmt-ipv4"));
    if (mgmt.size === 0 && !said) return;
    const ask = (name: string): string | undefined => this.#report.text(name, mgmt.get(name)?.value);
    const network = this.#newNetwork(ask("network") ?? MANAGEMENT.name);
    network.subnet = ask("ipv4-subnet") ?? MANAGEMENT.subnet;
    const gateway = ask("ipv4-gw");
    if (gateway !== undefined) network.gateway = gateway;
    for (const [name, { value }] of mgmt)
      if (!["network", "ipv4-subnet", "ipv4-gw"].includes(name))
        network.notes.push(this.#report.without(name, value));
    for (const [node, guest] of this.#guests) {
      const settings = this.#nodes.get(node)?.settings;
      if (settings?.has("network-mode")) continue;
      const device = { name: MANAGED, network: network.name, notes: [] };
      guest.devices.unshift(device);
      const wanted = settings?.get("mgmt-ipv4")?.value;
      const address = readAddress(this.#report.text("mgmt-ipv4", wanted) ?? "", MANAGEMENT.bits);
      if (wanted && address) this.#wish(network, { device, address, line: this.#report.line(wanted.at[0]) });
    }
  }

  #fill(images: Images): void {
    for (const node of this.#nodes.values()) {
      const guest = this.#guests.get(node.name);
      if (!guest) continue;
      const image = images.take(this.#report.text("image", node.settings.get("image")?.value) ?? node.kind);
      guest.image = image.name;
      fillGuest(node, {
        guest,
        report: this.#report,
        runs: !isStandIn(image),
        guestOf: (name) => this.#guests.get(name),
        address: (given, at) => {
          const device = guest.devices.find(({ name }) => name === identifier(given.device, "eth"));
          const network = this.draft.networks.find(({ name }) => name === device?.network);
          if (!device || !network) return false;
          this.#wish(network, { device, address: given.address, line: this.#report.line(at[0]) });
          return true;
        },
      });
    }
  }
}

/** `a_b`, or `a_eth1` where the other end is no guest. */
function linkName(plugged: readonly { readonly guest: DraftGuest; readonly end: End }[]): string {
  const [first] = plugged;
  if (plugged.length === 1) return `${first?.guest.name}_${identifier(first?.end.device ?? "", "eth")}`;
  return plugged.map(({ guest }) => guest.name).join("_");
}
