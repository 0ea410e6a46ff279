// What a guest's agent does for control: commands, and copies of files. Control thread only.

import { refuse } from "../bus/outcome.ts";
import type { CommandResult, GuestCopy, Id, Outcome } from "../hypervisor.ts";
import { Commands } from "./commands.ts";
import { Copies } from "./copies.ts";
import type { Guest } from "./guest.ts";
import type { InboxLetter, ThreadLetter } from "./letters.ts";

/** What a guest's thread says of either. */
type AgentLetter = Extract<ThreadLetter, { readonly type: "command-done" | "copy" }>;

export class AgentDesk {
  readonly #send: (letter: InboxLetter) => void;
  readonly #commands = new Commands();
  readonly #copies = new Copies();

  constructor(send: (letter: InboxLetter) => void) {
    this.#send = send;
  }

  run(command: string, timeoutMs: number): Promise<Outcome<CommandResult>> {
    return this.#commands.run(this.#send, command, timeoutMs);
  }

  openCopy(): Outcome<GuestCopy> {
    return this.#copies.open((order) => this.#send({ type: "copy", order }));
  }

  hear(letter: AgentLetter): void {
    if (letter.type === "copy") this.#copies.hear(letter.news);
    else this.#commands.done(letter);
  }

  /** The guest has ended. */
  end(): void {
    this.#commands.end();
    this.#copies.end();
  }
}

/** What the agent of a guest answers; refused where it can have none. */
export function askAgent<T>(
  guests: ReadonlyMap<Id, Guest>,
  id: Id,
  question: (agent: AgentDesk) => T,
): T | ReturnType<typeof refuse> {
  const guest = guests.get(id);
  if (!guest?.alive) return refuse("missing", `there is no guest \`${id}\` that runs`);
  if (guest.spec.image.files) return question(guest.agent);
  const linux = [...guests.values()].filter(({ alive, spec }) => alive && spec.image.files);
  const these = linux.length === 0 ? "" : `; these are: ${linux.map((each) => each.id).join(", ")}`;
  return refuse("missing", `guest \`${id}\` is not of class linux or pc${these}`);
}
