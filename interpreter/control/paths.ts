// Where a lab's control socket stands: a folder of the user's own, a short name from the root file's real
// path. Refuses a folder that others could write to.

import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, realpathSync } from "node:fs";
import path from "node:path";
import { errorText, OperationError } from "../operation-error.ts";

/** What the environment says; passed in so that tests can say something else. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A Unix socket's path has at most 107 bytes on Linux and 103 elsewhere. */
const SOCKET_PATH_BYTES_MAX = 100;

/** Hexadecimal digits that stand for a root file, by its real path. */
export function fileKey(file: string, digits: number): string {
  return createHash("sha256").update(realPathOf(file)).digest("hex").slice(0, digits);
}

/** The path without symbolic links; of a file that is not there, the absolute path. */
export function realPathOf(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return path.resolve(file);
  }
}

/** The folder that holds the sockets of this user's labs. It may not exist yet. */
export function runtimeFolder(env: Environment = process.env): string {
  const shared = `/tmp/vbus-${process.getuid?.() ?? 0}`;
  const own = env["XDG_RUNTIME_DIR"];
  if (own === undefined || !path.isAbsolute(own)) return shared;
  const folder = path.join(own, "vbus");
  return Buffer.byteLength(folder) + 24 > SOCKET_PATH_BYTES_MAX ? shared : folder;
}

/** The control socket of the lab that a root file describes, whether it runs or not. */
export function socketPathOf(file: string, env: Environment = process.env): string {
  return path.join(runtimeFolder(env), `${fileKey(file, 16)}.sock`);
}

/**
 * Makes the folder (0700). Throws `OperationError` where it belongs to somebody else or is open to others.
 */
export function prepareRuntimeFolder(env: Environment = process.env): string {
  const folder = runtimeFolder(env);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const facts = lstatSync(folder);
    const mine = process.getuid === undefined || facts.uid === process.getuid();
    if (facts.isDirectory() && mine && (facts.mode & 0o077) === 0) return folder;
  } catch (error) {
    throw new OperationError(
      "denied",
      `The folder for control sockets can't be made: ${errorText(error)}.`,
      ADVICE,
    );
  }
  throw new OperationError(
    "denied",
    `The folder ${folder} is not yours alone (it must have mode 0700).`,
    ADVICE,
  );
}

const ADVICE = "Set XDG_RUNTIME_DIR to a folder of your own.";
