// What guests have printed since their last boot, also lines that are not ended yet. In bounded memory: of a
// guest that prints more, the newest part is kept.

import type { Hypervisor } from "../../hypervisor/index.ts";
import { isEnd } from "../apply/guest-record.ts";

/** Of one guest, in UTF-16 units. The language bounds a text at 1 MiB. */
const TEXT_MAX = 1 << 19;

export class GuestTexts {
  readonly #texts = new Map<string, string>();
  /** Guests whose next word is the first of another boot. */
  readonly #ended = new Set<string>();
  readonly #unsubscribe: () => void;

  constructor(hypervisor: Hypervisor) {
    this.#unsubscribe = hypervisor.on((event) => {
      if (event.type === "device") return;
      if (event.type === "guest" && isEnd(event.state)) {
        this.#ended.add(event.id);
        return;
      }
      if (this.#ended.delete(event.id)) this.#texts.set(event.id, "");
      if (event.type === "guest") return;
      const text = (this.#texts.get(event.id) ?? "") + event.text;
      this.#texts.set(event.id, text.length > 2 * TEXT_MAX ? text.slice(-TEXT_MAX) : text);
    });
  }

  of(guest: string): string {
    return (this.#texts.get(guest) ?? "").slice(-TEXT_MAX);
  }

  close(): void {
    this.#unsubscribe();
  }
}

/** Without line ends; a text that ends with one has no empty line after it. */
export function linesOf(text: string): readonly string[] {
  const lines = text.split("\n").map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  if (lines.at(-1) === "") lines.pop();
  return lines;
}
