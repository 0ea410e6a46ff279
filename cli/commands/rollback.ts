// `vbus rollback`: a running lab goes back to what a generation declared; or its files are written again.

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { connect, OperationError, readTexts, socketPathOf } from "../../interpreter/index.ts";
import { UsageError, type Context, type Exit } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { counted } from "../text.ts";
import { fileOfLab } from "../which-lab.ts";
import { numberIn } from "./diff.ts";

export interface RollbackOptions {
  readonly write?: boolean;
  readonly yes?: boolean;
  readonly input: boolean;
  readonly json?: boolean;
  readonly file?: string;
  readonly lab?: string;
}

const ROLLBACK_SCHEMA = 1;

export async function rollback(context: Context, text: string, options: RollbackOptions): Promise<Exit> {
  const number = numberIn(text);
  const file = await fileOfLab({ file: options.file, lab: options.lab });
  const go = options.write ? writeFiles : goBack;
  return go(context, file, number, options);
}

async function goBack(
  { terminal }: Context,
  file: string,
  number: number,
  options: RollbackOptions,
): Promise<Exit> {
  const client = await connect(socketPathOf(file)).catch((error: unknown) => {
    if (!(error instanceof OperationError) || error.trouble !== "not-running") throw error;
    const hint = `\`vbus rollback ${number} --write\` writes its files; \`vbus up\` starts them.`;
    throw new OperationError("not-running", "This lab is not running, so nothing can go back.", hint);
  });
  const done = await client.request("rollback", { generation: number }).finally(() => client.close());
  const { generation, changes, held } = done;
  if (options.json) terminal.out(`${JSON.stringify({ schema: ROLLBACK_SCHEMA, to: number, ...done })}\n`);
  const back = terminal.paint("green", "back", "err");
  if (changes === 0) terminal.err(`${back} to generation ${number}: nothing had to change\n`);
  else
    terminal.err(
      `${back} to generation ${number} as generation ${generation}: ${counted(changes, "change")}\n`,
    );
  if (held) terminal.err("The lab is held on it until its file says something else.\n");
  return EXIT.done;
}

/** Puts the texts of a generation in place of what stands in the files now. */
async function writeFiles(
  context: Context,
  file: string,
  number: number,
  options: RollbackOptions,
): Promise<Exit> {
  const { terminal } = context;
  const texts = [...(await readTexts({ file }, number))];
  const other = texts.filter(([name, text]) => !existsSync(name) || readFileSync(name, "utf8") !== text);
  const files = other.map(([name]) => name);
  const record = (): void => {
    if (options.json) terminal.out(`${JSON.stringify({ schema: ROLLBACK_SCHEMA, to: number, files })}\n`);
  };
  if (other.length === 0) {
    record();
    terminal.err(`The files are as in generation ${number}.\n`);
    return EXIT.done;
  }
  if (!(await agreed(context, files, number, options))) return EXIT.failed;
  for (const [name, text] of other) {
    writeFileSync(`${name}.vbus-new`, text);
    renameSync(`${name}.vbus-new`, name);
    terminal.err(`${terminal.paint("green", "written", "err")} ${name}\n`);
  }
  record();
  return EXIT.done;
}

async function agreed(
  { terminal }: Context,
  files: readonly string[],
  number: number,
  { yes, input }: RollbackOptions,
): Promise<boolean> {
  if (yes) return true;
  for (const name of files) terminal.err(`  ${name}\n`);
  if (!terminal.interactive || !input) {
    throw new UsageError(
      `What stands in ${counted(files.length, "file")} would be lost: say --yes to write.`,
    );
  }
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await asking.question(`Write these as they were in generation ${number}? [y/N] `);
  asking.close();
  return /^y(es)?$/i.test(answer.trim());
}
