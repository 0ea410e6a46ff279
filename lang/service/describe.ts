// Meanings in words: a line in the language, and what its documentation says. Pure.

import type { Disruption } from "../model.ts";
import type { Parameter } from "../types/declared.ts";
import { peel, showType, type Type } from "../types/type.ts";
import { UNITS } from "../values/quantity.ts";
import type { Meaning } from "./meaning.ts";

export function showParameters(parameters: readonly Parameter[]): string {
  return `(${parameters.map(showParameter).join(", ")})`;
}

export const showParameter = ({ name, type, required }: Parameter): string =>
  `${name}: ${showType(type)}${required || type.is === "optional" ? "" : " = ..."}`;

/** One line, as it would be declared. */
export function headline(meaning: Meaning, name: string): string {
  switch (meaning.is) {
    case "value":
      return valueLine(meaning.what, name, meaning.type());
    case "function":
      return `fn ${name}${showParameters(meaning.info.parameters)}: ${showType(meaning.info.result)}`;
    case "module":
      return `import ${JSON.stringify(meaning.scope.module ?? "")} as ${name}`;
    case "component":
      return `component ${name}(${[...meaning.info.table.members.values()]
        .filter((member) => !meaning.info.resourceMembers.has(member.name))
        .map((member) => `${member.name}: ${showType(member.type)}${member.hasDefault ? " = ..." : ""}`)
        .join(", ")})`;
    case "kind":
      return `kind ${name}`;
    case "class":
      return `class ${meaning.info.kind.name} ${name}`;
    case "enum":
      return `enum ${name} { ${[...meaning.info.variants.keys()].join(", ")} }`;
    case "record":
      return `type ${name}`;
    case "variant":
      return `${meaning.of.name}.${name}${meaning.info.parameters ? showParameters(meaning.info.parameters) : ""}`;
    case "member":
      return `${meaning.member.out ? "out " : ""}${name}: ${showType(meaning.member.type)}`;
    case "live":
      return `live ${name}${meaning.info.parameters ? showParameters(meaning.info.parameters) : ""}: ${showType(meaning.info.type)}`;
    case "action":
      return `action ${name}${showParameters(meaning.info.parameters)}`;
    case "field":
      return `${name}: ${showType(meaning.type)}`;
    case "built-in":
      return `type ${name}`;
  }
}

function valueLine(what: string, name: string, type: Type): string {
  const inner = peel(type);
  if (inner.is === "thing" || inner.is === "family") {
    const thing = inner.is === "family" ? inner.of : inner;
    const several = inner.is === "family" ? ` for ${showType(inner.key)}` : "";
    return `${thing.kind.name} ${name}${several}${thing.class ? `: ${thing.class.name}` : ""}`;
  }
  const word = ["let", "param", "output"].includes(what) ? `${what} ` : "";
  return `${word}${name}: ${showType(type)}`;
}

/** What its declaration says about it; of names that are declared in a file, the file is asked. */
export function documentation(meaning: Meaning): string {
  switch (meaning.is) {
    case "value":
    case "module":
    case "field":
    case "built-in":
      return "";
    case "member":
      return meaning.member.doc;
    default:
      return meaning.info.doc;
  }
}

export function typeOfMeaning(meaning: Meaning): Type | undefined {
  switch (meaning.is) {
    case "value":
      return meaning.type();
    case "member":
      return meaning.member.type;
    case "live":
      return meaning.info.type;
    case "field":
      return meaning.type;
    case "function":
      return meaning.info.result;
    default:
      return undefined;
  }
}

/** "Units: `B` `kB` ...", for quantities. */
export function unitsLine(type: Type | undefined): string {
  const inner = type && peel(type);
  const of = inner?.is === "range" ? inner.of : inner;
  if (of?.is !== "quantity") return "";
  return `Units: ${unitsOf(of.dimension)
    .map((unit) => `\`${unit}\``)
    .join(" ")}`;
}

export const unitsOf = (dimension: string): string[] =>
  [...UNITS].flatMap(([name, unit]) => (unit.dimension === dimension ? [name] : []));

const CHANGES: Readonly<Record<Disruption, string>> = {
  live: "Changes while traffic flows.",
  pause: "A change pauses the device.",
  restart: "A change restarts the guest.",
  recreate: "A change makes it anew.",
  data_loss: "A change destroys data.",
};

/** How disruptive a change is, of what can be set in a kind or class. */
export const changeLine = (meaning: Meaning): string =>
  meaning.is === "member" && !meaning.member.out && meaning.member.span.file.startsWith("std:prelude")
    ? CHANGES[meaning.member.disruption]
    : "";

/** Documentation as Markdown: its examples as code. */
export function markdownOf(doc: string): string {
  return doc
    .split("\n")
    .map((line) => (line.startsWith("Example: ") ? `\n\`\`\`vbus\n${line.slice(9)}\n\`\`\`\n` : line))
    .join("\n")
    .trim();
}
