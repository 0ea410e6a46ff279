// Diagnostics, offers and kinds of names as the protocol has them.

import {
  CompletionItemKind,
  DiagnosticSeverity,
  DiagnosticTag,
  InsertTextFormat,
  MarkupKind,
  type CompletionItem,
  type Diagnostic as LspDiagnostic,
} from "vscode-languageserver/node";
import type { TextDocument } from "vscode-languageserver-textdocument";
import type { Diagnostic, Offer, OfferKind, Offers } from "../lang/index.ts";
import { rangeIn, type Documents } from "./documents.ts";

const SOURCE = "vbus";
/** Lints of what nobody reads: editors grey it out. */
const UNREAD = new Set(["VB5001", "VB5006"]);

export function diagnosticOf(diagnostic: Diagnostic, documents: Documents): LspDiagnostic {
  const { code, severity, span, message, hint, related, values } = diagnostic;
  const shown = (values ?? []).map(
    ({ span: at, text }) => `${documents.document(at.file).getText(documents.range(at))} is ${text}`,
  );
  const told = [message, ...(hint === undefined ? [] : [hint]), ...shown];
  return {
    range: documents.range(span),
    severity: severity === "error" ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
    code,
    source: SOURCE,
    message: told.join("\n"),
    ...(UNREAD.has(code) && { tags: [DiagnosticTag.Unnecessary] }),
    ...(related && {
      relatedInformation: related.map((one) => ({
        location: documents.location(one.span),
        message: one.message,
      })),
    }),
  };
}

const KINDS: Readonly<Record<OfferKind, CompletionItemKind>> = {
  attribute: CompletionItemKind.Property,
  kind: CompletionItemKind.Class,
  class: CompletionItemKind.Class,
  type: CompletionItemKind.TypeParameter,
  "enum-member": CompletionItemKind.EnumMember,
  value: CompletionItemKind.Variable,
  thing: CompletionItemKind.Variable,
  function: CompletionItemKind.Function,
  module: CompletionItemKind.Module,
  live: CompletionItemKind.Event,
  action: CompletionItemKind.Method,
  unit: CompletionItemKind.Unit,
  keyword: CompletionItemKind.Keyword,
  file: CompletionItemKind.File,
  folder: CompletionItemKind.Folder,
};

/** `snippets`: whether the editor understands places to go on at. */
export function completionItems(
  { start, end, offers }: Offers,
  document: TextDocument,
  snippets: boolean,
): CompletionItem[] {
  const range = rangeIn(document, { start, end });
  return offers.map((offer): CompletionItem => ({
    label: offer.label,
    kind: KINDS[offer.kind],
    ...(offer.detail !== undefined && { detail: offer.detail }),
    ...(offer.doc && { documentation: { kind: MarkupKind.Markdown, value: offer.doc } }),
    sortText: `${offer.rank}${offer.label}`,
    ...textOf(offer, snippets, range),
  }));
}

function textOf(
  offer: Offer,
  snippets: boolean,
  range: ReturnType<typeof rangeIn>,
): Pick<CompletionItem, "textEdit" | "insertTextFormat"> {
  const { snippet, label } = offer;
  if (snippet === undefined || !snippets) return { textEdit: { range, newText: label } };
  return { textEdit: { range, newText: snippet }, insertTextFormat: InsertTextFormat.Snippet };
}
