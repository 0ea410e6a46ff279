// What a lab remembers: allocations and generations, across kills, for one owner at a time.

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Model, Value } from "../../lang/index.ts";
import { isLocked, takeLock } from "./lock.ts";
import { openState } from "./state.ts";
import { storedText } from "./stored.test-support.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "vbus-state-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const span = { file: "/t.vbus", start: 0, end: 0 };
const secret: Value = { is: "string", value: "hunter2", secret: true };

function modelOf(allocations: Record<string, string>): Model {
  const env: Value = { is: "map", entries: [[{ is: "string", value: "KEY" }, secret]] };
  const attributes = { env: { value: env, disruption: "restart", origin: "set", span } } as const;
  const guest = { address: "g", kind: "guest", name: "g", attributes, needs: [], reads: [], span };
  return { lab: "t", resources: [guest], outputs: [], allocations, inputs: [], paths: [] };
}

const entry = (model: Model) => ({
  time: "2026-01-01T00:00:00.000Z",
  sourceDigest: "d",
  params: { flags: { word: "hunter2" } },
  model,
});

test("generations are numbered and the newest is found again", () => {
  const state = openState(folder);
  expect(state.lastGeneration()).toBeUndefined();
  expect(state.commit(entry(modelOf({})))).toBe(1);
  expect(state.commit(entry(modelOf({ "a.eth0": "10.0.0.2" })))).toBe(2);
  state.close();
  const again = openState(folder);
  expect(again.lastGeneration()).toMatchObject({ number: 2, sourceDigest: "d" });
  expect(again.generations().map((generation) => generation.number)).toEqual([1, 2]);
  again.close();
});

test("allocations are those of the last apply", () => {
  const state = openState(folder);
  state.commit(entry(modelOf({ "a.eth0": "10.0.0.2", "b.eth0": "10.0.0.3" })));
  state.commit(entry(modelOf({ "b.eth0": "10.0.0.3", "c.eth0": "10.0.0.4" })));
  expect(state.allocations()).toEqual({ "b.eth0": "10.0.0.3", "c.eth0": "10.0.0.4" });
  state.close();
});

test("a secret is stored as an HMAC, the same for the same secret", () => {
  const state = openState(folder);
  state.commit(entry(modelOf({})));
  const stored = state.lastGeneration()?.model;
  expect(stored).toEqual(state.storable(modelOf({})));
  state.close();
  expect(storedText(folder)).not.toContain("hunter2");
  expect(JSON.stringify(stored)).toContain("hmac-sha256:");
});

test("secrets of every type are stored as HMACs, also one that looks like the beginning of one", () => {
  const ip: Value = { is: "ip", text: "10.213.77.41" };
  const values: readonly Value[] = [
    { is: "string", value: "hmac-sha256:hunter2" },
    ip,
    { is: "mac", text: "02:d7:3b:91:c5:6e" },
    { is: "cidr", text: "10.198.40.0/24" },
    { is: "int", value: 739146285013 },
    { is: "path", text: "hunter2", path: "/hunter2" },
  ];
  const secrets = values.map((value) => ({ ...value, secret: true }) as Value);
  const value: Value = { is: "list", items: [...secrets, { is: "range", from: secrets[4] ?? ip, to: ip }] };
  const model = modelOf({});
  const [guest] = model.resources;
  if (!guest) throw new Error("there is no guest");
  const args = { value, disruption: "restart", origin: "set", span } as const;
  const state = openState(folder);
  state.commit(entry({ ...model, resources: [{ ...guest, attributes: { args } }] }));
  const stored = state.lastGeneration()?.model.resources[0]?.attributes["args"]?.value;
  const items = stored?.is === "list" ? stored.items : [];
  const hidden = { is: "string", secret: true, value: expect.stringMatching(/^hmac-sha256:[0-9a-f]{64}$/) };
  expect(items).toEqual([...secrets.map(() => hidden), { is: "range", from: hidden, to: ip }]);
  expect(new Set(items.map((item) => JSON.stringify(item))).size).toBe(items.length);
  state.close();
});

test("a reader sees what the owner committed while the owner goes on", () => {
  const owner = openState(folder);
  owner.commit(entry(modelOf({ "a.eth0": "10.0.0.2" })));
  const reader = openState(folder, "reader");
  owner.commit(entry(modelOf({ "a.eth0": "10.0.0.9" })));
  expect(reader.allocations()).toEqual({ "a.eth0": "10.0.0.9" });
  reader.close();
  owner.close();
});

