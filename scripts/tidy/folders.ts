// Who may import whom: the table of the house, and the rule that holds every import against it.
import { posix } from "node:path";
import { SyntaxKind, type Node, type StringLiteral } from "typescript/unstable/ast";
import { eachNode, isTest, lineOf, topFolder, type Complaint, type Project, type Source } from "./source.ts";

interface Room {
  /** Other rooms whose door it may use. */
  readonly rooms: readonly string[];
  /** Packages it may import, by name; "node:" stands for all of Node's own modules. */
  readonly packages: readonly string[];
}

/** The house. A folder that is not here may not hold TypeScript. */
const ROOMS: Readonly<Record<string, Room>> = {
  lang: { rooms: [], packages: ["chevrotain"] },
  stdlib: { rooms: [], packages: ["node:"] },
  hypervisor: { rooms: [], packages: ["node:", "koffi", "v86"] },
  interpreter: {
    rooms: ["lang", "stdlib", "hypervisor"],
    packages: ["node:", "chokidar", "vscode-jsonrpc", "yaml"],
  },
  lsp: {
    rooms: ["lang", "interpreter"],
    packages: ["node:", "vscode-languageserver", "vscode-languageserver-textdocument"],
  },
  tui: { rooms: ["interpreter"], packages: ["react", "ink", "string-width", "@xterm/headless"] },
  embed: { rooms: ["interpreter"], packages: ["node:"] },
  cli: {
    rooms: ["lang", "stdlib", "hypervisor", "interpreter", "tui", "lsp"],
    packages: ["node:", "commander", "react", "ink", "string-width", "yaml", "vscode-languageserver"],
  },
  bench: {
    rooms: ["lang", "stdlib", "hypervisor", "interpreter", "lsp"],
    packages: [
      "node:",
      "wabt",
      "assemblyscript",
      "@lydell/node-pty",
      "@xterm/headless",
      "vscode-languageserver",
    ],
  },
  scripts: {
    rooms: ["lang", "stdlib"],
    packages: [
      "node:",
      "typescript",
      "rolldown",
      "wabt",
      "assemblyscript",
      "@xterm/headless",
      "@lydell/node-pty",
    ],
  },
  "": { rooms: ["scripts"], packages: ["node:", "vitest"] },
};

/** What a test may import besides what its room may; it may also use every door. */
const TEST_PACKAGES = [
  "node:",
  "vitest",
  "ajv",
  "fast-check",
  "wabt",
  "yaml",
  "@xterm/headless",
  "@lydell/node-pty",
  "vscode-oniguruma",
  "vscode-textmate",
];

/**
 * Inside the hypervisor, from the bottom up; the same number is the same storey. Folders not named are
 * unordered.
 */
const HYPERVISOR_STOREYS: Readonly<Record<string, number>> = {
  memory: 0,
  ring: 1,
  datapath: 2,
  device: 3,
  backend: 3,
  line: 3,
  bus: 4,
  machine: 4, // What guests of other classes believe to run on: drivers in the host, made of a guest's verbs.
  capture: 5, // It taps what stands on buses; guests know nothing of it.
  guest: 5, // A guest is a member of a bus; a bus knows guests by an interface of its own.
};

const USE_ROW = "use what its row in the table of rooms allows";

/** One import, export-from, or dynamic import of a file. */
export interface ImportLine {
  readonly specifier: string;
  readonly line: number;
  readonly node: Node;
}

/** All modules that a file names, however it names them. */
export function importsOf(source: Source): readonly ImportLine[] {
  const found: ImportLine[] = [];
  const tree = source.tree;
  if (!tree) return found;
  eachNode(tree, (node) => {
    const literal = moduleLiteral(node);
    if (literal) found.push({ specifier: literal.text, line: lineOf(tree, node), node });
  });
  return found;
}

function moduleLiteral(node: Node): StringLiteral | undefined {
  let named: Node | undefined;
  node.forEachChild((child) => {
    if (child.kind === SyntaxKind.StringLiteral) named = child;
  });
  const names =
    node.kind === SyntaxKind.ImportDeclaration ||
    node.kind === SyntaxKind.ExportDeclaration ||
    (node.kind === SyntaxKind.CallExpression && firstKind(node) === SyntaxKind.ImportKeyword);
  return names ? (named as StringLiteral | undefined) : undefined;
}

function firstKind(node: Node): SyntaxKind | undefined {
  return node.forEachChild((child) => child.kind);
}

/** The file that a relative import means, as a path of the project. */
export function resolveImport(from: string, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(from), specifier));
}

/** Rule: imports obey the table, other rooms are entered by their door, and storeys are not climbed down. */
export function checkImports(project: Project): readonly Complaint[] {
  return project.sources.flatMap((source) =>
    importsOf(source).flatMap(({ specifier, line }) => {
      const message = specifier.startsWith(".")
        ? judgeFile(source.path, resolveImport(source.path, specifier), project)
        : judgePackage(source.path, specifier);
      return message === undefined ? [] : [{ path: source.path, line, message }];
    }),
  );
}

function judgePackage(path: string, specifier: string): string | undefined {
  const room = topFolder(path);
  const allowed = [...(ROOMS[room]?.packages ?? []), ...(isTest(path) ? TEST_PACKAGES : [])];
  const name = specifier.startsWith("node:") ? "node:" : packageName(specifier);
  if (allowed.includes(name)) return undefined;
  return `\`${specifier}\` in ${room || "the project's folder"} is banned, ${USE_ROW}`;
}

function packageName(specifier: string): string {
  const parts = specifier.split("/");
  return specifier.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] ?? specifier);
}

function judgeFile(path: string, target: string, project: Project): string | undefined {
  if (!project.paths.has(target))
    return `an import of ${target}, which is not there, is banned, use one that is`;
  const [from, to] = [topFolder(path), topFolder(target)];
  if (from === to) return judgeStorey(path, target);
  if (target !== `${to}/index.ts`) return `a path into ${to} is banned, use its door ${to}/index.ts`;
  if (isTest(path) || ROOMS[from]?.rooms.includes(to)) return undefined;
  return `${to} in ${from || "the project's folder"} is banned, ${USE_ROW}`;
}

function judgeStorey(path: string, target: string): string | undefined {
  if (topFolder(path) !== "hypervisor" || isTest(path)) return undefined;
  const [from, to] = [path, target].map((file) => file.split("/")[1] ?? "");
  const [low, high] = [HYPERVISOR_STOREYS[from ?? ""], HYPERVISOR_STOREYS[to ?? ""]];
  if (low === undefined || high === undefined || from === to || high < low) return undefined;
  return `hypervisor/${to} in hypervisor/${from} is banned, use a parameter: it is not a lower storey`;
}
