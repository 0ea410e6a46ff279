// An editor's half of a conversation with `vbus lsp`, over the stdin and stdout of its process.

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { expect } from "vitest";
import {
  createMessageConnection,
  DidOpenTextDocumentNotification,
  ExitNotification,
  HoverRequest,
  InitializedNotification,
  InitializeRequest,
  PublishDiagnosticsNotification,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
  type PublishDiagnosticsParams,
} from "vscode-languageserver/node";

/** Opens a text with a mistake, is told of it, hovers over a name, and says goodbye; the server ends. */
export async function converse(server: ChildProcess): Promise<void> {
  const exited = once(server, "exit");
  const { stdout, stdin } = server;
  if (stdout === null || stdin === null) throw new Error("its streams are not piped");
  const client = createMessageConnection(new StreamMessageReader(stdout), new StreamMessageWriter(stdin));
  client.listen();
  const { serverInfo } = await client.sendRequest(InitializeRequest.type, {
    processId: process.pid,
    rootUri: null,
    capabilities: {},
  });
  expect(serverInfo?.name).toBe("vbus");
  await client.sendNotification(InitializedNotification.type, {});
  const told = new Promise<PublishDiagnosticsParams>((resolve) =>
    client.onNotification(PublishDiagnosticsNotification.type, resolve),
  );
  const uri = "file:///nowhere/lab.vbus";
  await client.sendNotification(DidOpenTextDocumentNotification.type, {
    textDocument: { uri, languageId: "vbus", version: 1, text: "network lan { subnet = 10.0.0.0/33 }\n" },
  });
  expect(await told).toMatchObject({ uri, diagnostics: [{ code: "VB1007", range: { start: { line: 0 } } }] });
  const hover = { textDocument: { uri }, position: { line: 0, character: 9 } };
  expect(await client.sendRequest(HoverRequest.type, hover)).toMatchObject({
    contents: { value: expect.stringContaining("network lan") },
  });
  await client.sendRequest(ShutdownRequest.type);
  await client.sendNotification(ExitNotification.type);
  expect(await exited).toEqual([0, null]);
  client.dispose();
}
