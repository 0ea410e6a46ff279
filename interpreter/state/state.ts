// What a lab remembers: addresses that it gave out, a generation for every apply, events, durations of steps
// and what is protected. SQLite in WAL mode, so that others can read while the lab runs.

import { createHmac } from "node:crypto";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Allocations, Model, Resource } from "../../lang/index.ts";
import type { LabEvent } from "../control/protocol.ts";
import type { Parameters } from "../lab-contract.ts";
import { errorText, OperationError } from "../operation-error.ts";
import type { Protection } from "../plan/protection.ts";
import { Durations } from "./durations.ts";
import { STATE_FILE } from "./folder.ts";
import { EVENTS_KEPT, GENERATIONS_KEPT } from "./limits.ts";
import { Packer, unpack } from "./packed.ts";
import { inTransaction, prepare, prepareReader, unreadable } from "./schema.ts";
import { hideParams, revealSecrets, SecretVault, withoutSecrets } from "./secrets.ts";
import type { Revealed } from "./secrets.ts";
import { keepTexts, textsOf } from "./texts.ts";

/** A generation without what it declares. */
export interface GenerationHead {
  readonly number: number;
  /** Wall clock, ISO 8601. */
  readonly time: string;
  /** Who wanted it: "file", "control". */
  readonly actor: string;
  /** Steps of the plan that made it; unknown of those of an older vbus. */
  readonly changes?: number;
  /** The generation that it went back to. */
  readonly origin?: number;
  /** SHA-256 of the texts that it was made from. */
  readonly sourceDigest: string;
}

/** One complete apply. */
export interface Generation extends GenerationHead {
  /** Each value as an HMAC: they may be secrets. */
  readonly params: Parameters;
  readonly model: Model;
}

/** What is noted of an apply. */
export interface Commit {
  readonly time: string;
  readonly sourceDigest: string;
  readonly params: Parameters;
  readonly model: Model;
  readonly actor?: string;
  readonly changes?: number;
  /** Goes back to this one: its texts and parameters are this one's too. */
  readonly origin?: number;
  /** Texts by file, where they may be kept (`storableTexts`). */
  readonly texts?: ReadonlyMap<string, string> | undefined;
}

export interface State {
  allocations(): Allocations;
  /** The newest one. */
  lastGeneration(): Generation | undefined;
  generation(number: number): Generation | undefined;
  /** All that are kept, oldest first. */
  generations(): readonly GenerationHead[];
  /** The texts of a generation by file; none where they were not kept. */
  texts(number: number): ReadonlyMap<string, string>;
  /** Notes a complete apply with its allocations and protections, all or nothing. Answers its number. */
  commit(entry: Commit): number;
  /** The model as `commit` would store it: for comparing with a stored one. */
  storable(model: Model): Model;
  /** A stored model with its secrets, as far as this process has seen them in applies of its own. */
  reveal(model: Model): Revealed;
  /** The number of the newest event; 0 before the first. */
  lastEvent(): number;
  /** Those after the number `since`, oldest first. */
  events(since?: number): readonly LabEvent[];
  /** Notes events and durations; the oldest events fall off. */
  addEvents(events: readonly LabEvent[], durations?: Durations): void;
  durations(): Durations;
  /** By address. What was protected in the last apply. */
  protections(): ReadonlyMap<string, Protection>;
  /** Hexadecimal digits for a text by the key of this state: for seeing changes of what may be a secret. */
  seal(text: string): string;
  close(): void;
}

/**
 * Opens or makes the state in a folder. Throws `OperationError` `state` for a file that is newer or broken.
 */
export function openState(folder: string, access: "owner" | "reader" = "owner"): State {
  const file = path.join(folder, STATE_FILE);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: access === "reader", timeout: 2000 });
    if (access === "owner") prepare(database, file);
    else prepareReader(database, file);
    return new SqliteState(database, access === "owner");
  } catch (error) {
    database?.close();
    if (error instanceof OperationError) throw error;
    throw unreadable(file, error);
  }
}

