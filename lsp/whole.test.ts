// Questions about whole documents, and what is told without being asked.

import { afterAll, beforeAll, expect, test } from "vitest";
import {
  CodeActionRequest,
  DocumentFormattingRequest,
  DocumentSymbolRequest,
  FoldingRangeRequest,
  InlayHintRequest,
  SemanticTokensRequest,
  SignatureHelpRequest,
  WorkspaceSymbolRequest,
  type CodeAction,
  type DocumentSymbol,
  type InlayHint,
} from "vscode-languageserver/node";
import { Editor } from "./client.test-support.ts";

let editor: Editor;
let count = 0;
beforeAll(async () => {
  editor = await Editor.start();
});
afterAll(async () => {
  expect(await editor.close()).toBe(true);
});

const fresh = (): string => `lab-${++count}.vbus`;
const WHOLE = { start: { line: 0, character: 0 }, end: { line: 1000, character: 0 } };

const LAB = `/// Where they
/// all meet.
network lan { subnet = 10.0.0.0/24 }
image echo: wasm { path = "std:guests/echo" }
let many = 3
guest web for i in 1..many {
  image = echo
  device eth0: venet { network = lan }
}
guest one {
  image = echo
  device eth0: venet { network = lan }
}
`;

test("diagnostics come as the file is typed, also while it is broken, and go again", async () => {
  const name = fresh();
  await editor.show(name, LAB);
  expect(await editor.diagnostics(name)).toEqual([]);
  await editor.show(name, LAB.replace("network = lan", "netwrk = lan"));
  const [wrong] = await editor.diagnostics(name, ({ length }) => length > 0);
  expect(wrong).toMatchObject({
    code: "VB2004",
    source: "vbus",
    range: { start: { line: 7, character: 23 }, end: { line: 7, character: 29 } },
  });
  expect(wrong?.message).toContain("Did you mean `network`?");
  await editor.show(name, LAB.replace("image = echo", "image = "));
  const broken = await editor.diagnostics(name, ([first]) => String(first?.code).startsWith("VB1"));
  expect(broken).toHaveLength(1);
  await editor.show(name, LAB);
  expect(await editor.diagnostics(name, ({ length }) => length === 0)).toEqual([]);
});

test("what the language takes and nothing serves is told too", async () => {
  const name = fresh();
  await editor.show(name, LAB.replace("= lan }", '= lan, moved_from = "nic" }'));
  const told = await editor.diagnostics(name, ({ length }) => length > 0);
  expect(told.map(({ code }) => code)).toContain("VB2022");
});

test("a file that is imported is checked as a part of its lab", async () => {
  editor.write("parts/lab.vbus", 'import "names.vbus" as names\noutput a = names.first\n');
  await editor.show("parts/names.vbus", "let first = 1\n");
  expect(await editor.diagnostics("parts/lab.vbus")).toEqual([]);
  await editor.show("parts/names.vbus", "let second = 1\n");
  const told = await editor.diagnostics("parts/lab.vbus", ({ length }) => length > 0);
  expect(told.map(({ code }) => code)).toEqual(["VB2001"]);
});

test("a fix is offered where its mistake is, and all of them at once", async () => {
  const name = fresh();
  const text = LAB.replaceAll("network = lan", "netwrk = lan");
  const place = await editor.show(name, text);
  const ask = async (line: number): Promise<readonly CodeAction[]> => {
    const at = { line, character: 25 };
    const found = await editor.connection.sendRequest(CodeActionRequest.type, {
      ...place,
      range: { start: at, end: at },
      context: { diagnostics: [] },
    });
    return (found ?? []) as CodeAction[];
  };
  const [fix, all] = await ask(7);
  expect(fix).toMatchObject({ title: "Change to `network`", kind: "quickfix" });
  expect(fix?.edit?.changes?.[editor.uri(name)]).toMatchObject([{ newText: "network" }]);
  expect(all).toMatchObject({ kind: "source.fixAll" });
  expect(all?.edit?.changes?.[editor.uri(name)]).toHaveLength(2);
});

