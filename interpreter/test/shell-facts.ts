// What commands in guests print, as facts of a test: `expect pc.shell("...")` looks at the last answer and
// has the command run again at each try. One at a time of the same command in the same guest.

import type { Value } from "../../lang/index.ts";
import type { Hypervisor } from "../../hypervisor/index.ts";
import { logOf } from "./guest-texts.ts";

/** Longer than any command of a test should take; the test's own time limit is mostly shorter. */
const TIMEOUT_MS = 60_000;

interface Asked {
  running: boolean;
  /** Undefined: nothing was answered yet. */
  answer: Value | { readonly problem: string } | undefined;
}

export class ShellFacts {
  readonly #hypervisor: Pick<Hypervisor, "runCommand">;
  readonly #changed: () => void;
  readonly #asked = new Map<string, Asked>();

  /** `changed` is called when something was answered. */
  constructor(hypervisor: Pick<Hypervisor, "runCommand">, changed: () => void) {
    this.#hypervisor = hypervisor;
    this.#changed = changed;
  }

  read(guest: string, command: string): Asked["answer"] {
    const key = JSON.stringify([guest, command]);
    const asked = this.#asked.get(key) ?? { running: false, answer: undefined };
    this.#asked.set(key, asked);
    const { answer } = asked;
    if (!asked.running) void this.#run(guest, command, asked);
    return answer;
  }

  async #run(guest: string, command: string, asked: Asked): Promise<void> {
    asked.running = true;
    const done = await this.#hypervisor.runCommand(guest, command, TIMEOUT_MS);
    asked.running = false;
    if (done.ok) asked.answer = logOf(done.value.output);
    else if (done.refusal.code === "missing" && done.refusal.message.includes("class linux"))
      asked.answer = { problem: `${done.refusal.message}: it has no shell.` };
    this.#changed();
  }
}