/** A state that ends with the process: of labs inside other programs. */
export function openPassingState(): State {
  const database = new DatabaseSync(":memory:");
  prepare(database, ":memory:");
  return new SqliteState(database, true);
}

type Row = Readonly<Record<string, unknown>>;

const HEAD = "number, time, actor, changes, origin, source_digest";

class SqliteState implements State {
  readonly #database: DatabaseSync;
  readonly #key: Uint8Array;
  readonly #vault = new SecretVault();
  readonly #packer = new Packer();
  /** Nobody else writes. */
  readonly #isOwner: boolean;
  /** As they stand in the file, where this is the owner; read again after each commit. */
  #allocations: Allocations | undefined;

  constructor(database: DatabaseSync, isOwner: boolean) {
    this.#database = database;
    this.#isOwner = isOwner;
    const row = database.prepare("SELECT value FROM meta WHERE name = 'hmac-key'").get();
    const key = row?.["value"];
    if (!(key instanceof Uint8Array)) throw new Error("a part of it is missing");
    this.#key = key;
  }

  allocations(): Allocations {
    if (!this.#isOwner) return this.#readAllocations();
    return (this.#allocations ??= this.#readAllocations());
  }

  #readAllocations(): Allocations {
    const rows = this.#database.prepare("SELECT address, ip FROM allocations ORDER BY address").all();
    return Object.fromEntries(rows.map((row) => [String(row["address"]), String(row["ip"])]));
  }

  lastGeneration(): Generation | undefined {
    const sql = `SELECT ${HEAD}, params, model FROM generations ORDER BY number DESC LIMIT 1`;
    return generationOf(this.#database.prepare(sql).get());
  }

  generation(number: number): Generation | undefined {
    const sql = `SELECT ${HEAD}, params, model FROM generations WHERE number = ?`;
    return generationOf(this.#database.prepare(sql).get(number));
  }

  generations(): readonly GenerationHead[] {
    return this.#database.prepare(`SELECT ${HEAD} FROM generations ORDER BY number`).all().map(headOf);
  }

  texts(number: number): ReadonlyMap<string, string> {
    return textsOf(this.#database, number);
  }

  commit(entry: Commit): number {
    const model = withoutSecrets(entry.model, this.#key, this.#vault);
    return this.#write(() => {
      const number = this.#insert(entry, model);
      keepTexts(this.#database, number, entry);
      this.#keepAllocations(model.allocations);
      this.#keepProtections(model);
      const old = number - GENERATIONS_KEPT;
      this.#database.prepare("DELETE FROM generations WHERE number <= ?").run(old);
      return number;
    });
  }

  #insert(entry: Commit, model: Model): number {
    const { time, sourceDigest, actor = "file", changes = null, origin } = entry;
    const params =
      origin === undefined
        ? JSON.stringify(hideParams(entry.params, this.#key))
        : (this.#database.prepare("SELECT params FROM generations WHERE number = ?").get(origin)?.[
            "params"
          ] ?? "{}");
    const sql = `INSERT INTO generations (time, source_digest, params, model, actor, changes, origin)
      VALUES (?, ?, ?, ?, ?, ?, ?)`;
    const parts = [time, sourceDigest, String(params), this.#packer.pack(model)];
    const done = this.#database.prepare(sql).run(...parts, actor, changes, origin ?? null);
    return Number(done.lastInsertRowid);
  }

  #keepAllocations(next: Allocations): void {
    const kept = this.allocations();
    this.#allocations = undefined;
    const forget = this.#database.prepare("DELETE FROM allocations WHERE address = ?");
    for (const address of Object.keys(kept)) if (next[address] === undefined) forget.run(address);
    const put = this.#database.prepare("INSERT OR REPLACE INTO allocations (address, ip) VALUES (?, ?)");
    for (const [address, ip] of Object.entries(next)) if (kept[address] !== ip) put.run(address, ip);
  }

  #keepProtections(model: Model): void {
    const kept = this.protections();
    const next = new Map(model.resources.filter(isProtected).map((thing) => [thing.address, thing]));
    const forget = this.#database.prepare("DELETE FROM protections WHERE address = ?");
    for (const address of kept.keys()) if (!next.has(address)) forget.run(address);
    const put = this.#database.prepare("INSERT INTO protections (address, kind, class) VALUES (?, ?, ?)");
    for (const { address, kind, class: className } of next.values())
      if (!kept.has(address)) put.run(address, kind, className ?? null);
  }

  storable(model: Model): Model {
    return withoutSecrets(model, this.#key);
  }

  reveal(model: Model): Revealed {
    return revealSecrets(model, this.#vault);
  }

  lastEvent(): number {
    return Number(this.#database.prepare("SELECT max(sequence) AS last FROM events").get()?.["last"] ?? 0);
  }

  events(since = 0): readonly LabEvent[] {
    const sql = "SELECT sequence, time, event FROM events WHERE sequence > ? ORDER BY sequence";
    return this.#database.prepare(sql).all(since).map(eventOf);
  }

  addEvents(events: readonly LabEvent[], durations?: Durations): void {
    this.#write(() => {
      const put = this.#database.prepare("INSERT INTO events (sequence, time, event) VALUES (?, ?, ?)");
      for (const { sequence, time, ...rest } of events) put.run(sequence, time, JSON.stringify(rest));
      const old = (events.at(-1)?.sequence ?? 0) - EVENTS_KEPT;
      this.#database.prepare("DELETE FROM events WHERE sequence <= ?").run(old);
      const keep = "INSERT OR REPLACE INTO durations (sort, count, samples) VALUES (?, ?, ?)";
      for (const [sort, count, samples] of durations?.changes() ?? [])
        this.#database.prepare(keep).run(sort, count, JSON.stringify(samples));
    });
  }

  durations(): Durations {
    const rows = this.#database.prepare("SELECT sort, count, samples FROM durations").all();
    return new Durations().load(
      rows.map((row) => [String(row["sort"]), Number(row["count"]), JSON.parse(String(row["samples"]))]),
    );
  }

  protections(): ReadonlyMap<string, Protection> {
    const rows = this.#database.prepare("SELECT address, kind, class FROM protections").all();
    return new Map(
      rows.map((row) => {
        const named = row["class"] === null ? {} : { class: String(row["class"]) };
        return [
          String(row["address"]),
          { address: String(row["address"]), kind: String(row["kind"]), ...named },
        ];
      }),
    );
  }

  seal(text: string): string {
    return createHmac("sha256", this.#key).update(text).digest("hex");
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #write<T>(work: () => T): T {
    try {
      return inTransaction(this.#database, work);
    } catch (error) {
      throw new OperationError("state", `The state can't be written: ${errorText(error)}.`);
    }
  }
}

function isProtected({ attributes }: Resource): boolean {
  const value = attributes["protect"]?.value;
  return value?.is === "bool" && value.value;
}

function headOf(row: Row): GenerationHead {
  return {
    number: Number(row["number"]),
    time: String(row["time"]),
    actor: String(row["actor"]),
    ...(row["changes"] !== null && { changes: Number(row["changes"]) }),
    ...(row["origin"] !== null && { origin: Number(row["origin"]) }),
    sourceDigest: String(row["source_digest"]),
  };
}

function generationOf(row: Row | undefined): Generation | undefined {
  if (row === undefined) return undefined;
  const params = JSON.parse(String(row["params"])) as Parameters;
  return { ...headOf(row), params, model: unpack(row["model"]) };
}

function eventOf(row: Row): LabEvent {
  const rest = JSON.parse(String(row["event"])) as Omit<LabEvent, "sequence" | "time">;
  return { sequence: Number(row["sequence"]), time: String(row["time"]), ...rest };
}
