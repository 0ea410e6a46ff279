// What nobody needs: a file that nothing imports, and an exported name that no other file uses.
import { posix } from "node:path";
import { SyntaxKind, type Identifier, type Node, type StringLiteral } from "typescript/unstable/ast";
import { importsOf, resolveImport } from "./folders.ts";
import { eachNode, isTest, lineOf, type Complaint, type Project, type Source } from "./source.ts";

/** Files that are started, not imported: commands, and what tools look for by name. */
const STARTED = /^(?:cli\/main\.ts|bench\/main\.ts|scripts\/[^/]+\.ts|vitest\.config\.ts)$/;
/** A door's names are for the world outside its room, and for programs that embed us. */
const DOOR = /^[^/]+\/index\.ts$/;

/** Rule: a file is imported, started, or a worker that somebody names. */
export function checkOrphans(project: Project): readonly Complaint[] {
  const reached = new Set<string>();
  for (const source of project.sources) {
    for (const { specifier } of importsOf(source)) {
      if (specifier.startsWith(".")) reached.add(resolveImport(source.path, specifier));
    }
    for (const path of namedFiles(source)) reached.add(path);
  }
  return project.sources.flatMap(({ path, tree }) => {
    const needed =
      !tree ||
      /\.(test\.tsx?|d\.ts)$/.test(path) ||
      STARTED.test(path) ||
      DOOR.test(path) ||
      reached.has(path);
    return needed
      ? []
      : [{ path, line: 1, message: "a file that nobody imports is banned, use it or delete it" }];
  });
}

/** Workers and guests are named by a string: "./guest-worker.ts", or ".js" where it has been built. */
function namedFiles(source: Source): readonly string[] {
  const found: string[] = [];
  if (!source.tree) return found;
  eachNode(source.tree, (node) => {
    const literal = node.kind === SyntaxKind.StringLiteral ? (node as StringLiteral).text : "";
    const match = /^(?<stem>\.{0,2}[\w./-]*?)(?:\.[jt]sx?)?$/.exec(literal);
    if (!literal.includes("/") || !match?.groups?.["stem"]) return;
    const stem = posix.normalize(posix.join(posix.dirname(source.path), match.groups["stem"]));
    found.push(`${stem}.ts`, `${stem}.tsx`);
  });
  return found;
}

interface ExportedName {
  readonly name: string;
  readonly line: number;
  readonly isType: boolean;
}

/** Rule: an export has a user in another file; a type may instead be part of what its own file says. */
export function checkExports(project: Project): readonly Complaint[] {
  const used = usedNames(project);
  return project.sources.flatMap((source) => {
    if (!source.tree || DOOR.test(source.path) || STARTED.test(source.path)) return [];
    const users = used.get(source.path);
    if (users?.has("*")) return [];
    return exportsOf(source)
      .filter(({ name, isType }) => !users?.has(name) && !(isType && mentions(source, name) > 1))
      .map(({ name, line }) => ({
        path: source.path,
        line,
        message: `the export \`${name}\`, which no other file uses, is banned, use it, hide it or delete it`,
      }));
  });
}

/** For each file, the names that others take from it; "*" where they take all. */
function usedNames(project: Project): ReadonlyMap<string, ReadonlySet<string>> {
  const used = new Map<string, Set<string>>();
  for (const source of project.sources) {
    for (const { specifier, node } of importsOf(source)) {
      if (!specifier.startsWith(".")) continue;
      const target = resolveImport(source.path, specifier);
      const names = used.get(target) ?? new Set<string>();
      used.set(target, names);
      for (const name of takenNames(node)) names.add(name);
    }
  }
  return used;
}

function takenNames(node: Node): readonly string[] {
  const names: string[] = [];
  let all = node.kind === SyntaxKind.CallExpression || !childrenOf(node).some(isList);
  eachNode(node, (child) => {
    if (child.kind === SyntaxKind.NamespaceImport || child.kind === SyntaxKind.NamespaceExport) all = true;
    if (child.kind !== SyntaxKind.ImportSpecifier && child.kind !== SyntaxKind.ExportSpecifier) return;
    const [first] = childrenOf(child);
    if (first) names.push((first as Identifier).text);
  });
  return all ? ["*"] : names;
}

const isList = (node: Node): boolean =>
  node.kind === SyntaxKind.ImportClause || node.kind === SyntaxKind.NamedExports;

function childrenOf(node: Node): readonly Node[] {
  const children: Node[] = [];
  node.forEachChild((child) => void children.push(child));
  return children;
}

const TYPE_STATEMENTS = new Set([SyntaxKind.InterfaceDeclaration, SyntaxKind.TypeAliasDeclaration]);
const NAMED_STATEMENTS = new Set([
  ...TYPE_STATEMENTS,
  SyntaxKind.FunctionDeclaration,
  SyntaxKind.ClassDeclaration,
]);

/**
 * Names that a file declares with `export`. Those it only passes on are the business of the file that
 * declares them.
 */
function exportsOf(source: Source): readonly ExportedName[] {
  const tree = source.tree;
  if (!tree) return [];
  return tree.statements.flatMap((statement) => {
    const children = childrenOf(statement);
    if (!children.some((child) => child.kind === SyntaxKind.ExportKeyword)) return [];
    const isType = TYPE_STATEMENTS.has(statement.kind);
    const named = NAMED_STATEMENTS.has(statement.kind)
      ? children.filter(isIdentifier).slice(0, 1)
      : declared(children);
    return named.map((name) => ({ name: name.text, line: lineOf(tree, name), isType }));
  });
}

const isIdentifier = (node: Node): node is Identifier => node.kind === SyntaxKind.Identifier;

/** Names of `const a = 1, b = 2`. Patterns are left out: nothing here exports one. */
function declared(children: readonly Node[]): readonly Identifier[] {
  const list = children.find((child) => child.kind === SyntaxKind.VariableDeclarationList);
  return list
    ? childrenOf(list).flatMap((declaration) => childrenOf(declaration).slice(0, 1).filter(isIdentifier))
    : [];
}

function mentions(source: Source, name: string): number {
  let count = 0;
  if (source.tree && !isTest(source.path)) {
    eachNode(source.tree, (node) => {
      if (isIdentifier(node) && node.text === name) count++;
    });
  }
  return count;
}
