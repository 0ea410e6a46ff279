// One editor's connection: what it may ask, and the life of its documents.

import {
  TextDocumentSyncKind,
  type Connection,
  type InitializeParams,
  type InitializeResult,
} from "vscode-languageserver/node";
import type { Written } from "../interpreter/index.ts";
import { diagnosticOf } from "./convert.ts";
import { Documents } from "./documents.ts";
import { registerLanguage } from "./language.ts";
import { Labs, type Findings, type OpenLab } from "./labs.ts";

export interface ServerOptions {
  readonly connection: Connection;
  readonly written: Written;
  /** To be filled with the open documents. */
  readonly given: Map<string, Uint8Array>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
}

/** What the editor said it can do. */
export interface Client {
  snippets: boolean;
}

export class Server {
  readonly #options: ServerOptions;
  readonly #documents: Documents;
  readonly #labs: Labs;
  readonly #client: Client = { snippets: false };

  constructor(options: ServerOptions) {
    const { connection, written, given } = options;
    this.#options = options;
    this.#documents = new Documents((name) => written.fileOf(name), given);
    this.#labs = new Labs(written, this.#documents, (lab, findings) => this.#publish(lab, findings));
    connection.onInitialize((params) => this.#initialize(params));
    connection.onShutdown(() => this.close());
    this.#followDocuments();
    registerLanguage({
      connection,
      written,
      documents: this.#documents,
      labs: this.#labs,
      client: this.#client,
    });
  }

  /** The editor has gone. */
  close(): void {
    this.#labs.close();
  }

  #initialize({ capabilities }: InitializeParams): InitializeResult {
    this.#client.snippets = capabilities.textDocument?.completion?.completionItem?.snippetSupport ?? false;
    return {
      serverInfo: { name: "vbus", version: this.#options.version },
      capabilities: {
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
        hoverProvider: true,
        completionProvider: { triggerCharacters: [".", ":", "=", "/", '"'] },
        definitionProvider: true,
        referencesProvider: true,
        documentHighlightProvider: true,
        renameProvider: { prepareProvider: true },
      },
    };
  }

  #followDocuments(): void {
    const { connection } = this.#options;
    const { open } = this.#documents;
    open.onDidOpen(({ document }) => {
      const file = this.#documents.take(document);
      if (file !== undefined) this.#labs.opened(file);
    });
    open.onDidChangeContent(({ document }) => {
      const file = this.#documents.take(document);
      if (file !== undefined) this.#labs.changed(file);
    });
    open.onDidClose(({ document }) => {
      const file = this.#documents.drop(document);
      if (file !== undefined) this.#labs.changed(file, true);
    });
    open.onDidSave(({ document }) => {
      const file = this.#documents.pathOf(document);
      if (file !== undefined) this.#labs.changed(file, true);
    });
    connection.onDidChangeWatchedFiles(({ changes }) => {
      for (const { uri } of changes) {
        const file = this.#documents.pathOf({ uri });
        if (file !== undefined) this.#labs.changed(file, true);
      }
    });
    open.listen(connection);
  }

  #publish(_lab: OpenLab, findings: Findings): void {
    const { connection } = this.#options;
    for (const [file, diagnostics] of findings) {
      void connection.sendDiagnostics({
        uri: this.#documents.uriOf(file),
        diagnostics: diagnostics.map((one) => diagnosticOf(one, this.#documents)),
      });
    }
  }
}
