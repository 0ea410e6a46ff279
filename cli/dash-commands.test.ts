// Commands typed in a dashboard, as processes of their own.

import { expect, test } from "vitest";
import { createTerminal } from "./terminal.ts";
import { systemClock } from "./clock.ts";
import { dashCommands } from "./commands/dash-commands.ts";

const runner = dashCommands(
  { terminal: createTerminal({}), clock: systemClock, env: process.env },
  () => undefined,
);

test.each([
  ["ps", true],
  ["plan", true],
  ["plan --out x.plan", false],
  ["plan --out=x.plan", false],
  ["apply", false],
  ["set a.b 1", false],
  ["down", false],
  ["capture -w x.pcapng", false],
  ["fmt", false],
  ["nonsense", false],
])("`%s` is harmless: %s", (line, expected) => {
  expect(runner.isHarmless(line.split(" "))).toBe(expected);
});

test("what fits is what the shell would be offered", async () => {
  expect((await runner.complete(["expl"])).map(({ word }) => word)).toEqual(["explain"]);
  expect((await runner.complete(["plan", "--o"])).map(({ word }) => word)).toContain("--out");
});
