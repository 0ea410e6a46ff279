// The dashboard as a program in a terminal, before a lab that says what the tests want it to say.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterEach, expect, test } from "vitest";
import { makeLine, makeSnapshot } from "./fixtures.test-support.ts";
import { makeFrame } from "./packets/frames.test-support.ts";
import type { TestTerminal } from "./pty.test-support.ts";
import { ScriptedLab } from "./scripted-lab.test-support.ts";

let lab: ScriptedLab;
const CLEAR_SCREEN = "\u001b[2J";
const SIZES = [
  [80, 24],
  [40, 10],
  [20, 6],
] as const;

afterEach(() => lab.end());

async function open(columns: number, rows: number, words: readonly string[] = [], environment = {}) {
  lab = await ScriptedLab.begin();
  lab.print(...Array.from({ length: 50 }, (_, index) => makeLine(index + 1)));
  lab.pass(...Array.from({ length: 30 }, (_, index) => makeFrame(index + 1)));
  const terminal = lab.open(columns, rows, words, environment);
  await terminal.shows("server");
  return terminal;
}

/** After the end: the main screen with what the program said last, the cursor shown, lines taken as lines. */
async function expectRestored(terminal: TestTerminal, last: string): Promise<void> {
  await terminal.exited;
  await terminal.shows(last);
  expect(terminal.isAlternate).toBe(false);
  expect(terminal.written.lastIndexOf("\u001b[?25h")).toBeGreaterThan(
    terminal.written.lastIndexOf("\u001b[?25l"),
  );
}

/** The system says that the process is stopped; the test's time limit ends the asking. */
async function untilStopped(pid: number): Promise<void> {
  const state = async (): Promise<string> =>
    (await promisify(execFile)("ps", ["-o", "stat=", "-p", String(pid)])).stdout;
  while (!(await state()).startsWith("T"));
}

test.each(SIZES)("every view is reached by its key and fits at %ix%i", async (columns, rows) => {
  const terminal = await open(columns, rows);
  expect(terminal.isAlternate).toBe(true);
  const steps: readonly (readonly [string, string])[] = [
    ["3", "□□"],
    ["1", "client"],
    ["l", "64 bytes"],
    ["k", "ICMP"],
    ["esc", "64 bytes"],
    ["?", "everywhere"],
    ["esc", "64 bytes"],
    ["3", "□□"],
    ["enter", "server has printed"],
  ];
  for (const [key, expected] of steps) {
    terminal.type(key);
    await terminal.shows(expected.slice(0, columns - 2));
    expect(terminal.lines[0]).toContain("hello");
  }
  terminal.type("q");
  await expectRestored(terminal, "end: left");
  expect(terminal.written).not.toContain(CLEAR_SCREEN);
});

test("a guest's logs, its rings, and back", async () => {
  const terminal = await open(80, 24);
  terminal.type("j", "enter");
  await terminal.shows("client following");
  terminal.type("enter");
  await terminal.shows("client.eth0 venet");
  terminal.type("esc");
  await terminal.shows("client following");
  terminal.type("esc");
  await terminal.until("the client is chosen", (screen) => /GUEST[^]*^▌.*client/m.test(screen));
});

test("a filter is typed, kept and cleared, in guests and in logs", async () => {
  const terminal = await open(80, 24);
  terminal.type("/", "cli", "enter");
  await terminal.shows("guests 1/2");
  terminal.type("l", "/", "seq=5\\d");
  await terminal.until("only two lines", (screen) => screen.split("64 bytes").length === 2);
  await terminal.shows("icmp_seq=50");
  terminal.type("esc");
  await terminal.shows("icmp_seq=49");
  terminal.type("1", "esc");
  await terminal.shows("guests 2");
});

test("new lines and snapshots are drawn as they come, and not while frozen", async () => {
  const terminal = await open(80, 24);
  terminal.type("l");
  await terminal.shows("icmp_seq=50 ");
  lab.print(makeLine(51, "server", "\u001b[2Jone \u001b[31mmore\u001b[0m"));
  await terminal.shows("server one more");
  terminal.type("space");
  await terminal.shows("FROZEN");
  lab.print(makeLine(52, "server", "unseen"));
  lab.snapshot = makeSnapshot(75, { generation: 4 });
  terminal.type("1");
  await terminal.shows("GUEST");
  expect(terminal.screen).toContain("up 1m00s");
  terminal.type("space");
  await terminal.shows("generation 4");
  terminal.type("l");
  await terminal.shows("server unseen");
  expect(terminal.written).not.toContain(CLEAR_SCREEN);
});

test("a guest's console takes what is typed until ctrl-] leaves", async () => {
  const terminal = await open(80, 24);
  terminal.type("c");
  await terminal.shows("server login:");
  expect(terminal.screen).toContain("server, 80x24");
  terminal.type("q", "ctrl-c", "enter");
  await terminal.shows('\\n"');
  expect(terminal.screen).toContain('typed "q');
  terminal.type("ctrl-]");
  await terminal.shows("GUEST");
  terminal.type("q");
  await expectRestored(terminal, "end: left");
  expect(terminal.written).not.toContain(CLEAR_SCREEN);
});

test("a file that doesn't check is said, and that it checks again", async () => {
  const terminal = await open(80, 24);
  lab.snapshot = makeSnapshot(61, {
    watch: "held",
    diagnosticsText: "error[VB2009]: `eth0` needs `network`.",
  });
  await terminal.shows("error[VB2009]: `eth0` needs `network`.");
  expect(terminal.screen).toContain("HELD");
  lab.snapshot = makeSnapshot(62);
  await terminal.hides("HELD");
  expect(terminal.screen).not.toContain("VB2009");
});

