// Kathará labs: `lab.conf`, and the `.startup` files beside it for addresses. Devices become guests,
// collision domains networks.

import { givenBy, macText } from "./addresses.ts";
import { memoryText } from "./amounts.ts";
import {
  emptyDraft,
  key,
  Names,
  quote,
  type DraftDevice,
  type DraftGuest,
  type DraftNetwork,
} from "./draft.ts";
import { Images, type Choice } from "./images.ts";
import { publishText, readPorts } from "./publish.ts";
import type { Report } from "./report.ts";
import { Subnets, type Wish } from "./subnets.ts";
import type { Place } from "./tree.ts";

/** What Kathará boots where nothing is said. */
const IMAGE = "kathara/base";
const ABOUT = /^LAB_(NAME|DESCRIPTION|VERSION|AUTHOR|EMAIL|WEB)$/;

interface Setting {
  readonly machine: string;
  readonly name: string;
  readonly value: string;
  readonly at: Place;
}

/** What comes with a `lab.conf`. */
export interface Beside {
  readonly choices: readonly Choice[];
  /** The text of a file in its folder; undefined where there is none. */
  sibling(name: string): string | undefined;
}

export class Kathara {
  readonly draft = emptyDraft();
  readonly #report: Report;
  readonly #beside: Beside;
  readonly #names = new Names();
  readonly #images: Images;
  readonly #guests = new Map<string, DraftGuest>();
  readonly #domains = new Map<string, DraftNetwork>();
  readonly #wishes = new Map<DraftNetwork, Wish[]>();
  readonly #env = new Map<DraftGuest, string[]>();
  readonly #publish: string[] = [];
  #outside: DraftNetwork | undefined = undefined;

