// The admin desk of a running lab: takes changes by hand, undoes them, writes them into the file. All of it
// in the lab's lane and by the lab's own reading and applying: there is no second way to change what runs.

import path from "node:path";
import { statSync } from "node:fs";
import type { HandChange, Resource } from "../../lang/index.ts";
import type { Changed, ChangeRow } from "../control/admin-methods.ts";
import type { Lane } from "../apply/lane.ts";
import type { Clock } from "../clock.ts";
import { isoTime } from "../clock.ts";
import type { Journal } from "../log/journal.ts";
import { errorText } from "../operation-error.ts";
import type { Plan } from "../plan/plan.ts";
import { stepText } from "../plan/step-text.ts";
import type { Reading } from "../read-lab.ts";
import {
  changeText,
  entriesAt,
  layOver,
  pathsOf,
  policyOf,
  splitShelf,
  withoutIdle,
  type Entry,
} from "./drift.ts";
import { readSource, writeSource } from "./source-file.ts";

/** What the desk asks of the lab. Everything but `journal` is called in the lane only. */
export interface DeskOptions {
  readonly root: string;
  readonly clock: Clock;
  readonly lane: Lane;
  readonly journal: Journal;
  /** Reads the files, with another text in place of the root file's. */
  readonly read: (lay?: (text: string) => string) => Reading;
  /** Applies a good reading. The steps that were taken, or a sentence about what failed. */
  readonly apply: (reading: Reading, actor: string) => Promise<Plan["steps"] | string>;
  /** The guests that are dead, and a way to boot one again. */
  readonly dead: () => readonly string[];
  readonly revive: (guest: string) => Promise<string | undefined>;
  /** Why nothing can be changed by hand now, in a sentence. */
  readonly refusal: () => string | undefined;
  /** Asks for another look at the files, later. */
  readonly again: () => void;
}

/** A text that was applied: what changes by hand lie over. */
interface Base {
  readonly text: string;
  readonly digest: string;
}

/** What a look at the files came to; `settle` is called when it is applied. */
export interface Look {
  readonly reading: Reading;
  readonly settle: () => void;
}

const refuse = (message: string, diagnosticsText = ""): Changed => ({
  done: false,
  message,
  diagnosticsText,
});

export class DriftDesk {
  readonly #options: DeskOptions;
  #base: Base | undefined;
  #entries: readonly Entry[] = [];
  #shelf: readonly Resource[] = [];
  #count = 0;
  #policy: "heal" | "keep" = "heal";

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** The first reading has been applied. */
  begin(reading: Reading): void {
    this.#base = this.#baseOf(reading);
    if (reading.model !== undefined) this.#policy = policyOf(reading.model);
  }

  /** Oldest first. */
  get changes(): readonly ChangeRow[] {
    return this.#entries.map(({ change: _, ...row }) => row);
  }

  get policy(): "heal" | "keep" {
    return this.#policy;
  }

  /** Devices that are linked to no bus. */
  get shelf(): readonly Resource[] {
    return this.#shelf;
  }

  /** Paths of the changes, under the names before and after them. */
  get places(): readonly string[] {
    return this.#entries.flatMap(({ change }) => pathsOf(change));
  }

