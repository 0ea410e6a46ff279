// The prepared image for tests of PCs: built in CI, else that of this user's cache. If there is none it is
// said.

import { cpSync, mkdirSync } from "node:fs";
import path from "node:path";
import { preparedFolder, readNote } from "../interpreter/index.ts";
import type { Desk } from "./run.test-support.ts";

export const IMAGE = "debian-i386";
export const IN_CI = process.env["CI"] === "true";

/** The folder of the image in the desk's cache, where `build` puts it in CI; undefined: there is none. */
export async function imageFor(
  desk: Desk,
  build: readonly string[] = ["images", "build", IMAGE],
): Promise<string | undefined> {
  const cache = path.join(desk.folder, ".cache");
  const own = path.join(preparedFolder({ HOME: desk.folder, XDG_CACHE_HOME: cache }), IMAGE);
  if (IN_CI) {
    const built = await desk.run(build);
    if (built.exit !== 0) throw new Error(built.stderr);
    return own;
  }
  const users = path.join(preparedFolder(process.env), IMAGE);
  if (readNote(users) === undefined) {
    console.log(`PCs: skipped, since there is no image; npx vbus images build ${IMAGE} makes it`);
    return undefined;
  }
  mkdirSync(path.dirname(own), { recursive: true });
  cpSync(users, own, { recursive: true });
  return own;
}
