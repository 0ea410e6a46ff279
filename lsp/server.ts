// One editor's connection: what it may ask, and the life of its documents.

import {
  CodeActionKind,
  CodeLensRefreshRequest,
  TextDocumentSyncKind,
  type Connection,
  type InitializeParams,
  type InitializeResult,
} from "vscode-languageserver/node";
import type { Clock, Written } from "../interpreter/index.ts";
import type { LintOptions } from "../lang/index.ts";
import { diagnosticOf } from "./convert.ts";
import { Documents } from "./documents.ts";
import { registerLanguage } from "./language.ts";
import { APPLY, registerLenses } from "./lenses.ts";
import { Running } from "./running.ts";
import { LEGEND, registerWhole } from "./whole.ts";
import { Labs, type Findings, type OpenLab } from "./labs.ts";

export interface ServerOptions {
  readonly connection: Connection;
  readonly written: Written;
  /** To be filled with the open documents. */
  readonly given: Map<string, Uint8Array>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly clock: Clock;
  /** Which lints are not told, and which as errors. */
  readonly lints: LintOptions;
}

/** What the editor said it can do. */
export interface Client {
  snippets: boolean;
  refreshesHints: boolean;
  refreshesLenses: boolean;
}

export class Server {
  readonly #options: ServerOptions;
  readonly #documents: Documents;
  readonly #labs: Labs;
  readonly #running: Running;
  readonly #client: Client = { snippets: false, refreshesHints: false, refreshesLenses: false };

  constructor(options: ServerOptions) {
    const { connection, written, given, clock, lints } = options;
    this.#options = options;
    this.#documents = new Documents((name) => written.fileOf(name), given);
    this.#labs = new Labs({ written, clock, lints, documents: this.#documents }, (lab, findings) =>
      this.#publish(lab, findings),
    );
    connection.onInitialize((params) => this.#initialize(params));
    connection.onShutdown(() => this.close());
    this.#followDocuments();
    const running = new Running(
      options.env,
      () => this.#labs.all().map(({ root }) => root),
      () => this.#lookAgain(),
    );
    this.#running = running;
    const client = this.#client;
    const room = { connection, written, documents: this.#documents, labs: this.#labs, client, running };
    registerLanguage(room);
    registerWhole(room);
    registerLenses(room);
  }

  /** The editor has gone. */
  close(): void {
    this.#labs.close();
    this.#running.close();
  }

  /** What a running lab does has changed: hints and lenses are asked for again. */
  #lookAgain(): void {
    const { connection } = this.#options;
    if (this.#client.refreshesHints) void connection.languages.inlayHint.refresh().catch(gone);
    if (this.#client.refreshesLenses) void connection.sendRequest(CodeLensRefreshRequest.type).catch(gone);
  }

  #initialize({ capabilities }: InitializeParams): InitializeResult {
    this.#client.snippets = capabilities.textDocument?.completion?.completionItem?.snippetSupport ?? false;
    this.#client.refreshesHints = capabilities.workspace?.inlayHint?.refreshSupport ?? false;
    this.#client.refreshesLenses = capabilities.workspace?.codeLens?.refreshSupport ?? false;
    return {
      serverInfo: { name: "vbus", version: this.#options.version },
      capabilities: {
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
        hoverProvider: true,
        completionProvider: { triggerCharacters: [".", ":", "=", "/", '"'] },
        signatureHelpProvider: { triggerCharacters: ["(", ","] },
        definitionProvider: true,
        referencesProvider: true,
        documentHighlightProvider: true,
        renameProvider: { prepareProvider: true },
        codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix, CodeActionKind.SourceFixAll] },
        documentSymbolProvider: true,
        workspaceSymbolProvider: true,
        foldingRangeProvider: true,
        documentFormattingProvider: true,
        inlayHintProvider: true,
        semanticTokensProvider: { legend: LEGEND, full: true },
        codeLensProvider: {},
        executeCommandProvider: { commands: [APPLY] },
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
    // The lab of these files may be running already.
    void this.#running.look();
    for (const [file, diagnostics] of findings) {
      void connection.sendDiagnostics({
        uri: this.#documents.uriOf(file),
        diagnostics: diagnostics.map((one) => diagnosticOf(one, this.#documents)),
      });
    }
  }
}

/** An editor that has gone needs nothing any more. */
const gone = (): undefined => undefined;
