// What the language knows and the host side does not serve yet, as diagnostics under its own codes:
// nothing is ignored silently.

import type { Attribute, Diagnostic, Model, Resource, Value } from "../../lang/index.ts";
import { compilePattern } from "../../lang/index.ts";
import type { Driver } from "./driver.ts";
import { anyHas, Grouped } from "./grouped.ts";
import { healthCheckOf, healthPatternOf, imageOf } from "./guest.ts";
import { misplaced } from "./programs.ts";
import { refOf } from "./read.ts";
import { driverOf } from "./registry.ts";
import { cannotShare } from "./shared.ts";

/** By kind or class: attributes that are refused, unless their value asks for nothing. */
const REFUSED: Readonly<Record<string, Readonly<Record<string, (value: Value) => boolean>>>> = {
  guest: {
    // Nobody connects to a guest from outside yet.
    health: (value) => isNone(value) || (value.is === "variant" && value.name !== "tcp"),
  },
};
/** Of every kind. */
const REFUSED_EVERYWHERE: Readonly<Record<string, (value: Value) => boolean>> = {
  moved_from: isNone,
};

/** One error for each thing or setting that nothing serves yet, in the order of declaration. */
function unsupported(model: Model, grouped: Grouped): readonly Diagnostic[] {
  if (!grouped.all.some(isRefused)) return [];
  const found: Diagnostic[] = [];
  const tables = new Map<Driver, ReturnType<typeof refusedOf>>();
  for (const resource of model.resources) {
    const driver = driverOf(resource.kind, resource.class);
    if (driver === undefined) {
      found.push(noDriver(resource));
      continue;
    }
    const table = tables.get(driver) ?? refusedOf(driver);
    tables.set(driver, table);
    for (const [name, asksNothing] of table) {
      const attribute = resource.attributes[name];
      if (attribute?.origin !== "set" || asksNothing(attribute.value)) continue;
      found.push(notYet(resource, name, attribute));
    }
  }
  return found;
}

/** Whether anything of one kind and class is refused. */
function isRefused(resources: readonly Resource[]): boolean {
  const [first] = resources;
  const driver = first && driverOf(first.kind, first.class);
  if (driver === undefined) return true;
  return refusedOf(driver).some(([name, asksNothing]) =>
    anyHas(resources, name, ({ origin, value }) => origin === "set" && !asksNothing(value)),
  );
}

const refusedOf = ({
  kind,
  class: name = "",
}: Driver): readonly (readonly [string, (value: Value) => boolean])[] =>
  Object.entries({ ...REFUSED_EVERYWHERE, ...REFUSED[kind], ...REFUSED[name] });

/** Networks that are told to answer DHCP and have no gateway that does, or one that can't be served. */
function withoutGateway(grouped: Grouped): readonly Diagnostic[] {
  const served = new Set(grouped.of("uplink", "nat").map((uplink) => refOf(uplink, "network")));
  return grouped.of("network").flatMap((network) => {
    const { dhcp, gateway } = network.attributes;
    if (!served.has(network.address))
      return dhcp?.origin !== "set" || isFalse(dhcp.value) ? [] : [notYet(network, "dhcp", dhcp, NAT_HINT)];
    const isOld = gateway?.value.is === "ip" && !gateway.value.text.includes(":");
    return gateway === undefined || isOld ? [] : [notYet(network, "gateway", gateway, IPV4_HINT)];
  });
}

const NAT_HINT = "An `uplink` of class `nat` answers DHCP on its network; else leave `dhcp` out.";
const IPV4_HINT = "An `uplink` of class `nat` serves networks of IPv4 addresses.";

/** Why a model that the language takes is not run here: all of the below. */
export function refusals(model: Model): readonly Diagnostic[] {
  const grouped = new Grouped(model.resources);
  return [
    ...unsupported(model, grouped),
    ...misplaced(model, grouped),
    ...withoutShell(model, grouped),
    ...withoutGateway(grouped),
    ...overMemory(grouped),
    ...cannotShare(model, grouped),
    ...badPatterns(grouped),
  ];
}

/** Classes of images that may have an agent, which runs commands. */
const WITH_AGENT: readonly string[] = ["linux", "pc"];

/** Health checks by a command where nothing in the guest would run it. */
function withoutShell(model: Model, grouped: Grouped): readonly Diagnostic[] {
  const guests = grouped.of("guest");
  if (!anyHas(guests, "health", ({ value }) => value.is === "variant")) return [];
  const asked = guests.filter((one) => healthCheckOf(one) !== undefined);
  const classes = new Map(model.resources.map((resource) => [resource.address, resource.class]));
  return asked.flatMap((guest) => {
    const health = guest.attributes["health"];
    const class_ = classes.get(imageOf(guest)) ?? "";
    if (health === undefined || WITH_AGENT.includes(class_)) return [];
    return [
      notYet(guest, "health", health, "Only guests of an image of class `linux` or `pc` have a shell."),
    ];
  });
}

/** Patterns that a guest's log can't be held against. */
function badPatterns(grouped: Grouped): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const guests = grouped.of("guest");
  if (!anyHas(guests, "health", ({ value }) => value.is === "variant")) return found;
  for (const resource of guests) {
    const pattern = healthPatternOf(resource);
    const made = pattern === undefined ? undefined : compilePattern(pattern);
    const span = resource.attributes["health"]?.span;
    if (made === undefined || span === undefined || !("problem" in made)) continue;
    const message = `This pattern can't be read: ${made.problem}.`;
    found.push({ code: "VB3011", severity: "error", span, message });
  }
  return found;
}

/** Whether anything below is said of all things together, not of each. */
export function sumsUp(model: Model): boolean {
  const lab = model.resources.find(({ kind }) => kind === "lab");
  return lab?.attributes["memory_max"]?.value.is === "quantity";
}

/** The guests' memory beside what the lab allows. */
function overMemory(grouped: Grouped): readonly Diagnostic[] {
  const limit = grouped.of("lab")[0]?.attributes["memory_max"];
  if (limit?.value.is !== "quantity") return [];
  let sum = 0;
  for (const guest of grouped.of("guest")) {
    const memory = guest.attributes["memory"]?.value;
    if (memory?.is === "quantity") sum += memory.value;
  }
  if (sum <= limit.value.value) return [];
  const more = `more than \`memory_max\` allows (${limit.value.value})`;
  const message = `The guests together have ${sum} bytes of RAM, ${more}.`;
  return [{ code: "VB4001", severity: "error", span: limit.span, message }];
}

function noDriver(resource: Resource): Diagnostic {
  const what = resource.class === undefined ? resource.kind : `${resource.kind} of class ${resource.class}`;
  return {
    code: "VB2011",
    severity: "error",
    span: resource.span,
    message: `No driver serves a ${what} yet.`,
  };
}

function notYet(resource: Resource, name: string, attribute: Attribute, hint?: string): Diagnostic {
  return {
    code: "VB2022",
    severity: "error",
    span: attribute.span,
    message: `No driver serves \`${name}\` of ${resource.address} yet.`,
    hint: hint ?? `Leave \`${name}\` out.`,
  };
}

function isNone(value: Value): boolean {
  return value.is === "none";
}

function isFalse(value: Value): boolean {
  return value.is === "bool" && !value.value;
}
