// Follows the console of the guest that is looked at, and types on it.

import { typeAll } from "../../interpreter/index.ts";
import type { LabClient } from "../../interpreter/index.ts";
import type { GuestScreen } from "./screen.ts";

/** Whose console, and how large it is. */
export interface WantedConsole {
  readonly guest: string;
  readonly columns: number;
  readonly rows: number;
}

interface DeskOptions {
  readonly screen: GuestScreen;
  /** Something else is to be drawn, or could not be typed. */
  readonly tell: (problem?: string) => void;
}

/** More is not typed while a guest doesn't read: what a person pastes is less. */
const TYPED_MAX = 1 << 16;

export class ConsoleDesk {
  readonly #options: DeskOptions;
  #client: LabClient | undefined;
  #wanted: WantedConsole | undefined;
  #turn: Promise<void> = Promise.resolve();
  #typing = 0;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** A connection has begun, or ended. */
  use(client: LabClient | undefined): void {
    this.#client = client;
    client?.on("console", ({ guest, text, begins }) => {
      const { screen, tell } = this.#options;
      if (guest !== this.#wanted?.guest) return;
      if (begins) void screen.open(guest, this.#wanted).then(() => tell());
      screen.write(text);
    });
    if (this.#wanted !== undefined) this.#ask();
  }

  want(wanted: WantedConsole | undefined): void {
    const before = this.#wanted?.guest;
    this.#wanted = wanted;
    if (before === wanted?.guest) return;
    if (wanted === undefined) this.#options.screen.close();
    this.#ask();
  }

  /** In the order of calls. The return key is a new line, as a terminal's own line discipline has it. */
  type(guest: string, text: string): void {
    if (this.#typing + text.length > TYPED_MAX)
      return this.#options.tell(`${guest} doesn't read what is typed`);
    this.#typing += text.length;
    const gone = (): boolean => this.#wanted?.guest !== guest;
    this.#turn = this.#turn
      .then(async () => {
        if (this.#client !== undefined) await typeAll(this.#client, guest, text.replaceAll("\r", "\n"), gone);
      })
      .catch((error: unknown) => this.#options.tell(error instanceof Error ? error.message : String(error)))
      .finally(() => void (this.#typing -= text.length));
  }

  #ask(): void {
    const console = this.#wanted?.guest ?? "";
    this.#client?.request("subscribe", { console }).catch(() => undefined);
  }
}
