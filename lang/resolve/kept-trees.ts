// Trees of texts that were parsed before: at a save most files of a lab are as they were, and the standard
// library always is. Trees are never changed, so they can be shared.

import type * as ast from "../syntax/ast.ts";
import type { Parse } from "./load.ts";

/** Characters of all kept texts together; beyond, those that were asked for longest ago go first. */
const KEPT_MAX = 4 * 2 ** 20;

/** The same parser, which parses a text once while it is kept. */
export function keeping(parse: Parse): Parse {
  const kept = new Map<string, { readonly text: string; readonly parsed: ReturnType<Parse> }>();
  let size = 0;
  const forget = (file: string): void => {
    size -= kept.get(file)?.text.length ?? 0;
    kept.delete(file);
  };
  return (file, text) => {
    const known = kept.get(file);
    const parsed = known?.text === text ? known.parsed : parse(file, text);
    // Last in the order of the map: asked for just now.
    forget(file);
    kept.set(file, { text, parsed });
    size += text.length;
    for (const oldest of kept.keys()) {
      if (size <= KEPT_MAX) break;
      forget(oldest);
    }
    return parsed;
  };
}

/** A text that parsed without a mistake, with its tree. */
interface GoodText {
  readonly text: string;
  readonly module: ast.Module;
}

/**
 * A parser for one who follows files through their edits: what an edit left alone is taken over from the last
 * good tree of the file. Places in that tree move along, so nobody else may hold it.
 */
export function following(
  parse: Parse,
  reparse: (before: GoodText, text: string) => ast.Module | undefined,
): Parse {
  const good = new Map<string, GoodText>();
  return (file, text) => {
    const before = good.get(file);
    if (before?.text === text) return { module: before.module, diagnostics: [] };
    const module = before && reparse(before, text);
    const parsed = module ? { module, diagnostics: [] } : parse(file, text);
    if (parsed.diagnostics.length === 0) good.set(file, { text, module: parsed.module });
    return parsed;
  };
}
