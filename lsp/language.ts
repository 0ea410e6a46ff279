// Questions about places: what is here, what may come here, where is it declared, who names it.

import { readdirSync } from "node:fs";
import path from "node:path";
import {
  DocumentHighlightKind,
  MarkupKind,
  ResponseError,
  type Connection,
  type Position,
  type TextDocumentPositionParams,
  type TextEdit,
  type WorkspaceEdit,
} from "vscode-languageserver/node";
import type { Written } from "../interpreter/index.ts";
import { completionItems } from "./convert.ts";
import { pathOf, type Documents } from "./documents.ts";
import type { Labs } from "./labs.ts";
import type { Running } from "./running.ts";
import type { Client } from "./server.ts";

export interface Room {
  readonly connection: Connection;
  readonly written: Written;
  readonly documents: Documents;
  readonly labs: Labs;
  readonly client: Client;
  readonly running: Running;
}

/** LSP's code for a request that was understood and is refused. */
const REQUEST_FAILED = -32803;

const refusal = (message: string): ResponseError<void> => new ResponseError(REQUEST_FAILED, message);

export function registerLanguage(room: Room): void {
  const { connection, documents, labs } = room;
  connection.onHover(({ textDocument, position }) => {
    const at = placeOf(documents, textDocument.uri, position);
    const found = at && labs.quickly(at.file).hover(at);
    if (!at || !found) return null;
    return {
      contents: { kind: MarkupKind.Markdown, value: found.markdown },
      range: documents.range({ ...found.span, file: at.file }),
    };
  });
  connection.onCompletion(({ textDocument, position }) => {
    const at = placeOf(documents, textDocument.uri, position);
    const found = at && labs.quickly(at.file).completion(at, listIn(room));
    return at && found ? completionItems(found, documents.document(at.file), room.client.snippets) : [];
  });
  connection.onSignatureHelp(({ textDocument, position }) => {
    const at = placeOf(documents, textDocument.uri, position);
    const found = at && labs.quickly(at.file).signature(at);
    if (!found) return null;
    const { label, doc, parameters, active } = found;
    const documentation = { kind: MarkupKind.Markdown, value: doc };
    return {
      signatures: [{ label, documentation, parameters: parameters.map((one) => ({ label: one })) }],
      activeSignature: 0,
      activeParameter: active ?? null,
    };
  });
  connection.onDefinition(({ textDocument, position }) => {
    const at = placeOf(documents, textDocument.uri, position);
    if (!at) return [];
    return labs
      .checked(at.file)
      .service.definition(at)
      .map((span) => documents.location(span));
  });
  connection.onReferences(({ textDocument, position, context }) => {
    const at = placeOf(documents, textDocument.uri, position);
    if (!at) return [];
    const found = labs.checked(at.file).service.references(at);
    return found
      .filter(({ declares }) => context.includeDeclaration || !declares)
      .map(({ span }) => documents.location(span));
  });
  connection.onDocumentHighlight(({ textDocument, position }) => {
    const at = placeOf(documents, textDocument.uri, position);
    if (!at) return [];
    return labs
      .quickly(at.file)
      .highlights(at)
      .map(({ span, writes }) => ({
        range: documents.range(span),
        kind: writes ? DocumentHighlightKind.Write : DocumentHighlightKind.Read,
      }));
  });
  registerRename(room);
}

function registerRename({ connection, documents, labs }: Room): void {
  const at = ({ textDocument, position }: TextDocumentPositionParams) => {
    const place = placeOf(documents, textDocument.uri, position);
    return place && { place, service: labs.checked(place.file).service };
  };
  connection.onPrepareRename((params) => {
    const asked = at(params);
    const found = asked?.service.renamable(asked.place);
    if (!found) return null;
    if ("problem" in found) return refusal(found.problem);
    return { range: documents.range(found.span), placeholder: found.name };
  });
  connection.onRenameRequest((params): WorkspaceEdit | null | ResponseError<void> => {
    const asked = at(params);
    const found = asked?.service.rename(asked.place, params.newName);
    if (!found) return null;
    if ("problem" in found) return refusal(found.problem);
    const changes: Record<string, TextEdit[]> = {};
    for (const { span, text } of found.edits)
      (changes[documents.uriOf(span.file)] ??= []).push({ range: documents.range(span), newText: text });
    return { changes };
  });
}

/** A place in a file; undefined in documents that are none. */
function placeOf(documents: Documents, uri: string, position: Position) {
  const file = pathOf(uri);
  return file === undefined ? undefined : { file, offset: documents.offset(file, position) };
}

/** Most names that are offered of one folder. */
const NAMES_MAX = 500;
const STD = "std:";
const GUESTS = "std:guests/";

/** What lies in a folder, as paths in a text say it. */
function listIn({ written }: Room): (file: string, folder: string) => readonly string[] {
  return (file, folder) => {
    if (folder.startsWith(GUESTS)) {
      const place = written.fileOf(`${GUESTS}x`);
      return namesOf(place && path.dirname(place)).flatMap((name) =>
        name.endsWith(".wasm") ? [name.slice(0, -".wasm".length)] : [],
      );
    }
    if (folder.startsWith(STD)) {
      const place = written.fileOf(`${STD}net`);
      const modules = namesOf(place && path.dirname(place)).flatMap((name) =>
        name.endsWith(".vbus") ? [name.slice(0, -".vbus".length)] : [],
      );
      return ["guests/", ...modules];
    }
    return namesOf(path.resolve(path.dirname(file), folder));
  };
}

function namesOf(folder: string | undefined): readonly string[] {
  try {
    return readdirSync(folder ?? "", { withFileTypes: true })
      .filter(({ name }) => !name.startsWith("."))
      .slice(0, NAMES_MAX)
      .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
  } catch {
    return [];
  }
}