test("a lost lab is said and waited for, and its lines are not told twice", async () => {
  const terminal = await open(80, 24);
  terminal.type("l");
  await terminal.shows("logs 50");
  await lab.goAway();
  await terminal.shows("the lab is not there: the lab was stopped");
  expect(terminal.screen).toContain("LOST");
  await lab.listen();
  await terminal.hides("LOST");
  await terminal.shows("logs 50");
  lab.print(makeLine(51));
  await terminal.shows("logs 51");
});

test("without a lab it begins and waits for one", async () => {
  lab = await ScriptedLab.begin();
  await lab.goAway();
  const terminal = lab.open(80, 24);
  await terminal.shows("not running");
  await lab.listen();
  await terminal.shows("server");
});

test("the screen is redrawn to fit when the terminal is resized", async () => {
  const terminal = await open(100, 30);
  await terminal.shows("GOAL");
  for (const [columns, rows] of [
    [20, 6],
    [120, 40],
    [59, 10],
    [80, 24],
    [80, 23],
    [40, 8],
  ] as const) {
    terminal.resize(columns, rows);
    await terminal.until(
      `a frame of ${columns}x${rows}`,
      (screen) =>
        (terminal.lines[0]?.includes("hello") ?? false) &&
        (terminal.lines.at(-2)?.includes("quit") ?? false) &&
        screen.includes("GOAL") === columns >= 100 &&
        screen.includes("generation") === columns >= 60,
    );
    expect(terminal.lines.filter((line) => line.includes("hello"))).toHaveLength(1);
  }
  expect(terminal.written).not.toContain(CLEAR_SCREEN);
});

test.each([
  ["s", "end: stop"],
  ["l", "end: left"],
])("attached by up, leaving asks, and %s answers", async (answer, expected) => {
  const terminal = await open(80, 24, ["attached"]);
  terminal.type("q");
  await terminal.shows("leave it running");
  terminal.type("esc");
  await terminal.hides("leave it running");
  terminal.type("q");
  await terminal.shows("leave it running");
  terminal.type(answer);
  await expectRestored(terminal, expected);
});

test.each(["SIGTERM", "SIGINT", "SIGHUP"])("%s leaves the terminal as it was", async (signal) => {
  const terminal = await open(80, 24);
  terminal.signal(signal);
  await expectRestored(terminal, "end: left");
});

test("ctrl-c leaves", async () => {
  const terminal = await open(80, 24);
  terminal.type("ctrl-c");
  await expectRestored(terminal, "end: left");
});

test("an error inside gives the terminal back and is told", async () => {
  const terminal = await open(80, 24, ["break"]);
  terminal.signal("SIGUSR2");
  await expectRestored(terminal, "broke: on purpose");
});

test.each([
  ["by SIGTSTP", (terminal: TestTerminal) => terminal.signal("SIGTSTP")],
  ["by ctrl-z", (terminal: TestTerminal) => terminal.type("ctrl-z")],
])("stopped %s it gives the terminal back, and going on it draws again", async (_, stop) => {
  const terminal = await open(80, 24);
  stop(terminal);
  await terminal.until("the main screen", () => !terminal.isAlternate);
  expect(terminal.written.endsWith("\u001b[?25l")).toBe(false);
  await untilStopped(terminal.pid);
  terminal.signal("SIGCONT");
  await terminal.until("the dashboard", (screen) => terminal.isAlternate && screen.includes("server"));
  terminal.type("3");
  await terminal.shows("suppressed");
  terminal.type("q");
  await expectRestored(terminal, "end: left");
});

test("ctrl-z gives the shell its terminal, fg takes it again, and at the end it is in order", async () => {
  lab = await ScriptedLab.begin();
  const terminal = lab.openShell(80, 24);
  await terminal.shows("ready>");
  terminal.type(`${lab.command.map((word) => `'${word}'`).join(" ")}\r`);
  await terminal.until("the dashboard", (screen) => terminal.isAlternate && screen.includes("server"));
  terminal.type("ctrl-z");
  await terminal.until("the shell", (screen) => !terminal.isAlternate && screen.includes("Stopped"));
  terminal.type("echo $((40 + 2)) is typed\r");
  await terminal.shows("42 is typed");
  terminal.type("fg\r");
  await terminal.until("the dashboard", (screen) => terminal.isAlternate && screen.includes("server"));
  terminal.type("q");
  await terminal.until("the shell", (screen) => !terminal.isAlternate && /end: left\nready>/.test(screen));
  terminal.type("stty -a | tr ' ' '\\n' | grep -x -e icanon -e echo | sort\r");
  await terminal.until("lines that are edited and echoed", (screen) => /^echo\nicanon$/m.test(screen));
});

test("NO_COLOR has no colour, a terminal of 16 has no more, and the others have", async () => {
  const colours = async (environment: Record<string, string>): Promise<readonly [boolean, boolean]> => {
    const terminal = lab.open(80, 24, [], environment);
    await terminal.shows("server");
    const cells = [...terminal.cells()];
    await terminal.end();
    return [cells.some(({ isColoured }) => isColoured), cells.some(({ isRich }) => isRich)];
  };
  lab = await ScriptedLab.begin();
  expect(await colours({ NO_COLOR: "1" })).toEqual([false, false]);
  expect(await colours({ TERM: "xterm" })).toEqual([true, false]);
  expect(await colours({ TERM: "xterm-256color" })).toEqual([true, true]);
});

test("with ascii every cell is ASCII", async () => {
  const terminal = await open(80, 24, ["ascii"]);
  for (const key of ["3", "l", "?"]) {
    terminal.type(key);
    await terminal.until("the view", (screen) =>
      screen.includes({ "3": "kicks", l: "64 bytes", "?": "everywhere" }[key] ?? ""),
    );
    expect(terminal.lines.join("")).toMatch(/^[ -~]*$/);
  }
});
