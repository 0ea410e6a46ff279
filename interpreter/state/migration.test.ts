// States of older and newer programs: read as they are, made newer in one piece, or refused and left alone.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openState } from "./state.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "vbus-migration-"));
  file = path.join(folder, "state.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

const MODEL = {
  lab: "old",
  resources: [],
  outputs: [],
  allocations: { "a.eth0": "10.0.0.7" },
  inputs: [],
  paths: [],
};

/** As version 1 wrote it, with a generation, and `more` of somebody else's. */
function writeSchema1(more = ""): void {
  const database = new DatabaseSync(file);
  database.exec(`
    PRAGMA journal_mode = WAL;
    CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
    CREATE TABLE allocations (address TEXT PRIMARY KEY, ip TEXT NOT NULL) STRICT;
    CREATE TABLE generations (
      number INTEGER PRIMARY KEY, time TEXT NOT NULL, source_digest TEXT NOT NULL, params TEXT NOT NULL,
      model TEXT NOT NULL
    ) STRICT;
    PRAGMA application_id = ${0x76627573};
    PRAGMA user_version = 1;
    INSERT INTO meta VALUES ('hmac-key', x'${"5a".repeat(32)}');
    INSERT INTO allocations VALUES ('a.eth0', '10.0.0.7');
    ${more}`);
  database
    .prepare("INSERT INTO generations VALUES (3, '2026-01-01T00:00:00.000Z', 'abc', '{}', ?)")
    .run(JSON.stringify(MODEL));
  database.close();
}

function versionOf(): unknown {
  const database = new DatabaseSync(file, { readOnly: true });
  const row = database.prepare("PRAGMA user_version").get();
  database.close();
  return row?.["user_version"];
}

test("a reader sees a state of version 1 and leaves every byte of it", () => {
  writeSchema1();
  const before = readFileSync(file);
  const state = openState(folder, "reader");
  expect(state.lastGeneration()).toMatchObject({ number: 3, actor: "file", model: MODEL });
  expect(state.generations()).toEqual([
    { number: 3, time: "2026-01-01T00:00:00.000Z", actor: "file", sourceDigest: "abc" },
  ]);
  expect([state.events(), state.texts(3).size, state.protections().size]).toEqual([[], 0, 0]);
  expect(state.allocations()).toEqual(MODEL.allocations);
  state.close();
  expect(readFileSync(file).equals(before)).toBe(true);
});

test("an owner makes it version 3: nothing is lost, and what came since can be kept", () => {
  writeSchema1();
  const state = openState(folder);
  expect(state.lastGeneration()).toMatchObject({ number: 3, model: MODEL });
  expect(state.allocations()).toEqual(MODEL.allocations);
  const entry = { time: "t", sourceDigest: "d", params: {}, actor: "control", changes: 2, origin: 3 };
  expect(state.commit({ ...entry, model: MODEL })).toBe(4);
  state.close();
  expect(versionOf()).toBe(3);
  const again = openState(folder);
  expect(again.generations().at(-1)).toMatchObject({ number: 4, actor: "control", changes: 2, origin: 3 });
  expect([again.generation(3)?.model, again.generation(4)?.model]).toEqual([MODEL, MODEL]);
  again.close();
});

test("a migration that fails in the middle leaves version 1 as it was", () => {
  writeSchema1("CREATE TABLE durations (theirs);");
  expect(() => openState(folder)).toThrow(/can't be read: table durations already exists/);
  expect(versionOf()).toBe(1);
  const database = new DatabaseSync(file, { readOnly: true });
  const columns = database.prepare("PRAGMA table_info(generations)").all();
  expect(columns.map((column) => column["name"])).not.toContain("actor");
  expect(database.prepare("SELECT count(*) AS count FROM generations").get()?.["count"]).toBe(1);
  database.close();
});

test("a newer state is refused by readers and owners, and left as it is", () => {
  writeSchema1();
  const database = new DatabaseSync(file);
  database.exec("PRAGMA user_version = 4");
  database.close();
  for (const access of ["owner", "reader"] as const)
    expect(() => openState(folder, access)).toThrow(/newer vbus \(its version is 4, this one knows 3\)/);
  expect(versionOf()).toBe(4);
});
