// Values into the types that are expected: texts into addresses and paths, records with their defaults, plain
// data.

import { resolvePath } from "../resolve/paths.ts";
import type { Span } from "../syntax/ast.ts";
import type { Member, RecordInfo } from "../types/declared.ts";
import { peel, showType, type Type } from "../types/type.ts";
import { cidrText, ipText, parseCidr, parseIp, parseMac } from "../values/address.ts";
import { baseUnits, UNITS } from "../values/quantity.ts";
import { float, identity, list, NONE, quantity, taint, text, type Datum } from "./datum.ts";
import { askConstraint } from "./explain.ts";
import type { Machine } from "./machine.ts";
import { entriesOf, itemsOf, run } from "./run.ts";
import { showDatum } from "./show.ts";
import type { Env } from "./thing.ts";

/** `datum` as a value of `type`. Tells and throws where it is none. */
export function convertDatum(datum: Datum, type: Type, span: Span, machine: Machine): Datum {
  if (datum.is === "auto") return datum;
  return keepSecret(datum, converted(datum, type, span, machine));
}

function converted(datum: Datum, type: Type, span: Span, machine: Machine): Datum {
  switch (type.is) {
    case "secret":
      // Before it is converted: what fits not is told, too.
      return convertDatum(taint(datum), type.of, span, machine);
    case "auto":
      return convertDatum(datum, type.of, span, machine);
    case "optional":
      return datum.is === "none" ? datum : convertDatum(datum, type.of, span, machine);
    case "simple":
      return convertSimple(datum, type, span, machine);
    case "quantity":
      return datum.is === "string"
        ? quantityOf(datum.value, type, span, machine)
        : ofKind(datum, "quantity", type, span, machine);
    case "list":
      if (datum.is !== "list" && datum.is !== "range") return wrong(datum, type, span, machine);
      // As they are, whatever they are.
      if (datum.is === "list" && type.of.is === "simple" && type.of.name === "scalar") return datum;
      return list(itemsOf(datum, span, machine).map((item) => convertDatum(item, type.of, span, machine)));
    case "map":
      if (datum.is !== "map" && datum.is !== "record" && datum.is !== "family")
        return wrong(datum, type, span, machine);
      return convertMap(datum, type, span, machine);
    case "record":
      if (datum.is !== "record") return wrong(datum, type, span, machine);
      return buildRecord(type.info, datum.fields, () => span, span, machine);
    case "shape":
      return convertShape(datum, type, span, machine);
    case "enum":
      return convertEnum(datum, type, span, machine);
    case "union":
      return convertUnion(datum, type, span, machine);
    case "range":
      if (datum.is !== "range") return wrong(datum, type, span, machine);
      return {
        is: "range",
        from: convertDatum(datum.from, type.of, span, machine),
        to: convertDatum(datum.to, type.of, span, machine),
      };
    default:
      return datum;
  }
}

const EXAMPLES: Readonly<Partial<Record<string, string>>> = {
  ip: "`10.0.0.1` or `fe80::1`",
  cidr: "`10.0.0.0/24`",
  mac: "`02:00:00:00:00:01`",
  address: "`web['a'].eth0`",
};

function wrong(datum: Datum, type: Type, span: Span, machine: Machine): never {
  const example = type.is === "simple" ? EXAMPLES[type.name] : undefined;
  return machine.fail(
    "VB3006",
    span,
    `${showDatum(datum, 3)} is no \`${showType(type)}\`.`,
    example === undefined ? {} : { hint: `It is written as ${example}.` },
  );
}

const ofKind = (datum: Datum, is: Datum["is"], type: Type, span: Span, machine: Machine): Datum =>
  datum.is === is ? datum : wrong(datum, type, span, machine);

const ADDRESS_PART = String.raw`[A-Za-z_]\w*(\[("[^"]*"|'[^']*'|[^\[\]"']+)\])?`;
/** What names a thing: `web["a"].eth0`, single quotes too. */
const THING_ADDRESS = new RegExp(`^${ADDRESS_PART}(\\.${ADDRESS_PART})*$`);

