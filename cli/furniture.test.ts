// What every command has, each held to the same rules: help, variables, exit codes, JSON, which stream.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, serveControl, socketPathOf, type Snapshot } from "../interpreter/index.ts";
import { callHere, programOf } from "./call.test-support.ts";
import { EXAMPLES } from "./examples.ts";
import { HELP } from "./help.ts";
import { Desk } from "./run.test-support.ts";

const HELLO = "examples/01-hello/lab.vbus";
const desk = new Desk();
const before = {
  cwd: process.cwd(),
  runtime: process.env["XDG_RUNTIME_DIR"],
  state: process.env["XDG_STATE_HOME"],
};
let empty: string;

beforeAll(async () => {
  empty = mkdtempSync(path.join(tmpdir(), "vbus-nothing-"));
  mkdirSync(path.join(empty, "run"), { mode: 0o700 });
  const { exit, stderr } = await desk.run(["up", "-d", "--wait", HELLO]);
  expect([exit, exit === 0 ? "" : stderr]).toEqual([0, ""]);
});
afterAll(async () => {
  go(before.cwd, before.runtime, before.state);
  rmSync(empty, { recursive: true, force: true });
  await desk.close();
});

/** Variables and folder of this process: those that the calls have. */
function go(folder: string, runtime: string | undefined, state: string | undefined): void {
  process.chdir(folder);
  for (const [name, value] of [
    ["XDG_RUNTIME_DIR", runtime],
    ["XDG_STATE_HOME", state],
  ] as const) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

const { commands } = programOf();
const names = commands.map((command) => command.name());
/** Arguments that a command can't be called without. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  eval: ["1 + 1"],
  why: ["server"],
  completion: ["bash"],
  rollback: ["1"],
  cp: ["server:/x", "x"],
};
const needed = (name: string): readonly string[] => {
  const asked = commands.find((command) => command.name() === name)?.registeredArguments ?? [];
  return NEEDED[name] ?? asked.filter(({ required }) => required).map(() => "server");
};
const has = (name: string, long: string): boolean =>
  commands.some(
    (command) => command.name() === name && command.options.some((option) => option.long === long),
  );

test.each(names)("vbus %s --help: examples first, every option with its variable", async (name) => {
  const { exit, stdout, stderr } = await callHere([name, "--help"]);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
  expect(stdout.startsWith(`Examples\n  `)).toBe(true);
  expect(stdout).toContain(`Usage: vbus ${name}`);
  const command = commands.find((one) => one.name() === name);
  for (const { hidden, long, envVar } of command?.options ?? []) {
    if (hidden || long === "--param") continue;
    expect(envVar, long).toMatch(/^VBUS_[A-Z_]+$/);
    expect(stdout.replaceAll(/\s+/g, " ")).toContain(`env: ${envVar}`);
  }
  expect(HELP, "`vbus` alone tells of it").toMatch(new RegExp(`^  ${name}\\b`, "m"));
});

test("every example is of a command and has options that are there", () => {
  expect(Object.keys(EXAMPLES).toSorted()).toEqual(names.toSorted());
  for (const examples of Object.values(EXAMPLES)) {
    for (const [call] of examples) {
      const own = /vbus ([^|>)]*)/.exec(call)?.[1] ?? "";
      const [named = ""] = own.split(" ");
      expect(names, call).toContain(named);
      for (const [long] of own.matchAll(/--[a-z-]+/g)) expect(has(named, long), call).toBe(true);
    }
  }
});

test.each(names)(
  "vbus %s with an option that nobody knows ends with 64 and says nothing on stdout",
  async (name) => {
    const { exit, stdout, stderr } = await callHere([name, ...needed(name), "--nonsense"]);
    expect({ exit, stdout }).toEqual({ exit: 64, stdout: "" });
    expect(stderr).toContain("unknown option '--nonsense'");
  },
);

const inLab = names.filter((name) => has(name, "--lab"));

test.each(inLab)("vbus %s where no lab runs ends with 69 and a way out", async (name) => {
  go(empty, path.join(empty, "run"), path.join(empty, "state"));
  const more = name === "capture" ? ["-w", "f.pcapng"] : name === "dash" ? ["--once"] : [];
  const { exit, stdout, stderr } = await callHere([name, ...needed(name), ...more]);
  expect({ exit, stdout }).toEqual({ exit: 69, stdout: "" });
  expect(stderr).toBe("error: No lab is running. Start one with `vbus up`.\n");
});

/** How commands with `--json` are called, where that is more than what they need; `null`: tried elsewhere. */
const JSON_CALLS: Readonly<Record<string, readonly string[] | null>> = {
  init: ["fresh"],
  check: [HELLO],
  plan: [HELLO],
  apply: [HELLO],
  lint: [HELLO],
  eval: ["1 + 1", HELLO],
  why: ["server", HELLO],
  test: [HELLO],
  dash: ["--once"],
  wait: ["client", "--for", "exited"],
  capture: ["-w", "f.pcapng", "--duration", "10ms"],
  get: ["server.eth0"],
  set: ["server.eth0.rate", "10Mbps"],
  make: ["device:venet", "eth9", "network=lan"],
  link: ["eth9", "server"],
  unlink: ["server.eth9"],
  remove: ["eth9"],
  // Its record, and what it is of, are in import/import.test.ts.
  import: null,
  // Needs a guest with a shell: pc.test.ts.
  exec: null,
  // The same, and files: pc-copy.test.ts.
  cp: null,
  // Need a PC: pc-snapshot.test.ts.
  snapshot: null,
  restore: null,
  // Needs an overlay: volumes.test.ts.
  commit: null,
  // It would write the file that other tests run; by-hand.test.ts calls it.
  adopt: null,
  // What `set` did; `make` and what follows it left nothing.
  heal: ["server.eth0"],
  // Its records, and those that follow a running lab, are in labs.test.ts.
  up: null,
};

test.each(names.filter((name) => has(name, "--json")))(
  "vbus %s --json: every record has a schema",
  async (name) => {
    go(desk.folder, path.join(desk.folder, "run"), path.join(desk.folder, "state"));
    const args = JSON_CALLS[name] === undefined ? needed(name) : JSON_CALLS[name];
    if (args === null) return;
    const { exit, stdout } = await callHere([name, ...args, "--json"]);
    expect(exit).toBe(0);
    for (const record of recordsOf(stdout)) expect(record).toMatchObject({ schema: expect.any(Number) });
  },
);

/** One record over several lines, or one a line. */
function recordsOf(text: string): readonly unknown[] {
  expect(text).not.toBe("");
  if (text.startsWith("{\n")) return [JSON.parse(text)];
  return text
    .trimEnd()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
}

test("a variable is an option, off where it says no, and the option itself wins", async () => {
  go(desk.folder, path.join(desk.folder, "run"), path.join(desk.folder, "state"));
  process.env["VBUS_PS_JSON"] = "1";
  process.env["VBUS_WAIT_FOR"] = "completed";
  expect(JSON.parse((await callHere(["ps"])).stdout)).toMatchObject({ schema: 1 });
  expect((await callHere(["wait", "client"])).stderr).toBe("client is completed (0)\n");
  expect((await callHere(["wait", "server", "--for", "running"])).exit).toBe(0);
  process.env["VBUS_PS_JSON"] = "0";
  expect((await callHere(["ps"])).stdout).toContain("GUEST");
  delete process.env["VBUS_WAIT_FOR"];
});

test("docs/man/vbus.1 is what `vbus man` says, and man can read it", async () => {
  const file = new URL("../docs/man/vbus.1", import.meta.url);
  const { stdout } = await callHere(["man"]);
  if (process.env["UPDATE_GOLDENS"]) writeFileSync(file, stdout);
  expect(readFileSync(file, "utf8")).toBe(stdout);
  for (const name of names) expect(stdout).toContain(`.SS vbus ${name} `);
  const read = spawnSync("mandoc", ["-T", "lint", "-W", "warning"], { input: stdout, encoding: "utf8" });
  if (read.error) console.log("skipped: there is no mandoc to read the page");
  else expect(read.stdout.split("\n").filter((line) => !/^$|missing date/.test(line))).toEqual([]);
});

test("--help comes before everything else is loaded", async () => {
  const took: number[] = [];
  for (let round = 0; round < 5; round++) {
    const begin = performance.now();
    expect((await desk.run(["logs", "--help"])).exit).toBe(0);
    took.push(performance.now() - begin);
  }
  const shown = took.map((ms) => ms.toFixed(0)).join(", ");
  console.log(`vbus logs --help, process started directly: ${shown} ms (at rest: at most 150)`);
});

test("the state of a lab with 1,000 guests is read by a process of its own, and by 50 at once", async () => {
  const env = { XDG_RUNTIME_DIR: path.join(desk.folder, "run") };
  const real = JSON.parse((await desk.run(["dash", "--once", "--json", HELLO])).stdout) as Snapshot;
  const numbered = <T>(rows: readonly T[], name: (row: T, number: number) => object): readonly T[] =>
    Array.from({ length: 500 }, (_, n) => rows.map((row) => ({ ...row, ...name(row, n) }))).flat();
  const snapshot: Snapshot = {
    ...real,
    guests: numbered(real.guests, ({ address }, n) => ({ address: `${address}[${n}]` })),
    devices: numbered(real.devices, ({ id }, n) => ({ id: `${id}[${n}]` })),
  };
  const file = path.join(desk.folder, "many.vbus");
  writeFileSync(file, "");
  const target = { name: "many", file, snapshot: () => snapshot } as Parameters<typeof serveControl>[0];
  const server = await serveControl(target, socketPathOf(file, env), () => performance.now());
  try {
    const begin = performance.now();
    const { stdout } = await desk.run(["ps", "--json", file]);
    const took = performance.now() - begin;
    expect(JSON.parse(stdout)).toMatchObject({ guests: { length: 1000 } });
    console.log(`vbus ps --json of 1,000 guests: ${took.toFixed(0)} ms (at rest: at most 300)`);
    const clients = await Promise.all(Array.from({ length: 50 }, () => connect(socketPathOf(file, env))));
    const answers = await Promise.all(clients.map((client) => client.request("snapshot", {})));
    expect(answers.every(({ guests }) => guests.length === 1000)).toBe(true);
    for (const client of clients) client.close();
  } finally {
    await server.close("the test is over");
  }
});
