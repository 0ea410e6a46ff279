// The manual of the standard library: its declarations and `///` texts in, pages of Markdown out. Reads no
// files.

import type { Class, Component, Enum, Fn, Item, Kind, Module, TypeDeclaration } from "../syntax/ast.ts";
import { parse, type Parsed } from "../syntax/index.ts";
import { printExpression, printParameters, printType } from "../syntax/print-expression.ts";
import { code, fenced, page, table } from "./markdown.ts";
import { examples, memberTables, parameterTable, prose, variantTable, type Places } from "./members.ts";

/** A file of the standard library: `prelude/guest.vbus` or `net.vbus`, and its text. */
export interface ManualSource {
  readonly name: string;
  readonly text: string;
}

const PRELUDE = "prelude/";
const RESOURCE = "resource";

interface Library {
  readonly prelude: readonly (Parsed & { readonly text: string })[];
  readonly modules: readonly { readonly name: string; readonly module: Module; readonly about: string }[];
}

/**
 * The pages by their file names, the same for the same texts: `index.md`, one a kind, `types.md`,
 * `functions.md`, one a module. The files have been checked: texts with mistakes give poor pages.
 */
export function manualPages(sources: readonly ManualSource[]): ReadonlyMap<string, string> {
  const ordered = sources.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const library: Library = {
    prelude: ordered
      .filter(({ name }) => name.startsWith(PRELUDE))
      .map(({ name, text }) => ({ ...parse(name, text), text })),
    modules: ordered
      .filter(({ name }) => !name.startsWith(PRELUDE))
      .map(({ name, text }) => ({
        name: name.replace(/\.vbus$/, ""),
        module: parse(name, text).module,
        about: opening(text),
      })),
  };
  const items = library.prelude.flatMap(({ module }) => module.items);
  const kinds = items.filter((item) => item.node === "kind");
  const places = placesOf(items);
  const pages = new Map<string, string>();
  for (const kind of kinds) pages.set(`${kind.name.text}.md`, kindPage(kind, classesOf(items, kind), places));
  pages.set("types.md", typesPage(items, places));
  pages.set("functions.md", functionsPage(library));
  for (const { name, module, about } of library.modules)
    pages.set(`std-${name}.md`, modulePage(name, module, about, places));
  pages.set("index.md", indexPage(kinds, items, library));
  return pages;
}

/** The `//` lines that a file opens with, as one text. */
function opening(text: string): string {
  const lines = text.split("\n");
  const end = lines.findIndex((line) => !line.startsWith("//"));
  return lines
    .slice(0, end)
    .map((line) => line.slice(2).trim())
    .join(" ");
}

const classesOf = (items: readonly Item[], kind: Kind): Class[] =>
  items.filter((item) => item.node === "class" && item.kind.text === kind.name.text) as Class[];

function placesOf(items: readonly Item[]): Places {
  const places = new Map<string, string>();
  for (const item of items) {
    if (item.node === "kind") places.set(item.name.text, `${item.name.text}.md`);
    if (item.node === "type" || item.node === "enum")
      places.set(item.name.text, `types.md#${item.name.text.toLowerCase()}`);
  }
  return places;
}

const GENERATED = "<!-- Made by `vbus doc` from the standard library. Change that, not this page. -->";

