// `vbus images`: prepared images in the user's cache. Nothing is fetched that was not asked for here.

import { readdirSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import {
  OperationError,
  PREPARED_NAMES,
  preparedFolder,
  readNote,
  type PreparedNote,
} from "../../interpreter/index.ts";
import { UsageError, type Context, type Exit } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { buildDebian } from "../images/build.ts";
import { bytesText } from "../text.ts";

export interface ImagesOptions {
  readonly mirror?: string;
  readonly again?: boolean;
  readonly all?: boolean;
  readonly json?: boolean;
}
/** What can be done to prepared images. */
export type ImagesAction = "build" | "list" | "prune";

const IMAGES_SCHEMA = 1;

interface Found {
  readonly name: string;
  readonly folder: string;
  readonly bytes: number;
  /** Undefined: another version made it, or it was left half-made. */
  readonly note: PreparedNote | undefined;
}

export async function images(
  context: Context,
  action: ImagesAction,
  name: string | undefined,
  options: ImagesOptions,
): Promise<Exit> {
  if (action === "list") return listImages(context, options);
  if (action === "prune") return pruneImages(context, options);
  const known = PREPARED_NAMES.join(", ");
  if (name === undefined) throw new UsageError(`Say which image to build: ${known}.`);
  if (!PREPARED_NAMES.includes(name))
    throw new UsageError(`There is no image called ${name} to build: there is ${known}.`);
  return buildImage(context, name, options);
}

async function buildImage(
  { terminal, env, clock }: Context,
  name: string,
  { mirror, again, json }: ImagesOptions,
): Promise<Exit> {
  const folder = path.join(preparedFolder(env), name);
  if (readNote(folder) === undefined || again) {
    const begin = clock.now();
    const say = (what: string): void =>
      terminal.err(`${((clock.now() - begin) / 1000).toFixed(1).padStart(6)}s ${what}\n`);
    await buildDebian({ images: preparedFolder(env), mirror, say });
    say(`built ${folder}`);
  } else terminal.err(`${name} has been built already: --again builds it anew\n`);
  if (json) terminal.out(`${JSON.stringify({ schema: IMAGES_SCHEMA, name, folder }, undefined, 2)}\n`);
  return EXIT.done;
}

function listImages({ terminal, env }: Context, { json }: ImagesOptions): Exit {
  const found = foundIn(preparedFolder(env));
  if (json) {
    const images = found.map(({ note, ...rest }) => ({ ...rest, packages: note?.packages ?? [] }));
    terminal.out(`${JSON.stringify({ schema: IMAGES_SCHEMA, images }, undefined, 2)}\n`);
    return EXIT.done;
  }
  for (const name of PREPARED_NAMES.filter((each) => !found.some((image) => image.name === each)))
    terminal.out(`std:images/${name}  not built: vbus images build ${name}\n`);
  for (const { name, bytes, note } of found) {
    const made = note?.packages.map((each) => `${each.name} ${each.version}`).join(", ");
    terminal.out(`std:images/${name}  ${bytesText(bytes)}  ${made ?? "of no use to this version"}\n`);
  }
  return EXIT.done;
}

/** Takes away what no version needs: half-made images and those of other versions; with `all`, every one. */
function pruneImages({ terminal, env }: Context, { all, json }: ImagesOptions): Exit {
  const gone = foundIn(preparedFolder(env)).filter(({ note }) => all || note === undefined);
  for (const { folder } of gone) {
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      throw new OperationError("failed", `${folder} can't be taken away: ${(error as Error).message}.`);
    }
  }
  const bytes = gone.reduce((sum, image) => sum + image.bytes, 0);
  if (json) {
    const removed = gone.map(({ name }) => name);
    terminal.out(`${JSON.stringify({ schema: IMAGES_SCHEMA, removed, bytes }, undefined, 2)}\n`);
  } else terminal.err(`${gone.length} taken away, ${bytesText(bytes)}\n`);
  return EXIT.done;
}

function foundIn(images: string): readonly Found[] {
  return namesIn(images).map((name) => {
    const folder = path.join(images, name);
    return { name, folder, bytes: bytesIn(folder), note: readNote(folder) };
  });
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function bytesIn(folder: string): number {
  const files = namesIn(folder).map((name) => statSync(path.join(folder, name), { throwIfNoEntry: false }));
  return files.reduce((sum, facts) => sum + (facts?.size ?? 0), 0);
}
