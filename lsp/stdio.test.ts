// `vbus lsp` as an editor starts it: a process of its own, asked over its stdin and stdout by the client's
// half of the protocol.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
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

const VBUS = fileURLToPath(new URL("../cli/vbus.cjs", import.meta.url));

test("vbus lsp serves an editor over stdio, and ends with it", { timeout: 180_000 }, async () => {
  const server = spawn(process.execPath, [VBUS, "lsp", "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(server, "exit");
  const client = createMessageConnection(
    new StreamMessageReader(server.stdout),
    new StreamMessageWriter(server.stdin),
  );
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
});
