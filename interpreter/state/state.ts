// What a lab remembers: addresses that it gave out, and a generation for every apply. SQLite in WAL mode,
// so that others can read while the lab runs. Refuses files that it does not understand, and never repairs
// by deleting.

import { randomBytes } from "node:crypto";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Allocations, Model } from "../../lang/index.ts";
import type { Parameters } from "../lab-contract.ts";
import { errorText, OperationError } from "../operation-error.ts";
import { hideParams, withoutSecrets } from "./secrets.ts";

/** Of the tables below. */
const SCHEMA = 1;
const APPLICATION = 0x76627573;
const GENERATIONS_KEPT = 200;

/** One complete apply. */
export interface Generation {
  readonly number: number;
  /** Wall clock, ISO 8601. */
  readonly time: string;
  /** SHA-256 of the texts that it was made from. */
  readonly sourceDigest: string;
  /** Each value as an HMAC: they may be secrets. */
  readonly params: Parameters;
  readonly model: Model;
}

export interface State {
  allocations(): Allocations;
  /** The newest one. */
  lastGeneration(): Generation | undefined;
  /** All numbers with their times, oldest first. */
  generations(): readonly { readonly number: number; readonly time: string }[];
  /** Notes a complete apply and its allocations, both or neither. Answers its number. */
  commit(entry: Omit<Generation, "number">): number;
  /** The model as `commit` would store it: for comparing with a stored one. */
  storable(model: Model): Model;
  close(): void;
}

/**
 * Opens or makes the state in a folder. Throws `OperationError` `state` for a file that is newer or broken.
 */
export function openState(folder: string, access: "owner" | "reader" = "owner"): State {
  const file = path.join(folder, "state.db");
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: access === "reader", timeout: 2000 });
    if (access === "owner") prepare(database, file);
    else checkVersion(database, file);
    return new SqliteState(database);
  } catch (error) {
    database?.close();
    if (error instanceof OperationError) throw error;
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): OperationError {
  const hint =
    "Nothing was changed. Move the file away to start afresh; automatic addresses may then differ.";
  return new OperationError("state", `The state in ${file} can't be read: ${errorText(error)}.`, hint);
}

function prepare(database: DatabaseSync, file: string): void {
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
  const check = database.prepare("PRAGMA quick_check(1)").get() as { quick_check?: string } | undefined;
  if (check?.quick_check !== "ok") throw unreadable(file, new Error(check?.quick_check ?? "damaged"));
  if (numberPragma(database, "user_version") === 0 && tableCount(database) === 0) create(database);
  checkVersion(database, file);
}

function create(database: DatabaseSync): void {
  database.exec(`
    BEGIN IMMEDIATE;
    CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
    CREATE TABLE allocations (address TEXT PRIMARY KEY, ip TEXT NOT NULL) STRICT;
    CREATE TABLE generations (
      number INTEGER PRIMARY KEY, time TEXT NOT NULL, source_digest TEXT NOT NULL, params TEXT NOT NULL,
      model TEXT NOT NULL
    ) STRICT;
    PRAGMA application_id = ${APPLICATION};
    PRAGMA user_version = ${SCHEMA};
  `);
  database.prepare("INSERT INTO meta (name, value) VALUES ('hmac-key', ?)").run(randomBytes(32));
  database.exec("COMMIT");
}

function checkVersion(database: DatabaseSync, file: string): void {
  const version = numberPragma(database, "user_version");
  if (version > SCHEMA) {
    const versions = `its version is ${version}, this one knows ${SCHEMA}`;
    const message = `The state in ${file} was written by a newer vbus (${versions}).`;
    throw new OperationError("state", message, "Use that vbus; nothing was changed.");
  }
  if (version !== SCHEMA || numberPragma(database, "application_id") !== APPLICATION) {
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

class SqliteState implements State {
  readonly #database: DatabaseSync;
  readonly #key: Uint8Array;

  constructor(database: DatabaseSync) {
    this.#database = database;
    const row = database.prepare("SELECT value FROM meta WHERE name = 'hmac-key'").get();
    const key = row?.["value"];
    if (!(key instanceof Uint8Array)) throw new Error("a part of it is missing");
    this.#key = key;
  }

  allocations(): Allocations {
    const rows = this.#database.prepare("SELECT address, ip FROM allocations ORDER BY address").all();
    return Object.fromEntries(rows.map((row) => [String(row["address"]), String(row["ip"])]));
  }

  lastGeneration(): Generation | undefined {
    const row = this.#database.prepare("SELECT * FROM generations ORDER BY number DESC LIMIT 1").get();
    if (row === undefined) return undefined;
    return {
      number: Number(row["number"]),
      time: String(row["time"]),
      sourceDigest: String(row["source_digest"]),
      params: JSON.parse(String(row["params"])) as Parameters,
      model: JSON.parse(String(row["model"])) as Model,
    };
  }

  generations(): readonly { readonly number: number; readonly time: string }[] {
    const rows = this.#database.prepare("SELECT number, time FROM generations ORDER BY number").all();
    return rows.map((row) => ({ number: Number(row["number"]), time: String(row["time"]) }));
  }

  commit(entry: Omit<Generation, "number">): number {
    const model = this.storable(entry.model);
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const number = this.#insert(entry, model);
      this.#keepAllocations(model.allocations);
      this.#database.prepare("DELETE FROM generations WHERE number <= ?").run(number - GENERATIONS_KEPT);
      this.#database.exec("COMMIT");
      return number;
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw new OperationError("state", `The state can't be written: ${errorText(error)}.`);
    }
  }

  #insert(entry: Omit<Generation, "number">, model: Model): number {
    const { time, sourceDigest, params } = entry;
    const sql = "INSERT INTO generations (time, source_digest, params, model) VALUES (?, ?, ?, ?)";
    const texts = [time, sourceDigest, JSON.stringify(hideParams(params, this.#key)), JSON.stringify(model)];
    return Number(this.#database.prepare(sql).run(...texts).lastInsertRowid);
  }

  #keepAllocations(next: Allocations): void {
    const kept = this.allocations();
    const forget = this.#database.prepare("DELETE FROM allocations WHERE address = ?");
    for (const address of Object.keys(kept)) if (next[address] === undefined) forget.run(address);
    const put = this.#database.prepare("INSERT OR REPLACE INTO allocations (address, ip) VALUES (?, ?)");
    for (const [address, ip] of Object.entries(next)) if (kept[address] !== ip) put.run(address, ip);
  }

  storable(model: Model): Model {
    return withoutSecrets(model, this.#key);
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}
