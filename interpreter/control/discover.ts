// Finds the labs of this user that run now, by asking each socket. Removes nothing: a socket is its lab's
// own.

import { readdirSync } from "node:fs";
import path from "node:path";
import { errorCode, OperationError } from "../operation-error.ts";
import { connect } from "./client.ts";
import { runtimeFolder } from "./paths.ts";
import type { Environment } from "./paths.ts";

export interface RunningLab {
  readonly lab: string;
  /** The root file's real path. */
  readonly file: string;
  readonly pid: number;
  readonly socketPath: string;
}

/** A lab that does not answer in this time is left out. */
const ANSWER_MS = 1000;

/** All labs of this user that answer, by name, then file. */
export async function findLabs(env: Environment = process.env): Promise<readonly RunningLab[]> {
  const folder = runtimeFolder(env);
  const found = await Promise.all(socketsIn(folder).map((name) => ask(path.join(folder, name))));
  return found
    .filter((lab) => lab !== undefined)
    .sort((a, b) => compareText(a.lab, b.lab) || compareText(a.file, b.file));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function socketsIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(".sock"));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw new OperationError("denied", `The folder ${folder} can't be read.`);
  }
}

async function ask(socketPath: string): Promise<RunningLab | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ANSWER_MS);
  });
  const answer = connect(socketPath).then(
    (client) => {
      client.close();
      return { lab: client.hello.lab, file: client.hello.file, pid: client.hello.pid, socketPath };
    },
    () => undefined,
  );
  const lab = await Promise.race([answer, late]);
  clearTimeout(timer);
  return lab;
}
