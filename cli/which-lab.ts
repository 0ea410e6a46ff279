// Which lab is meant: the file that was named, the one in this folder, or the only one that runs.

import { OperationError, connect, findLabs, socketPathOf, type LabClient } from "../interpreter/index.ts";
import { chooseFile, defaultFile } from "./choose-file.ts";
import { UsageError } from "./context.ts";

export interface LabChoice {
  /** The root file, or a folder with one. */
  readonly file?: string | undefined;
  /** The lab's name. */
  readonly lab?: string | undefined;
}

/** The control socket of the running lab that is meant. Throws `OperationError` (69) where there is none. */
export async function chooseRunning(choice: LabChoice): Promise<string> {
  if (choice.file !== undefined) return socketPathOf(chooseFile(choice.file));
  const labs = await findLabs();
  if (choice.lab !== undefined) {
    const named = labs.filter(({ lab }) => lab === choice.lab);
    if (named.length === 1) return (named[0] as (typeof named)[number]).socketPath;
    if (named.length > 1) {
      const files = named.map(({ file }) => file).join(", ");
      throw new UsageError(`Several labs are called ${choice.lab}: name the file (${files}).`);
    }
    throw new OperationError("not-running", `No lab ${choice.lab} is running.`, runningHint(labs));
  }
  const here = defaultFile(".");
  if (here !== undefined && labs.some(({ socketPath }) => socketPath === socketPathOf(here))) {
    return socketPathOf(here);
  }
  if (labs.length === 1) return (labs[0] as (typeof labs)[number]).socketPath;
  if (labs.length === 0)
    throw new OperationError("not-running", "No lab is running.", "Start one with `vbus up`.");
  throw new UsageError(`Several labs run: say --lab ${labs.map(({ lab }) => lab).join(" or --lab ")}.`);
}

export async function connectRunning(choice: LabChoice): Promise<LabClient> {
  return connect(await chooseRunning(choice));
}

/** The root file of the lab that is meant, whether it runs or not. */
export async function fileOfLab(choice: LabChoice): Promise<string> {
  if (choice.file !== undefined) return chooseFile(choice.file);
  const here = choice.lab === undefined ? defaultFile(".") : undefined;
  if (here !== undefined) return here;
  const client = await connectRunning(choice);
  client.close();
  return client.hello.file;
}

function runningHint(labs: readonly { readonly lab: string }[]): string {
  if (labs.length === 0) return "None is: start it with `vbus up`.";
  return `These are: ${labs.map(({ lab }) => lab).join(", ")}.`;
}
