// Commands in guests: who waits is answered once, whatever happens.

import { expect, test } from "vitest";
import type { Outcome } from "../hypervisor.ts";
import { PC_COMMANDS_MAX, PC_COMMAND_MAX } from "../limits.ts";
import { Commands } from "./commands.ts";
import type { InboxLetter } from "./letters.ts";

const LONG_MS = 1_000_000;
const code = (outcome: Outcome<unknown>): string => (outcome.ok ? "done" : outcome.refusal.code);

/** Commands whose letters are kept. */
function desk(): {
  readonly commands: Commands;
  readonly letters: InboxLetter[];
  run(text: string): Promise<string>;
} {
  const commands = new Commands();
  const letters: InboxLetter[] = [];
  const run = async (text: string): Promise<string> =>
    code(await commands.run((letter) => void letters.push(letter), text, LONG_MS));
  return { commands, letters, run };
}

const done = (id: number, text: string) =>
  ({ type: "command-done", id, status: 0, output: Buffer.from(text), cut: false }) as const;

test("each is answered with what it printed", async () => {
  const { commands, letters } = desk();
  const send = (letter: InboxLetter): void => void letters.push(letter);
  const [first, second] = ["one", "two"].map((text) => commands.run(send, text, LONG_MS));
  commands.done(done(2, "b"));
  commands.done(done(1, "a"));
  commands.done(done(3, "nobody's"));
  expect(await first).toEqual({ ok: true, value: { status: 0, output: "a", cut: false } });
  expect(await second).toEqual({ ok: true, value: { status: 0, output: "b", cut: false } });
  expect(letters).toEqual([
    { type: "command", id: 1, command: "one" },
    { type: "command", id: 2, command: "two" },
  ]);
});

test("as many at once as there may be, and one that is as long as it may be", async () => {
  const { commands, run } = desk();
  const all = Array.from({ length: PC_COMMANDS_MAX }, () => run("x".repeat(PC_COMMAND_MAX)));
  expect(await run("one more")).toBe("limit");
  commands.done(done(1, ""));
  const next = run("in its place");
  commands.end();
  expect(await Promise.all([...all, next])).toEqual(["done", ...Array(PC_COMMANDS_MAX).fill("busy")]);
  expect(await run("x".repeat(PC_COMMAND_MAX + 1))).toBe("invalid");
});

test("one that does not end is late, and its end is heard by nobody", async () => {
  const { commands } = desk();
  const late = await commands.run(() => undefined, "sleep", 1);
  expect(code(late)).toBe("late");
  commands.done(done(1, ""));
});
