// What the host and the first process of a prepared image say to each other on the second serial port, line
// by line: docs/linux.md. A guest may say anything; what is no line of this is not heard.

import { macText } from "../../datapath/mac-text.ts";
import { PC_LINE_MAX, PC_OUTPUT_MAX } from "../../limits.ts";
import type { CardFacts } from "./network-card.ts";
import type { SavedAgent } from "./saved.ts";

const NEWLINE = 10;
const GREETING = "vbus 3";

/** The time since 1970, and chance for the kernel's random generator. */
export interface Fresh {
  readonly seconds: number;
  readonly seed: Uint8Array;
}

export interface AgentParts {
  readonly send: (text: string) => void;
  readonly name: string;
  /** Names are a shell's. */
  readonly env: Readonly<Record<string, string>>;
  /** The cards that are there when the guest asks. */
  readonly cards: () => readonly CardFacts[];
  /** What a state of before can't know. */
  readonly fresh: () => Fresh;
  /** The guest has greeted: `configure` it, now or later. */
  readonly greeted: () => void;
  readonly answer: (done: CommandDone) => void;
  /** What a guest that goes on from a snapshot is told first has ended. */
  readonly woken?: () => void;
}

/** A command line for the guest's shell. */
export interface Command {
  readonly id: number;
  readonly command: string;
}
export interface CommandDone {
  readonly id: number;
  readonly status: number;
  readonly output: Uint8Array;
  readonly cut: boolean;
}

/** What a command has printed so far. */
interface Running {
  readonly id: number;
  readonly parts: Buffer[];
  bytes: number;
  cut: boolean;
}

export class Agent {
  readonly #parts: AgentParts;
  readonly #line = new Uint8Array(PC_LINE_MAX);
  #length = 0;
  #up = false;
  /** Asked for before the guest was up. */
  readonly #early: Command[] = [];
  /** By the numbers that the guest knows: a snapshot's commands have had theirs. */
  readonly #running = new Map<number, Running>();
  #last = 0;
  #waking = 0;
  #stopping = false;

  constructor(parts: AgentParts) {
    this.#parts = parts;
  }

  /** A byte that the guest sent. */
  hear(byte: number): void {
    if (byte !== NEWLINE) {
      if (this.#length < PC_LINE_MAX) this.#line[this.#length] = byte;
      this.#length++;
      return;
    }
    const whole = this.#length <= PC_LINE_MAX;
    const line = whole ? Buffer.from(this.#line.subarray(0, this.#length)).toString().trimEnd() : "";
    this.#length = 0;
    this.#take(line);
  }

  /** Tells the guest what it is. It looks for its devices first. */
  configure(): void {
    this.#parts.send(this.#configuration());
  }

  /** False where nobody listens: the guest has no agent, or not yet. */
  stop(): boolean {
    this.#stopping = true;
    if (this.#up) this.#parts.send("stop\n");
    return this.#up;
  }

  /** Has a command run, as soon as the guest is up. Control asks for `PC_COMMANDS_MAX` at most. */
  run(command: Command): void {
    if (!this.#up) return void this.#early.push(command);
    this.#running.set(++this.#last, { id: command.id, parts: [], bytes: 0, cut: false });
    this.#parts.send(`run ${this.#last} ${escaped(command.command)}\n`);
  }

  /** It has said that it is up. */
  get up(): boolean {
    return this.#up;
  }

  save(): SavedAgent {
    return { line: [...this.#line.subarray(0, this.#length)], last: this.#last };
  }

  /** The guest goes on from there. `script` is run, and nothing else before that has ended. */
  goOn({ line, last }: SavedAgent, script: string): void {
    const length = Math.min(line.length, PC_LINE_MAX);
    this.#line.set(line.slice(0, length));
    this.#length = length;
    this.#last = Math.max(0, last) + 1;
    this.#waking = this.#last;
    this.#parts.send(`run ${this.#last} ${escaped(script)}\n`);
  }

  #take(line: string): void {
    if (line === GREETING) this.#parts.greeted();
    else if (line === "up") this.#begin();
    const [word, number, rest = ""] = line.split(" ", 3);
    if (word === "end" && Number(number) === this.#waking && this.#waking > 0) return this.#wake();
    const running = this.#running.get(Number(number));
    if (!running) return;
    if (word === "out") this.#print(running, Buffer.from(rest, "base64"));
    else if (word === "end") this.#end(Number(number), Number.parseInt(rest, 10), running);
  }

  #wake(): void {
    this.#waking = 0;
    this.#parts.woken?.();
    this.#begin();
  }

  #begin(): void {
    if (this.#up) return;
    this.#up = true;
    for (const command of this.#early.splice(0)) this.run(command);
    if (this.#stopping) this.stop();
  }

  #print(running: Running, bytes: Buffer): void {
    const room = PC_OUTPUT_MAX - running.bytes;
    if (bytes.length > room) running.cut = true;
    const kept = bytes.subarray(0, room);
    running.parts.push(kept);
    running.bytes += kept.length;
  }

  #end(number: number, status: number, { id, parts, cut }: Running): void {
    this.#running.delete(number);
    const output = new Uint8Array(Buffer.concat(parts));
    this.#parts.answer({ id, status: Number.isNaN(status) ? -1 : status, output, cut });
  }

  #configuration(): string {
    const cards = this.#parts.cards().map(({ mac, name, address, prefix, gateway }) => {
      return `net ${macText(mac)} ${name} ${address}/${prefix} ${gateway}\n`;
    });
    const env = Object.entries(this.#parts.env).map(([name, value]) => `env ${name} ${escaped(value)}\n`);
    const { seconds, seed } = this.#parts.fresh();
    const fresh = `clock ${Math.round(seconds)}\nseed ${Buffer.from(seed).toString("base64")}\n`;
    return `host ${this.#parts.name}\n${fresh}${env.join("")}${cards.join("")}go\n`;
  }
}

const SPACE = 0x20;
const DELETE = 0x7f;
const BACKSLASH = 0x5c;

/**
 * Text as `printf %b` of a shell takes it, in one line, and with no space at either end, which `read` would
 * drop: the shell needs no program for it.
 */
function escaped(text: string): string {
  const bytes = Buffer.from(text);
  const one = (byte: number, at: number): string => {
    const inner = at > 0 && at < bytes.length - 1;
    const plain = byte > SPACE ? byte < DELETE && byte !== BACKSLASH : byte === SPACE && inner;
    return plain ? String.fromCharCode(byte) : `\\0${byte.toString(8).padStart(3, "0")}`;
  };
  return Array.from(bytes, one).join("");
}
