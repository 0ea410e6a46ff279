// Open documents and files on the disk under one name, their path; places in them as the protocol says them.

import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { TextDocuments, type Location, type Position, type Range } from "vscode-languageserver/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import type { Span } from "../lang/index.ts";

/**
 * The absolute path of a `file:` document; undefined for others (untitled ones, those of a version control).
 */
export function pathOf(uri: string): string | undefined {
  try {
    return uri.startsWith("file:") ? path.resolve(fileURLToPath(uri)) : undefined;
  } catch {
    return undefined;
  }
}

export class Documents {
  readonly open = new TextDocuments(TextDocument);
  /** Bytes of open documents, over what is on the disk. */
  readonly given: Map<string, Uint8Array>;
  readonly #fileOf: (name: string) => string | undefined;
  /** The URI that the editor uses for a path. */
  readonly #uris = new Map<string, string>();

  /** `fileOf` finds the file behind a `std:` name. */
  constructor(fileOf: (name: string) => string | undefined, given: Map<string, Uint8Array>) {
    this.#fileOf = fileOf;
    this.given = given;
  }

  /** The document's path, whose text lies over the disk's from now on. */
  take(document: TextDocument): string | undefined {
    const file = pathOf(document.uri);
    if (file === undefined) return undefined;
    this.#uris.set(file, document.uri);
    this.given.set(file, new TextEncoder().encode(document.getText()));
    return file;
  }

  drop(document: TextDocument): string | undefined {
    const file = pathOf(document.uri);
    if (file === undefined) return undefined;
    this.#uris.delete(file);
    this.given.delete(file);
    return file;
  }

  pathOf(document: { readonly uri: string }): string | undefined {
    return pathOf(document.uri);
  }

  uriOf(file: string): string {
    const real = file.startsWith("std:") ? (this.#fileOf(file) ?? file) : file;
    return this.#uris.get(real) ?? pathToFileURL(real).href;
  }

  /** The text of an open document, else of the file; empty where there is none. */
  document(file: string): TextDocument {
    const uri = this.uriOf(file);
    const open = this.open.get(uri);
    if (open) return open;
    try {
      return TextDocument.create(uri, "vbus", 0, readFileSync(fileURLToPath(uri), "utf8"));
    } catch {
      return TextDocument.create(uri, "vbus", 0, "");
    }
  }

  offset(file: string, position: Position): number {
    return this.document(file).offsetAt(position);
  }

  range(span: Span): Range {
    return rangeIn(this.document(span.file), span);
  }

  location(span: Span): Location {
    return { uri: this.uriOf(span.file), range: this.range(span) };
  }
}

export const rangeIn = (
  document: TextDocument,
  { start, end }: { readonly start: number; readonly end: number },
): Range => ({ start: document.positionAt(start), end: document.positionAt(end) });
