// docs/guests.md, followed to the letter: its files are written, its commands run, and its lab does what it
// says.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { Desk } from "./run.test-support.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const desk = new Desk();
afterAll(() => desk.close());

const page = readFileSync(path.join(ROOT, "docs/guests.md"), "utf8");
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(([, text = ""]) => text);

/** Whether the C compiler and its linker are here. In CI they have to be. */
function hasClang(): boolean {
  if (["clang", "wasm-ld"].every((name) => spawnSync(name, ["--version"]).status === 0)) return true;
  const told = "The guests in C of docs/guests.md: skipped, since clang and lld are not installed";
  if (process.env["CI"]) throw new Error(told);
  console.log(told);
  return false;
}

/** Runs a command of the page in the desk's folder, which looks like the project's. */
function build(command: string): void {
  const [program = "", ...args] = command.trim().replace(/^npx /, "").split(" ");
  const bin = path.join(ROOT, "node_modules/.bin");
  const env = { ...process.env, PATH: `${bin}${path.delimiter}${process.env["PATH"]}` };
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: desk.folder, env, encoding: "utf8" });
  expect({ command, status }, `${stdout}${stderr}`).toEqual({ command, status: 0 });
}

/** The lab of the page, without the guests in C where they can't be compiled. */
function lab(withC: boolean): string {
  const text = blocks("vbus")[0]!;
  if (withC) return text;
  const reduced = text
    .replace(/^image by_c.*\n/m, "")
    .replace(/^guest c .*\n/m, "")
    .replace(/^guest server[^]*/m, "");
  return reduced.replace(/^image echo.*\n/m, "");
}

test("each way to write a guest works as the page says", { timeout: 300_000 }, async () => {
  const withC = hasClang();
  symlinkSync(path.join(ROOT, "stdlib"), path.join(desk.folder, "stdlib"));
  mkdirSync(path.join(desk.folder, "node_modules"));
  writeFileSync(path.join(desk.folder, "hello.ts"), blocks("ts")[0]!);
  writeFileSync(path.join(desk.folder, "hello.c"), blocks("c")[0]!);
  const commands = blocks("sh")
    .flatMap((block) => block.trim().split("\n"))
    .filter((command) => !command.includes("wasm32-wasi"));
  expect(commands.map((command) => command.split(" ").slice(0, 2).join(" "))).toEqual([
    "npx asc",
    "clang --target=wasm32",
    "clang --target=wasm32",
    "npx wat2wasm",
  ]);
  for (const command of commands) if (withC || !command.startsWith("clang")) build(command);
  writeFileSync(path.join(desk.folder, "lab.vbus"), lab(withC));
  const { exit, stdout, stderr } = await desk.run(["up", "--wait", "lab.vbus"]);
  expect({ exit, stderr }, stdout).toEqual({ exit: 0, stderr: "" });
  const said = (guest: string): string[] =>
    [...stdout.matchAll(new RegExp(`s ${guest} +\\| (.*)$`, "gm"))].map(([, text = ""]) => text);
  expect(said("script")).toEqual(["hello from script"]);
  expect(said("hand")).toEqual(["hello from hand", "argument --for", "argument 2s", "device eth0"]);
  if (!withC) return;
  expect(said("c")).toEqual(["hello from c"]);
  expect(said("server")).toEqual(["echo: eth0 ready"]);
  expect(stdout).toContain("5 packets transmitted, 5 received, 0% packet loss");
});

/** Whether programs for WASI can be compiled here. In CI they have to be. */
function hasWasiLibc(): boolean {
  if (hasClang() && existsSync("/usr/include/wasm32-wasi/stdio.h")) return true;
  const told = "The program of docs/guests.md: skipped, since clang and wasi-libc are not installed";
  if (process.env["CI"]) throw new Error(told);
  console.log(told);
  return false;
}

test("a program that knows nothing of this runs as the page says", { timeout: 300_000 }, async () => {
  if (!hasWasiLibc()) return;
  writeFileSync(path.join(desk.folder, "program.c"), blocks("c")[1]!);
  const command = blocks("sh").find((block) => block.includes("wasm32-wasi"));
  build(command ?? "");
  writeFileSync(path.join(desk.folder, "program.vbus"), blocks("vbus")[1]!);
  const { exit, stdout, stderr } = await desk.run(["up", "--wait", "program.vbus"]);
  expect({ exit, stderr }, stdout).toEqual({ exit: 0, stderr: "" });
  expect(readFileSync(path.join(desk.folder, "data", "greeting"), "utf8")).toBe("hello from one\n");
});
