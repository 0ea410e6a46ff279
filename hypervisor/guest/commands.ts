// Commands that run in a guest which has an agent, as control asks for them: who waits for which, and until
// when. Control thread only.

import { refuse } from "../bus/outcome.ts";
import type { CommandResult, Outcome } from "../hypervisor.ts";
import { PC_COMMANDS_MAX, PC_COMMAND_MAX } from "../limits.ts";
import type { InboxLetter, ThreadLetter } from "./letters.ts";

type Done = Extract<ThreadLetter, { readonly type: "command-done" }>;

export class Commands {
  readonly #waiting = new Map<number, (outcome: Outcome<CommandResult>) => void>();
  #last = 0;

  /** Resolves when the command has ended, when its time is up, or with the guest. */
  run(
    send: (letter: InboxLetter) => void,
    command: string,
    timeoutMs: number,
  ): Promise<Outcome<CommandResult>> {
    if (Buffer.byteLength(command) > PC_COMMAND_MAX)
      return Promise.resolve(refuse("invalid", `a command has at most ${PC_COMMAND_MAX} bytes`));
    if (this.#waiting.size >= PC_COMMANDS_MAX)
      return Promise.resolve(refuse("limit", `${PC_COMMANDS_MAX} commands run in the guest already`));
    const id = ++this.#last;
    return new Promise((resolve) => {
      const late = refuse("late", `the guest did not answer within ${timeoutMs / 1000} s`);
      const timer = setTimeout(() => this.#settle(id, late), timeoutMs);
      this.#waiting.set(id, (outcome) => {
        clearTimeout(timer);
        resolve(outcome);
      });
      send({ type: "command", id, command });
    });
  }

  /** The guest's thread says that one has ended. */
  done({ id, status, output, cut }: Done): void {
    this.#settle(id, { ok: true, value: { status, output: new TextDecoder().decode(output), cut } });
  }

  /** The guest has ended. */
  end(): void {
    for (const id of this.#waiting.keys()) this.#settle(id, refuse("busy", "the guest ended"));
  }

  #settle(id: number, outcome: Outcome<CommandResult>): void {
    const answer = this.#waiting.get(id);
    this.#waiting.delete(id);
    answer?.(outcome);
  }
}
