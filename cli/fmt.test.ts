// fmt, lint, explain and check --fix as a shell sees them.

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Desk } from "./run.test-support.ts";

const COMMAND = fileURLToPath(new URL("vbus.cjs", import.meta.url));

let desk: Desk;
beforeAll(() => {
  desk = new Desk();
});
afterAll(() => desk.close());

const at = (name: string): string => path.join(desk.folder, name);
const read = (name: string): string => readFileSync(at(name), "utf8");
function write(name: string, text: string | Uint8Array): string {
  mkdirSync(path.dirname(at(name)), { recursive: true });
  writeFileSync(at(name), text);
  return name;
}

/** With a text on its standard input. */
function pipe(
  args: readonly string[],
  input: string,
): { exit: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...args], {
    cwd: desk.folder,
    input,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], HOME: desk.folder },
  });
  return { exit: status, stdout, stderr };
}

const LOOSE = "network   lan{subnet=10.0.0.0/24}\n";
const TIDY = "network lan { subnet = 10.0.0.0/24 }\n";
const BROKEN = "network lan { subnet = \n";

test("fmt writes what is not formatted, lists it, and leaves the rest alone", async () => {
  write("fmt/a.vbus", LOOSE);
  write("fmt/deep/b.vbus", LOOSE);
  write("fmt/tidy.vbus", TIDY);
  write("fmt/.hidden/c.vbus", LOOSE);
  write("fmt/readme.txt", LOOSE);
  const before = statSync(at("fmt/tidy.vbus")).mtimeMs;
  const { exit, stdout, stderr } = await desk.run(["fmt", "fmt"]);
  expect({ exit, stdout }).toEqual({ exit: 0, stdout: "fmt/a.vbus\nfmt/deep/b.vbus\n" });
  expect(stderr).toContain("2 of 3 files formatted");
  expect([read("fmt/a.vbus"), read("fmt/deep/b.vbus")]).toEqual([TIDY, TIDY]);
  expect([read("fmt/.hidden/c.vbus"), read("fmt/readme.txt")]).toEqual([LOOSE, LOOSE]);
  expect(statSync(at("fmt/tidy.vbus")).mtimeMs).toBe(before);
  expect(await desk.run(["fmt", "--check", "fmt", "examples"])).toMatchObject({ exit: 0, stdout: "" });
});

test("fmt --check lists and ends with 1, fmt --diff shows; neither writes", async () => {
  write("look.vbus", LOOSE);
  expect(await desk.run(["fmt", "--check", "look.vbus"])).toMatchObject({ exit: 1, stdout: "look.vbus\n" });
  const diff = await desk.run(["fmt", "--diff", "look.vbus"]);
  expect(diff).toMatchObject({
    exit: 0,
    stdout: `--- look.vbus\n+++ look.vbus\n@@ -1,1 +1,1 @@\n-${LOOSE}+${TIDY}`,
  });
  expect((await desk.run(["fmt", "--diff", "--check", "look.vbus"])).exit).toBe(1);
  expect(read("look.vbus")).toBe(LOOSE);
});

test("fmt takes stdin where nothing is named, or -", () => {
  for (const args of [["fmt"], ["fmt", "-"]])
    expect(pipe(args, LOOSE)).toEqual({ exit: 0, stdout: TIDY, stderr: "" });
  expect(pipe(["fmt", "--check"], LOOSE)).toMatchObject({ exit: 1, stdout: "<stdin>\n" });
  expect(pipe(["fmt", "--check"], TIDY)).toMatchObject({ exit: 0, stdout: "" });
  // A job in CI: nobody at a terminal, nothing piped.
  write("loose.vbus", LOOSE);
  const nothing = pipe(["fmt", "--check"], "");
  expect(nothing.exit).toBe(1);
  expect(nothing.stdout).toContain("loose.vbus\n");
  expect(read("loose.vbus")).toBe(LOOSE);
  expect(pipe(["fmt"], "")).toMatchObject({ exit: 0, stdout: "" });
  expect(pipe(["fmt", "--diff"], LOOSE).stdout).toContain(`+${TIDY}`);
  const broken = pipe(["fmt"], BROKEN);
  expect(broken).toMatchObject({ exit: 65, stdout: "" });
  expect(broken.stderr).toMatch(/VB\d{4}[\s\S]*<stdin>:1/);
});

test("fmt does not touch a file with syntax errors, and goes on with the others", async () => {
  write("mixed/a.vbus", BROKEN);
  write("mixed/b.vbus", LOOSE);
  const { exit, stdout, stderr } = await desk.run(["fmt", "mixed/a.vbus", "mixed/b.vbus"]);
  expect({ exit, stdout }).toEqual({ exit: 65, stdout: "mixed/b.vbus\n" });
  expect(stderr).toMatch(/error\[VB1\d{3}\][\s\S]*mixed\/a\.vbus:1/);
  expect([read("mixed/a.vbus"), read("mixed/b.vbus")]).toEqual([BROKEN, TIDY]);
});

test("fmt refuses what is no file, no text, or stdin beside files", async () => {
  const binary = write("latin1.vbus", Buffer.from([0x6c, 0xe9, 0x0a]));
  for (const [args, message] of [
    [["fmt", "nowhere.vbus"], /no file or folder nowhere/],
    [["fmt", binary], /not UTF-8/],
    [["fmt", "-", binary], /standard input/],
  ] as const) {
    const { exit, stderr } = await desk.run(args);
    expect([args, exit]).toEqual([args, 64]);
    expect(stderr).toMatch(message);
  }
});

