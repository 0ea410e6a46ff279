// One lab as an editor sees it: files that are being written, checked after each edit, and questions about
// places in them. Pure; texts come through the world. Offsets are UTF-16, of the texts as they are now.

import type { EvaluateInput, Evaluation } from "../eval/evaluate.ts";
import { KeptLab } from "../eval/kept-lab.ts";
import { following, keeping } from "../resolve/kept-trees.ts";
import { parse, reparse } from "../syntax/index.ts";
import type { Span } from "../syntax/ast.ts";
import { Notes } from "../types/notes.ts";
import type { World } from "../world.ts";
import { offersAt, type ListFolder, type Offers } from "./completion.ts";
import {
  definitionsAt,
  referencesAt,
  renamableAt,
  renameAt,
  sameInFile,
  type Renamable,
  type Renamed,
} from "./declarations.ts";
import { colouredIn, type Coloured } from "./coloured.ts";
import { hintsIn, thingsDeclaredIn, type DeclaredThings, type Hint } from "./hints.ts";
import { hoverAt, type Hover } from "./hover.ts";
import { outlineOf, type Outlined } from "./outline.ts";
import { signatureAt, type Signature } from "./signature.ts";
import { Values } from "./values.ts";
import { View } from "./view.ts";

export type { Offer, OfferKind, Offers, ListFolder } from "./completion.ts";
export { TOKEN_TYPES, type Coloured, type TokenKind } from "./coloured.ts";
export type { DeclaredThings, Hint } from "./hints.ts";
export type { Hover } from "./hover.ts";
export { foldsIn, type Fold, type Outlined, type OutlineKind } from "./outline.ts";
export type { Signature } from "./signature.ts";
export type { Renamable, Renamed } from "./declarations.ts";

/** A place in a file that belongs to the lab. */
export interface At {
  readonly file: string;
  readonly offset: number;
}

export class LabService {
  readonly #notes = new Notes();
  readonly #parse = keeping(parse);
  readonly #lab = new KeptLab(
    following((file, text) => (file.startsWith("std:") ? this.#parse : parse)(file, text), reparse),
    this.#notes,
  );
  #view: View | undefined;
  #values: Values | undefined;
  /** Texts that were edited since, each with the view of it. */
  readonly #edited = new Map<string, { readonly text: string; readonly view: View }>();

  /** Checks the texts as the world has them now. Answers stay true to them until an edit is told. */
  refresh(world: World, input: EvaluateInput): Evaluation {
    const evaluation = this.#lab.evaluate(world, input);
    const { newest } = this.#lab;
    this.#view = newest && View.of(newest, this.#notes);
    const { model } = evaluation;
    this.#values = model && newest?.whole && new Values(newest.whole);
    this.#edited.clear();
    return evaluation;
  }

  /** Whether this file belonged to the lab when it was last checked. */
  has(file: string): boolean {
    return this.#view?.moduleOf(file) !== undefined;
  }

  /** What the file says now: questions about it are answered from its edited part until the next check. */
  edit(file: string, text: string): void {
    const known = this.#edited.get(file);
    if (!this.#view || known?.text === text || (!known && this.#view.text(file) === text)) return;
    this.#edited.set(file, { text, view: this.#view.edited(file, text) });
  }

  #viewOf(file: string): View | undefined {
    return this.#edited.get(file)?.view ?? this.#view;
  }

  hover({ file, offset }: At): Hover | undefined {
    const view = this.#viewOf(file);
    return view && hoverAt(view, file, offset, this.#edited.has(file) ? undefined : this.#values);
  }

  completion({ file, offset }: At, list: ListFolder): Offers | undefined {
    const view = this.#viewOf(file);
    return view && offersAt(view, file, offset, list);
  }

  signature({ file, offset }: At): Signature | undefined {
    const view = this.#viewOf(file);
    return view && signatureAt(view, file, offset);
  }

  outline(file: string): readonly Outlined[] {
    const view = this.#viewOf(file);
    return view ? outlineOf(view, file) : [];
  }

  coloured(file: string): readonly Coloured[] {
    const view = this.#viewOf(file);
    return view ? colouredIn(view, file) : [];
  }

  hints(file: string): readonly Hint[] {
    const view = this.#viewOf(file);
    return view ? hintsIn(view, file, this.#edited.has(file) ? undefined : this.#values) : [];
  }

  /** Without addresses while the files are wrong. */
  things(file: string): readonly DeclaredThings[] {
    const view = this.#viewOf(file);
    return view ? thingsDeclaredIn(view, file, this.#edited.has(file) ? undefined : this.#values) : [];
  }

  /** The files of the lab that are not the standard library's. */
  files(): readonly string[] {
    return (this.#view?.files() ?? []).filter((file) => !file.startsWith("std:"));
  }

  definition({ file, offset }: At): readonly Span[] {
    const view = this.#viewOf(file);
    return view ? definitionsAt(view, file, offset) : [];
  }

  /** In every file of the lab. To be asked after a check. */
  references({ file, offset }: At): readonly { readonly span: Span; readonly declares: boolean }[] {
    const view = this.#viewOf(file);
    if (!view) return [];
    return referencesAt(view, file, offset).map(({ span, role }) => ({
      span: view.now(span),
      declares: role === "declares",
    }));
  }

  highlights({ file, offset }: At): readonly { readonly span: Span; readonly writes: boolean }[] {
    const view = this.#viewOf(file);
    if (!view) return [];
    return sameInFile(view, file, offset).map(({ span, role }) => ({
      span: view.now(span),
      writes: role !== "reads",
    }));
  }

  renamable({ file, offset }: At): Renamable {
    const view = this.#viewOf(file);
    return view ? renamableAt(view, file, offset) : NOTHING_READ;
  }

  /** In every file of the lab. To be asked after a check. */
  rename({ file, offset }: At, name: string): Renamed {
    const view = this.#viewOf(file);
    return view ? renameAt(view, file, offset, name) : NOTHING_READ;
  }
}

const NOTHING_READ = { problem: "The file has not been read." };
