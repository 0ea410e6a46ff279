// Questions about whole documents: outline, colours, hints, folds, format, fixes.

import {
  CodeActionKind,
  FoldingRangeKind,
  InlayHintKind,
  SemanticTokensBuilder,
  SymbolKind,
  type CodeAction,
  type DocumentSymbol,
  type InlayHint,
  type SymbolInformation,
  type TextEdit,
} from "vscode-languageserver/node";
import type { TextDocument } from "vscode-languageserver-textdocument";
import {
  foldsIn,
  format,
  TOKEN_TYPES,
  type Coloured,
  type Diagnostic,
  type Outlined,
  type OutlineKind,
} from "../lang/index.ts";
import { diagnosticOf } from "./convert.ts";
import { pathOf, rangeIn, type Documents } from "./documents.ts";
import type { Room } from "./language.ts";

export const LEGEND = {
  tokenTypes: [...TOKEN_TYPES],
  tokenModifiers: ["declaration", "defaultLibrary"],
};

/** Symbols that one search answers. */
const SYMBOLS_MAX = 500;

const SYMBOLS: Readonly<Record<OutlineKind, SymbolKind>> = {
  module: SymbolKind.Module,
  param: SymbolKind.Constant,
  let: SymbolKind.Variable,
  output: SymbolKind.Variable,
  function: SymbolKind.Function,
  enum: SymbolKind.Enum,
  "enum-member": SymbolKind.EnumMember,
  type: SymbolKind.Struct,
  field: SymbolKind.Field,
  kind: SymbolKind.Class,
  class: SymbolKind.Class,
  component: SymbolKind.Class,
  thing: SymbolKind.Object,
  test: SymbolKind.Event,
};

export function registerWhole(room: Room): void {
  const { connection, documents, labs } = room;
  connection.onDocumentSymbol(async ({ textDocument }) => {
    const file = pathOf(textDocument.uri);
    if (file === undefined) return [];
    const { service } = await labs.settled(file);
    const document = documents.document(file);
    return service.outline(file).map((one) => symbolOf(one, document));
  });
  connection.onWorkspaceSymbol(({ query }) => workspaceSymbols(room, query));
  connection.onFoldingRanges(({ textDocument }) => {
    const file = pathOf(textDocument.uri);
    const document = file === undefined ? undefined : documents.document(file);
    if (file === undefined || !document) return [];
    return foldsIn(file, document.getText()).flatMap(({ start, end, kind }) => {
      const [first, last] = [document.positionAt(start).line, document.positionAt(end).line];
      // The line that closes a block stays in sight.
      const endLine = kind === "block" ? last - 1 : last;
      if (endLine <= first) return [];
      return [{ startLine: first, endLine, ...(kind === "comment" && { kind: FoldingRangeKind.Comment }) }];
    });
  });
  connection.onDocumentFormatting(({ textDocument }) => {
    const file = pathOf(textDocument.uri);
    if (file === undefined) return [];
    return formatted(documents.document(file), file);
  });
  connection.languages.semanticTokens.on(async ({ textDocument }) => {
    const file = pathOf(textDocument.uri);
    const builder = new SemanticTokensBuilder();
    if (file === undefined) return builder.build();
    const { service } = await labs.settled(file);
    const document = documents.document(file);
    for (const one of service.coloured(file)) push(one, document, builder);
    return builder.build();
  });
  connection.languages.inlayHint.on(async ({ textDocument, range }) => {
    const file = pathOf(textDocument.uri);
    if (file === undefined) return [];
    const { service, root } = await labs.settled(file);
    const document = documents.document(file);
    const [from, to] = [document.offsetAt(range.start), document.offsetAt(range.end)];
    const hints = service
      .hints(file)
      .map(({ offset, text, kind }) => ({ offset, text, type: kind === "type" }));
    const live = room.running.hints(root, service.things(file));
    return [...hints, ...live.map((one) => ({ ...one, type: false }))]
      .filter(({ offset }) => offset >= from && offset <= to)
      .map(({ offset, text, type }): InlayHint => ({
        position: document.positionAt(offset),
        label: text,
        ...(type ? { kind: InlayHintKind.Type } : { paddingLeft: true }),
      }));
  });
  registerFixes(room);
}

function symbolOf(one: Outlined, document: TextDocument): DocumentSymbol {
  return {
    name: one.name,
    detail: one.detail,
    kind: SYMBOLS[one.kind],
    range: rangeIn(document, one.span),
    selectionRange: rangeIn(document, one.nameSpan),
    children: one.children.map((child) => symbolOf(child, document)),
  };
}