function convertSimple(datum: Datum, type: Type & { is: "simple" }, span: Span, machine: Machine): Datum {
  switch (type.name) {
    case "scalar":
    case "data":
      return datum;
    case "float":
      return datum.is === "int" ? float(datum.value) : ofKind(datum, "float", type, span, machine);
    case "address":
      if (datum.is !== "string") return wrong(datum, type, span, machine);
      return THING_ADDRESS.test(datum.value) ? datum : wrong(datum, type, span, machine);
    case "string":
      return datum.is === "variant" ? text(datum.name) : ofKind(datum, "string", type, span, machine);
    case "bool":
    case "int":
      return ofKind(datum, type.name, type, span, machine);
    case "path":
    case "target":
      if (datum.is !== "string") return ofKind(datum, "path", type, span, machine);
      return { is: "path", text: datum.value, path: resolvePath(machine.fileOf(span), datum.value) };
    default:
      return datum.is === type.name ? datum : convertAddress(datum, type.name, type, span, machine);
  }
}

const keepSecret = (from: Datum, to: Datum): Datum => ("secret" in from && from.secret ? taint(to) : to);

function convertAddress(
  datum: Datum,
  name: "ip" | "cidr" | "mac",
  type: Type,
  span: Span,
  machine: Machine,
): Datum {
  if (datum.is !== "string") return wrong(datum, type, span, machine);
  if (name === "mac") {
    const mac = parseMac(datum.value);
    return mac ? { is: "mac", text: mac } : wrong(datum, type, span, machine);
  }
  if (name === "cidr") {
    const subnet = parseCidr(datum.value);
    return subnet ? { is: "cidr", text: cidrText(subnet) } : wrong(datum, type, span, machine);
  }
  const address = parseIp(datum.value);
  return address ? { is: "ip", text: ipText(address) } : wrong(datum, type, span, machine);
}

/** `"64MiB"`, as it comes from JSON and other plain data. */
function quantityOf(value: string, type: Type & { is: "quantity" }, span: Span, machine: Machine): Datum {
  const match = /^(-?)([0-9][0-9_]*(?:\.[0-9]+)?)([A-Za-z%]+)$/.exec(value);
  const unit = UNITS.get(match?.[3] ?? "");
  const base = match && unit ? baseUnits(match[2] ?? "", unit.factor) : undefined;
  if (base === undefined || unit?.dimension !== type.dimension)
    return wrong(text(value), type, span, machine);
  return quantity(unit.dimension, match?.[1] === "-" ? -base : base);
}

function convertMap(datum: Datum, type: Type & { is: "map" }, span: Span, machine: Machine): Datum {
  const seen = new Set<string>();
  const entries = entriesOf(datum, span, machine).map(([key, value]): [Datum, Datum] => {
    const converted = convertKey(key, type.key, span, machine);
    if (seen.has(identity(converted)))
      machine.fail("VB3005", span, `The key ${showDatum(converted)} comes twice.`);
    seen.add(identity(converted));
    return [converted, convertDatum(value, type.value, span, machine)];
  });
  return { is: "map", entries };
}

/** Keys of plain data are texts, also where ints are expected. */
function convertKey(key: Datum, type: Type, span: Span, machine: Machine): Datum {
  const whole =
    type.is === "simple" && type.name === "int" && key.is === "string" && /^-?[0-9]+$/.test(key.value);
  return whole ? { is: "int", value: Number(key.value) } : convertDatum(key, type, span, machine);
}

function convertShape(datum: Datum, type: Type & { is: "shape" }, span: Span, machine: Machine): Datum {
  if (datum.is !== "record") return wrong(datum, type, span, machine);
  const fields: Record<string, Datum> = {};
  for (const [name, field] of type.fields) {
    const given = datum.fields[name];
    if (given) fields[name] = convertDatum(given, field.type, span, machine);
    else if (!field.optional && field.type.is !== "optional")
      machine.fail("VB3006", span, `\`${name}\` is missing in ${showDatum(datum, 3)}.`);
  }
  for (const name of Object.keys(datum.fields)) {
    if (!type.fields.has(name))
      machine.fail("VB3006", span, `\`${name}\` is not expected here: \`${showType(type)}\`.`);
  }
  return { is: "record", fields };
}