function kindPage(kind: Kind, classes: readonly Class[], places: Places): string {
  const name = kind.name.text;
  const common =
    name === RESOURCE
      ? ""
      : "Takes also what [every resource](resource.md) takes. " +
        "Marks of change are told [there too](resource.md#changes).";
  const list =
    classes.length === 0
      ? ""
      : `Classes: ${classes.map((one) => `[${code(one.name.text)}](#${anchor(name, one)})`).join(", ")}.`;
  return page([
    `# ${name}`,
    GENERATED,
    prose(kind.doc),
    list,
    ...memberTables(kind.members, places),
    common,
    ...(name === RESOURCE ? CHANGES : []),
    ...classes.flatMap((one) => [
      `## ${name} of class ${one.name.text}`,
      prose(one.doc),
      ...memberTables(one.members, places),
    ]),
  ]);
}

const anchor = (kind: string, one: Class): string => `${kind}-of-class-${one.name.text}`;

const CHANGES = [
  "## Changes",
  "The column `change` says what a change of the attribute does to a running lab.",
  table(
    ["mark", "a change"],
    [
      ["`live`", "happens now, while traffic flows, and loses nothing"],
      ["`pause`", "quiesces the device; nothing is lost"],
      ["`restart`", "restarts the guest"],
      ["`recreate`", "destroys the thing and makes it anew"],
      ["`data_loss`", "destroys what a user stored"],
    ],
  ),
];

function typesPage(items: readonly Item[], places: Places): string {
  const types = items
    .filter((item): item is TypeDeclaration | Enum => item.node === "type" || item.node === "enum")
    .toSorted((a, b) => (a.name.text < b.name.text ? -1 : 1));
  return page([
    "# Records and enums",
    GENERATED,
    ...types.flatMap((item) => [
      `## ${item.name.text}`,
      prose(item.doc),
      ...(item.node === "enum" ? [variantTable(item.variants)] : recordParts(item, places)),
    ]),
  ]);
}

function recordParts({ members }: TypeDeclaration, places: Places): string[] {
  const over = members.flatMap((one) => (one.node === "takes-over" ? [one.type.text] : []));
  const taken = over.map((name) => `Has the fields of [${code(name)}](${places.get(name) ?? "types.md"}).`);
  const timed = members.some((one) => one.node === "timed-mark")
    ? ["Takes timed statements: `at E for E { }`."]
    : [];
  return [...memberTables(members, places, "Fields"), ...taken, ...timed];
}

const GROUP = /^\/\/ ([^.\n]+?)(?:\. (.+)|\.)?$/;

/** Functions by the `//` line that stands before each group of them. */
function functionsPage({ prelude }: Library): string {
  const parts: string[] = ["# Functions", GENERATED, FUNCTIONS_ABOUT];
  for (const { module, text, comments } of prelude) {
    const groups = comments.filter(({ kind, span }) => kind === "line" && span.start > 0);
    let shown = -1;
    for (const item of module.items) {
      if (item.node !== "fn") continue;
      const at = groups.findLastIndex(({ span }) => span.end < item.span.start);
      const group = groups[at];
      if (group && at !== shown) {
        const [, title = "", rest = ""] =
          GROUP.exec(text.slice(group.span.start, group.span.end).trim()) ?? [];
        parts.push(`## ${title}`, rest);
        shown = at;
      }
      parts.push(...functionParts(item));
    }
  }
  return page(parts);
}

const FUNCTIONS_ABOUT =
  "A type of one capital letter stands for any type, `N` for int, float or one quantity. Every function " +
  "takes its first argument also in method style: `xs.map(f)` is `map(xs, f)`. The lines below a signature hold.";

const functionParts = (fn: Fn): string[] => [
  `### ${fn.name.text}`,
  code(`${fn.name.text}${printParameters(fn.parameters, "")}: ${printType(fn.result)}`),
  prose(fn.doc),
  examples(fn.doc).length === 0 ? "" : fenced("text", examples(fn.doc)),
];

function modulePage(name: string, module: Module, about: string, places: Places): string {
  const shown = module.items.filter(
    (item) => !("name" in item) || !("text" in item.name) || !item.name.text.startsWith("_"),
  );
  return page([
    `# std:${name}`,
    GENERATED,
    about,
    fenced("text", [`import "std:${name}" as ${name}`]),
    ...shown.flatMap((item) => moduleItem(name, item, places)),
  ]);
}

function moduleItem(module: string, item: Item, places: Places): string[] {
  if (item.node === "component") return [`## ${item.name.text}`, ...componentParts(module, item, places)];
  if (item.node === "fn") return [`## ${item.name.text}`, ...functionParts(item).slice(1)];
  if (item.node === "enum") return [`## ${item.name.text}`, prose(item.doc), variantTable(item.variants)];
  if (item.node === "type") return [`## ${item.name.text}`, prose(item.doc), ...recordParts(item, places)];
  if (item.node === "let")
    return [`## ${item.name.text}`, prose(item.doc), fenced("text", [printExpression(item.value)])];
  if (item.node === "declaration")
    return [`## ${item.name.text}`, prose(item.doc), code(`${item.kind.text} = ${module}.${item.name.text}`)];
  return [];
}

function componentParts(module: string, item: Component, places: Places): string[] {
  const needed = item.parameters.filter(
    ({ value, type }) => value === undefined && type.node !== "optional-type",
  );
  const given = needed.map(({ name }) => `${name.text} = ...`).join(", ");
  const call = `${module}.${item.name.text} NAME { ${given} }`;
  const outputs = item.body.flatMap((one) =>
    one.node === "output" ? [[code(one.name.text), code(printExpression(one.value)), prose(one.doc)]] : [],
  );
  return [
    prose(item.doc),
    fenced("text", [call.replace("{  }", "{ }")]),
    ...(item.parameters.length > 0 ? ["**Parameters**", parameterTable(item.parameters, places)] : []),
    ...(outputs.length > 0 ? ["**Outputs**", table(["name", "value", "meaning"], outputs)] : []),
  ];
}

function indexPage(kinds: readonly Kind[], items: readonly Item[], { modules }: Library): string {
  const rows = kinds
    .toSorted((a, b) => (a.name.text < b.name.text ? -1 : 1))
    .map((kind) => [
      `[${code(kind.name.text)}](${kind.name.text}.md)`,
      classesOf(items, kind)
        .map((one) => code(one.name.text))
        .join(" "),
      prose(kind.doc),
    ]);
  return page([
    "# Manual of the standard library",
    GENERATED,
    "How the language itself works stands in [its own page](../language.md).",
    table(["kind", "classes", "meaning"], rows),
    "- [Records and enums](types.md) that attributes take",
    "- [Functions](functions.md)",
    modules.map(({ name, about }) => `- [std:${name}](std-${name}.md): ${about}`).join("\n"),
  ])
    .replace("take\n\n- [F", "take\n- [F")
    .replace(".md)\n\n- [std", ".md)\n- [std");
}
