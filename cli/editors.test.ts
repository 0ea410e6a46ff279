// docs/editors.md: its block for Neovim in a Neovim, its block for Helix beside what VS Code's extension says
// of the language, and its commands for VS Code beside what they do.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const read = (file: string): string => readFileSync(path.join(ROOT, file), "utf8");
const page = read("docs/editors.md");

/** The only block of that language on the page. */
function block(language: string): string {
  const [[, text = ""] = [], ...more] = page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"));
  expect([language, more.length, text === ""]).toEqual([language, 0, false]);
  return text;
}

const MENDED = "guest a { image = echo }";
const BROKEN = `network lan {   subnet = 10.0.0.0/24 }
image echo: wasm { path = "std:guests/echo" }
guest a { image = ech }
`;
const LAID_OUT = `network lan { subnet = 10.0.0.0/24 }
image echo: wasm { path = "std:guests/echo" }
${MENDED}
`;

test("Neovim, set up as the page says, shows mistakes, lays out and completes", { timeout: 300_000 }, () => {
  if (spawnSync("nvim", ["--version"]).status !== 0) {
    const told = "Neovim and docs/editors.md: skipped, since nvim is not installed";
    if (process.env["CI"]) throw new Error(told);
    return console.log(told);
  }
  const home = mkdtempSync(path.join(tmpdir(), "vbus-nvim-"));
  try {
    mkdirSync(path.join(home, ".config/nvim"), { recursive: true });
    writeFileSync(path.join(home, ".config/nvim/init.lua"), block("lua"));
    writeFileSync(path.join(home, "lab.vbus"), BROKEN);
    const bin = path.join(ROOT, "node_modules/.bin");
    const env = { HOME: home, XDG_RUNTIME_DIR: home, MENDED, PATH: `${bin}:${process.env["PATH"]}` };
    const drive = path.join(ROOT, "cli/editors.test-support.lua");
    const nvim = ["--headless", "lab.vbus", "-c", `luafile ${drive}`];
    const run = spawnSync("nvim", nvim, { cwd: home, env, encoding: "utf8", timeout: 280_000 });
    expect([run.status, run.stderr]).toEqual([0, ""]);
    const lines = run.stdout.trim().split("\n");
    const told = Object.fromEntries(lines.map((line) => JSON.parse(line) as [string, unknown]));
    expect(told).toMatchObject({
      diagnostics: [{ line: 3, message: "There is nothing called `ech` here.\nDid you mean `echo`?" }],
      text: LAID_OUT,
      offered: expect.arrayContaining(["echo"]),
      buffer: ["vbus", "// %s", "v:lua.vim.lsp.omnifunc"],
    });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

/** Tables by name. Values are as in JSON, or one flat table in a line: that much of TOML is on the page. */
function readToml(text: string): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  const tables: Record<string, Record<string, unknown>> = {};
  let table: Record<string, unknown> = {};
  for (const line of text.trim().split("\n")) {
    if (line === "") continue;
    const name = /^\[([\w.-]+)\]$|^\[\[([\w.-]+)\]\]$/.exec(line)?.slice(1).find(Boolean);
    if (name !== undefined) table = tables[name] = {};
    else {
      const [, key, value = ""] = /^([\w-]+) = (.+)$/.exec(line) ?? [];
      if (key === undefined) throw new Error(`neither a table nor a value: ${line}`);
      table[key] = JSON.parse(value.startsWith("{") ? value.replaceAll(/([\w-]+) = /g, '"$1": ') : value);
    }
  }
  return tables;
}

test("the block for Helix says of the language what VS Code's extension says", () => {
  const { contributes } = JSON.parse(read("editors/vscode/package.json"));
  const [{ id, extensions }] = contributes.languages;
  const { comments } = JSON.parse(read("editors/vscode/language-configuration.json"));
  const settings = contributes.configurationDefaults["[vbus]"];
  const [start, end] = comments.blockComment;
  const width = settings["editor.tabSize"];
  expect(readToml(block("toml"))).toEqual({
    "language-server.vbus": { command: "vbus", args: ["lsp"] },
    language: {
      name: id,
      scope: contributes.grammars[0].scopeName,
      "file-types": extensions.map((one: string) => one.slice(1)),
      "comment-tokens": [comments.lineComment, "///"],
      "block-comment-tokens": { start, end },
      indent: { "tab-width": width, unit: " ".repeat(width) },
      "language-servers": ["vbus"],
      "auto-format": settings["editor.formatOnSave"],
    },
  });
});

test("the commands for VS Code write the file that they install", { timeout: 300_000 }, () => {
  const [make = "", install = ""] = block("sh").trim().split("\n");
  const named = /writes (\S+\.vsix)$/.exec(make)?.[1] ?? "";
  expect(install).toBe(`code --install-extension ${named}`);
  expect(make).toMatch(/^npm run vsix +#/);
  const folder = mkdtempSync(path.join(tmpdir(), "vbus-vsix-"));
  try {
    const [program = "", ...args] = JSON.parse(read("package.json")).scripts.vsix.split(" ");
    expect(program).toBe("node");
    const script = args.map((one: string) => path.join(ROOT, one));
    const run = spawnSync(process.execPath, script, { cwd: folder, encoding: "utf8" });
    expect([run.status, run.stderr]).toEqual([0, ""]);
    expect(readFileSync(path.join(folder, named)).subarray(0, 2).toString()).toBe("PK");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
