// Docker compose files: services become guests, networks networks with a way out, published ports a
// `publish`.

import { macText, readAddress, subnetText } from "./addresses.ts";
import { fillService, type Serving } from "./compose-service.ts";
import { emptyDraft, Names, type DraftDevice, type DraftGuest, type DraftNetwork } from "./draft.ts";
import { Images, type Choice } from "./images.ts";
import { Interpolation } from "./interpolate.ts";
import type { Report } from "./report.ts";
import { Subnets, type Wish } from "./subnets.ts";
import type { Entry, Place, Tree } from "./tree.ts";

/** What stands beside services and networks and means nothing here. */
const SILENT = new Set(["version", "services", "networks", "name", "volumes"]);
const DEFAULT = "default";
const MTU_OPTION = "com.docker.network.driver.mtu";

export class Compose {
  readonly draft = emptyDraft();
  readonly #report: Report;
  readonly #names = new Names();
  readonly #words: Interpolation;
  readonly #services = new Map<string, { readonly at: Entry["at"]; readonly settings: Map<string, Entry> }>();
  readonly #guests = new Map<string, DraftGuest>();
  readonly #networks = new Map<string, DraftNetwork>();
  /** Networks that reach outside, each with what it publishes. */
  readonly #outward = new Map<DraftNetwork, string[]>();
  readonly #wishes = new Map<DraftNetwork, Wish[]>();

