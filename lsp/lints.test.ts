// Lints come as warnings beside what is wrong, with their fixes, and as the server's options have them.

import { expect, test } from "vitest";
import {
  CodeActionRequest,
  DiagnosticSeverity,
  DiagnosticTag,
  type CodeAction,
} from "vscode-languageserver/node";
import type { LintOptions } from "../lang/index.ts";
import { Editor } from "./client.test-support.ts";

const LAB = `let spare = 1
volume a: memory { size = 64MiB }
volume b: memory { size = 64MB }
`;
const NAME = { start: { line: 0, character: 5 }, end: { line: 0, character: 5 } };
const WHOLE = { start: { line: 0, character: 0 }, end: { line: 3, character: 0 } };

async function inEditor(lints: LintOptions, use: (editor: Editor) => Promise<void>): Promise<void> {
  const editor = await Editor.start(lints);
  await use(editor);
  expect(await editor.close()).toBe(true);
}

test("a lint is a warning with its code and its fix, and hidden while the file is wrong", () =>
  inEditor({}, async (editor) => {
    const place = await editor.show("lab.vbus", LAB);
    const told = await editor.diagnostics("lab.vbus", ({ length }) => length > 0);
    expect(told).toMatchObject([
      { code: "VB5001", severity: DiagnosticSeverity.Warning, tags: [DiagnosticTag.Unnecessary] },
      { code: "VB5003", severity: DiagnosticSeverity.Warning, range: { start: { line: 2 } } },
    ]);
    const context = { diagnostics: [] };
    const actions = (await editor.connection.sendRequest(CodeActionRequest.type, {
      ...place,
      range: NAME,
      context,
    })) as CodeAction[];
    expect(actions.map(({ edit }) => edit?.changes?.[editor.uri("lab.vbus")])).toEqual([
      [{ range: { start: { line: 0, character: 0 }, end: { line: 1, character: 0 } }, newText: "" }],
    ]);
    // Mending all is for what is wrong: nobody loses a name by saving.
    const only = { diagnostics: [], only: ["source.fixAll"] };
    const all = { ...place, range: WHOLE, context: only };
    expect(await editor.connection.sendRequest(CodeActionRequest.type, all)).toEqual([]);

    await editor.show("lab.vbus", `${LAB}network lan { subnt = 10.0.0.0/24 }\n`);
    const wrong = await editor.diagnostics("lab.vbus", ([one]) => one?.code === "VB2004");
    expect(wrong.filter(({ code }) => String(code).startsWith("VB5"))).toEqual([]);
    await editor.show("lab.vbus", `// vbus-lint: off unused\n${LAB}`);
    await editor.diagnostics("lab.vbus", ([one]) => one?.code === "VB5003");
  }));

test("lints are left out, and made errors, by code and by name", () =>
  inEditor({ disable: ["unused"], deny: ["VB5003"] }, async (editor) => {
    await editor.show("lab.vbus", LAB);
    const told = await editor.diagnostics("lab.vbus", ({ length }) => length > 0);
    expect(told).toMatchObject([{ code: "VB5003", severity: DiagnosticSeverity.Error }]);
  }));
