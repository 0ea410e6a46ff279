// One lab of any number of guests as a text in each language, and the question whether what came out of it
// is really all of it. Families stand in `models/`, written for 10,000; files written out are made here.
import { readFile } from "node:fs/promises";

export type FamilyLanguage = "vbus" | "pkl" | "jsonnet" | "nix";

/** How many guests the files in `models/` say. */
const WRITTEN_FOR = "10000";

/** The family in a language, for so many guests. */
export async function familyOf(language: FamilyLanguage, guests: number): Promise<string> {
  const text = await readFile(new URL(`models/family.${language}`, import.meta.url), "utf8");
  const parts = text.split(WRITTEN_FOR);
  if (parts.length !== 2) throw new Error(`family.${language} should say ${WRITTEN_FOR} once`);
  return parts.join(String(guests));
}

/** Ours with a question about all guests: each of them is made, instead of a few that stand for all. */
export const wholeFamilyOf = async (guests: number): Promise<string> =>
  `${await familyOf("vbus", guests)}\noutput guests = g.len()\n`;

/** The same lab with a block for each guest, as it has to be written where nothing is repeated. */
export function writtenOut(language: "vbus" | "hcl", guests: number): string {
  const [head, guest] = language === "vbus" ? [VBUS_HEAD, vbusGuest] : [HCL_HEAD, hclGuest];
  return head + Array.from({ length: guests }, (_, index) => guest(index + 1)).join("");
}

const VBUS_HEAD = `network lan { subnet = 10.0.0.0/16 }

image echo: wasm { path = "std:guests/echo" }
`;
const vbusGuest = (number: number): string => `
guest g${number} {
  image = echo
  args  = ["--id", ${number}]
  device eth0: venet { network = lan }
}
`;

const HCL_HEAD = `network "lan" {
  subnet = "10.0.0.0/16"
}

image "wasm" "echo" {
  path = "std:guests/echo"
}
`;
const hclGuest = (number: number): string => `
guest "g${number}" {
  image = image.wasm.echo
  args  = ["--id", ${number}]
  device "venet" "eth0" {
    network = network.lan
  }
}
`;

/** Throws unless this is what `vbus check` prints for so many guests and their devices. */
export function checkOurs(output: string, guests: number): void {
  const wanted = [`${guests} guests`, `${guests} devices`];
  const parts = output.trim().split(/[:,] /);
  if (!wanted.every((part) => parts.includes(part))) {
    throw new Error(`vbus should have checked ${wanted.join(" and ")}, but says: ${output}`);
  }
}

/** Throws unless a rival's JSON holds every guest with a number and a device, and no number twice. */
export function checkTheirs(rival: string, output: string, guests: number): void {
  const model: unknown = JSON.parse(output);
  const made = Object.values(fieldOf(model, "guest") ?? {}).map((guest: unknown) => only(guest));
  const numbers = new Set(made.map((guest) => String(fieldOf(fieldOf(guest, "args"), "1"))));
  const devices = made.filter((guest) => (fieldOf(guest, "eth0") ?? fieldOf(guest, "device")) !== undefined);
  if (numbers.size !== guests || devices.length !== guests || !numbers.has(String(guests))) {
    throw new Error(`${rival} made ${numbers.size} guests with ${devices.length} devices, not ${guests}`);
  }
}

/** HCL allows a block to stand several times: each is a list. */
const only = (value: unknown): unknown => (Array.isArray(value) && value.length === 1 ? value[0] : value);

function fieldOf(value: unknown, name: string): object | string | undefined {
  const field: unknown = typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
  return (typeof field === "object" && field !== null) || typeof field === "string" ? field : numeral(field);
}

const numeral = (value: unknown): string | undefined =>
  typeof value === "number" ? String(value) : undefined;
