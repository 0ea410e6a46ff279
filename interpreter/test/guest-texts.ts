// What guests have printed since their last boot, also lines that are not ended yet. In bounded memory: of a
// guest that prints more, the newest part is kept.

import type { Hypervisor } from "../../hypervisor/index.ts";
import type { Value } from "../../lang/index.ts";
import { isEnd } from "../apply/guest-record.ts";

/** Of one guest, in UTF-16 units. The language bounds a text at 1 MiB. */
const TEXT_MAX = 1 << 19;

export class GuestTexts {
  readonly #texts = new Map<string, string>();
  readonly #logs = new Map<string, { readonly text: string; readonly log: Value }>();
  /** Guests whose next word is the first of another boot. */
  readonly #ended = new Set<string>();
  readonly #unsubscribe: () => void;

  constructor(hypervisor: Hypervisor) {
    this.#unsubscribe = hypervisor.on((event) => {
      if (event.type === "device" || event.type === "uplink") return;
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

  /** As a `Log` of the language; the same object until the guest prints again. */
  of(guest: string): Value {
    const text = this.#texts.get(guest) ?? "";
    const known = this.#logs.get(guest);
    if (known?.text === text) return known.log;
    const log = logOf(text.slice(-TEXT_MAX));
    this.#logs.set(guest, { text, log });
    return log;
  }

  close(): void {
    this.#unsubscribe();
  }
}

/** A text as a `Log` of the language. */
export function logOf(text: string): Value {
  const lines: Value = { is: "list", items: linesOf(text).map((value): Value => ({ is: "string", value })) };
  return { is: "record", fields: { text: { is: "string", value: text }, lines } };
}

/** Without line ends; a text that ends with one has no empty line after it. */
function linesOf(text: string): readonly string[] {
  const lines = text.split("\n").map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  if (lines.at(-1) === "") lines.pop();
  return lines;
}
