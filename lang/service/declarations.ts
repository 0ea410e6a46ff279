// Where names are declared, who else names them, and what a new name would change.

import { LITERAL_WORDS, RESERVED_WORDS } from "../syntax/tokens.ts";
import type { Edit } from "../diagnostics.ts";
import type { Span } from "../syntax/ast.ts";
import { declaredAt, identityOf, type Occurrence } from "./meaning.ts";
import type { View } from "./view.ts";

/** The places where what stands here is declared. */
export function definitionsAt(view: View, file: string, offset: number): readonly Span[] {
  const spans = view.at(file, offset).flatMap(({ meaning }) => {
    if (meaning.is === "module") {
      const key = meaning.scope.module;
      const first = view.files().find((one) => view.moduleOf(one) === key);
      return first === undefined ? [] : [{ file: first, start: 0, end: 0 }];
    }
    const declared = declaredAt(meaning);
    return declared ? [view.now(declared)] : [];
  });
  return spans;
}

/** Every name in the lab's files that means the same as the one here, its declaration among them. */
export function referencesAt(view: View, file: string, offset: number): readonly Occurrence[] {
  const wanted = new Set(view.at(file, offset).flatMap(({ meaning }) => identityOf(meaning) ?? []));
  return wanted.size === 0 ? [] : view.files().flatMap((one) => sameIn(view, one, wanted));
}

/** The same in one file: what is lit up while the pointer stands on one of them. */
export function sameInFile(view: View, file: string, offset: number): readonly Occurrence[] {
  const wanted = new Set(view.at(file, offset).flatMap(({ meaning }) => identityOf(meaning) ?? []));
  return wanted.size === 0 ? [] : sameIn(view, file, wanted);
}

function sameIn(view: View, file: string, wanted: ReadonlySet<string>): Occurrence[] {
  return view
    .items(file)
    .flatMap((item) =>
      view.occurrences(item, file).filter(({ meaning }) => wanted.has(identityOf(meaning) ?? "")),
    );
}

/** What can be renamed here, or why nothing can, a sentence. */
export type Renamable = { readonly span: Span; readonly name: string } | { readonly problem: string };

export function renamableAt(view: View, file: string, offset: number): Renamable {
  const found = view.at(file, offset);
  const [first] = found;
  if (!first) return { problem: "Nothing that has a name stands here." };
  const declared = declaredAt(first.meaning);
  if (!declared || first.meaning.is === "built-in")
    return { problem: `\`${first.text}\` is a part of the language.` };
  if (declared.file.startsWith("std:"))
    return { problem: `\`${first.text}\` is declared in the standard library.` };
  if (found.length > 1)
    return {
      problem: `\`${first.text}\` stands for a field and a value here: rename either where it is declared.`,
    };
  return { span: view.now(first.span), name: first.text };
}

/** The edits of a new name, or why it can't be had, a sentence. */
export type Renamed = { readonly edits: readonly Edit[] } | { readonly problem: string };

export function renameAt(view: View, file: string, offset: number, name: string): Renamed {
  const renamable = renamableAt(view, file, offset);
  if ("problem" in renamable) return renamable;
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return { problem: `\`${name}\` is no name.` };
  if (LITERAL_WORDS.has(name) || RESERVED_WORDS.has(name))
    return { problem: `\`${name}\` can't be read as a name.` };
  const same = referencesAt(view, file, offset);
  const clash = clashOf(view, same, name);
  if (clash) return { problem: clash };
  return { edits: same.map((one) => edit(view, one, name)) };
}

/** `{ rack }` says two names: the one that keeps its name is written out. */
function edit(view: View, { span, text, shorthand }: Occurrence, name: string): Edit {
  const at = view.now(span);
  if (shorthand === "key") return { span: at, text: `${name} = ${text}` };
  return { span: at, text: shorthand === "value" ? `${text} = ${name}` : name };
}

/** What the new name would be taken for somewhere, or what would be hidden by it. */
function clashOf(view: View, same: readonly Occurrence[], name: string): string | undefined {
  for (const { span, role, meaning } of same) {
    const { file } = view.now(span);
    const others = view.items(file).flatMap((item) => view.occurrences(item, file));
    const own = identityOf(meaning);
    const other = others.find(
      (one) => one.text === name && identityOf(one.meaning) !== own && sameRoom(one, meaning.is),
    );
    if (other)
      return `\`${name}\` is the name of something else in ${file.slice(file.lastIndexOf("/") + 1)}.`;
    if (role === "declares" && meaning.is === "value" && view.scopeOf(file).find(name))
      return `\`${name}\` is the name of something else.`;
  }
  return undefined;
}

/** Attributes and fields stand in rooms of their own; what is read bare, in one. */
const sameRoom = ({ meaning }: Occurrence, is: Occurrence["meaning"]["is"]): boolean =>
  is === "member" ? meaning.is === "member" : meaning.is !== "member" && meaning.is !== "field";
