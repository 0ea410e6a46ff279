// Questions about places, asked over the protocol as an editor asks them.

import { afterAll, beforeAll, expect, test } from "vitest";
import {
  CompletionRequest,
  DefinitionRequest,
  DocumentHighlightRequest,
  HoverRequest,
  PrepareRenameRequest,
  ReferencesRequest,
  RenameRequest,
  type CompletionItem,
  type Location,
  type MarkupContent,
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

/** Each text in a file of its own. */
const show = (text: string) => editor.show(`lab-${++count}.vbus`, text);

async function hover(text: string): Promise<string> {
  const found = await editor.connection.sendRequest(HoverRequest.type, await show(text));
  return (found?.contents as MarkupContent | undefined)?.value ?? "";
}

async function items(text: string): Promise<readonly CompletionItem[]> {
  const found = await editor.connection.sendRequest(CompletionRequest.type, await show(text));
  const list = Array.isArray(found) ? found : (found?.items ?? []);
  return list.toSorted((a, b) => ((a.sortText ?? "") < (b.sortText ?? "") ? -1 : 1));
}

const labels = async (text: string): Promise<string[]> => (await items(text)).map(({ label }) => label);

const LAB = `/// Where they all meet.
network lan { subnet = 10.0.0.0/24 }
image echo: wasm { path = "std:guests/echo" }
let many = 3
guest web {
  image = echo
  device eth0: venet { network = lan }
}
`;

test("hover tells type, documentation, units and the value", async () => {
  expect(await hover(`${LAB}output at = web.eth0.i|p\n`)).toMatchInlineSnapshot(`
    "\`\`\`vbus
    ip: ip = auto where ip in network.subnet, "outside the network's subnet"   @restart
    \`\`\`

    of \`device of class venet\`

    The lowest free address of the pool, then kept; or a static one of the subnet.

    A change restarts the guest.

    Value: \`10.0.0.2\` (filled in)"
  `);
  expect(await hover(LAB.replace("many", "ma|ny"))).toMatch(/let many: int[^]*Value: `3`/);
  expect(await hover(LAB.replace("= lan", "= l|an"))).toContain("Where they all meet.");
  const impaired = LAB.replace("= lan", "= lan, impair { de|lay = 30ms }");
  expect(await hover(impaired)).toContain("Units: `ns` `us` `ms` `s` `min` `h` `d`");
  expect(await hover(impaired.replace("|", "").replace("30ms", "3|0ms"))).toContain("30,000,000 nanoseconds");
});

test("hover goes on while the file is broken", async () => {
  const broken = `${LAB}guest other {\n  image = \n  device eth0: venet { network = la|n }\n`;
  expect(await hover(broken)).toContain("network lan");
});

test("completion of an attribute offers what is not set yet, what is required first", async () => {
  const offered = await labels(LAB.replace("  image = echo\n", "  |\n"));
  expect(offered[0]).toBe("image");
  expect(offered).toEqual(expect.arrayContaining(["args", "goal", "device", "let"]));
  expect(offered).not.toContain("network");
  expect(await labels(LAB.replace("image = echo", "image = echo\n  |"))).not.toContain("image");
});

test("completion knows the type that is expected", async () => {
  expect((await labels(LAB.replace("= echo", "= |")))[0]).toBe("echo");
  expect((await labels(LAB.replace("= lan", "= |")))[0]).toBe("lan");
  const goals = await labels(LAB.replace("image = echo", "image = echo\n  goal = |"));
  expect(goals.slice(0, 3)).toEqual(["completed", "ready", "running"]);
  const links = await labels(LAB.replace("= lan }", "= lan, link = |"));
  expect(links.slice(0, 2)).toEqual(["down", "up"]);
});

test("completion offers classes, kinds, types, units and the words of each place", async () => {
  expect(await labels(LAB.replace(": venet", ": |"))).toEqual(
    expect.arrayContaining(["venet", "vblk", "vrng"]),
  );
  expect(await labels(`${LAB}gu|\n`)).toEqual(expect.arrayContaining(["guest", "network", "param", "test"]));
  expect(await labels(`${LAB}gu|\n`)).not.toContain("device");
  expect(await labels(`${LAB}param a: |\n`)).toEqual(expect.arrayContaining(["int", "cidr", "network"]));
  expect(await labels(LAB.replace("= lan", "= lan, impair { delay = 30| }"))).toContain("30ms");
  expect(await labels(`${LAB}test "a" {\n  |\n}\n`)).toEqual(
    expect.arrayContaining(["expect", "always", "do"]),
  );
});

test("completion behind a dot offers members, functions, and live facts where they can be read", async () => {
  expect(await labels(`${LAB}output a = web.|\n`)).toEqual(expect.arrayContaining(["eth0", "image", "args"]));
  expect(await labels(`${LAB}output a = web.|\n`)).not.toContain("state");
  expect(await labels(`${LAB}output a = [1].|\n`)).toEqual(expect.arrayContaining(["len", "map"]));
  expect(await labels(`${LAB}test "a" {\n  expect web.|\n}\n`)).toContain("state");
  expect(await labels(`${LAB}test "a" {\n  do { web.| }\n}\n`)).toContain("restart");
  const imported = `import "std:net" as net\n${LAB}`;
  expect(await labels(`${imported}net.|\n`)).toEqual(expect.arrayContaining(["pair", "star", "ring"]));
});

test("completion of a path offers the standard library and the files beside", async () => {
  editor.write("beside.wasm", "");
  expect(await labels(LAB.replace("std:guests/echo", "std:guests/|"))).toEqual(
    expect.arrayContaining(["echo", "ping"]),
  );
  expect(await labels(LAB.replace("std:guests/echo", "./|"))).toContain("beside.wasm");
});

test("what is put in can be gone on with", async () => {
  const [first] = await items(LAB.replace("= lan }", "= lan, imp| }"));
  expect(first).toBeDefined();
  const impair = (await items(LAB.replace("= lan }", "= lan, imp| }"))).find(
    ({ label }) => label === "impair",
  );
  expect(impair?.textEdit).toMatchObject({ newText: "impair { $0 }" });
});

test("a definition is where the name is declared, also in the standard library", async () => {
  const own = await editor.connection.sendRequest(
    DefinitionRequest.type,
    await show(LAB.replace("= lan", "= l|an")),
  );
  expect(own).toMatchObject([
    { range: { start: { line: 1, character: 8 }, end: { line: 1, character: 11 } } },
  ]);
  const std = await editor.connection.sendRequest(
    DefinitionRequest.type,
    await show(LAB.replace("network = lan", "netw|ork = lan")),
  );
  expect((std as Location[])[0]?.uri).toMatch(/prelude\/device\.vbus$/);
});

test("references and highlights are the places that mean the same", async () => {
  const place = await show(LAB.replace("= lan", "= l|an"));
  const found = await editor.connection.sendRequest(ReferencesRequest.type, {
    ...place,
    context: { includeDeclaration: true },
  });
  expect(found?.map(({ range }) => range.start.line)).toEqual([1, 6]);
  expect(await editor.connection.sendRequest(DocumentHighlightRequest.type, place)).toHaveLength(2);
});

test("a name is renamed in all files of the lab", async () => {
  editor.write("many/parts.vbus", "fn double(x: int): int = x * 2\nlet four = double(x = 2)\n");
  await editor.show(
    "many/lab.vbus",
    'import "parts.vbus" as parts\noutput a = parts.double(3)\noutput b = 4.abs()\n',
  );
  const place = await editor.show(
    "many/parts.vbus",
    "fn dou|ble(x: int): int = x * 2\nlet four = double(x = 2)\n",
  );
  const edit = await editor.connection.sendRequest(RenameRequest.type, { ...place, newName: "twice" });
  expect(Object.keys(edit?.changes ?? {}).toSorted()).toEqual([
    editor.uri("many/lab.vbus"),
    editor.uri("many/parts.vbus"),
  ]);
  expect(edit?.changes?.[editor.uri("many/lab.vbus")]).toEqual([
    { range: { start: { line: 1, character: 17 }, end: { line: 1, character: 23 } }, newText: "twice" },
  ]);
});

test("what can't be renamed is refused with the reason", async () => {
  const ask = async (text: string) =>
    editor.connection.sendRequest(PrepareRenameRequest.type, await show(text));
  await expect(ask(LAB.replace("subnet =", "sub|net ="))).rejects.toThrow(
    "`subnet` is declared in the standard library.",
  );
  const rename = async (newName: string) =>
    editor.connection.sendRequest(RenameRequest.type, {
      ...(await show(LAB.replace("= lan", "= l|an"))),
      newName,
    });
  await expect(rename("web")).rejects.toThrow("`web` is the name of something else");
  await expect(rename("1st")).rejects.toThrow("`1st` is no name.");
  await expect(rename("in")).rejects.toThrow("`in` can't be read as a name.");
});
