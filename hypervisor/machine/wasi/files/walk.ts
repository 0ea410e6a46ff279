// From a path that a program says to a place inside one open folder, never outside it. Each component is
// opened by itself and without following links; a link is read and its target walked from where it stands.
// The way back (`..`) is the way that was come, so no folder that is moved meanwhile leads above the first.

import { WASI_LINKS_MAX, WASI_STEPS_MAX } from "../../../limits.ts";
import { Refused } from "../refused.ts";
import { close, openNode, statOf, targetOf } from "./host-nodes.ts";

/** Where a path leads. Everything in it is closed by `Walk.end`, but for what was kept. */
export interface Place {
  /** The folder that it is in, and its name there: one component, or `.` for the folder itself. */
  readonly folder: number;
  readonly name: string;
  /** What is there; undefined where nothing is. Of `.` the folder. */
  readonly node: number | undefined;
  /** A slash stood behind it: it can only be a folder. */
  readonly mustBeFolder: boolean;
}

/** One walk: `to` once or twice, then `end`, whatever happened. */
export class Walk {
  readonly #opened: number[] = [];
  /** Steps and links left, over both walks. */
  #steps = WASI_STEPS_MAX;
  #links = WASI_LINKS_MAX;

  /**
   * The place of `path` in the folder `root`. A link at its end is followed with `follow`, or where a slash
   * stands behind it. ENOTCAPABLE: it leads out.
   */
  to(root: number, path: string, follow: boolean): Place {
    if (path === "") throw new Refused("ENOENT");
    if (path.startsWith("/")) throw new Refused("ENOTCAPABLE");
    const way = [root];
    const ahead = path.split("/").reverse();
    let mustBeFolder = false;
    // Bound: WASI_STEPS_MAX components, those of links too.
    for (;;) {
      const name = ahead.pop();
      const here = way.at(-1) as number;
      if (name === undefined) return { folder: here, name: ".", node: here, mustBeFolder: true };
      if (--this.#steps < 0) throw new Refused("ENAMETOOLONG");
      if (name === "" || name === ".") continue;
      if (name === "..") {
        // What is left behind stays open until the end: it may be a place's folder.
        if (way.length === 1) throw new Refused("ENOTCAPABLE");
        way.pop();
        continue;
      }
      const isLast = ahead.every((rest) => rest === "" || rest === ".");
      mustBeFolder ||= isLast && ahead.length > 0;
      const node = openNode(here, name);
      if (node === undefined) {
        if (!isLast) throw new Refused("ENOENT");
        return { folder: here, name, node, mustBeFolder };
      }
      this.#opened.push(node);
      const stats = statOf(node);
      if (stats.isSymbolicLink() && (!isLast || follow || mustBeFolder)) {
        ahead.push(...this.#follow(here, name));
        continue;
      }
      if (isLast && (!mustBeFolder || stats.isDirectory())) return { folder: here, name, node, mustBeFolder };
      if (!stats.isDirectory()) throw new Refused("ENOTDIR");
      way.push(node);
    }
  }

  /** The descriptor is not closed by `end`: it is the caller's. */
  keep(node: number): number {
    const index = this.#opened.indexOf(node);
    if (index >= 0) this.#opened.splice(index, 1);
    return node;
  }

  end(): void {
    for (const descriptor of this.#opened.splice(0)) close(descriptor);
  }

  #follow(folder: number, name: string): readonly string[] {
    if (--this.#links < 0) throw new Refused("ELOOP");
    const target = targetOf(folder, name);
    if (target.startsWith("/")) throw new Refused("ENOTCAPABLE");
    return target.split("/").reverse();
  }
}
