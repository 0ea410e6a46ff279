// The shape of a file: how long it, its functions and its lines may be, how it opens, and that a loop says
// its bound.
import { SyntaxKind, type Node } from "typescript/unstable/ast";
import {
  eachNode,
  isTest,
  isTypeScript,
  lineOf,
  type Complaint,
  type Project,
  type Source,
} from "./source.ts";

const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 60;
const LINE_COLUMNS_MAX = 110;

/** Rule: a file fits in the head. */
export function checkFileLength(project: Project): readonly Complaint[] {
  return project.sources.flatMap(({ path, lines }) => {
    const count = lines.at(-1) === "" ? lines.length - 1 : lines.length;
    if (!isTypeScript(path) || count <= FILE_LINES_MAX) return [];
    return [
      {
        path,
        line: 1,
        message: `a file of ${count} lines is banned, use several of at most ${FILE_LINES_MAX}`,
      },
    ];
  });
}

/** A line that is one string, or the value of a name, and nothing else: prose that can't be broken. */
const PROSE = /^\s*(?:\w+: |return )?(["'`])[^]*\1[,;]?$/;

/** Rule: a line fits on the screen. Counted in code points. */
export function checkLineLength(project: Project): readonly Complaint[] {
  return project.sources.flatMap(({ path, lines }) =>
    lines.flatMap((text, index) => {
      const columns = [...text].length;
      if (!isTypeScript(path) || columns <= LINE_COLUMNS_MAX || PROSE.test(text)) return [];
      const message = `a line of ${columns} columns is banned, use at most ${LINE_COLUMNS_MAX}`;
      return [{ path, line: index + 1, message }];
    }),
  );
}

const FUNCTIONS = new Set([
  SyntaxKind.FunctionDeclaration,
  SyntaxKind.FunctionExpression,
  SyntaxKind.ArrowFunction,
  SyntaxKind.MethodDeclaration,
  SyntaxKind.Constructor,
  SyntaxKind.GetAccessor,
  SyntaxKind.SetAccessor,
]);

/** Rule: a function fits on the screen. Its own lines count, those of functions inside it too. */
export function checkFunctionLength(project: Project): readonly Complaint[] {
  return eachInTrees(project, (source, node) => {
    if (!FUNCTIONS.has(node.kind) || !source.tree) return undefined;
    const last = source.tree.getLineAndCharacterOfPosition(node.getEnd()).line + 1;
    const count = last - lineOf(source.tree, node) + 1;
    if (count <= FUNCTION_LINES_MAX) return undefined;
    return `a function of ${count} lines is banned, use several of at most ${FUNCTION_LINES_MAX}`;
  });
}

/** Rule: a loop without an end of its own says what bounds it, right before it or as its first line. */
export function checkLoops(project: Project): readonly Complaint[] {
  return eachInTrees(project, (source, node) => {
    if (!source.tree || !isEndless(node, source)) return undefined;
    const line = lineOf(source.tree, node);
    const near = [
      ...commentAbove(source.lines, line),
      source.lines[line - 1] ?? "",
      source.lines[line] ?? "",
    ];
    if (near.some((text) => /\/\/ (?:Bound|Event loop):/.test(text))) return undefined;
    return "an endless loop is banned, use one with a `// Bound:` or `// Event loop:` comment";
  });
}

function isEndless(node: Node, source: Source): boolean {
  const loop = node.kind === SyntaxKind.WhileStatement || node.kind === SyntaxKind.ForStatement;
  const text = loop || node.kind === SyntaxKind.DoStatement ? node.getText(source.tree) : "";
  if (node.kind === SyntaxKind.DoStatement) return /while \((?:true|1)\);?$/.test(text);
  return loop && /^(?:while \((?:true|1)\)|for \([^;]*; ?;)/.test(text);
}

/** The comment lines that stand right above a line. */
function commentAbove(lines: readonly string[], line: number): readonly string[] {
  let first = line - 1;
  while (first > 0 && /^\s*(\/\/|\*|\/\*)/.test(lines[first - 1] ?? "")) first--;
  return lines.slice(first, line - 1);
}

/** Rule: a file says what it is before it begins. Tests say it by their names. */
export function checkOpening(project: Project): readonly Complaint[] {
  return project.sources.flatMap(({ path, lines, tree }) => {
    if (
      !tree ||
      isTest(path) ||
      /^(\/\/ \S|\/\*)/.test(lines[0]?.startsWith("#!") ? (lines[1] ?? "") : (lines[0] ?? ""))
    ) {
      return [];
    }
    return [
      { path, line: 1, message: "a file without an opening comment is banned, use 1 to 4 lines: what it is" },
    ];
  });
}

function eachInTrees(
  project: Project,
  judge: (source: Source, node: Node) => string | undefined,
): readonly Complaint[] {
  const complaints: Complaint[] = [];
  for (const source of project.sources) {
    const tree = source.tree;
    if (!tree) continue;
    eachNode(tree, (node) => {
      const message = judge(source, node);
      if (message !== undefined) complaints.push({ path: source.path, line: lineOf(tree, node), message });
    });
  }
  return complaints;
}
