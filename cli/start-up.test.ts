// What a call loads before it can answer: help must not wait for the language, nor a question to a running
// lab for what runs one. Held by what is loaded, not by a clock.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { Desk } from "./run.test-support.ts";

const desk = new Desk();
afterAll(() => desk.close());

/** Tells each module that is loaded, and at the end each of Node's own, a line each on stderr. */
const TELLING = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from "node:module";
  import { writeSync } from "node:fs";
  registerHooks({ load: (url, context, next) => (writeSync(2, "loads " + url + "\\n"), next(url, context)) });
  const own = () => process.moduleLoadList.map((name) => "loads " + name + "\\n").join("");
  process.on("exit", () => writeSync(2, own()));
`)}`;

const tellingOf = async (args: readonly string[]): Promise<string> =>
  (await desk.run(args, { NODE_OPTIONS: `--import=${TELLING}` })).stderr;

/** The rooms and packages that a call loads something of, and SQLite. */
async function loadedBy(...args: readonly string[]): Promise<ReadonlySet<string>> {
  const stderr = await tellingOf(args);
  const sqlite = stderr.matchAll(/^loads NativeModule sqlite$/gm);
  const files = [...stderr.matchAll(/^loads (file:.*\/dist\/.*)$/gm)].map(([, url]) => url ?? "");
  expect(files.length).toBeGreaterThan(0);
  // What these commands need of packages is joined in: nothing is looked up.
  expect(stderr).not.toMatch(/^loads file:.*\/node_modules\//m);
  // A built file holds modules of several rooms and packages, and says in a comment where each begins.
  const modules = files.flatMap((url) => [
    ...readFileSync(fileURLToPath(url), "utf8").matchAll(/^\/\/ (?:\.\.\/)?(@?[\w-]+)\/.*\.js$/gm),
  ]);
  return new Set([...sqlite, ...modules].map(([line, name]) => name ?? line));
}

test.each(["--help", "up --help", "--version"])("%s loads the command line alone", async (call) => {
  expect(await loadedBy(...call.split(" "))).toEqual(new Set(["cli", "commander"]));
});

test.each(["ps", "status", "down"])(
  "%s loads the client, and nothing of what runs a lab",
  async (command) => {
    const wanted = new Set(["cli", "commander", "interpreter", "vscode-jsonrpc"]);
    expect(await loadedBy(command, "--file", "examples/01-hello/lab.vbus")).toEqual(wanted);
  },
);

test("check of a lab that was never applied loads the language, and nothing of a running lab", async () => {
  const loaded = await loadedBy("check", "examples/01-hello/lab.vbus");
  for (const name of ["lang", "chevrotain"]) expect(loaded).toContain(name);
  for (const name of ["vscode-jsonrpc", "loads NativeModule sqlite"]) expect(loaded).not.toContain(name);
});

const QUANTITIES = fileURLToPath(new URL("../lang/corpus/quantities.vbus", import.meta.url));

test("a reading of a lab opens few files, and of Node's slow modules only what it needs", async () => {
  const stderr = await tellingOf(["check", QUANTITIES]);
  const files = stderr.match(/^loads file:.*\/dist\/.*$/gm) ?? [];
  expect(files.length).toBeGreaterThan(3);
  expect(files.length).toBeLessThan(20);
  expect(stderr).toMatch(/^loads NativeModule fs$/m);
  expect(stderr).not.toMatch(/^loads NativeModule (?:crypto|child_process|sqlite)$/m);
});
