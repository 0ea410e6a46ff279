// An editor for tests: the protocol's own client over streams in this process, with files of its own in a
// folder that is thrown away.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { pathToFileURL } from "node:url";
import {
  CodeLensRefreshRequest,
  createMessageConnection,
  DidChangeTextDocumentNotification,
  DidOpenTextDocumentNotification,
  ExitNotification,
  InitializedNotification,
  InitializeRequest,
  InlayHintRefreshRequest,
  PublishDiagnosticsNotification,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
  type Diagnostic,
  type InitializeResult,
  type MessageConnection,
  type Position,
  type PublishDiagnosticsParams,
} from "vscode-languageserver/node";
import type { LintOptions } from "../lang/index.ts";
import { serve } from "./index.ts";

/** Where the state and the sockets of labs are looked for. */
const placesIn = (folder: string) => ({
  XDG_STATE_HOME: path.join(folder, "state"),
  XDG_RUNTIME_DIR: folder,
});

const clock = { now: () => performance.now(), wall: () => Date.now() };

/** Marks the place that a question is about; it is taken out of the text. */
const HERE = "|";

interface Asked {
  readonly textDocument: { readonly uri: string };
  readonly position: Position;
}

export class Editor {
  readonly folder: string;
  readonly connection: MessageConnection;
  readonly capabilities: InitializeResult["capabilities"];
  readonly #served: Promise<boolean>;
  readonly #versions = new Map<string, number>();
  readonly #told: PublishDiagnosticsParams[] = [];
  readonly #refreshed: (() => void)[] = [];
  readonly #listeners = new Set<() => void>();

  private constructor(
    folder: string,
    connection: MessageConnection,
    served: Promise<boolean>,
    capabilities: InitializeResult["capabilities"],
  ) {
    this.folder = folder;
    this.connection = connection;
    this.capabilities = capabilities;
    this.#served = served;
    connection.onRequest(InlayHintRefreshRequest.type, () => {
      for (const listener of this.#refreshed.splice(0)) listener();
    });
    connection.onRequest(CodeLensRefreshRequest.type, () => undefined);
    connection.onNotification(PublishDiagnosticsNotification.type, (params) => {
      this.#told.push(params);
      for (const listener of this.#listeners) listener();
    });
  }

  static async start(lints: LintOptions = {}): Promise<Editor> {
    const folder = mkdtempSync(path.join(tmpdir(), "vbus-lsp-"));
    const [input, output] = [new PassThrough(), new PassThrough()];
    const served = serve({ input, output, env: placesIn(folder), version: "test", clock, lints });
    const connection = createMessageConnection(
      new StreamMessageReader(output),
      new StreamMessageWriter(input),
    );
    connection.listen();
    const { capabilities } = await connection.sendRequest(InitializeRequest.type, {
      processId: null,
      rootUri: pathToFileURL(folder).href,
      capabilities: {
        textDocument: { completion: { completionItem: { snippetSupport: true } } },
        workspace: { codeLens: { refreshSupport: true }, inlayHint: { refreshSupport: true } },
      },
    });
    await connection.sendNotification(InitializedNotification.type, {});
    return new Editor(folder, connection, served, capabilities);
  }

  get env(): Readonly<Record<string, string>> {
    return placesIn(this.folder);
  }

  file(name: string): string {
    return path.join(this.folder, name);
  }

  uri(name: string): string {
    return pathToFileURL(this.file(name)).href;
  }

  /** Writes a file without opening it. */
  write(name: string, text: string): void {
    mkdirSync(path.dirname(this.file(name)), { recursive: true });
    writeFileSync(this.file(name), text);
  }

  /**
   * Opens a document with this text, or changes it if it is open; the answer is the place of `HERE` in it.
   */
  async show(name: string, marked: string): Promise<Asked> {
    const at = marked.indexOf(HERE);
    const text = at < 0 ? marked : marked.slice(0, at) + marked.slice(at + HERE.length);
    const version = (this.#versions.get(name) ?? 0) + 1;
    this.#versions.set(name, version);
    const uri = this.uri(name);
    if (version === 1) {
      this.write(name, text);
      const textDocument = { uri, languageId: "vbus", version, text };
      await this.connection.sendNotification(DidOpenTextDocumentNotification.type, { textDocument });
    } else {
      await this.connection.sendNotification(DidChangeTextDocumentNotification.type, {
        textDocument: { uri, version },
        contentChanges: [{ text }],
      });
    }
    const before = text.slice(0, Math.max(0, at)).split("\n");
    return {
      textDocument: { uri },
      position: { line: before.length - 1, character: before.at(-1)?.length ?? 0 },
    };
  }

  /** The newest diagnostics of a file for which `wanted` says yes, once there are such. */
  async diagnostics(
    name: string,
    wanted: (diagnostics: readonly Diagnostic[]) => boolean = () => true,
  ): Promise<readonly Diagnostic[]> {
    const uri = this.uri(name);
    const look = (): readonly Diagnostic[] | undefined => {
      const newest = this.#told.findLast((one) => one.uri === uri)?.diagnostics;
      return newest && wanted(newest) ? newest : undefined;
    };
    const now = look();
    if (now) return now;
    return new Promise((resolve) => {
      const listener = (): void => {
        const found = look();
        if (!found) return;
        this.#listeners.delete(listener);
        resolve(found);
      };
      this.#listeners.add(listener);
    });
  }

  /** The answer to `ask` that is `wanted`: asked again each time that the server says to look again. */
  async onceShown<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
    // Event loop: the test's own time limit ends it.
    for (;;) {
      const refreshed = new Promise<void>((resolve) => this.#refreshed.push(resolve));
      const answer = await ask();
      if (wanted(answer)) return answer;
      await refreshed;
    }
  }

  /** Says goodbye as editors do; the answer is whether the server took it as that. */
  async close(): Promise<boolean> {
    await this.connection.sendRequest(ShutdownRequest.type);
    await this.connection.sendNotification(ExitNotification.type);
    const good = await this.#served;
    this.connection.dispose();
    rmSync(this.folder, { recursive: true, force: true });
    return good;
  }
}