test("symbols are the tree of a document, and found by letters in the workspace", async () => {
  const place = await editor.show(fresh(), LAB);
  const symbols = (await editor.connection.sendRequest(
    DocumentSymbolRequest.type,
    place,
  )) as DocumentSymbol[];
  expect(symbols.map(({ name, detail }) => `${name} ${detail ?? ""}`)).toEqual([
    "lan network",
    "echo image: wasm",
    "many ",
    "web guest",
    "one guest",
  ]);
  expect(symbols[3]?.children?.map(({ name }) => name)).toEqual(["eth0"]);
  const found = await editor.connection.sendRequest(WorkspaceSymbolRequest.type, { query: "mny" });
  expect(found?.map(({ name }) => name)).toContain("many");
});

test("tokens say what names mean", async () => {
  const place = await editor.show(fresh(), LAB);
  const found = await editor.connection.sendRequest(SemanticTokensRequest.type, place);
  const types = editor.capabilities.semanticTokensProvider?.legend.tokenTypes ?? [];
  const lines = LAB.split("\n");
  const texts: string[] = [];
  let [line, character] = [0, 0];
  const data = found?.data ?? [];
  for (let at = 0; at < data.length; at += 5) {
    const [down = 0, along = 0, length = 0, type = 0] = data.slice(at, at + 5);
    character = down === 0 ? character + along : along;
    line += down;
    texts.push(`${lines[line]?.slice(character, character + length)}: ${types[type]}`);
  }
  expect(texts).toEqual(
    expect.arrayContaining([
      "/// Where they: comment",
      "network: class",
      "lan: variable",
      "subnet: property",
      "10.0.0.0/24: number",
      '"std:guests/echo": string',
      "wasm: type",
      "let: keyword",
      "for: keyword",
    ]),
  );
});

test("hints show types, and addresses that the planner fills in", async () => {
  const place = await editor.show(fresh(), LAB);
  const found = await editor.connection.sendRequest(InlayHintRequest.type, { ...place, range: WHOLE });
  const texts = (found ?? []).map(({ label, position }: InlayHint) => `${position.line} ${String(label)}`);
  expect(texts).toContain("4 : int");
  expect(texts.find((text) => text.startsWith("11 "))).toMatch(
    /^11 (\d+\.){3}\d+ ([0-9a-f]{2}:){5}[0-9a-f]{2}$|^11 .*10\.0\.0\.\d/,
  );
  expect(texts.find((text) => text.startsWith("7 "))).toMatch(/, \.\.\.$/);
});

test("blocks and comments fold, also while the file is broken", async () => {
  const place = await editor.show(fresh(), `${LAB}guest {\n  image = \n`);
  const found = await editor.connection.sendRequest(FoldingRangeRequest.type, place);
  expect(found?.map(({ startLine, endLine }) => `${startLine}-${endLine}`)).toEqual(["5-7", "9-11", "0-1"]);
});

test("a document is formatted as vbus fmt does it; a broken one is left alone", async () => {
  const options = { tabSize: 2, insertSpaces: true };
  const place = await editor.show(fresh(), "let   a=1\n");
  const edits = await editor.connection.sendRequest(DocumentFormattingRequest.type, { ...place, options });
  expect(edits).toMatchObject([{ newText: "let a = 1\n" }]);
  const broken = await editor.show(fresh(), "let   a=\n");
  expect(await editor.connection.sendRequest(DocumentFormattingRequest.type, { ...broken, options })).toEqual(
    [],
  );
});

test("a call tells what it takes, and which argument is being written", async () => {
  const ask = async (text: string) =>
    editor.connection.sendRequest(SignatureHelpRequest.type, await editor.show(fresh(), text));
  const clamp = await ask("output a = clamp(1, |)\n");
  expect(clamp?.signatures[0]?.label).toBe("fn clamp(x: N, low: N, high: N): N");
  expect(clamp?.activeParameter).toBe(1);
  const method = await ask("output a = 3.clamp(|)\n");
  expect(method?.activeParameter).toBe(1);
  const named = await ask("output a = clamp(1, high = |)\n");
  expect(named?.activeParameter).toBe(2);
  expect(await ask("output a = |\n")).toBeNull();
});
