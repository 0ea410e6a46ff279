// What the exercises of the keys have in common: keys are typed, and what they do is waited for.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Snapshot } from "../interpreter/index.ts";
import { KEYS } from "./key-table.ts";
import type { KeyEntry } from "./keys.ts";
import type { KeyStage } from "./key-stage.test-support.ts";
import type { Mode } from "./model.ts";

export interface Press {
  readonly mode: Mode;
  readonly key: string;
  readonly entry: KeyEntry;
}

export const ALTERNATE = "\u001b[?1049h";
export const COPY = "\u001b]52;c;";
/** They can't be held still: they move only by keys. */
const SHAPES: readonly Mode[] = ["plan", "output", "help"];
/** A key that does nothing anywhere, but for ending what was said. */
const IDLE = [..."abcdefghijklmnopqrstuvwxyz"].find((key) => !KEYS.some(({ keys }) => keys.includes(key)));

const occurrences = (text: string, part: string): number => text.split(part).length - 1;

/** Types a key and waits for more of a sequence. */
export async function sends(stage: KeyStage, key: string, sequence: string): Promise<void> {
  const before = occurrences(stage.terminal.written, sequence);
  stage.type(key);
  await stage.until(`what \`${key}\` sends`, (_, { written }) => occurrences(written, sequence) > before);
}

/** Holds the picture still while something is done, where the view can be. */
export async function still(stage: KeyStage, mode: Mode, act: () => Promise<void>): Promise<void> {
  if (SHAPES.includes(mode)) return act();
  stage.type("space");
  await stage.shows("FROZEN");
  await act();
  stage.type("space");
  await stage.hides("FROZEN");
}

/** So little is there of a line that it may look like the next one: the dashboard answers, and is whole. */
async function lives(stage: KeyStage, key: string): Promise<void> {
  stage.type(key);
  await sends(stage, "ctrl-l", ALTERNATE);
  await stage.whole(key);
}

/** Types a key; the lines of the view are others after it, where there is room to see that. */
export async function changes(stage: KeyStage, key: string): Promise<void> {
  if (stage.columns < 60) return lives(stage, key);
  const before = stage.body;
  stage.type(key);
  await stage.until(`another view after \`${key}\``, () => stage.body !== before);
}

export async function becomes(stage: KeyStage, key: string, body: string): Promise<void> {
  if (stage.columns < 60) return lives(stage, key);
  stage.type(key);
  await stage.until(`this after \`${key}\`:\n${body}\n---`, () => stage.body === body);
}

/** Ends what was said, so that the footer is the view's again. */
export async function unsay(stage: KeyStage): Promise<void> {
  stage.type(IDLE ?? "");
  await stage.whole("what was said is gone");
}

/** As many lines as there are rows and more, where there are few by themselves. */
async function fill(stage: KeyStage, mode: Mode): Promise<void> {
  if (mode === "plan") {
    const networks = Array.from({ length: 40 }, (_, at) => `network n${at} { subnet = 10.1.${at}.0/24 }\n`);
    await stage.propose(networks.join(""));
    await stage.until("a long plan", () => /4\d steps/u.test(stage.body));
  }
  const filled = new RegExp(`${mode} [4-9]\\d|${mode} \\d{3}|${mode} \\d.*k`, "u");
  if (mode === "logs" || mode === "packets")
    await stage.until("more than a page", (screen) => filled.test(screen));
}

/** The keys that go up and down in a view: each leads away from one of its ends. */
export async function move(stage: KeyStage, mode: Mode, presses: readonly Press[]): Promise<void> {
  if (mode === "console") {
    const isFull = stage.terminal.lines.at(-3) !== "";
    for (const { key } of presses) {
      const isUp = key === "pageup";
      stage.type(key);
      // Where there is no room the bar doesn't say how far, and what fits needs no place.
      if (stage.columns >= 60 && isFull)
        await stage.until("the place", (screen) => screen.includes("lines back") === isUp);
    }
    return;
  }
  const isShort = (mode === "output" || mode === "help") && stage.body.endsWith("\n");
  // All of it is seen: it can't move.
  if (isShort || stage.columns < 60) {
    for (const { key } of presses) await lives(stage, key);
    return;
  }
  await fill(stage, mode);
  await still(stage, mode, async () => {
    stage.type("g");
    await sends(stage, "ctrl-l", ALTERNATE);
    await stage.whole("the first line");
    await changes(stage, "G");
    const end = stage.body;
    await changes(stage, "g");
    const home = stage.body;
    for (const { key, entry } of presses) {
      const by = entry.command.do === "move" ? entry.command.by : 1;
      const isBack = by === -1 || by === "page-up" || by === "first";
      if (stage.body !== (isBack ? end : home)) await becomes(stage, isBack ? "G" : "g", isBack ? end : home);
      await changes(stage, key);
      await stage.whole(key);
    }
    if (stage.body !== home) await becomes(stage, "g", home);
    if (mode === "logs" || mode === "packets") await becomes(stage, "G", end);
  });
  if (mode !== "plan") return;
  await stage.restore();
  await stage.until("no plan", () => stage.body.includes("nothing to do"));
}

