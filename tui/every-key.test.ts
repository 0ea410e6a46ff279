// Every key of the table, in every view where it works, before a real lab with traffic: after each the screen
// is whole, and what the key does is seen, on the screen or in the lab. Of the keys nothing is listed here
// but what each command is to do: a new key of a known command is pressed, a new command doesn't compile.

import { expect, test } from "vitest";
import { KEYS } from "./key-table.ts";
import { VIEWS } from "./model.ts";
import type { Mode } from "./model.ts";
import { EXERCISES } from "./every-key.test-support.ts";
import { move } from "./key-effects.test-support.ts";
import type { Press } from "./key-effects.test-support.ts";
import { KeyStage } from "./key-stage.test-support.ts";

/** Each key in each view takes a minute, and all sizes beside each other want a machine for themselves. */
const SLOW = process.env["SLOW"] === "1";
const AT_LENGTH = SLOW || process.env["CI"] === "true";
const SIZES: readonly (readonly [number, number])[] = SLOW
  ? [
      [120, 40],
      [80, 24],
      [60, 20],
      [40, 10],
      [20, 6],
    ]
  : [[80, 24]];
const MODES: readonly Mode[] = [...VIEWS, "typing", "commanding", "confirming", "asking"];
/** These end the dashboard. */
const LAST = new Set(["stop-lab", "leave-lab"]);

/** Each name of each key in each mode, the modes one after the other. */
const ALL: readonly Press[] = MODES.flatMap((mode) =>
  KEYS.filter(({ modes, command }) => modes.includes(mode) && !LAST.has(command.do)).flatMap((entry) =>
    entry.keys.map((key) => ({ mode, key, entry })),
  ),
);
/** Each name of each key once, in its modes by turns. */
const ONCE: readonly Press[] = ALL.filter(({ mode, key, entry }) => {
  const place = KEYS.indexOf(entry) + entry.keys.indexOf(key);
  return entry.modes[place % entry.modes.length] === mode;
});

/** An error says at which key it was. */
async function telling(what: string, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    throw new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

test.concurrent.each(SIZES)(
  "every key does what it says at %ix%i, and the screen is whole after it",
  async (columns, rows) => {
    const stage = await KeyStage.open(columns, rows);
    try {
      const presses = AT_LENGTH ? ALL : ONCE;
      for (const mode of MODES) {
        const here = presses.filter((press) => press.mode === mode);
        const moves = here.filter(({ entry }) => entry.command.do === "move");
        await telling(`moves in ${mode}`, async () => {
          await stage.go(mode);
          if (moves.length > 0) await move(stage, mode, moves);
          await stage.whole("all moves");
        });
        for (const press of here.filter(({ entry }) => entry.command.do !== "move")) {
          const what = `\`${press.key}\` in ${mode}`;
          await telling(what, async () => {
            await stage.go(mode);
            await EXERCISES[press.entry.command.do](stage, press);
            await stage.whole(what);
          });
        }
      }
      await leaves(stage);
    } finally {
      await stage.close();
    }
  },
  1_200_000,
);

/** The keys that end it: the lab goes on after `l`, and ends by `s`. */
async function leaves(stage: KeyStage): Promise<void> {
  await stage.go("asking");
  stage.type("l");
  expect(await stage.terminal.exited).toMatchObject({ code: 0 });
  await stage.down();
  await stage.attach();
  await stage.go("asking");
  stage.type("s");
  expect(await stage.terminal.exited).toMatchObject({ code: 0 });
  await stage.labEnded;
}

test("nothing is in the table that no mode has, and nothing was left out", () => {
  const pressed = new Set(ONCE.map(({ entry }) => entry));
  expect(KEYS.filter((entry) => !pressed.has(entry) && !LAST.has(entry.command.do))).toEqual([]);
});