  /** Reads a compose file. What is wrong with it is told to `report`. */
  constructor(tree: Tree, report: Report, choices: readonly Choice[]) {
    this.#report = report;
    this.#words = new Interpolation(this.draft, this.#names);
    const root = report.entries("the file", tree);
    this.#readServices(report.entries("services", root.get("services")?.value));
    const devicesMax = Math.max(1, ...[...this.#services.values()].map(({ settings }) => countOf(settings)));
    for (let index = 0; index < devicesMax; index++) this.#names.reserve(`eth${index}`);
    for (const name of ["tty", "profiles", "i", "env"]) this.#names.reserve(name);
    for (const [service, { at }] of this.#services) this.#addGuest(service, at);
    this.#addNetworks(report.entries("networks", root.get("networks")?.value));
    const images = new Images(this.draft, this.#names, choices);
    for (const [service, { settings }] of this.#services) this.#plug(service, settings);
    for (const [service, { settings, at }] of this.#services)
      fillService(settings, this.#serving(service, images, at));
    this.#settle();
    const lab = report.text("name", root.get("name")?.value);
    if (lab !== undefined) this.draft.lab = this.#names.take(this.#words.plain(lab), "lab");
    for (const [name, { value }] of root)
      if (!SILENT.has(name) && !name.startsWith("x-")) this.draft.notes.push(report.without(name, value));
  }

  #readServices(services: ReadonlyMap<string, Entry>): void {
    for (const [name, { at, value }] of services) {
      const own = this.#report.entries(name, value);
      const base = this.#base(own.get("extends")?.value, services);
      this.#services.set(name, { at, settings: new Map([...base, ...own]) });
    }
    if (services.size === 0) this.#report.error("VB7003", [0, 1], "There are no services.");
  }

  /** What a service takes over from another of this file: what it doesn't say itself. */
  #base(value: Tree | undefined, services: ReadonlyMap<string, Entry>): ReadonlyMap<string, Entry> {
    const from = value?.is === "map" ? value.entries.get("service")?.value : value;
    if (value?.is === "map" && value.entries.has("file")) return new Map();
    const name = this.#report.text("extends", from);
    const base = services.get(name ?? "");
    if (from && !base) this.#report.error("VB7003", from.at, `There is no service \`${name ?? ""}\`.`);
    return this.#report.entries(name ?? "", base?.value);
  }

  #addGuest(service: string, at: Entry["at"]): void {
    const name = this.#names.take(service, "service");
    const notes = name === service ? [] : [this.#report.note(at, `${service} in the file`)];
    const guest: DraftGuest = { name, image: "", attributes: [], devices: [], others: [], notes };
    this.#guests.set(service, guest);
    this.draft.guests.push(guest);
  }

  #addNetworks(networks: ReadonlyMap<string, Entry>): void {
    for (const [name, { value }] of networks) this.#addNetwork(name, this.#report.entries(name, value));
    const isUsed = [...this.#services.values()].some(
      ({ settings }) => !settings.has("networks") && !settings.has("network_mode"),
    );
    if (isUsed && !this.#networks.has(DEFAULT)) this.#addNetwork(DEFAULT, new Map());
  }

  #addNetwork(name: string, settings: ReadonlyMap<string, Entry>): void {
    const report = this.#report;
    const network: DraftNetwork = { name: this.#names.take(name, "net"), subnet: "", notes: [] };
    let isInternal = false;
    for (const [word, { value }] of settings) {
      if (word === "internal") isInternal = report.text(word, value) === "true";
      else if (word === "ipam") this.#addresses(network, value);
      else if (word === "driver_opts") {
        for (const [option, { value: said }] of report.entries(word, value)) {
          const mtu = Number(this.#words.plain(report.text(option, said) ?? ""));
          if (option === MTU_OPTION && mtu >= 576 && mtu <= 65_536) network.mtu = mtu;
          else network.notes.push(report.without(option, said));
        }
      } else if (word !== "driver" || report.text(word, value) !== "bridge")
        network.notes.push(report.without(word, value));
    }
    this.#networks.set(name, network);
    this.draft.networks.push(network);
    if (!isInternal) this.#outward.set(network, []);
  }

  #addresses(network: DraftNetwork, ipam: Tree): void {
    for (const [word, { value }] of this.#report.entries("ipam", ipam)) {
      if (word === "driver" && this.#report.text(word, value) === "default") continue;
      const items = word === "config" ? this.#report.ask("list", word, value)?.items : undefined;
      if (!items) network.notes.push(this.#report.without(word, value));
      for (const item of items ?? [])
        for (const [name, { value: said }] of this.#report.entries("config", item)) {
          const text = this.#words.plain(this.#report.text(name, said) ?? "");
          const address = readAddress(text);
          if (name === "subnet" && address && network.subnet === "") network.subnet = subnetText(address);
          else if (name === "gateway" && address) network.gateway = text;
          else if (name === "ip_range" && address) network.pool = subnetText(address);
          else network.notes.push(this.#report.without(name, said));
        }
    }
  }

  /** A device for each network of a service, in the order in which it names them. */
  #plug(service: string, settings: ReadonlyMap<string, Entry>): void {
    const guest = this.#guests.get(service);
    if (!guest || settings.has("network_mode")) return;
    const said = settings.get("networks")?.value;
    const names: { readonly name: string; readonly at: Place; readonly value: Tree | undefined }[] =
      said?.is === "map"
        ? [...said.entries].map(([name, { at, value }]) => ({ name, at, value }))
        : this.#report.texts("networks", said).map(({ text, at }) => ({ name: text, at, value: undefined }));
    if (!said) names.push({ name: DEFAULT, at: [0, 1], value: undefined });
    for (const { name, at, value } of names) {
      const network = this.#networks.get(name);
      if (!network) this.#report.error("VB7003", at, `There is no network \`${name}\`.`);
      else this.#device(guest, network, this.#report.entries(name, value));
    }
  }

  #device(guest: DraftGuest, network: DraftNetwork, settings: ReadonlyMap<string, Entry>): void {
    const device: DraftDevice = { name: `eth${guest.devices.length}`, network: network.name, notes: [] };
    guest.devices.push(device);
    for (const [word, { value }] of settings) {
      const text = this.#words.plain(value.is === "text" ? value.text : "");
      const address = word === "ipv4_address" ? readAddress(text, 24) : undefined;
      const mac = word === "mac_address" ? macText(text) : undefined;
      if (address) {
        const wishes = this.#wishes.get(network) ?? [];
        this.#wishes.set(network, [...wishes, { device, address, line: this.#report.line(value.at[0]) }]);
      } else if (mac !== undefined) device.mac = mac;
      else device.notes.push(this.#report.without(word, value));
    }
  }

  #serving(service: string, images: Images, at: Entry["at"]): Serving {
    const guest = this.#guests.get(service) as DraftGuest;
    return {
      service,
      at,
      guest,
      draft: this.draft,
      report: this.#report,
      words: this.#words,
      names: this.#names,
      images,
      guestOf: (name) => this.#guests.get(name),
      publish: (text) => {
        const device = guest.devices.find(({ network }) => this.#outwardOf(network) !== undefined);
        if (device) this.#outwardOf(device.network)?.push(text(device.name));
        return device !== undefined;
      },
    };
  }

  /** Of several guests each would have the same address. */
  #forgetShared(): void {
    const shared = this.draft.guests.flatMap(({ count, devices }) => (count === undefined ? [] : devices));
    for (const [network, wishes] of this.#wishes)
      this.#wishes.set(
        network,
        wishes.filter(({ device }) => {
          if (shared.includes(device)) device.notes.push("no counterpart: one address for several guests");
          return !shared.includes(device);
        }),
      );
    for (const device of shared) {
      if (device.mac !== undefined) device.notes.push(`no counterpart: ${device.mac} for several guests`);
      delete device.mac;
    }
  }

  #outwardOf(name: string): string[] | undefined {
    const network = this.draft.networks.find((one) => one.name === name);
    return network && this.#outward.get(network);
  }

  #settle(): void {
    this.#forgetShared();
    new Subnets().settleAll(this.draft, this.#wishes);
    const isOne = this.#outward.size === 1;
    for (const [network, ports] of this.#outward) {
      const name = this.#names.take(isOne ? "internet" : `${network.name}_internet`);
      const publish = ports.length === 0 ? [] : [["publish", `[\n${ports.join("\n")}\n]`] as const];
      this.draft.uplinks.push({ name, class: "nat", network: network.name, attributes: publish, notes: [] });
    }
    if ([...this.#outward.values()].some((ports) => ports.length > 0))
      this.draft.notes.push(
        "Ports are published on the host's loopback alone, where the file says no address.",
      );
  }
}

function countOf(settings: ReadonlyMap<string, Entry>): number {
  const said = settings.get("networks")?.value;
  return said?.is === "map" ? said.entries.size : said?.is === "list" ? said.items.length : 1;
}