export async function typed(stage: KeyStage, sign: string, text: string): Promise<void> {
  stage.type(text);
  await stage.until(`\`${text}\` is typed`, () => stage.footer.startsWith(` ${sign}${text}`));
}

export async function untilStopped(pid: number): Promise<void> {
  const state = async (): Promise<string> =>
    (await promisify(execFile)("ps", ["-o", "stat=", "-p", String(pid)])).stdout;
  // Bound: the test's time limit.
  while (!(await state()).startsWith("T"));
}

export async function erase(stage: KeyStage, { key }: Press, left: string): Promise<void> {
  stage.type("qz");
  await stage.until("two letters", () => stage.footer.includes("qz"));
  const before = stage.footer;
  stage.type(key);
  await stage.until("less", () => stage.footer.startsWith(before.slice(0, before.indexOf("qz")) + left));
  await stage.until("less", () => !stage.footer.includes("qz"));
  stage.type("ctrl-u");
}

/** The link of the first guest, as the lab has it and as the dashboard shows it. */
export const linkOf = ({ devices }: Snapshot) => devices.find(({ id }) => id === "client.eth0")?.link;
export const edgeOf = (stage: KeyStage): string =>
  stage.terminal.lines.find((line) => line.startsWith("▌") && line.includes("client")) ?? "";

/** Nothing is said as nothing, or as 0 of something. */
const shownOf = (value: string | undefined): string | undefined =>
  value?.startsWith("0") === true && !value.startsWith("0.") ? undefined : value;

export async function untilLink(stage: KeyStage, member: string, value: string | undefined): Promise<void> {
  await stage.untilLab(
    `${member} ${value}`,
    (snapshot) => shownOf(linkOf(snapshot)?.impair[member]) === value,
  );
  // What the dashboard shows may be older than what the lab has said here.
  if (member.includes(".")) return;
  await stage.until(`${member} ${value}`, () =>
    value === undefined
      ? !/[1-9]ms|[1-9]%/u.test(edgeOf(stage))
      : edgeOf(stage).includes(value) || edgeOf(stage).includes("…"),
  );
}

export async function worse(stage: KeyStage, key = "+"): Promise<void> {
  stage.type("g");
  // A step goes from what the dashboard knows, which may be of before the last change.
  await stage.until("the first edge, undisturbed", () => !/^$|\dms/u.test(edgeOf(stage)));
  stage.type(key);
  await untilLink(stage, "delay", "1ms");
  await stage.until("it is done", () => stage.footer.startsWith(" done"));
}

export async function better(stage: KeyStage, key = "-"): Promise<void> {
  stage.type(key);
  await untilLink(stage, "delay", undefined);
  await unsay(stage);
}

/** The dashboard knows a moment after a change that it was by hand. */
export async function settle(stage: KeyStage, key: string): Promise<void> {
  const isUnknown = (): boolean => stage.footer.startsWith(" nothing of");
  // Bound: the test's time limit.
  do {
    await unsay(stage);
    stage.type(key);
    await stage.until(
      "an answer",
      () => isUnknown() || / (lab\.vbus|healed|undone|done|1 change)/u.test(stage.footer),
    );
  } while (isUnknown());
}

/** A change that waits for a word is seen in the plan. */
export async function held(stage: KeyStage): Promise<void> {
  await stage.change();
  await stage.untilLab("held", ({ held: what }) => what !== undefined);
  await stage.until("its step", () => stage.body.startsWith(" 1 step"));
}

export async function apply(stage: KeyStage, key: string): Promise<void> {
  stage.type(key);
  await stage.untilLab("as declared", ({ held: what, watch }) => what === undefined && watch === "watching");
  await stage.until("nothing to do", () => stage.body.includes("nothing to do"));
  await unsay(stage);
}
