// A lab as text for programs that draw: Mermaid and Graphviz. Names and labels are quoted, whatever stands in
// them.

import type { DrawnThing, Joined, Joint } from "./joined.ts";

const label = ({ address, kind, class: className, about }: DrawnThing): string[] => [
  address,
  className === undefined ? kind : `${kind}: ${className}`,
  ...(about === "" ? [] : [about]),
];

const jointLabel = ({ name, about }: Joint): string => (about === "" ? name : `${name} ${about}`);

/** Left and right bracket of each kind's shape. */
const MERMAID_SHAPES: Readonly<Record<string, readonly [string, string]>> = {
  network: ["([", "])"],
  guest: ["[", "]"],
  bus: ["[[", "]]"],
  channel: [">", "]"],
  volume: ["[(", ")]"],
  uplink: ["((", "))"],
};

/** `flowchart LR`, for Markdown pages. */
export function mermaidGraph({ lab, things, joints }: Joined): string {
  const ids = idsOf(things);
  const quoted = (text: string): string =>
    `"${text.replaceAll("&", "#amp;").replaceAll('"', "#quot;").replaceAll("<", "#lt;")}"`;
  const nodes = things.map((thing) => {
    const [left, right] = MERMAID_SHAPES[thing.kind] ?? ["[", "]"];
    return `  ${ids.get(thing.address)}${left}${label(thing).map(quoted).join("<br>").replaceAll('"<br>"', "<br>")}${right}`;
  });
  const edges = drawable(joints, ids).map(
    (joint) => `  ${ids.get(joint.from)} ---|${quoted(jointLabel(joint))}| ${ids.get(joint.to)}`,
  );
  return [`%% lab ${lab.replaceAll("\n", " ")}`, "flowchart LR", ...nodes, ...edges, ""].join("\n");
}

const DOT_SHAPES: Readonly<Record<string, string>> = {
  network: "ellipse",
  guest: "box",
  bus: "box3d",
  channel: "cds",
  volume: "cylinder",
  uplink: "doublecircle",
};

/** An undirected graph for `dot`. */
export function dotGraph({ lab, things, joints }: Joined): string {
  const ids = idsOf(things);
  const quoted = (text: string): string => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
  const nodes = things.map((thing) => {
    const lines = label(thing).map(quoted).join("\\n").replaceAll('"\\n"', "\\n");
    return `  ${ids.get(thing.address)} [shape=${DOT_SHAPES[thing.kind] ?? "box"}, label=${lines}];`;
  });
  const edges = drawable(joints, ids).map(
    (joint) => `  ${ids.get(joint.from)} -- ${ids.get(joint.to)} [label=${quoted(jointLabel(joint))}];`,
  );
  return [`graph ${quoted(lab)} {`, "  rankdir=LR;", ...nodes, ...edges, "}", ""].join("\n");
}

const idsOf = (things: readonly DrawnThing[]): ReadonlyMap<string, string> =>
  new Map(things.map(({ address }, i) => [address, `n${i + 1}`]));

/** Both ends are drawn. */
const drawable = (joints: readonly Joint[], ids: ReadonlyMap<string, string>): Joint[] =>
  joints.filter(({ from, to }) => ids.has(from) && ids.has(to));
