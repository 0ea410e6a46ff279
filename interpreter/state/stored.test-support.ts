// For tests of what may not be stored: everything that stands in a state's file, as a text.

import { readFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { unpack } from "./packed.ts";

/** The file's own bytes, and the models in it unpacked. The state is closed. */
export function storedText(folder: string): string {
  const file = path.join(folder, "state.db");
  const database = new DatabaseSync(file, { readOnly: true, timeout: 30_000 });
  const rows = database.prepare("SELECT model FROM generations").all();
  database.close();
  const models = rows.map((row) => JSON.stringify(unpack(row["model"])));
  return [readFileSync(file, "latin1"), ...models].join("\n");
}
