// Reports of the mouse on their way through what is typed. Ink drops them as sequences that are no keys, so
// they are looked for where it reads.

import { readMouse } from "./mouse.ts";
import type { MouseEvent } from "./mouse.ts";

/** One report, as terminals send it. */
const REPORTS = new RegExp(`${String.fromCharCode(27)}(\\[<[\\d;]+M)`, "g");

/** The same stream; `onMouse` hears of each report in what is read from it. */
export function withMouse(stdin: NodeJS.ReadStream, onMouse: (event: MouseEvent) => void): NodeJS.ReadStream {
  const read = (): unknown => {
    const chunk: unknown = stdin.read();
    if (chunk !== null) for (const [, report = ""] of String(chunk).matchAll(REPORTS)) tell(report);
    return chunk;
  };
  const tell = (report: string): void => {
    const event = readMouse(report);
    if (event !== undefined) onMouse(event);
  };
  return new Proxy(stdin, {
    get: (target, name) => {
      if (name === "read") return read;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
