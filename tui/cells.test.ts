// What a terminal shows, cell by cell: each is read as well as its theme promises, in every view.

import { afterEach, beforeEach, expect, test } from "vitest";
import { contrastOf } from "./contrast.test-support.ts";
import { makeLine, makeSnapshot } from "./fixtures.test-support.ts";
import { makeFrame } from "./packets/frames.test-support.ts";
import type { Cell, TestTerminal } from "./pty.test-support.ts";
import { ScriptedLab } from "./scripted-lab.test-support.ts";
import { PARTS } from "./views/all.ts";

let lab: ScriptedLab;

beforeEach(async () => {
  lab = await ScriptedLab.begin();
  lab.snapshot = makeSnapshot(60, {
    watch: "held",
    diagnosticsText: "error[VB2009]: `eth0` needs `network`.",
  });
  lab.print(...Array.from({ length: 20 }, (_, index) => makeLine(index + 1)));
  lab.pass(makeFrame(1), makeFrame(2, { dropped: "full" }));
});
afterEach(() => lab.end());

test.each([
  ["default", "dark", 4.5],
  ["light", "light", 4.5],
  ["contrast", "dark", 7],
] as const)("with the theme %s on a %s screen", async (theme, screen, least) => {
  const terminal = lab.open(120, 40, [`theme=${theme}`], { TERM: "xterm-256color" });
  await expectRead(
    terminal,
    ({ foreground: color, background: backgroundColor }) =>
      contrastOf({ ...(color && { color }), ...(backgroundColor && { backgroundColor }) }, screen) >= least,
  );
});

test.each([
  ["default", "dark"],
  ["light", "light"],
] as const)(
  "of 16 colours, with the theme %s on a %s screen, in the palettes of xterm and VGA",
  async (theme, screen) => {
    const terminal = lab.open(120, 40, [`theme=${theme}`], { TERM: "xterm" });
    await expectRead(terminal, ({ isRich, foreground: color, background: backgroundColor }) => {
      const look = { ...(color && { color }), ...(backgroundColor && { backgroundColor }) };
      return !isRich && contrastOf(look, screen, "xterm") >= 4.5 && contrastOf(look, screen, "vga") >= 4.5;
    });
  },
);

test.each([
  ["mono", { TERM: "xterm-256color" }],
  ["default", { TERM: "xterm-256color", NO_COLOR: "1" }],
  ["contrast", { TERM: "xterm" }],
])("without a colour, with the theme %s and %j", async (theme, environment) => {
  const terminal = lab.open(120, 40, [`theme=${theme}`], environment);
  await expectRead(terminal, ({ isColoured }) => !isColoured);
});

/** Every character of every view is so, and none is faint. */
async function expectRead(terminal: TestTerminal, isRead: (cell: Cell) => boolean): Promise<void> {
  await terminal.shows("server");
  for (const { view, key } of PARTS) {
    if (key === undefined) continue;
    if (view !== "guests") terminal.type(key);
    await terminal.until(`the view ${view}`, () => terminal.lines[1]?.includes(` ${key} ${view}`) ?? false);
    for (const cell of terminal.cells()) {
      if (cell.text.trim() === "") continue;
      expect([view, cell, !cell.isDim && isRead(cell)]).toEqual([view, cell, true]);
    }
  }
}

test("clicks and the wheel come where they are wanted, and the mouse is given back", async () => {
  const terminal = lab.open(80, 24, ["mouse"]);
  await terminal.shows("client");
  const row = terminal.lines.findIndex((line) => line.includes("client"));
  terminal.type(`\u001b[<0;5;${row + 1}M`, `\u001b[<0;5;${row + 1}m`);
  await terminal.until("the client is chosen", (text) => /^▌client/m.test(text));
  terminal.type(`\u001b[<64;5;5M`);
  await terminal.until("the server is chosen", (text) => /^▌server/m.test(text));
  terminal.type("M");
  await terminal.until("reports end", (_, { written }) => written.includes("\u001b[?1000l"));
  terminal.type("M");
  await terminal.until("reports begin", (_, { written }) => written.split("\u001b[?1000h").length === 3);
  terminal.signal("SIGTERM");
  await terminal.exited;
  expect(terminal.written.lastIndexOf("\u001b[?1000l")).toBeGreaterThan(
    terminal.written.lastIndexOf("\u001b[?1000h"),
  );
});

test("what is copied goes to the terminal's clipboard", async () => {
  const terminal = lab.open(80, 24);
  await terminal.shows("server");
  terminal.type("y");
  await terminal.shows("copied the row");
  const [copied = ""] = terminal.written.split("\u001b]52;c;").at(-1)?.split("\u0007") ?? [];
  expect(Buffer.from(copied, "base64").toString()).toMatch(/^server +● running/);
});