  /** Reads a `lab.conf`. What is wrong with the file is told to `report`. */
  constructor(text: string, report: Report, beside: Beside) {
    this.#report = report;
    this.#beside = beside;
    this.#images = new Images(this.draft, this.#names, beside.choices);
    const settings = this.#settings(text);
    for (const { name } of settings) if (/^\d+$/.test(name)) this.#names.reserve(`eth${name}`);
    this.#names.reserve("bridged");
    for (const { machine, at } of settings) this.#guest(machine, at);
    for (const setting of settings) this.#plug(setting);
    const images = new Map(
      settings.filter(({ name }) => name === "image").map((one) => [one.machine, one.value]),
    );
    for (const [machine, guest] of this.#guests)
      guest.image = this.#images.take(images.get(machine) ?? IMAGE).name;
    for (const setting of settings) this.#set(setting);
    for (const [guest, pairs] of this.#env) guest.attributes.push(["env", `{ ${pairs.join(", ")} }`]);
    for (const [machine, guest] of this.#guests) this.#startup(machine, guest);
    this.#settle();
    if (this.#guests.size === 0) report.error("VB7003", [0, 1], "The lab has no devices.");
  }

  #settings(text: string): readonly Setting[] {
    const settings: Setting[] = [];
    let start = 0;
    for (const line of text.split("\n")) {
      const at: Place = [start, start + Math.max(1, line.trimEnd().length)];
      start += line.length + 1;
      const words = line.trim();
      if (words === "" || words.startsWith("#")) continue;
      const about = /^(\w+)=(.*)$/.exec(words);
      const match = /^([\w.-]+)\[(\w+)\]=(.*)$/.exec(words);
      if (match) {
        const [, machine = "", name = "", value = ""] = match;
        settings.push({ machine, name, value: unquoted(value), at });
      } else if (about?.[1] !== undefined && ABOUT.test(about[1]))
        this.#about(about[1], unquoted(about[2] ?? ""));
      else this.#report.error("VB7001", at, 'A line is `DEVICE[SETTING]="VALUE"`, as in `pc1[0]="A"`.');
    }
    return settings;
  }

  #about(name: string, value: string): void {
    if (name === "LAB_NAME") this.draft.lab = this.#names.take(value, "lab");
    else this.draft.notes.push(`${name.slice("LAB_".length).toLowerCase()}: ${value}`);
  }

  #guest(machine: string, at: Place): void {
    if (this.#guests.has(machine)) return;
    const name = this.#names.take(machine, "node");
    const notes = name === machine ? [] : [this.#report.note(at, `${machine} in the file`)];
    const guest: DraftGuest = { name, image: "", attributes: [], devices: [], others: [], notes };
    this.#guests.set(machine, guest);
    this.draft.guests.push(guest);
  }

  /** `pc1[0]="A"`, or with an Ethernet address behind: `"A/02:00:00:00:00:01"`. */
  #plug({ machine, name, value, at }: Setting): void {
    const guest = this.#guests.get(machine);
    if (!guest || !/^\d+$/.test(name)) return;
    const [domain = "", wanted] = value.split("/", 2);
    const device = `eth${name}`;
    if (guest.devices.some((one) => one.name === device))
      return this.#report.error("VB7004", at, `\`${machine}[${name}]\` was given a collision domain before.`);
    const mac = wanted === undefined ? undefined : macText(wanted);
    if (domain === "" || (wanted !== undefined && mac === undefined))
      return this.#report.error("VB7002", at, "A collision domain is `NAME`, or `NAME/MAC`.");
    let network = this.#domains.get(domain);
    if (!network) {
      network = { name: this.#names.take(domain, "net"), subnet: "", notes: [] };
      if (network.name !== domain) network.notes.push(this.#report.note(at, `${domain} in the file`));
      this.#domains.set(domain, network);
      this.draft.networks.push(network);
    }
    guest.devices.push({ name: device, network: network.name, notes: [], ...(mac !== undefined && { mac }) });
  }

  #set({ machine, name, value, at }: Setting): void {
    const guest = this.#guests.get(machine);
    if (!guest || name === "image" || /^\d+$/.test(name)) return;
    if (name === "mem") {
      const size = memoryText(value);
      if (size !== undefined) return void guest.attributes.push(["memory", size]);
    }
    const pair = /^(\w+)=(.*)$/.exec(value);
    if (name === "env" && pair) {
      const before = this.#env.get(guest) ?? [];
      this.#env.set(guest, [...before, `${key(pair[1] ?? "")} = ${quote(pair[2] ?? "")}`]);
      return;
    }
    const ports = name === "port" ? readPorts(value.includes(":") ? value : `3000:${value}`) : undefined;
    if (ports) {
      const to = `${guest.name}.${this.#bridge(guest).name}`;
      return void this.#publish.push(...ports.map((port) => publishText(port, to)));
    }
    if (name === "bridged" && value === "true") return void this.#bridge(guest);
    guest.notes.push(this.#report.note(at, `no counterpart: ${name}: ${value}`));
  }

  /** The device on the network that reaches outside, which all bridged devices share. */
  #bridge(guest: DraftGuest): DraftDevice {
    const known = guest.devices.find(({ name }) => name === "bridged");
    if (known) return known;
    if (!this.#outside) {
      this.#outside = { name: this.#names.take("outside"), subnet: "", notes: [] };
      this.draft.networks.push(this.#outside);
    }
    const device = { name: "bridged", network: this.#outside.name, notes: [] };
    guest.devices.push(device);
    return device;
  }

  /** Commands of a device's start that set an address; the others are told. */
  #startup(machine: string, guest: DraftGuest): void {
    const file = `${machine}.startup`;
    const lines = (this.#beside.sibling(file) ?? "").split("\n");
    for (const [index, text] of lines.entries()) {
      const command = text.trim();
      if (command === "" || command.startsWith("#")) continue;
      const given = givenBy(command);
      const device = guest.devices.find(({ name }) => name === given?.device);
      const network = this.draft.networks.find(({ name }) => name === device?.network);
      if (given && device && network)
        this.#wishes.set(network, [
          ...(this.#wishes.get(network) ?? []),
          { device, address: given.address, line: index + 1 },
        ]);
      else guest.notes.push(`no counterpart: ${file}: ${command} (line ${index + 1})`);
    }
  }

  #settle(): void {
    new Subnets().settleAll(this.draft, this.#wishes);
    if (!this.#outside) return;
    const publish = this.#publish.length === 0 ? [] : [["publish", `[${this.#publish.join(", ")}]`] as const];
    const name = this.#names.take("internet");
    this.draft.uplinks.push({
      name,
      class: "nat",
      network: this.#outside.name,
      attributes: publish,
      notes: [],
    });
  }
}

const unquoted = (text: string): string =>
  text
    .trim()
    .replace(/\s+#.*$/, "")
    .replace(/^(["'])(.*)\1$/, "$2");
