// Files as the layout rules see them: text, lines, and the syntax tree that the TypeScript compiler makes of
// them. Nothing is type-checked here, and nothing is read from disk but by `readTree`.
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { API } from "typescript/unstable/sync";
import type { Node, SourceFile } from "typescript/unstable/ast";
import { createVirtualFileSystem } from "typescript/unstable/fs";

/** One file. `path` is relative to the project, with slashes. */
export interface Source {
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  /**
   * Present for TypeScript of the project's own; absent for guests, which are in another dialect, and for
   * text.
   */
  readonly tree?: SourceFile;
}

/** The whole project: each rule sees all files, because some faults are seen only from elsewhere. */
export interface Project {
  readonly sources: readonly Source[];
  readonly paths: ReadonlySet<string>;
}

/** One finding. `line` counts from 1. */
export interface Complaint {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

const SKIPPED_FOLDERS = /^(?:node_modules|dist|build|coverage|\.(?!ci$).*)$/;
const READ_ENDINGS = /\.(ts|tsx|cjs|md|json|vbus|c|h|wat|txt|yml)$|(^|\/)(run|\.\w+rc)$/;
const NOT_OURS = /(^|\/)package-lock\.json$/;

/** Guests are AssemblyScript: the same ending, another language, and rules of their own. */
export const isGuestSource = (path: string): boolean => /^(stdlib|bench)\/guests\//.test(path);
export const isTest = (path: string): boolean => /\.(test|test-support)\.tsx?$/.test(path);
export const isTypeScript = (path: string): boolean => /\.tsx?$/.test(path);
/** The room that a file belongs to; "" for the project's own folder. */
export const topFolder = (path: string): string =>
  path.includes("/") ? path.slice(0, path.indexOf("/")) : "";

/** Reads the texts of a folder that the rules look at, build products and dependencies left out. */
export function readTree(root: string): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!SKIPPED_FOLDERS.test(entry.name)) walk(path);
      } else if (READ_ENDINGS.test(path) && !NOT_OURS.test(path)) {
        texts.set(path, readFileSync(join(root, path), "utf8"));
      }
    }
  };
  walk("");
  return texts;
}

/**
 * Parses what is TypeScript of ours and hands the project to `look`; the trees are gone when `look` has
 * returned.
 */
export function withProject<T>(texts: ReadonlyMap<string, string>, look: (project: Project) => T): T {
  const ours = [...texts.keys()].filter((path) => isTypeScript(path) && !isGuestSource(path));
  const files: Record<string, string> = { "/tidy/tsconfig.json": JSON.stringify(configOf(ours)) };
  for (const path of ours) files[`/tidy/${path}`] = texts.get(path) ?? "";
  const api = new API({ cwd: "/tidy", fs: createVirtualFileSystem(files) });
  try {
    const snapshot = api.updateSnapshot({ openProjects: ["/tidy/tsconfig.json"] });
    const program = snapshot.getProject("/tidy/tsconfig.json")?.program;
    const parsed = new Set(ours);
    const sources = [...texts].map(([path, text]): Source => {
      const tree = parsed.has(path) ? program?.getSourceFile(`/tidy/${path}`) : undefined;
      if (parsed.has(path) && !tree) throw new Error(`tidy could not parse ${path}`);
      return { path, text, lines: text.split("\n"), ...(tree && { tree }) };
    });
    return look({ sources, paths: new Set(texts.keys()) });
  } finally {
    api.close();
  }
}

/** Only syntax is wanted: no library, no other module is looked for. */
function configOf(paths: readonly string[]): object {
  return { compilerOptions: { noLib: true, noResolve: true, types: [], jsx: "preserve" }, files: paths };
}

/** Calls `visit` for a node and everything below it, outside in. */
export function eachNode(node: Node, visit: (node: Node) => void): void {
  visit(node);
  node.forEachChild((child) => eachNode(child, visit));
}

/** The line, from 1, on which a node's own text begins. */
export function lineOf(tree: SourceFile, node: Node): number {
  return tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
}
