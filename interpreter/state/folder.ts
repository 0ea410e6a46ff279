// Where a lab keeps what outlives its process. One folder for each root file, named so that people find it.

import { existsSync, mkdirSync, readdirSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileKey } from "../control/paths.ts";
import type { Environment } from "../control/paths.ts";
import { errorCode, errorText, OperationError } from "../operation-error.ts";

const KEY_DIGITS = 8;
/** Its name in that folder. */
export const STATE_FILE = "state.db";

/** The folder of all labs' states. It may not exist yet. */
function stateRoot(env: Environment = process.env): string {
  const own = env["XDG_STATE_HOME"];
  if (own !== undefined && path.isAbsolute(own)) return path.join(own, "vbus");
  return path.join(env["HOME"] ?? os.homedir(), ".local", "state", "vbus");
}

/** The folder of a root file's lab, if there is one; found by the file, so that a lab may change its name. */
export function findStateFolder(file: string, env: Environment = process.env): string | undefined {
  const root = stateRoot(env);
  try {
    const names = readdirSync(root);
    // The first key of a process takes longer than all else here.
    const ending = names.length === 0 ? "" : `-${fileKey(file, KEY_DIGITS)}`;
    const name = names.find((entry) => entry.endsWith(ending));
    return name === undefined ? undefined : path.join(root, name);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw refused(root, error);
  }
}

/** The same, made (0700) where there is none: `<lab>-<8 hexadecimal digits of the file's real path>`. */
export function prepareStateFolder(file: string, lab: string, env: Environment = process.env): string {
  const found = findStateFolder(file, env);
  if (found !== undefined) return found;
  const safe = lab.replaceAll(/[^A-Za-z0-9_.-]/g, "_").slice(0, 64);
  const folder = path.join(stateRoot(env), `${safe}-${fileKey(file, KEY_DIGITS)}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw refused(folder, error);
  }
  return folder;
}

/** The folder with a root file's state; undefined where its lab was never applied. */
export function findState(file: string, env?: Environment): string | undefined {
  const folder = findStateFolder(file, env);
  return folder !== undefined && existsSync(path.join(folder, STATE_FILE)) ? folder : undefined;
}

function refused(folder: string, error: unknown): OperationError {
  const hint = "Set XDG_STATE_HOME to a folder that you may write to.";
  return new OperationError("denied", `The state folder ${folder} can't be used: ${errorText(error)}.`, hint);
}
