// `vbus tree` and `vbus get`: the admin tree of a running lab, to look at.

import type { AttributeRow, TreeRow } from "../../interpreter/index.ts";
import type { Context, Exit } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import type { Terminal } from "../terminal.ts";
import { tableText } from "../text.ts";
import { connectRunning } from "../which-lab.ts";

export interface TreeOptions {
  readonly json?: boolean;
  readonly plain?: boolean;
  readonly file?: string;
  readonly lab?: string;
}

const TREE_SCHEMA = 1;
const GET_SCHEMA = 1;

export async function tree(
  { terminal }: Context,
  path: string | undefined,
  options: TreeOptions,
): Promise<Exit> {
  const client = await connectRunning({ file: options.file, lab: options.lab });
  const { rows } = await client.request("tree", path === undefined ? {} : { path });
  client.close();
  if (path !== undefined && rows.length === 0) {
    terminal.err(
      `${terminal.paint("red", "error:", "err")} Nothing that runs has the address \`${path}\`.\n`,
    );
    return EXIT.failed;
  }
  if (options.json) terminal.out(`${JSON.stringify({ schema: TREE_SCHEMA, rows }, undefined, 2)}\n`);
  else if (options.plain) terminal.out(rows.map((row) => `${plainRow(row).join("\t")}\n`).join(""));
  else terminal.out(treeText(rows, terminal));
  return EXIT.done;
}

export async function get({ terminal }: Context, path: string, options: TreeOptions): Promise<Exit> {
  const client = await connectRunning({ file: options.file, lab: options.lab });
  const found = await client.request("get", { path }).finally(() => client.close());
  const { address, attributes } = found;
  if (options.json) terminal.out(`${JSON.stringify({ schema: GET_SCHEMA, ...found }, undefined, 2)}\n`);
  else if (address === path) terminal.out(tableText(attributes.map(attributeRow)));
  else terminal.out(attributes.map(({ text }) => `${text}\n`).join(""));
  return EXIT.done;
}

const attributeRow = ({ name, text, origin, disruption }: AttributeRow): string[] => [
  name,
  text,
  origin,
  `@${disruption}`,
];

const plainRow = ({ address, kind, class: sort = "", hand, unlinked, members = [] }: TreeRow): string[] => [
  address,
  kind,
  sort,
  hand ? "hand" : "file",
  unlinked ? "unlinked" : "",
  members.join(","),
];

function treeText(rows: readonly TreeRow[], terminal: Terminal): string {
  const shown = new Set(rows.map(({ address }) => address));
  const below = Map.groupBy(rows, ({ parent }) => (parent !== undefined && shown.has(parent) ? parent : ""));
  const draw = (row: TreeRow, lead: string, branch: string, more: string): string => {
    const children = below.get(row.address) ?? [];
    const lines = children.map((child, index) => {
      const last = index === children.length - 1;
      return draw(child, lead + more, last ? "└─ " : "├─ ", last ? "   " : "│  ");
    });
    return `${lead}${branch}${lineOf(row, terminal)}\n${lines.join("")}`;
  };
  return (below.get("") ?? []).map((row) => draw(row, "", "", "")).join("");
}

function lineOf(
  { address, kind, class: sort, members = [], hand, unlinked }: TreeRow,
  terminal: Terminal,
): string {
  const notes = [
    ...(members.length > 0 ? [`members ${members.join(", ")}`] : []),
    ...(unlinked ? ["linked to no bus"] : []),
  ];
  const said = notes.length === 0 ? "" : `  ${terminal.paint("dim", notes.join("; "))}`;
  const mark = hand ? `  ${terminal.paint("yellow", "by hand")}` : "";
  return `${terminal.paint("bold", address)}  ${kind}${sort === undefined ? "" : `:${sort}`}${said}${mark}`;
}
