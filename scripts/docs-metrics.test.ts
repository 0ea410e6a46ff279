// docs/metrics.md names what the code tells, all of it and nothing else.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const PAGE = read("docs/metrics.md");
const TYPES = read("hypervisor/hypervisor.ts") + read("hypervisor/measured.ts");

/** First cells of the tables below a heading, up to the next heading of the same rank or a higher one. */
function namesBelow(heading: string): readonly string[] {
  const rank = /^#+/.exec(heading)?.[0] ?? "";
  const from = PAGE.indexOf(`\n${heading}\n`);
  expect(from, heading).toBeGreaterThan(0);
  const rest = PAGE.slice(from + heading.length + 2);
  const end = rest.search(new RegExp(`^#{1,${rank.length + 1}} `, "m"));
  const part = end < 0 ? rest : rest.slice(0, end);
  return [...part.matchAll(/^\| `([^`]+)`/gm)].map(([, name = ""]) => name);
}

/** The fields of an interface of the hypervisor. */
function fieldsOf(name: string): readonly string[] {
  const body = new RegExp(`export interface ${name} \\{([^}]*)\\}`).exec(TYPES)?.[1] ?? "";
  return [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, field = ""]) => field);
}

/** Facts that say what a thing is, not what it did. */
const NOT_MEASURED = {
  GuestFacts: [
    "id",
    "state",
    "exit",
    "reason",
    "bus",
    "imageDigest",
    "vcpu",
    "memory",
    "features",
    "nice",
    "realtime",
  ],
  DeviceFacts: ["id", "bus", "name", "class", "deviceId", "openBy", "rings", "reconfigurable"],
  RingFacts: ["name"],
  DeviceHistograms: [],
};

test.each([
  ["GuestFacts", "## Of a guest: `GuestFacts`"],
  ["DeviceFacts", "## Of a device: `DeviceFacts`"],
  ["RingFacts", "## Of a ring: `RingFacts`"],
  ["DeviceHistograms", "## Histograms: `DeviceHistograms`"],
] as const)("every number of %s is on the page, and no other", (name, heading) => {
  const told = fieldsOf(name).filter((field) => !(NOT_MEASURED[name] as readonly string[]).includes(field));
  expect(told.length).toBeGreaterThan(3);
  expect([...namesBelow(heading)].sort()).toEqual([...told].sort());
});

test("every reason for a drop is on the page, and no other", () => {
  const reasons = /Reasons: ([^.]+)\./.exec(TYPES)?.[1]?.split(", ") ?? [];
  const code = read("hypervisor/metrics/facts.ts");
  const inCode = /function reasonsOf[\s\S]*?return \{([\s\S]*?)\}/.exec(code)?.[1] ?? "";
  const named = [...inCode.matchAll(/^ {4}(\w+)/gm)].map(([, name = ""]) => name);
  expect([...named].sort()).toEqual([...reasons].sort());
  expect([...namesBelow("### Where a frame ends")].sort()).toEqual([...reasons].sort());
});

test("every family of Prometheus is on the page, with its type and its words, and no other", () => {
  const code = read("interpreter/metrics/families.ts");
  const inCode = [...code.matchAll(/^ {2}(vbus_\w+): (\w+)\(\s*"([^"]*)"/gm)].map(([, ...told]) => told);
  expect(inCode.length).toBeGreaterThan(30);
  const onPage = [...PAGE.matchAll(/^\| `(vbus_\w+)` +\| (\w+) +\|[^|]*\| (.*?) +\|$/gm)];
  expect(onPage.map(([, ...told]) => told)).toEqual(inCode);
});
