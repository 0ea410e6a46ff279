// What an editor waits for: completion and hover after a key, asked of the language server over its protocol
// in a file of some 2,000 lines, beside what is wanted and beside a whole check of that file.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { pathToFileURL } from "node:url";
import {
  CompletionRequest,
  createMessageConnection,
  DidChangeTextDocumentNotification,
  DidOpenTextDocumentNotification,
  ExitNotification,
  HoverRequest,
  InitializedNotification,
  InitializeRequest,
  PublishDiagnosticsNotification,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
  type MessageConnection,
  type Position,
} from "vscode-languageserver/node";
import { openWritten } from "../interpreter/index.ts";
import { evaluate } from "../lang/index.ts";
import { serve } from "../lsp/index.ts";
import { quantile, type Measure, type Work } from "./harness.ts";

const LINES = { tiny: 300, real: 2000 };
const SAMPLES = { tiny: 10, real: 100 };
/** Milliseconds of the 95th of 100 answers. */
const TARGET_MS = 30;
const P95 = 0.95;

/** A network and a guest on it, as often as there is room. Its `image` stands in the fourth line. */
const block = (i: number): string => `network lan${i} { subnet = 10.${i >> 8}.${i & 255}.0/24 }
/// One of many.
guest web${i} {
  image = echo
  args = ["--name", "web \${${i}}", "--count", ${i}]
  device eth0: venet {
    network = lan${i}
    impair { delay = 30ms, jitter = 5ms, loss = 0.5% }
  }
}
`;
const BLOCK_LINES = block(0).split("\n").length - 1;
const HEAD = 'image echo: wasm { path = "std:guests/echo" }\n';

/** Opens the file in an editor of its own; `close` ends both. */
export async function openLspBench(
  tiny: boolean,
): Promise<{ works: readonly Work[]; close: () => Promise<void> }> {
  const [lines, samples] = tiny ? [LINES.tiny, SAMPLES.tiny] : [LINES.real, SAMPLES.real];
  const count = Math.ceil(lines / BLOCK_LINES);
  const text = HEAD + Array.from({ length: count }, (_, i) => block(i)).join("");
  const folder = await mkdtemp(join(tmpdir(), "vbus-bench-"));
  const editor = await Typist.open(join(folder, "lab.vbus"), text, folder);
  const whole = await wholeCheck(text);
  const work = (name: string, ours: Measure): Work => ({
    name: `${name}, p95, ${lines} lines`,
    unit: "ms",
    better: "less",
    ours,
    rivals: [
      { name: "target", measure: async () => TARGET_MS },
      { name: "a whole check", measure: whole },
    ],
  });
  return {
    works: [
      work("completion after a key", () => editor.p95(count, samples, (line) => editor.complete(line))),
      work("hover after a key", () => editor.p95(count, samples, (line) => editor.hover(line))),
    ],
    close: async () => {
      await editor.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Median milliseconds in which the same text is read and checked from nothing, by code that is warm. */
async function wholeCheck(text: string): Promise<Measure> {
  const root = "/bench/lab.vbus";
  const given = new Map([[root, new TextEncoder().encode(text)]]);
  const { world } = await openWritten({}, given);
  return async () => {
    const times: number[] = [];
    for (let turn = 0; turn < 5; turn++) {
      given.set(root, new TextEncoder().encode(`${text}// ${turn}\n`));
      const start = performance.now();
      const { diagnostics } = evaluate(world, { root });
      times.push(performance.now() - start);
      if (diagnostics.length > 0) throw new Error(`the file is wrong: ${diagnostics[0]?.message}`);
    }
    return quantile(times, 0.5);
  };
}

const clock = { now: () => performance.now(), wall: () => Date.now() };

/** An editor in which somebody types. */
class Typist {
  readonly #connection: MessageConnection;
  readonly #served: Promise<boolean>;
  readonly #uri: string;
  #version = 1;

  private constructor(connection: MessageConnection, served: Promise<boolean>, uri: string) {
    this.#connection = connection;
    this.#served = served;
    this.#uri = uri;
  }

  static async open(file: string, text: string, folder: string): Promise<Typist> {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const env = { XDG_STATE_HOME: folder, XDG_RUNTIME_DIR: folder };
    const served = serve({ input, output, env, version: "bench", clock });
    const connection = createMessageConnection(
      new StreamMessageReader(output),
      new StreamMessageWriter(input),
    );
    connection.listen();
    await connection.sendRequest(InitializeRequest.type, {
      processId: null,
      rootUri: null,
      capabilities: {},
    });
    await connection.sendNotification(InitializedNotification.type, {});
    const uri = pathToFileURL(file).href;
    const told = new Promise<void>((resolve, reject) => {
      connection.onNotification(PublishDiagnosticsNotification.type, ({ diagnostics }) =>
        diagnostics.length > 0 ? reject(new Error(String(diagnostics[0]?.message))) : resolve(),
      );
    });
    await connection.sendNotification(DidOpenTextDocumentNotification.type, {
      textDocument: { uri, languageId: "vbus", version: 1, text },
    });
    await told;
    connection.onNotification(PublishDiagnosticsNotification.type, () => undefined);
    return new Typist(connection, served, uri);
  }

  /** The 95th of 100 times from a key to its answer, at blocks all over the file. */
  async p95(blocks: number, samples: number, ask: (line: number) => Promise<void>): Promise<number> {
    const times: number[] = [];
    for (let sample = 0; sample < samples; sample++) {
      const line = 1 + ((sample * 37) % blocks) * BLOCK_LINES + 4;
      const typed = "  goal = \n";
      const start = performance.now();
      await this.#change({ line, character: 0 }, { line, character: 0 }, typed);
      await ask(line);
      times.push(performance.now() - start);
      await this.#change({ line, character: 0 }, { line: line + 1, character: 0 }, "");
    }
    return quantile(times, P95);
  }

  async #change(start: Position, end: Position, text: string): Promise<void> {
    await this.#connection.sendNotification(DidChangeTextDocumentNotification.type, {
      textDocument: { uri: this.#uri, version: ++this.#version },
      contentChanges: [{ range: { start, end }, text }],
    });
  }

  /** Behind `goal = ` on the line that was typed. */
  async complete(line: number): Promise<void> {
    const found = await this.#connection.sendRequest(CompletionRequest.type, {
      textDocument: { uri: this.#uri },
      position: { line, character: 9 },
    });
    const items = Array.isArray(found) ? found : (found?.items ?? []);
    if (!items.some(({ label }) => label === "completed")) throw new Error("a goal was not offered");
  }

  /** On the image, the line above. */
  async hover(line: number): Promise<void> {
    const found = await this.#connection.sendRequest(HoverRequest.type, {
      textDocument: { uri: this.#uri },
      position: { line: line - 1, character: 11 },
    });
    if (!JSON.stringify(found).includes("image echo")) throw new Error("the image was not told");
  }

  async close(): Promise<void> {
    await this.#connection.sendRequest(ShutdownRequest.type);
    await this.#connection.sendNotification(ExitNotification.type);
    await this.#served;
    this.#connection.dispose();
  }
}
