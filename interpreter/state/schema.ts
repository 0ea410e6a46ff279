// The tables of the state and how older files become newer ones. Refuses what it does not understand, and
// never repairs by deleting.

import { randomBytes } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { errorText, OperationError } from "../operation-error.ts";

/** Of the tables below. */
const SCHEMA = 3;
const APPLICATION = 0x76627573;

const TABLES_1 = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
  CREATE TABLE allocations (address TEXT PRIMARY KEY, ip TEXT NOT NULL) STRICT;
  CREATE TABLE generations (
    number INTEGER PRIMARY KEY, time TEXT NOT NULL, source_digest TEXT NOT NULL, params TEXT NOT NULL,
    model TEXT NOT NULL
  ) STRICT;`;

/** Tables of schema 2 beside those of 1; for readers of an older file they are made empty beside it. */
const tables2 = (temporary: "" | "TEMP"): string => `
  CREATE ${temporary} TABLE texts (digest TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT;
  CREATE ${temporary} TABLE sources (
    generation INTEGER NOT NULL, file TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (generation, file)
  ) STRICT, WITHOUT ROWID;
  CREATE ${temporary} TABLE events (
    sequence INTEGER PRIMARY KEY, time TEXT NOT NULL, event TEXT NOT NULL
  ) STRICT;
  CREATE ${temporary} TABLE durations (
    sort TEXT PRIMARY KEY, count INTEGER NOT NULL, samples TEXT NOT NULL
  ) STRICT;
  CREATE ${temporary} TABLE protections (address TEXT PRIMARY KEY, kind TEXT NOT NULL, class TEXT) STRICT;`;

/** How a file of schema n becomes one of n + 1. In one transaction, all of them. */
const MIGRATIONS: Readonly<Record<number, string>> = {
  1: `
    ALTER TABLE generations ADD COLUMN actor TEXT NOT NULL DEFAULT 'file';
    ALTER TABLE generations ADD COLUMN changes INTEGER;
    ALTER TABLE generations ADD COLUMN origin INTEGER;
    ${tables2("")}`,
  2: `
    CREATE TABLE packed (
      number INTEGER PRIMARY KEY, time TEXT NOT NULL, source_digest TEXT NOT NULL, params TEXT NOT NULL,
      model ANY NOT NULL, actor TEXT NOT NULL, changes INTEGER, origin INTEGER
    ) STRICT;
    INSERT INTO packed
      SELECT number, time, source_digest, params, model, actor, changes, origin FROM generations;
    DROP TABLE generations;
    ALTER TABLE packed RENAME TO generations;`,
};

/** What a reader sees of a file of schema 1, which it may not change. */
const VIEWED_1 = `
  CREATE TEMP VIEW generations AS
    SELECT number, time, source_digest, params, model, 'file' AS actor, NULL AS changes, NULL AS origin
    FROM main.generations;
  ${tables2("TEMP")}`;

/** For the owner: a new file is made, an older one becomes this version. Throws `OperationError`. */
export function prepare(database: DatabaseSync, file: string): void {
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
  const check = database.prepare("PRAGMA quick_check(1)").get() as { quick_check?: string } | undefined;
  if (check?.quick_check !== "ok") throw unreadable(file, new Error(check?.quick_check ?? "damaged"));
  inTransaction(database, () => {
    if (numberPragma(database, "user_version") === 0 && tableCount(database) === 0) create(database);
    checkVersion(database, file);
    migrate(database);
  });
}

/** For readers: nothing in the file changes. Throws `OperationError`. */
export function prepareReader(database: DatabaseSync, file: string): void {
  checkVersion(database, file);
  if (numberPragma(database, "user_version") === 1) database.exec(VIEWED_1);
}

export function unreadable(file: string, error: unknown): OperationError {
  const hint =
    "Nothing was changed. Move the file away to start afresh; automatic addresses may then differ.";
  return new OperationError("state", `The state in ${file} can't be read: ${errorText(error)}.`, hint);
}

/** All of it or nothing. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    // What could not be committed may have been rolled back already.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

function create(database: DatabaseSync): void {
  database.exec(`${TABLES_1} PRAGMA application_id = ${APPLICATION}; PRAGMA user_version = 1;`);
  database.prepare("INSERT INTO meta (name, value) VALUES ('hmac-key', ?)").run(randomBytes(32));
}

function migrate(database: DatabaseSync): void {
  for (let version = numberPragma(database, "user_version"); version < SCHEMA; version++) {
    database.exec(`${MIGRATIONS[version] ?? ""} PRAGMA user_version = ${version + 1};`);
  }
}

function checkVersion(database: DatabaseSync, file: string): void {
  const version = numberPragma(database, "user_version");
  if (numberPragma(database, "application_id") === APPLICATION && version > SCHEMA) {
    const versions = `its version is ${version}, this one knows ${SCHEMA}`;
    const message = `The state in ${file} was written by a newer vbus (${versions}).`;
    throw new OperationError("state", message, "Use that vbus; nothing was changed.");
  }
  if (version < 1 || numberPragma(database, "application_id") !== APPLICATION) {
    throw unreadable(file, new Error("it is another program's database"));
  }
}

function numberPragma(database: DatabaseSync, name: string): number {
  const row = database.prepare(`PRAGMA ${name}`).get();
  return Number(row?.[name] ?? 0);
}

function tableCount(database: DatabaseSync): number {
  return Number(database.prepare("SELECT count(*) AS count FROM sqlite_schema").get()?.["count"] ?? 0);
}
