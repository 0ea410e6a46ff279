// From files to a checked model: one reading of a lab. Used by the running lab, by `check` and by `plan`
// alike.

import { createHash } from "node:crypto";
import { evaluate, renderDiagnostics } from "../lang/index.ts";
import type { Allocations, Diagnostic, World } from "../lang/index.ts";
import type { Environment } from "./control/paths.ts";
import type { ImageFiles } from "./drivers/image-files.ts";
import { refusals } from "./drivers/unsupported.ts";
import type { GivenFiles } from "./given-files.ts";
import type { Checked, Parameters } from "./lab-contract.ts";
import { makeWorld } from "./world.ts";

export interface ReadOptions {
  /** Real path of the root file. */
  readonly root: string;
  readonly params: Parameters;
  readonly env: Environment;
  readonly images: ImageFiles;
  readonly allocations: Allocations;
  /** An evaluator of this lab's own where it is read again and again. */
  readonly evaluate?: typeof evaluate;
  readonly given?: GivenFiles | undefined;
  /** Puts another text in place of the root file's. */
  readonly lay?: ((text: string) => string) | undefined;
}

/** A reading with what it was made from. */
export interface Reading extends Checked {
  /** Files that were read or looked for, whatever came of it: to be watched. */
  readonly inputs: readonly string[];
  /** SHA-256 of the texts. */
  readonly sourceDigest: string;
}

/** How diagnostics look where nobody said how wide: in snapshots and logs. */
const PLAIN = { colour: false, width: 100 };

/** Reads and checks. Everything that is wrong is in the diagnostics; then there is no model. */
export function readLab(options: ReadOptions): Reading {
  const { root, params, env, images, allocations, lay } = options;
  const plain = makeWorld(env, images, options.given);
  const world = lay === undefined ? plain : { ...plain, readText: readLaid(plain, root, lay) };
  const ask = options.evaluate ?? evaluate;
  const { model, diagnostics: found, sources, inputs } = ask(world, { root, params, allocations });
  const served = model === undefined ? [] : refusals(model);
  const diagnostics = [...found, ...served];
  let digest: string | undefined;
  const wrong = diagnostics.some((diagnostic) => diagnostic.severity === "error");
  return {
    ...(model !== undefined && !wrong && { model }),
    diagnostics,
    diagnosticsText: diagnostics.length === 0 ? "" : renderDiagnostics(diagnostics, sources, PLAIN),
    sources,
    inputs: [root, ...inputs, ...(model?.inputs ?? []), ...(model?.paths ?? [])],
    // Asked by whoever keeps what was read: a check does not.
    get sourceDigest() {
      return (digest ??= digestOf(sources));
    },
  };
}

function readLaid(world: World, root: string, lay: (text: string) => string): World["readText"] {
  return (path) => {
    const read = world.readText(path);
    return path === root && "text" in read ? { text: lay(read.text) } : read;
  };
}

function digestOf(sources: ReadonlyMap<string, string>): string {
  const hash = createHash("sha256");
  for (const [file, text] of [...sources].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${file}\0${text.length}\0${text}`);
  }
  return hash.digest("hex");
}

/** The first error in one line, for events. */
export function firstErrorText(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === "error");
  const first = errors[0];
  if (first === undefined) return "";
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  return `${first.code} ${first.message}${more}`;
}
