// A lab for a terminal, in plain ASCII: each meeting place with what comes there, then what stands alone.

import { widthOf } from "../text.ts";
import { counted } from "../text.ts";
import type { DrawnThing, Joined, Joint } from "./joined.ts";

/** Kinds where others meet, in the order in which they are drawn. */
const PLACES = ["network", "bus", "channel", "volume"];

/** Of one family at one place so many are drawn; of more the first ones, and how many there are. */
const FAMILY_MAX = 6;
const FAMILY_SHOWN = 3;

/** Lines of at most `width` columns. */
export function asciiGraph(joined: Joined, width: number): string {
  const lines = [`lab ${joined.lab}`];
  const met = new Set<string>();
  for (const kind of PLACES) {
    for (const place of joined.things.filter((thing) => thing.kind === kind)) {
      met.add(place.address);
      const rows = rowsAt(place, joined);
      for (const { from } of joined.joints.filter(({ to }) => to === place.address)) met.add(from);
      lines.push("", head(place), ...branches(rows));
    }
  }
  const alone = joined.things.filter(({ address }) => !met.has(address));
  if (alone.length > 0) lines.push("", "joined to nothing", ...branches(shortened(alone.map(row))));
  return lines.map((line) => `${cut(line, width)}\n`).join("");
}

const head = ({ kind, address, class: className, about }: DrawnThing): string =>
  [
    `${kind} ${address}`,
    ...(className === undefined ? [] : [className]),
    ...(about === "" ? [] : [about]),
  ].join("  ");

/** What is drawn of one thing at a place: columns, and the family that it is of. */
interface Row {
  readonly family: string;
  readonly columns: readonly string[];
}

const familyOf = (address: string): string => address.replace(/\[(?:"(?:[^"\\]|\\.)*"|[^\]"]*)\]/g, "[]");

const row = (thing: DrawnThing): Row => ({
  family: familyOf(thing.address),
  columns: [thing.address, thing.kind, thing.about],
});

function rowsAt(place: DrawnThing, { things, joints }: Joined): Row[] {
  const byAddress = new Map(things.map((thing) => [thing.address, thing]));
  const here = joints.filter(({ to }) => to === place.address);
  const rows = here.map((joint): Row => {
    const from = byAddress.get(joint.from);
    const name = isDevice(joint, from) ? `${joint.from}.${joint.name}` : joint.from;
    const what = [from?.kind ?? "", ...(from?.class === undefined ? [] : [from.class])].join(" ");
    const how =
      isDevice(joint, from) || joint.name === place.kind || joint.name === "bus" ? "" : ` (${joint.name})`;
    return { family: familyOf(name), columns: [name, joint.about, what + how, from?.about ?? ""] };
  });
  const outward = joints.filter(({ from }) => from === place.address);
  const ways = outward.map(({ name, about, to }): Row => ({
    family: familyOf(`${name} ${to}`),
    columns: [name, about, `-> ${to}`],
  }));
  return shortened(place.kind === "bus" ? [...ways, ...rows] : rows);
}

const isDevice = (joint: Joint, from: DrawnThing | undefined): boolean =>
  (from?.kind === "guest" && joint.name !== "bus") || from?.kind === "bus";

/** A family of many as its first ones and their number. */
function shortened(rows: readonly Row[]): Row[] {
  const counts = new Map<string, number>();
  for (const { family } of rows) counts.set(family, (counts.get(family) ?? 0) + 1);
  const shown = new Map<string, number>();
  return rows.flatMap((one) => {
    const count = counts.get(one.family) ?? 0;
    const at = shown.get(one.family) ?? 0;
    shown.set(one.family, at + 1);
    if (count <= FAMILY_MAX || at < FAMILY_SHOWN) return [one];
    if (at > FAMILY_SHOWN) return [];
    return [
      { family: one.family, columns: [`... ${counted(count - FAMILY_SHOWN, "more")}`.replace(/s$/, "")] },
    ];
  });
}

function branches(rows: readonly Row[]): string[] {
  const widths: number[] = [];
  for (const { columns } of rows) {
    if (columns.length === 1) continue;
    for (const [i, text] of columns.entries()) widths[i] = Math.max(widths[i] ?? 0, widthOf(text));
  }
  return rows.map(({ columns }, i) => {
    const text = columns
      .map((column, at) => column + " ".repeat(Math.max(0, (widths[at] ?? 0) - widthOf(column))))
      .filter((_, at) => (widths[at] ?? 0) > 0 || columns.length === 1)
      .join("  ");
    return `  ${i === rows.length - 1 ? "`-" : "|-"} ${text}`.trimEnd();
  });
}

function cut(line: string, width: number): string {
  if (widthOf(line) <= width) return line;
  let short = "";
  for (const point of line) {
    if (widthOf(short + point) > width - 3) break;
    short += point;
  }
  return `${short}...`;
}