/** Names with the letters of the question in their order, in the files of all labs that are open. */
async function workspaceSymbols({ labs, documents }: Room, query: string): Promise<SymbolInformation[]> {
  const found: SymbolInformation[] = [];
  const letters = query.toLowerCase();
  const seen = new Set<string>();
  for (const { service } of labs.all()) {
    for (const file of service.files()) {
      if (seen.has(file)) continue;
      seen.add(file);
      const step = (list: readonly Outlined[], container: string): void => {
        for (const one of list) {
          const name = container === "" ? one.name : `${container}.${one.name}`;
          if (found.length < SYMBOLS_MAX && hasLetters(one.name.toLowerCase(), letters)) {
            found.push({
              name: one.name,
              kind: SYMBOLS[one.kind],
              location: documents.location(one.nameSpan),
              ...(container !== "" && { containerName: container }),
            });
          }
          step(one.children, name);
        }
      };
      step(service.outline(file), "");
    }
  }
  return found;
}

function hasLetters(name: string, letters: string): boolean {
  let at = 0;
  for (const letter of letters) {
    at = name.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
}

/** A text that can't be read is left as it is: what is wrong with it is told already. */
function formatted(document: TextDocument, file: string): TextEdit[] {
  const text = document.getText();
  const answer = format(file, text);
  if (!("text" in answer) || answer.text === text) return [];
  return [{ range: rangeIn(document, { start: 0, end: text.length }), newText: answer.text }];
}

/** A token a line, as the protocol wants it. */
function push(one: Coloured, document: TextDocument, builder: SemanticTokensBuilder): void {
  const modifiers = (one.declares ? 1 : 0) | (one.library ? 2 : 0);
  const type = TOKEN_TYPES.indexOf(one.kind);
  const { line, character } = document.positionAt(one.start);
  const lines = document.getText(rangeIn(document, one)).split("\n");
  for (const [i, text] of lines.entries()) {
    const length = text.replace(/\r$/, "").length;
    if (length > 0) builder.push(line + i, i === 0 ? character : 0, length, type, modifiers);
  }
}

function registerFixes({ connection, documents, labs }: Room): void {
  connection.onCodeAction(({ textDocument, range, context }): CodeAction[] => {
    const file = pathOf(textDocument.uri);
    if (file === undefined) return [];
    const wants = (kind: string): boolean =>
      context.only === undefined || context.only.some((one) => kind === one || kind.startsWith(`${one}.`));
    const { diagnostics, lints } = labs.checked(file);
    const isFixable = ({ fix, span }: Diagnostic): boolean => fix !== undefined && span.file === file;
    const fixable = diagnostics.filter(isFixable);
    const document = documents.document(file);
    const [from, to] = [document.offsetAt(range.start), document.offsetAt(range.end)];
    const here = [...fixable, ...lints.filter(isFixable)].filter(
      ({ span }) => span.start <= to && from <= span.end,
    );
    const actions = wants(CodeActionKind.QuickFix) ? here.map((one) => quickFix(one, documents)) : [];
    if (!wants(CodeActionKind.SourceFixAll) || fixable.length === 0) return actions;
    if (fixable.length < 2 && context.only === undefined) return actions;
    return [...actions, fixAll(fixable, documents)];
  });
}

function quickFix(diagnostic: Diagnostic, documents: Documents): CodeAction {
  return {
    title: diagnostic.fix?.title ?? "",
    kind: CodeActionKind.QuickFix,
    isPreferred: true,
    diagnostics: [diagnosticOf(diagnostic, documents)],
    edit: { changes: editsOf([diagnostic], documents) },
  };
}

const fixAll = (diagnostics: readonly Diagnostic[], documents: Documents): CodeAction => ({
  title: "Mend all that a machine can",
  kind: CodeActionKind.SourceFixAll,
  edit: { changes: editsOf(diagnostics, documents) },
});

/** Edits of several fixes by document; a fix that touches what another changes is left for the next time. */
function editsOf(diagnostics: readonly Diagnostic[], documents: Documents): Record<string, TextEdit[]> {
  const changes: Record<string, TextEdit[]> = {};
  const taken: { readonly file: string; readonly start: number; readonly end: number }[] = [];
  for (const { fix } of diagnostics) {
    const edits = fix?.edits ?? [];
    const clash = edits.some(({ span }) =>
      taken.some((one) => one.file === span.file && one.start <= span.end && span.start <= one.end),
    );
    if (clash || edits.some(({ span }) => span.file.startsWith("std:"))) continue;
    for (const { span, text } of edits) {
      taken.push(span);
      (changes[documents.uriOf(span.file)] ??= []).push({ range: documents.range(span), newText: text });
    }
  }
  return changes;
}