  /**
   * What the files say now, with the changes by hand that stay. Where somebody `asked` for what the files
   * say, with a way to read them, only `drift = keep` lets them stay. In the lane only.
   */
  look(asked?: DeskOptions["read"]): Look {
    const read = asked ?? this.#options.read;
    const plain = read();
    if (plain.model === undefined) return { reading: plain, settle: () => undefined };
    const base = this.#baseOf(plain);
    const policy = policyOf(plain.model);
    const settle = (): void => {
      this.#base = base;
      this.#policy = policy;
    };
    if (this.#entries.length === 0) return { reading: plain, settle };
    if (policy === "heal" && (asked !== undefined || base.digest !== this.#base?.digest))
      return { reading: plain, settle: () => (settle(), this.forgetAll("file")) };
    const laid = layOver(this.#options.root, base.text, this.#entries);
    const { reading, shelf } = this.#readLaid(laid.text, read);
    const fits = reading.model !== undefined;
    const keep = (): void => {
      settle();
      this.#shelf = shelf;
      for (const { entry, problem } of laid.lost) this.#tellLost(entry, problem);
      this.#entries = this.#entries.filter((entry) => laid.lost.every((one) => one.entry !== entry));
    };
    return { reading: fits ? reading : withAdvice(reading), settle: keep };
  }

  /** Makes one change by hand. */
  change(change: HandChange, actor: string): Promise<Changed> {
    return this.#inLane(async (base) => {
      const text = changeText(change);
      const time = isoTime(this.#options.clock);
      const entry: Entry = { number: this.#count + 1, time, actor, path: change.path, text, change };
      const entries = [...this.#entries, entry];
      const laid = layOver(this.#options.root, base.text, entries);
      const [lost] = laid.lost;
      if (lost !== undefined) return refuse(`\`${lost.entry.text}\` is not possible: ${lost.problem}.`);
      const answer = await this.#apply(laid.text, actor, `${text}: done.`);
      if (!answer.done) return answer;
      this.#count++;
      this.#entries = withoutIdle(this.#options.root, base.text, entries);
      this.#tell(change.path, `by hand: ${text}`, actor);
      return answer;
    });
  }

  /** Undoes changes by hand, and boots guests that died: at a path, or all. */
  heal(at: string | undefined, actor: string): Promise<Changed> {
    return this.#inLane(async (base) => {
      const undone = entriesAt(this.#entries, at);
      const dead = this.#options.dead().filter((guest) => at === undefined || guest === at);
      if (undone.length === 0 && dead.length === 0) return refuse(nothingAt(at));
      const rest = this.#entries.filter((entry) => !undone.includes(entry));
      const laid = layOver(this.#options.root, base.text, rest);
      const [lost] = laid.lost;
      if (lost !== undefined) return refuse(`\`${lost.entry.text}\` builds on it: undo both, or all.`);
      const answer = await this.#apply(laid.text, actor, healedText(undone.length, dead.length));
      if (!answer.done) return answer;
      this.#entries = rest;
      if (readSource(this.#options.root) !== base.text) this.#options.again();
      for (const entry of undone) this.#tell(entry.path, `healed: ${entry.text}`, actor);
      return (await this.#revive(dead, actor)) ?? answer;
    });
  }

  /** Writes changes by hand into the file: at a path, or all. Nothing that runs changes. */
  adopt(at: string | undefined, actor: string): Promise<Changed> {
    return this.#inLane((base) => {
      const { root } = this.#options;
      const chosen = entriesAt(this.#entries, at);
      if (chosen.length === 0) return refuse(nothingAt(at));
      const disk = readSource(root);
      const laid = layOver(root, disk, chosen);
      const [lost] = laid.lost;
      if (lost !== undefined) return refuse(`\`${lost.entry.text}\` can't be written: ${lost.problem}.`);
      const { reading, shelf } = this.#readLaid(laid.text);
      if (reading.model === undefined)
        return refuse("The file would not check with this in it.", reading.diagnosticsText);
      const [loose] = shelf;
      if (loose !== undefined)
        return refuse(
          `\`${loose.name}\` is linked to no bus, which a file can't say: \`vbus link ${loose.name} BUS\` or \`vbus remove ${loose.name}\` first.`,
        );
      const rest = this.#entries.filter((entry) => !chosen.includes(entry));
      const [held] = layOver(root, laid.text, rest).lost;
      if (held !== undefined) return refuse(`\`${held.entry.text}\` builds on it: adopt both, or all.`);
      writeSource(root, laid.text);
      const same = disk === base.text;
      const text = same ? laid.text : layOver(root, base.text, chosen).text;
      this.#base = { text, digest: same ? reading.sourceDigest : base.digest };
      this.#entries = rest;
      const file = path.basename(root);
      for (const entry of chosen) this.#tell(entry.path, `adopted into ${file}: ${entry.text}`, actor);
      return { done: true, message: `${file} says it now: ${counted(chosen.length)}.`, steps: [] };
    });
  }

  #inLane(work: (base: Base) => Promise<Changed> | Changed): Promise<Changed> {
    return this.#options.lane.run(async () => {
      const base = this.#base;
      const why = this.#options.refusal();
      if (why !== undefined || base === undefined) return refuse(why ?? "The lab starts: try again.");
      if (statSync(this.#options.root, { throwIfNoEntry: false })?.isDirectory() === true)
        return refuse("This lab is a folder of files, and none of them is where changes by hand belong.");
      try {
        return await work(base);
      } catch (error) {
        return refuse(`${errorText(error)}.`);
      }
    });
  }

  async #apply(text: string, actor: string, message: string): Promise<Changed> {
    const { reading, shelf } = this.#readLaid(text);
    if (reading.model === undefined) return refuse("Refused; the lab is as it was.", reading.diagnosticsText);
    const applied = await this.#options.apply(reading, actor);
    if (typeof applied === "string") return refuse(`It could not be applied: ${applied}.`);
    this.#shelf = shelf;
    const steps = applied.map((step) => ({ address: step.address, text: stepText(step) }));
    return { done: true, message, steps };
  }

  async #revive(dead: readonly string[], actor: string): Promise<Changed | undefined> {
    for (const guest of dead) {
      const failure = await this.#options.revive(guest);
      if (failure !== undefined) return refuse(`${guest} could not be booted: ${failure}.`);
      this.#tell(guest, "healed: booted again", actor);
    }
    return undefined;
  }

  #readLaid(
    text: string,
    read = this.#options.read,
  ): { readonly reading: Reading; readonly shelf: readonly Resource[] } {
    const reading = read(() => text);
    if (reading.model === undefined) return { reading, shelf: this.#shelf };
    const { model, shelf } = splitShelf(reading.model);
    return { reading: { ...reading, model }, shelf };
  }

  #baseOf(reading: Reading): Base {
    return { text: reading.sources.get(this.#options.root) ?? "", digest: reading.sourceDigest };
  }

  /** What runs is something else now: the file as it was saved, or an older generation. */
  forgetAll(actor: string): void {
    for (const entry of this.#entries) this.#tell(entry.path, `no longer by hand: ${entry.text}`, actor);
    this.#entries = [];
    this.#shelf = [];
  }

  #tellLost({ path: address, text }: Entry, problem: string): void {
    const message = `no longer changed by hand (${text}): ${problem}`;
    this.#options.journal.add({ type: "drift", address, message, level: "warning", actor: "file" });
  }

  #tell(address: string, message: string, actor: string): void {
    this.#options.journal.add({ type: "drift", address, message, level: "info", actor });
  }
}

const counted = (count: number): string => (count === 1 ? "1 change" : `${count} changes`);

const nothingAt = (at: string | undefined): string =>
  at === undefined ? "Nothing was changed by hand." : `Nothing at \`${at}\` was changed by hand.`;

function healedText(undone: number, dead: number): string {
  const parts = [
    ...(undone > 0 ? [`${counted(undone)} undone`] : []),
    ...(dead > 0 ? [`${dead} booted again`] : []),
  ];
  return `Healed: ${parts.join(", ")}.`;
}

/** A file that checks only without what was changed by hand: the lab goes on as it was. */
function withAdvice(reading: Reading): Reading {
  const advice =
    "The file checks, but not with what was changed by hand: `vbus heal` undoes that, `vbus status` shows it.\n";
  return { ...reading, diagnosticsText: reading.diagnosticsText + advice };
}
