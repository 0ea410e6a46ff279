// The root file, read and written whole: another text takes its place at once or not at all.

import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";

export function readSource(file: string): string {
  return readFileSync(file, "utf8");
}

/** Keeps the file's mode. Throws what node throws; then the file is as it was. */
export function writeSource(file: string, text: string): void {
  const fresh = `${file}.${process.pid}.new`;
  try {
    writeFileSync(fresh, text, { mode: statSync(file).mode });
    renameSync(fresh, file);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
}
