// Which texts of a lab may be kept in the state: none that could hold a secret. They are stored once each,
// however many generations have them.

import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { GENERATIONS_KEPT } from "./limits.ts";

/** A secret that is given from outside: nothing of it stands in the text. */
const GIVEN = /^\s*param\s+\w+\s*:\s*secret\s+\w+\s*(\/\/.*)?$/;

/**
 * The modules of a lab as they may be stored, by file; those of the standard library are the program's own.
 * Undefined where a secret may stand in them: as soon as `secret` is said of anything but a parameter of the
 * root module that has no default, a literal anywhere may be one.
 */
export function storableTexts(
  sources: ReadonlyMap<string, string>,
  root: string,
): ReadonlyMap<string, string> | undefined {
  const own = [...sources].filter(([file]) => !file.startsWith("std:"));
  const safe = own.every(([file, text]) =>
    text.split("\n").every((line) => !/\bsecret\b/.test(line) || (file === root && GIVEN.test(line))),
  );
  return safe ? new Map(own.filter(([file]) => file.endsWith(".vbus"))) : undefined;
}

/** Stores the texts of a new generation, each once; those of the one that it goes back to, if it does. */
export function keepTexts(
  database: DatabaseSync,
  generation: number,
  { origin, texts }: { readonly origin?: number; readonly texts?: ReadonlyMap<string, string> | undefined },
): void {
  if (origin !== undefined) {
    const copy = "INSERT INTO sources SELECT ?, file, digest FROM sources WHERE generation = ?";
    database.prepare(copy).run(generation, origin);
  }
  const putText = database.prepare("INSERT OR IGNORE INTO texts (digest, text) VALUES (?, ?)");
  const put = database.prepare("INSERT OR REPLACE INTO sources (generation, file, digest) VALUES (?, ?, ?)");
  for (const [file, text] of origin === undefined ? (texts ?? []) : []) {
    const digest = createHash("sha256").update(text).digest("hex");
    putText.run(digest, text);
    put.run(generation, file, digest);
  }
  const old = generation - GENERATIONS_KEPT;
  if (Number(database.prepare("DELETE FROM sources WHERE generation <= ?").run(old).changes) === 0) return;
  database.exec("DELETE FROM texts WHERE digest NOT IN (SELECT digest FROM sources)");
}

export function textsOf(database: DatabaseSync, generation: number): ReadonlyMap<string, string> {
  const sql = "SELECT file, text FROM sources JOIN texts USING (digest) WHERE generation = ? ORDER BY file";
  const rows = database.prepare(sql).all(generation);
  return new Map(rows.map((row) => [String(row["file"]), String(row["text"])]));
}
