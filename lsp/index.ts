// The door of the language server: requests of an editor in, answers out, over two streams. Made by the
// command line (`vbus lsp`), which gives it stdin and stdout.

import { createConnection } from "vscode-languageserver";
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver/node";
import { openWritten, type Clock } from "../interpreter/index.ts";
import type { LintOptions } from "../lang/index.ts";
import { Server } from "./server.ts";

export interface ServeOptions {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly clock: Clock;
  /** As `vbus lint` takes them; every lint is told where it is left out. */
  readonly lints?: LintOptions;
}

/** Serves one editor until it says `exit` or its stream ends. Answers whether it said `shutdown` before. */
export async function serve(options: ServeOptions): Promise<boolean> {
  const { input, output, env, version, clock, lints = {} } = options;
  const given = new Map<string, Uint8Array>();
  const written = await openWritten(env, given);
  return new Promise((resolve) => {
    // The library's own way to end would be the end of this process.
    const watchDog = { shutdownReceived: false, initialize: () => undefined, exit: () => end() };
    const connection = createConnection(
      (logger) =>
        createProtocolConnection(new StreamMessageReader(input), new StreamMessageWriter(output), logger),
      watchDog,
    );
    const server = new Server({ connection, written, given, env, version, clock, lints });
    const end = (): void => {
      server.close();
      // Whoever called us is still in the middle of a message.
      setImmediate(() => connection.dispose());
      resolve(watchDog.shutdownReceived);
    };
    input.once("end", end);
    input.once("close", end);
    connection.listen();
  });
}
