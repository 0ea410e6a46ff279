// What is known of a set of files at one moment: the trees and notes of the newest check, and for one file
// that was edited since a reading of the edited part alone. Answers in places of the texts as they are now.

import type { Understood } from "../eval/kept-lab.ts";
import { resolvePath } from "../resolve/paths.ts";
import type { LoadedModule } from "../resolve/load.ts";
import type * as ast from "../syntax/ast.ts";
import { parseEdited, type EditedPart } from "../syntax/index.ts";
import { recheckRoot } from "../types/check-program.ts";
import type { Notes } from "../types/notes.ts";
import type { Program } from "../types/program.ts";
import { Scope } from "../types/scope.ts";
import type { Occurrence } from "./meaning.ts";
import { occurrencesIn } from "./occurrences.ts";

/** Ends the name of a file in places of the text as it is now, where the rest means the text before. */
const NOW = "\0";

interface Patch extends EditedPart {
  readonly file: string;
  readonly text: string;
  readonly textBefore: string;
}

export class View {
  readonly program: Program;
  readonly notes: Notes;
  readonly understood: Understood;
  readonly #modules: readonly LoadedModule[];
  readonly #patch: Patch | undefined;
  readonly #occurrences = new WeakMap<ast.Item, readonly Occurrence[]>();

  private constructor(
    understood: Understood,
    notes: Notes,
    program: Program,
    modules: readonly LoadedModule[],
    patch?: Patch,
  ) {
    this.understood = understood;
    this.notes = notes;
    this.program = program;
    this.#modules = modules;
    this.#patch = patch;
  }

  /** Of the texts that were checked. */
  static of(understood: Understood, notes: Notes): View {
    return new View(understood, notes, understood.program, understood.loaded.modules);
  }

  /** The same with another text of one file, of which the edited part alone is read and checked. */
  edited(file: string, text: string): View {
    const { loaded, program: before } = this.understood;
    const module = loaded.modules.find(({ files }) => files.some((one) => one.file === file));
    const tree = module?.files.find((one) => one.file === file);
    const textBefore = loaded.sources.get(file);
    if (!module || !tree || textBefore === undefined) return this;
    const part = parseEdited({ text: textBefore, module: tree }, text, file + NOW);
    const items = [...tree.items.slice(0, part.headCount), ...part.items, ...tree.items.slice(part.tailAt)];
    const patched: LoadedModule = {
      key: module.key,
      files: module.files.map((one) => (one === tree ? { ...tree, items } : one)),
      imports: this.#importsOf(module, part.items, file),
    };
    const fresh = new Set(part.items);
    const kept = new Set(patched.files.flatMap((one) => one.items).filter((item) => !fresh.has(item)));
    const program = recheckRoot(before, patched, kept);
    const modules = loaded.modules.map((one) => (one === module ? patched : one));
    return new View(this.understood, this.notes, program, modules, { ...part, file, text, textBefore });
  }

  #importsOf(module: LoadedModule, items: readonly ast.Item[], file: string): LoadedModule["imports"] {
    const imports = new Map(module.imports);
    for (const item of items) {
      if (item.node !== "import" || item.path.node !== "string") continue;
      const [text] = item.path.parts;
      const key = typeof text === "string" ? resolvePath(file, text) : undefined;
      if (key !== undefined && this.program.modules.has(key)) imports.set(item, key);
    }
    return imports;
  }

  /** Files that belong to the lab, those of the standard library too where they are imported. */
  files(): string[] {
    return this.#modules.flatMap(({ files }) => files.map(({ file }) => file));
  }

  text(file: string): string {
    if (this.#patch?.file === file) return this.#patch.text;
    return this.understood.loaded.sources.get(file) ?? "";
  }

  /** The key of the module that a file belongs to. */
  moduleOf(file: string): string | undefined {
    return this.#modules.find(({ files }) => files.some((one) => one.file === file))?.key;
  }

  items(file: string): readonly ast.Item[] {
    for (const { files } of this.#modules) for (const one of files) if (one.file === file) return one.items;
    return [];
  }

  scopeOf(file: string): Scope {
    const module = this.program.modules.get(this.moduleOf(file) ?? "");
    return module?.scope ?? new Scope(this.program.prelude);
  }

  /** A place of a tree in the text as it is now. */
  now(span: ast.Span): ast.Span {
    const patch = this.#patch;
    if (!patch) return span;
    if (span.file === patch.file + NOW) return { ...span, file: patch.file };
    if (span.file !== patch.file || span.start < patch.endBefore) return span;
    const shift = patch.end - patch.endBefore;
    return { file: span.file, start: span.start + shift, end: span.end + shift };
  }

  /** The item at the top that holds an offset of the text as it is now. */
  itemAt(file: string, offset: number): ast.Item | undefined {
    const items = this.items(file);
    let [low, high] = [0, items.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.now((items[middle] as ast.Item).span).end < offset) low = middle + 1;
      else high = middle;
    }
    const item = items[low];
    return item && this.now(item.span).start <= offset ? item : undefined;
  }

  /** The names in an item, in places of its tree. */
  occurrences(item: ast.Item, file: string): readonly Occurrence[] {
    const known = this.#occurrences.get(item);
    if (known) return known;
    const found = occurrencesIn(item, this.scopeOf(file), this.program);
    this.#occurrences.set(item, found);
    return found;
  }

  /** The names at an offset: two where one stands for both, `{ rack }`. */
  at(file: string, offset: number): Occurrence[] {
    const item = this.itemAt(file, offset);
    if (!item) return [];
    return this.occurrences(item, file).filter((one) => {
      const { start, end } = this.now(one.span);
      return start <= offset && offset <= end;
    });
  }
}