const LINTED = "let a = 1MB\noutput x = 1MiB\n";

test("lint warns and ends with 0, with 1 for what is denied, and with 65 for what is wrong", async () => {
  const file = write("lint.vbus", LINTED);
  const warned = await desk.run(["lint", file]);
  expect(warned).toMatchObject({ exit: 0, stdout: "" });
  expect(warned.stderr).toMatch(
    /warning\[VB5001\][\s\S]*lint\.vbus:1:5[\s\S]*warning\[VB5003\][\s\S]*2 lints/,
  );
  const denied = await desk.run(["lint", file, "--deny", "unused", "--disable", "VB5003"]);
  expect(denied.exit).toBe(1);
  expect(denied.stderr).toMatch(/error\[VB5001\][\s\S]*1 lint, 1 denied/);
  expect(denied.stderr).not.toContain("VB5003");
  expect((await desk.run(["lint", file, "--deny", "all", "--disable", "unused,units"])).exit).toBe(0);
  const json = JSON.parse((await desk.run(["lint", file, "--json", "--deny", "units"])).stdout);
  expect(json).toMatchObject({ schema: 1, ok: false });
  expect(json.diagnostics.map(({ code, severity }: Record<string, string>) => [code, severity])).toEqual([
    ["VB5001", "warning"],
    ["VB5003", "error"],
  ]);
  expect(read("lint.vbus")).toBe(LINTED);
  const wrong = await desk.run(["lint", write("wrong.vbus", "let a = nothing\n")]);
  expect(wrong.exit).toBe(65);
  expect(wrong.stderr).toContain("VB2001");
  const misspelt = await desk.run(["lint", file, "--deny", "unsed"]);
  expect(misspelt.exit).toBe(64);
  expect(misspelt.stderr).toContain("Did you mean unused?");
});

test("the examples have no lint, also where all are denied", async () => {
  const { exit, stderr } = await desk.run(["lint", "--deny", "all", "examples/02-tenants/lab.vbus"]);
  expect({ exit, stderr }).toEqual({
    exit: 0,
    stderr: "examples/02-tenants/lab.vbus: nothing suspicious\n",
  });
});

test("check --fix repairs what it can, in every file, and says what", async () => {
  const parts = write("fix/parts.vbus", "let size = 10 MiB; let more = 'text'\n");
  const file = write(
    "fix/lab.vbus",
    'import "./parts.vbus" as parts\nnetwrok lan { subnet = 10.0.0.0/24; mtu = 9 kB }\n',
  );
  const { exit, stderr } = await desk.run(["check", "--fix", file]);
  expect(stderr).toMatch(/fixed fix\/parts\.vbus: .*\(VB1006\)/);
  expect(stderr).toMatch(/fixed fix\/lab\.vbus: .*\(VB1012\)/);
  expect(read(parts)).toBe('let size = 10MiB, let more = "text"\n');
  expect(read(file)).toContain("network lan { subnet = 10.0.0.0/24, mtu = 9kB }");
  expect(exit).toBe(0);
  const again = JSON.parse((await desk.run(["check", "--fix", "--json", file])).stdout);
  expect(again).toMatchObject({ ok: true, fixed: [] });
});

test("check --fix leaves what has no fix, and ends with 65", async () => {
  const file = write("unfixable.vbus", "let x = 1s + 1MiB; let y = 'a'\n");
  const { exit, stdout } = await desk.run(["check", "--fix", "--json", file]);
  const { ok, fixed, diagnostics } = JSON.parse(stdout);
  expect({ exit, ok }).toEqual({ exit: 65, ok: false });
  expect(fixed.map(({ code }: { code: string }) => code).sort()).toEqual(["VB1010", "VB1012"]);
  expect(diagnostics.map(({ code }: { code: string }) => code)).toEqual(["VB2013"]);
  expect(read(file)).toBe('let x = 1s + 1MiB, let y = "a"\n');
});

test("explain tells a page, lists all, and knows the nearest", async () => {
  const page = await desk.run(["explain", "VB2004"]);
  expect(page).toMatchObject({ exit: 0, stderr: "" });
  expect(page.stdout).toMatch(/^VB2004: unknown attribute[\s\S]*Bad\n {4}network[\s\S]*Good\n {4}network/);
  const json = JSON.parse((await desk.run(["explain", "2004", "--json"])).stdout);
  expect(json).toMatchObject({
    schema: 1,
    code: "VB2004",
    bad: expect.any(String),
    good: expect.any(String),
  });
  const all = (await desk.run(["explain"])).stdout;
  for (const code of ["VB1001", "VB2004", "VB3001", "VB4001", "VB5001"]) expect(all).toContain(`${code}  `);
  const listed = JSON.parse((await desk.run(["explain", "--json"])).stdout);
  expect(listed.codes).toHaveLength(all.trim().split("\n").length);
  const unknown = await desk.run(["explain", "VB20044"]);
  expect(unknown).toMatchObject({ exit: 64, stdout: "" });
  expect(unknown.stderr).toContain("Did you mean VB2004");
});
