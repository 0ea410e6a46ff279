// A call registers its own command alone: that one is as it is among all, and where there is no such, all are
// there.

import { expect, test } from "vitest";
import { callHere, programOf } from "./call.test-support.ts";

test("the help of each command is the same alone and among all", async () => {
  const { commands } = programOf();
  expect(commands.length).toBeGreaterThan(30);
  for (const command of commands) {
    let among = "";
    command.configureOutput({ writeOut: (text) => void (among += text) });
    command.outputHelp();
    const { exit, stdout } = await callHere([command.name(), "--help"]);
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: among });
  }
});

test("another name of a command, a misspelt one and the manual have all commands", async () => {
  expect((await callHere(["top", "--help"])).stdout).toMatch(/^Usage: vbus dash/m);
  expect((await callHere(["statsu"])).stderr).toMatch(
    /Did you mean one of stats, status\?|Did you mean stat/,
  );
  const { stdout } = await callHere(["man"]);
  for (const { name } of programOf().commands.map((command) => ({ name: command.name() })))
    expect(stdout).toContain(name);
});
