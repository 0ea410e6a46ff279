// The least that following a file costs: Node's own `fs.watch` on its folder, and a reading of the text that
// was saved. No debounce, no check, no apply; it hears of a save at the first event.
import { readFileSync, watch, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { saveAs, type Saving } from "./running-lab.ts";

const PATIENCE_MS = 60_000;

export interface Notice {
  /** Milliseconds from before a save until the saved text was read. */
  after(text: string, how: Saving): Promise<number>;
  close(): void;
}

export function openNotice(file: string): Notice {
  writeFileSync(file, "");
  let look = (): void => undefined;
  const watcher = watch(dirname(file), (_, name) => {
    if (name === basename(file)) look();
  });
  return {
    close: () => watcher.close(),
    async after(text, how) {
      const start = performance.now();
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      const timer = setTimeout(() => reject(new Error("fs.watch heard of nothing")), PATIENCE_MS);
      look = () => {
        if (readFileSync(file, "utf8") === text) resolve(performance.now() - start);
      };
      await saveAs(file, text, how);
      return promise.finally(() => clearTimeout(timer));
    },
  };
}
