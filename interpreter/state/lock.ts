// One owner: an exclusive transaction on a database of its own. The system drops it with the process,
// however that ends.

import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { errorText, OperationError } from "../operation-error.ts";

export interface Lock {
  release(): void;
}

/** Held locks. A database that nobody refers to is closed by the collector, and its lock with it. */
const held = new Set<DatabaseSync>();

/**
 * Takes the lock of a state folder, or throws `OperationError` `locked` that names the owner. Never waits.
 */
export function takeLock(folder: string): Lock {
  const owner = path.join(folder, "owner.pid");
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path.join(folder, "lock.db"), { timeout: 0 });
    database.exec("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE");
    writeFileSync(owner, `${process.pid}\n`, { mode: 0o600 });
  } catch (error) {
    database?.close();
    if (isBusy(error)) throw alreadyRunning(owner);
    throw new OperationError("state", `The lock in ${folder} can't be taken: ${errorText(error)}.`);
  }
  const owned = database;
  held.add(owned);
  const release = (): void => {
    if (held.delete(owned)) owned.close();
  };
  return { release };
}

/** Whether some process holds the lock. */
export function isLocked(folder: string): boolean {
  try {
    takeProbe(folder);
    return false;
  } catch (error) {
    return isBusy(error);
  }
}

function takeProbe(folder: string): void {
  const database = new DatabaseSync(path.join(folder, "lock.db"), { timeout: 0, readOnly: true });
  try {
    database.prepare("SELECT count(*) FROM sqlite_schema").get();
  } finally {
    database.close();
  }
}

const SQLITE_BUSY = 5;

function isBusy(error: unknown): boolean {
  if (typeof error !== "object" || error === null || !("errcode" in error)) return false;
  return typeof error.errcode === "number" && (error.errcode & 0xff) === SQLITE_BUSY;
}

function alreadyRunning(owner: string): OperationError {
  let pid = "";
  try {
    pid = ` (pid ${readFileSync(owner, "utf8").trim()})`;
  } catch {
    // The owner is just writing it; the sentence is right without.
  }
  const hint = "`vbus dash` attaches, `vbus down` stops it.";
  return new OperationError("locked", `This lab is already running${pid}.`, hint);
}
