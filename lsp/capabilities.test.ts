// What the server announces is what it does: each thing in the answer to `initialize` has a request here and
// an answer to it, and nothing is announced that isn't in this table. The files beside ask the same things at
// length.

import { afterAll, beforeAll, expect, test } from "vitest";
import {
  CodeActionRequest,
  CodeLensRequest,
  CompletionRequest,
  DefinitionRequest,
  DidChangeTextDocumentNotification,
  DidCloseTextDocumentNotification,
  DidSaveTextDocumentNotification,
  DocumentFormattingRequest,
  DocumentHighlightRequest,
  DocumentSymbolRequest,
  ExecuteCommandRequest,
  FoldingRangeRequest,
  HoverRequest,
  InlayHintRequest,
  PrepareRenameRequest,
  ReferencesRequest,
  RenameRequest,
  SemanticTokensRequest,
  SignatureHelpRequest,
  WorkspaceSymbolRequest,
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

const LAB = `network lan { subnet = 10.0.0.0/24 }
image echo: wasm { path = "std:guests/echo" }
guest web {
  image = echo
  device eth0: venet { network = lan }
}
`;
const AT_NAME = LAB.replace("= lan", "= la|n");
const WHOLE = { start: { line: 0, character: 0 }, end: { line: 1000, character: 0 } };

const fresh = (): string => `lab-${++count}.vbus`;
const ask = (type: { readonly method: string }, place: object): Promise<unknown> =>
  editor.connection.sendRequest(type.method, place);
const at = async (type: { readonly method: string }, text = AT_NAME, more: object = {}) =>
  ask(type, { ...(await editor.show(fresh(), text)), ...more });

/** What may come behind that character. */
const behind = async (text: string): Promise<unknown> => {
  const found = (await at(CompletionRequest.type, text)) as { items?: { label: string }[] };
  return (found.items ?? (found as { label: string }[])).map(({ label }) => label);
};

const fixes = async (kind: string): Promise<unknown> => {
  // Two mistakes, since one alone has nothing to mend all of.
  const text = LAB.replace("network = lan", "netwrk = lan").replace("image = echo", "image = ech");
  const start = { line: 4, character: 25 };
  const more = { range: { start, end: start }, context: { diagnostics: [] } };
  const found = (await at(CodeActionRequest.type, text, more)) as { kind: string }[];
  return found.filter((one) => one.kind === kind);
};

const notify = (type: { readonly method: string }, params: object) =>
  editor.connection.sendNotification(type.method, params);

const some = expect.arrayContaining([expect.anything()]);

/** Leaf of the capabilities: what is asked, and what comes back. */
const TABLE: Readonly<Record<string, () => Promise<void>>> = {
  "textDocumentSync.openClose true": async () => {
    const name = fresh();
    const { textDocument } = await editor.show(name, "output a = 1\n");
    await editor.show(name, "output a = b\n");
    expect(await editor.diagnostics(name, ({ length }) => length > 0)).toEqual(some);
    await notify(DidCloseTextDocumentNotification.type, { textDocument });
    expect(await editor.diagnostics(name, ({ length }) => length === 0)).toEqual([]);
  },
  "textDocumentSync.change 2": async () => {
    const name = fresh();
    const { textDocument } = await editor.show(name, "output a = b\n");
    expect(await editor.diagnostics(name)).toEqual(some);
    const range = { start: { line: 0, character: 11 }, end: { line: 0, character: 12 } };
    await notify(DidChangeTextDocumentNotification.type, {
      textDocument: { ...textDocument, version: 2 },
      contentChanges: [{ range, text: "1" }],
    });
    expect(await editor.diagnostics(name, ({ length }) => length === 0)).toEqual([]);
  },
  "textDocumentSync.save true": async () => {
    const name = fresh();
    editor.write(`part-${name}`, "let b = 1\n");
    const text = `import "part-${name}" as part\noutput a = part.b\n`;
    const { textDocument } = await editor.show(name, text);
    expect(await editor.diagnostics(name)).toEqual([]);
    editor.write(`part-${name}`, "let c = 1\n");
    await notify(DidSaveTextDocumentNotification.type, { textDocument });
    expect(await editor.diagnostics(name, ({ length }) => length > 0)).toEqual(some);
  },
  "hoverProvider true": async () => {
    expect(await at(HoverRequest.type)).toMatchObject({ contents: expect.anything() });
  },
  "completionProvider.triggerCharacters .": async () => {
    expect(await behind(`${LAB}output a = web.|\n`)).toContain("eth0");
  },
  "completionProvider.triggerCharacters :": async () => {
    expect(await behind(LAB.replace("eth0: venet", "eth0:|"))).toContain("venet");
  },
  "completionProvider.triggerCharacters =": async () => {
    expect(await behind(LAB.replace("image = echo", "image =|"))).toContain("echo");
  },
  "completionProvider.triggerCharacters /": async () => {
    expect(await behind(LAB.replace("guests/echo", "guests/|"))).toEqual(some);
  },
  'completionProvider.triggerCharacters "': async () => {
    expect(await behind(LAB.replace("std:guests/echo", "|"))).toEqual(some);
  },
  "signatureHelpProvider.triggerCharacters (": async () => {
    const help = await at(SignatureHelpRequest.type, "output a = clamp(|)\n");
    expect(help).toMatchObject({ activeParameter: 0 });
  },
  "signatureHelpProvider.triggerCharacters ,": async () => {
    const help = await at(SignatureHelpRequest.type, "output a = clamp(1,|)\n");
    expect(help).toMatchObject({ activeParameter: 1 });
  },
  "definitionProvider true": async () => {
    const found = await at(DefinitionRequest.type);
    expect([found].flat()).toMatchObject([{ range: { start: { line: 0, character: 8 } } }]);
  },
  "referencesProvider true": async () => {
    const context = { includeDeclaration: true };
    expect(await at(ReferencesRequest.type, AT_NAME, { context })).toHaveLength(2);
  },
  "documentHighlightProvider true": async () => {
    expect(await at(DocumentHighlightRequest.type)).toHaveLength(2);
  },
  "renameProvider.prepareProvider true": async () => {
    expect(await at(PrepareRenameRequest.type)).not.toBeNull();
    const renamed = await at(RenameRequest.type, AT_NAME, { newName: "wan" });
    expect(Object.values((renamed as { changes: object }).changes)).toMatchObject([{ length: 2 }]);
  },
  "codeActionProvider.codeActionKinds quickfix": async () => {
    expect(await fixes("quickfix")).toEqual(some);
  },
  "codeActionProvider.codeActionKinds source.fixAll": async () => {
    expect(await fixes("source.fixAll")).toEqual(some);
  },
  "documentSymbolProvider true": async () => {
    expect(await at(DocumentSymbolRequest.type)).toHaveLength(3);
  },
  "workspaceSymbolProvider true": async () => {
    await editor.diagnostics(`lab-${count}.vbus`);
    expect(await ask(WorkspaceSymbolRequest.type, { query: "web" })).toEqual(some);
  },
  "foldingRangeProvider true": async () => {
    expect(await at(FoldingRangeRequest.type)).toMatchObject([{ startLine: 2, endLine: 4 }]);
  },
  "documentFormattingProvider true": async () => {
    const options = { tabSize: 2, insertSpaces: true };
    const edits = await at(DocumentFormattingRequest.type, "let  a=1\n", { options });
    expect(edits).toMatchObject([{ newText: "let a = 1\n" }]);
  },
  "inlayHintProvider true": async () => {
    expect(await at(InlayHintRequest.type, LAB, { range: WHOLE })).toEqual(some);
  },
  "semanticTokensProvider.full true": async () => {
    expect(await at(SemanticTokensRequest.type)).toMatchObject({ data: some });
  },
  // Of a lab that doesn't run there is nothing to apply: that one which does is in running.test.ts.
  "codeLensProvider {}": async () => {
    expect(await at(CodeLensRequest.type)).toEqual([]);
  },
  "executeCommandProvider.commands vbus.applyGuest": async () => {
    const { textDocument } = await editor.show(fresh(), LAB);
    const apply = { command: "vbus.applyGuest", arguments: [textDocument.uri, ["web"]] };
    expect(await ask(ExecuteCommandRequest.type, apply)).toBe("The lab is not running.");
  },
};

/** `path value` of each leaf, `path item` of each of a list. The legend of the tokens is no capability. */
function leavesOf(value: unknown, at: string): string[] {
  if (Array.isArray(value)) return value.map((item) => `${at} ${item}`);
  if (typeof value !== "object" || value === null) return [`${at} ${value}`];
  const inner = Object.entries(value).filter(([name]) => name !== "legend");
  if (inner.length === 0) return [`${at} {}`];
  return inner.flatMap(([name, one]) => leavesOf(one, at === "" ? name : `${at}.${name}`));
}

test("nothing is announced that has no test, and nothing tested that isn't announced", () => {
  expect(leavesOf(editor.capabilities, "").toSorted()).toEqual(Object.keys(TABLE).toSorted());
});

test.each(Object.entries(TABLE))("%s", async (_, holds) => holds());