function convertEnum(datum: Datum, type: Type & { is: "enum" }, span: Span, machine: Machine): Datum {
  if (datum.is === "variant" && datum.enum === type.info.name) return datum;
  const name = datum.is === "string" ? datum.value : undefined;
  const variant = name === undefined ? undefined : type.info.variants.get(name);
  if (!variant) {
    const names = [...type.info.variants.keys()].map((member) => `\`${member}\``).join(", ");
    return machine.fail(
      "VB3006",
      span,
      `${showDatum(datum, 3)} is no \`${type.info.name}\`: one of ${names}.`,
    );
  }
  const frame: Env = { slots: [] };
  const fields: Record<string, Datum> = {};
  for (const parameter of variant.parameters ?? []) {
    if (parameter.required) machine.fail("VB3006", span, `\`${variant.name}\` needs \`${parameter.name}\`.`);
    const value = parameter.value ? run(parameter.value, frame, machine) : NONE;
    frame.slots[parameter.slot] = value;
    fields[parameter.name] = value;
  }
  return { is: "variant", enum: type.info.name, name: variant.name, fields };
}

function convertUnion(datum: Datum, type: Type & { is: "union" }, span: Span, machine: Machine): Datum {
  if (datum.is === "variant") return datum;
  const literals = type.members.flatMap((member) => (member.is === "literal" ? [member.text] : []));
  if (datum.is === "string" && literals.includes(datum.value))
    return { is: "variant", enum: "", name: datum.value, fields: {} };
  if (literals.length < type.members.length) return datum;
  return machine.fail(
    "VB3006",
    span,
    `${showDatum(datum, 3)} is none of ${literals.map((name) => `\`${name}\``).join(", ")}.`,
  );
}

/** A record of a declared type: defaults filled in from the first member on, constraints asked. */
export function buildRecord(
  info: RecordInfo,
  given: Readonly<Record<string, Datum>>,
  spanOf: (name: string) => Span,
  span: Span,
  machine: Machine,
): Datum {
  const frame: Env = { slots: [] };
  const fields: Record<string, Datum> = {};
  for (const member of info.members.values()) {
    const value = memberValue(info, member, given[member.name], spanOf, span, frame, machine);
    frame.slots[member.slot] = value;
    fields[member.name] = value;
    askMember(info, member, value, frame, given[member.name] ? spanOf(member.name) : span, machine);
  }
  for (const name of Object.keys(given)) {
    if (!info.members.has(name)) machine.fail("VB3006", span, `\`${info.name}\` has no member \`${name}\`.`);
  }
  for (const constraint of info.asserts)
    askConstraint(constraint, frame, { what: info.name, span, code: "VB3002" }, machine);
  return { is: "record", fields };
}

function memberValue(
  info: RecordInfo,
  member: Member,
  given: Datum | undefined,
  spanOf: (name: string) => Span,
  span: Span,
  frame: Env,
  machine: Machine,
): Datum {
  if (given) return convertDatum(given, member.type, spanOf(member.name), machine);
  if (member.auto) return { is: "auto" };
  if (member.value) return run(member.value, frame, machine);
  if (peel(member.type) === member.type && member.type.is !== "optional") {
    return machine.fail("VB3006", span, `\`${info.name}\` needs \`${member.name}\`.`);
  }
  return NONE;
}

function askMember(
  info: RecordInfo,
  member: Member,
  value: Datum,
  frame: Env,
  span: Span,
  machine: Machine,
): void {
  if (!member.constraint || value.is === "auto" || (value.is === "none" && member.type.is === "optional"))
    return;
  askConstraint(
    member.constraint,
    frame,
    { what: member.name, span, code: "VB3002", label: `the constraint of \`${info.name}.${member.name}\`` },
    machine,
  );
}