test("a newer file is refused and left as it is", () => {
  openState(folder).close();
  const file = path.join(folder, "state.db");
  const database = new DatabaseSync(file);
  database.exec("PRAGMA user_version = 99");
  database.close();
  expect(() => openState(folder)).toThrow(/newer vbus/);
});

test.each([
  ["text", Buffer.from("this is not a database, it is a letter to a friend. ".repeat(100))],
  ["zeros in the header", Buffer.alloc(8192)],
])("a file of %s is refused and left as it is", (_name, bytes) => {
  const file = path.join(folder, "state.db");
  writeFileSync(file, bytes);
  expect(() => openState(folder)).toThrow(/can't be read/);
  expect(readFileSync(file).equals(bytes)).toBe(true);
});

test("another program's database is refused", () => {
  const database = new DatabaseSync(path.join(folder, "state.db"));
  database.exec("CREATE TABLE theirs (x)");
  database.close();
  expect(() => openState(folder)).toThrow(/another program/);
});

test("a damaged page is refused", () => {
  const state = openState(folder);
  for (let index = 0; index < 50; index++) state.commit(entry(modelOf({ [`g${index}.eth0`]: "10.0.0.2" })));
  state.close();
  const file = path.join(folder, "state.db");
  const bytes = readFileSync(file);
  bytes.fill(0xa5, 4096, bytes.length);
  writeFileSync(file, bytes);
  expect(() => openState(folder)).toThrow(/can't be read/);
});

test("the second owner is told who the first is", () => {
  const lock = takeLock(folder);
  expect(isLocked(folder)).toBe(true);
  expect(() => takeLock(folder)).toThrow(`This lab is already running (pid ${process.pid}).`);
  lock.release();
  expect(isLocked(folder)).toBe(false);
  takeLock(folder).release();
});

/** Processes of these tests; none outlives them. */
const children: ChildProcess[] = [];
afterEach(() => {
  for (const owner of children.splice(0)) owner.kill("SIGKILL");
});

/** Runs a program beside this file; it prints a line when it holds the lock, and one for each commit. */
function child(program: string) {
  const here = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href);
  const code = `
    const { takeLock } = await import(${here("./lock.ts")});
    const { openState } = await import(${here("./state.ts")});
    const folder = ${JSON.stringify(folder)};
    ${program}`;
  return spawn(process.execPath, ["--expose-gc", "--input-type=module", "-e", code], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

test("a lock dies with its process, not with the variable that held it", async () => {
  const owner = child(
    `takeLock(folder); globalThis.gc?.(); console.log("locked"); setInterval(() => {}, 1000);`,
  );
  await once(owner.stdout, "data");
  expect(() => takeLock(folder)).toThrow(`(pid ${owner.pid})`);
  owner.kill("SIGKILL");
  await once(owner, "exit");
  takeLock(folder).release();
});

test("a kill at any moment leaves a complete generation with its own allocations", async () => {
  const seed = Number(process.env["SEED"] ?? 20_261_123);
  const model = JSON.stringify(modelOf({}));
  for (let round = 0; round < 4; round++) {
    const owner = child(`
      takeLock(folder);
      const state = openState(folder);
      for (;;) {
        const next = (state.lastGeneration()?.number ?? 0) + 1;
        const pairs = Array.from({ length: 40 }, (_, i) => ["g" + i, "10.0." + next + "." + i]);
        const allocations = Object.fromEntries(pairs);
        const model = { ...${model}, allocations };
        console.log(state.commit({ time: "t", sourceDigest: String(next), params: {}, model }));
      }`);
    const wanted = 2 + ((seed * (round + 7)) % 11);
    let told = 0;
    for await (const line of createInterface(owner.stdout)) {
      told = Number(line);
      if (told % 13 === wanted) owner.kill("SIGKILL");
    }
    const state = openState(folder);
    const last = state.lastGeneration();
    expect(last?.number, `seed ${seed}, round ${round}`).toBeGreaterThanOrEqual(told);
    expect(last?.sourceDigest).toBe(String(last?.number));
    expect(state.allocations()).toEqual(last?.model.allocations);
    state.close();
  }
});

test("a copy of a running lab's state is readable", () => {
  const owner = openState(folder);
  owner.commit(entry(modelOf({ "a.eth0": "10.0.0.2" })));
  const other = mkdtempSync(path.join(os.tmpdir(), "vbus-copy-"));
  for (const name of ["state.db", "state.db-wal"])
    copyFileSync(path.join(folder, name), path.join(other, name));
  const copy = openState(other);
  expect(copy.allocations()).toEqual({ "a.eth0": "10.0.0.2" });
  copy.close();
  owner.close();
  rmSync(other, { recursive: true });
});
