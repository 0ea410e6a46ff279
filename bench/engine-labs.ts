// The labs that the engine is measured with, as texts: resources to plan, resources that run, guests to ask
// about. Each says how many resources it comes to.

/** A lab of so many resources: guests with a bus and a device each, and networks for the rest. */
export function planLab(resources: number, changed = 0): string {
  // Beside the guests: the lab, the image, a network, and what is left over.
  const guests = Math.floor((resources - 3) / 3);
  const spare = resources - 3 - guests * 3;
  const networks = Array.from(
    { length: spare },
    (_, index) => `network spare${index} { subnet = 10.1.${index}.0/24 }\n`,
  );
  return `lab planned { }
network lan { subnet = 10.0.0.0/16 }
image echo: wasm { path = "std:guests/echo" }
guest g for i in 1..${guests - 1} {
  image = echo
  args = ["--id", i]
  device eth0: venet { network = lan }
}
guest other {
  image = echo
  args = ["--id", ${changed}]
  device eth0: venet { network = lan }
}
${networks.join("")}`;
}

/** What a running lab has; a guest comes with its bus, a shared bus with its devices. */
export interface RunningSizes {
  readonly guests: number;
  /** Of each guest. */
  readonly devices: number;
  /** Buses that no guest is on, with three devices each. */
  readonly buses: number;
  readonly networks: number;
}

const DEVICES_OF_BUS = 3;

/** How many resources that is, with the lab and its image. */
export function resourcesOf({ guests, devices, buses, networks }: RunningSizes): number {
  return 2 + networks + guests * (2 + devices) + buses * (1 + DEVICES_OF_BUS);
}

/** Each block written out, as in a file that has grown; guest g1's first device has a rate of its own. */
export function runningLab({ guests, devices, buses, networks }: RunningSizes, mbps: number): string {
  const lan = (index: number): string => `lan${index % networks}`;
  const device = (name: string, index: number, more = ""): string =>
    `  device ${name}: venet { network = ${lan(index)}${more} }\n`;
  const lines = ["lab running { }\n", 'image echo: wasm { path = "std:guests/echo" }\n'];
  for (let index = 0; index < networks; index++) {
    lines.push(`network lan${index} { subnet = 10.${index}.0.0/16 }\n`);
  }
  for (let guest = 0; guest < guests; guest++) {
    lines.push(`guest g${guest} {\n  image = echo\n`);
    for (let index = 0; index < devices; index++) {
      const rate = guest === 1 && index === 0 ? `, rate = ${mbps}Mbps` : "";
      lines.push(device(`eth${index}`, guest + index, rate));
    }
    lines.push("}\n");
  }
  for (let bus = 0; bus < buses; bus++) {
    lines.push(`bus b${bus} {\n`);
    for (let index = 0; index < DEVICES_OF_BUS; index++) lines.push(device(`eth${index}`, bus + index));
    lines.push("}\n");
  }
  return lines.join("");
}
/** What `runningLab` changes. */
export const CHANGED_DEVICE = "g1.eth0";

/** The rate that a text of `runningLab` gives to that device. */
export function rateIn(text: string): number {
  return Number(/rate = (\d+)Mbps/.exec(text)?.[1]);
}

/** So many guests that run and so many that wait for one of them to end, which it never does. */
export function askedLab(running: number, waiting: number): string {
  const guest = (name: string, count: number, more: string): string => `
guest ${name} for i in 1..${count} {
  image = echo${more}
  device eth0: venet { network = lan }
}
`;
  return `lab asked { }
network lan { subnet = 10.0.0.0/16 }
image echo: wasm { path = "std:guests/echo" }
guest first { image = echo, goal = completed, device eth0: venet { network = lan } }
${guest("running", running - 1, "")}${guest("waiting", waiting, ", depends_on = [first]")}`;
}
