// Words and forms that may not stand in the source: time and chance out of nowhere, holes in the types, tests
// that don't run, and the folders of somebody's machine.
import { SyntaxKind, type Node } from "typescript/unstable/ast";
import { eachNode, isGuestSource, isTest, lineOf, topFolder } from "./source.ts";
import type { Complaint, Project, Source } from "./source.ts";

interface BannedCall {
  readonly name: string;
  readonly use: string;
  /** Tests may: they measure and they print. */
  readonly testsMay: boolean;
}

const BANNED_CALLS: readonly BannedCall[] = [
  { name: "Date.now", use: "a `Clock` that is passed in", testsMay: true },
  { name: "performance.now", use: "a `Clock` that is passed in", testsMay: true },
  { name: "Math.random", use: "a `Random` that is passed in", testsMay: false },
  { name: "process.exit", use: "a result; only cli/ ends the process", testsMay: false },
  { name: "console", use: "an event or a result; only cli/ prints", testsMay: true },
];
const EDGE_ROOMS = new Set(["cli", "embed", "scripts", "bench", ""]);

/** Where shared words may be touched; guests' own sources and the benches are not looked at. */
const ATOMICS_FOLDERS = /^hypervisor\/(memory|ring|datapath)\/|^bench\//;

/**
 * Rule: no clock, chance, exit or console outside the edge; `Atomics` only at the bottom of the hypervisor.
 */
export function checkCalls(project: Project): readonly Complaint[] {
  return inTrees(project, (source, node) => {
    if (node.kind === SyntaxKind.NewExpression && node.getText(source.tree) === "new Date()") {
      return isEdge(source) || isTest(source.path)
        ? undefined
        : "`new Date()` is banned, use a `Clock` that is passed in";
    }
    if (node.kind !== SyntaxKind.PropertyAccessExpression) return undefined;
    const text = node.getText(source.tree);
    if (text.startsWith("Atomics.") && !ATOMICS_FOLDERS.test(source.path) && !isTest(source.path)) {
      return "`Atomics` is banned, use a function of hypervisor/memory, ring or datapath";
    }
    const banned = BANNED_CALLS.find(({ name }) => text === name || text.startsWith(`${name}.`));
    if (!banned || isEdge(source) || (banned.testsMay && isTest(source.path))) return undefined;
    // `Date.now.bind` is told once, for what is inside it.
    if (banned.name !== "console" && text !== banned.name) return undefined;
    return `\`${banned.name}\` is banned, use ${banned.use}`;
  });
}

const isEdge = (source: Source): boolean => EDGE_ROOMS.has(topFolder(source.path));

/** Rule: no hole in the types, no form that Node can't strip, nothing exported without a name. */
export function checkForms(project: Project): readonly Complaint[] {
  return inTrees(project, (source, node) => {
    switch (node.kind) {
      case SyntaxKind.AnyKeyword:
        return "`any` is banned, use the type, or `unknown` and a check";
      case SyntaxKind.EnumDeclaration:
        return "an enum is banned, use a union of literals";
      case SyntaxKind.DebuggerStatement:
        return "`debugger` is banned, use a test";
      case SyntaxKind.ExportAssignment:
        return topFolder(source.path) === "" ? undefined : "a default export is banned, use a name";
      case SyntaxKind.DefaultKeyword:
        return node.parent.kind === SyntaxKind.DefaultClause
          ? undefined
          : "a default export is banned, use a name";
      case SyntaxKind.NonNullExpression:
        return node.getText(source.tree).startsWith("Atomics.")
          ? "`!` after `Atomics` is banned, use a check"
          : undefined;
      default:
        return undefined;
    }
  });
}

const IDLE_TEST = /^(?:test|it|describe|suite)(?:\.\w+)*?\.(only|skip|todo|skipIf|runIf|fails)$/;

/** Rule: every test runs. */
export function checkTestsRun(project: Project): readonly Complaint[] {
  return inTrees(project, (source, node) => {
    if (node.kind !== SyntaxKind.PropertyAccessExpression) return undefined;
    const match = IDLE_TEST.exec(node.getText(source.tree));
    return match ? `\`.${match[1]}(\` is banned, use a test that runs and says what is` : undefined;
  });
}

interface BannedText {
  readonly pattern: RegExp;
  readonly message: string;
  /** Files in which it is looked for; absent: all. */
  readonly only?: RegExp;
}

const BANNED_TEXTS: readonly BannedText[] = [
  { pattern: /\bFIX[M]E\b/, message: "a mark of unfinished work is banned, use `TODO(#12)` with an issue" },
  { pattern: /\bTOD[O]\b(?!\(#\d+\))/, message: "a promise without an issue is banned, use `TODO(#12)`" },
  { pattern: /\t/, message: "a tab is banned, use spaces", only: /\.(tsx?|cjs|md|json|vbus)$/ },
  { pattern: /[ \t]+$/, message: "trailing space is banned, use nothing" },
  {
    pattern: /(?<![\w.$}])\/(?:work|root|home\/\w+|Users\/\w+)\/\w/,
    message: "a folder of one machine is banned, use a path relative to the project",
  },
  {
    pattern: /\bshared\/(?:design|prototypes)\b/,
    message: "a text outside the project is banned, use one of docs/",
  },
];

/** Rule: no unfinished marks, no stray white space, nothing that is only on one machine. */
export function checkTexts(project: Project): readonly Complaint[] {
  return project.sources.flatMap(({ path, lines }) =>
    lines.flatMap((text, index) =>
      BANNED_TEXTS.filter(({ pattern, only }) => (only?.test(path) ?? true) && pattern.test(text)).map(
        ({ message }) => ({
          path,
          line: index + 1,
          message,
        }),
      ),
    ),
  );
}

/** Rule: a page has one title. Lines in code fences are not headings. */
export function checkTitles(project: Project): readonly Complaint[] {
  return project.sources.flatMap(({ path, lines }) => {
    if (!path.endsWith(".md")) return [];
    let fenced = false;
    const titles = lines.filter((line) => {
      if (/^\s*(```|~~~)/.test(line)) fenced = !fenced;
      return !fenced && /^# \S/.test(line);
    });
    if (titles.length === 1) return [];
    return [
      {
        path,
        line: 1,
        message: `a page with ${titles.length} titles is banned, use exactly one \`# Title\``,
      },
    ];
  });
}

function inTrees(
  project: Project,
  judge: (source: Source, node: Node) => string | undefined,
): readonly Complaint[] {
  const complaints: Complaint[] = [];
  for (const source of project.sources) {
    const tree = source.tree;
    if (!tree || isGuestSource(source.path)) continue;
    eachNode(tree, (node) => {
      const message = judge(source, node);
      if (message !== undefined) complaints.push({ path: source.path, line: lineOf(tree, node), message });
    });
  }
  return complaints;
}
