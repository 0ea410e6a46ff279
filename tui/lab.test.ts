// The dashboard as its users have it: `vbus dash` before a real lab that `vbus up -d` has started.
import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { TestTerminal } from "./pty.test-support.ts";

const VBUS = fileURLToPath(new URL("../cli/vbus.cjs", import.meta.url));
const EXAMPLE = fileURLToPath(new URL("../examples/01-hello/lab.vbus", import.meta.url));
const CLEAR_SCREEN = "\u001b[2J";
/** The client goes on for longer than the tests. */
const ENDLESS = ['"--count", 5', '"--count", 1000000, "--interval", "50ms"'] as const;

let folder: string;
let file: string;
let environment: Record<string, string>;
const terminals: TestTerminal[] = [];

async function vbus(...args: readonly string[]): Promise<string> {
  const env = { ...process.env, ...environment };
  return (await promisify(execFile)(process.execPath, [VBUS, ...args], { env })).stdout;
}

function onTerminal(columns: number, rows: number, ...args: readonly string[]): TestTerminal {
  const command = [process.execPath, VBUS, ...args] as const;
  const terminal = new TestTerminal({ columns, rows, command, environment });
  terminals.push(terminal);
  return terminal;
}

const dash = (columns: number, rows: number): TestTerminal => onTerminal(columns, rows, "dash", file);

async function edit(from: string, to: string): Promise<void> {
  const text = await readFile(file, "utf8");
  expect(text).toContain(from);
  await writeFile(file, text.replace(from, to));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vbus-dash-"));
  environment = { XDG_RUNTIME_DIR: join(folder, "run"), TERM: "xterm-256color" };
  await mkdir(join(folder, "run"), { mode: 0o700 });
  await mkdir(join(folder, "hello"));
  file = join(folder, "hello", "lab.vbus");
  await copyFile(EXAMPLE, file);
  await edit(...ENDLESS);
  await vbus("up", "-d", "--max-disruption", "restart", file);
});

afterEach(async () => {
  await Promise.all(terminals.splice(0).map((terminal) => terminal.end()));
});

afterAll(async () => {
  await vbus("down", file);
  await rm(folder, { recursive: true, force: true });
});

test.each([
  [80, 24],
  [40, 10],
  [20, 6],
])("each view shows the real lab at %ix%i, and nothing clears the screen", async (columns, rows) => {
  const terminal = dash(columns, rows);
  await terminal.shows("server");
  expect(terminal.lines[0]).toContain("hello");
  terminal.type("j", "3");
  await terminal.shows(columns < 32 ? "client.eth0" : "□□□");
  terminal.type("l");
  await terminal.until("an answer", (screen) => screen.includes("64 bytes from"));
  terminal.type("/", "!64 bytes", "enter");
  await terminal.until("what is no answer", (screen) => {
    return screen.includes("echo: eth0") && !screen.includes("64 bytes from");
  });
  terminal.type("?");
  await terminal.shows("everywhere");
  terminal.type("q");
  expect(await terminal.exited).toMatchObject({ code: 0 });
  await terminal.until("the main screen", () => !terminal.isAlternate);
  expect(terminal.written).not.toContain(CLEAR_SCREEN);
});

test("frames flow, and a saved file is seen: one that doesn't check, and one that does", async () => {
  const terminal = dash(100, 30);
  await terminal.until("frames", (screen) => /[1-9]\d* frames\/s/.test(screen));
  await edit("network = lan", "netwrk = lan");
  await terminal.shows("HELD");
  await terminal.shows("lab.vbus:");
  await edit("netwrk = lan", "network = lan");
  await terminal.hides("HELD");
  const generation = /generation (\d+)/.exec(terminal.screen)?.[1];
  await edit('"50ms"', '"40ms"');
  await terminal.until("a generation more", (screen) =>
    screen.includes(`generation ${Number(generation) + 1}`),
  );
});

test("frames of the lab are seen decoded, with the names of who sent them", async () => {
  const terminal = dash(100, 30);
  await terminal.shows("server");
  terminal.type("k");
  await terminal.until("a question", (screen) => /client\.eth0 +ICMP .*echo request/.test(screen));
  terminal.type("/", "reply", "enter");
  await terminal.until("answers alone", (screen) => {
    return /server\.eth0 +ICMP .*echo reply/.test(screen) && !screen.includes("echo request");
  });
  terminal.type("enter");
  await terminal.shows("server.eth0 venet");
});

test("a link is made worse while it runs, written into the file, and a command is run", async () => {
  const terminal = dash(100, 30);
  await terminal.shows("server");
  terminal.type("4");
  await terminal.shows("── server.eth0 ──");
  terminal.type("+");
  await terminal.shows("─ delay 1ms ─");
  await terminal.shows("server.eth0, by hand: w writes it");
  terminal.type("w");
  await terminal.shows("lab.vbus says it now: 1 change.");
  expect(await readFile(file, "utf8")).toMatch(/impair \{\s*delay = 1ms\s*\}/);
  terminal.type(":", "get server.eth0.impair.del");
  await terminal.shows(":get server.eth0.impair.del");
  terminal.type("ay", "enter");
  await terminal.shows("ended with 0");
  expect(terminal.screen).toContain("1ms");
});

test("killed, a dashboard leaves the lab as it is", async () => {
  const before: unknown = JSON.parse(await vbus("ps", "--json", file));
  const terminal = dash(80, 24);
  await terminal.shows("server");
  terminal.signal("SIGKILL");
  await terminal.exited;
  const after: unknown = JSON.parse(await vbus("ps", "--json", file));
  expect(idOf(after)).toEqual(idOf(before));
  const next = dash(80, 24);
  await next.shows("server");
  next.type("q");
  expect(await next.exited).toMatchObject({ code: 0 });
});

test("killed with the mouse taken, its terminal is in order all the same", async () => {
  const pidFile = join(folder, "dash.pid");
  const words = [process.execPath, VBUS, "dash", "--mouse", file].map((word) => `'${word}'`).join(" ");
  const script = `sh -c "echo \\$\\$ > '${pidFile}'; exec ${words}"; read end`;
  const terminal = new TestTerminal({ columns: 80, rows: 24, command: ["bash", "-c", script], environment });
  terminals.push(terminal);
  await terminal.until("the dashboard", (screen) => terminal.isAlternate && screen.includes("server"));
  process.kill(Number(await readFile(pidFile, "utf8")), "SIGKILL");
  await terminal.until("the main screen", () => !terminal.isAlternate);
  const { written } = terminal;
  expect(written.lastIndexOf("\u001b[?1000l")).toBeGreaterThan(written.lastIndexOf("\u001b[?1000h"));
  expect(written.lastIndexOf("\u001b[?25h")).toBeGreaterThan(written.lastIndexOf("\u001b[?25l"));
});

test.each(["SIGKILL", "SIGTERM", "SIGTSTP"] as const)(
  "after %s of a dashboard with the mouse its shell has the terminal as it was",
  async (signal) => {
    const pidFile = join(folder, "dash.pid");
    const script = join(folder, "dash.sh");
    const words = [process.execPath, VBUS, "dash", "--mouse", file].map((word) => `'${word}'`).join(" ");
    await writeFile(script, `echo $$ > '${pidFile}'\nexec ${words}\n`);
    const command = ["bash", "--norc", "-i"] as const;
    const shell = { ...environment, PS1: "ready> ", INPUTRC: "/dev/null" };
    const terminal = new TestTerminal({ columns: 80, rows: 24, command, environment: shell });
    terminals.push(terminal);
    await terminal.shows("ready>");
    terminal.type("bind 'set enable-bracketed-paste off'\r", `sh '${script}'\r`);
    await terminal.until("the dashboard", (screen) => screen.includes("server") && terminal.isAlternate);
    await terminal.until("the mouse taken", () => terminal.modes.includes("mouse"));
    process.kill(Number(await readFile(pidFile, "utf8")), signal);
    await terminal.until("the main screen", () => !terminal.isAlternate && terminal.modes.length === 0);
    // Its guard gives the screen back a moment later: the prompt may have gone with the other one.
    if (signal === "SIGKILL") terminal.type("\r");
    // What is typed before may still be read by the dashboard.
    await terminal.until("the prompt", (screen) => screen.trimEnd().endsWith("ready>"));
    terminal.type("stty -a | tr ' ' '\\n' | grep -x -e icanon -e echo | sort\r");
    await terminal.until("lines that are edited and echoed", (screen) => /^echo\nicanon$/m.test(screen));
    if (signal !== "SIGTSTP") return;
    terminal.type("fg\r");
    await terminal.until("the dashboard", (screen) => screen.includes("server") && terminal.isAlternate);
    terminal.type("q");
    await terminal.until("the main screen", () => !terminal.isAlternate && terminal.modes.length === 0);
  },
);

test.each([
  ["with its signal", "exec"],
  ["without a signal, by its reads alone", "setsid --wait"],
])("a terminal that is closed %s leaves no dashboard behind, and the lab as it is", async (_, how) => {
  const before: unknown = JSON.parse(await vbus("ps", "--json", file));
  const pidFile = join(folder, "closed.pid");
  const script = join(folder, "closed.sh");
  await writeFile(script, `echo $$ > '${pidFile}'\nexec '${process.execPath}' '${VBUS}' dash '${file}'\n`);
  const command = ["sh", "-c", `${how} sh '${script}'`] as const;
  const terminal = new TestTerminal({ columns: 80, rows: 24, command, environment });
  await terminal.until("the dashboard", (screen) => screen.includes("server") && terminal.isAlternate);
  const pid = Number(await readFile(pidFile, "utf8"));
  terminal.hangUp();
  await untilGone(pid);
  expect(idOf(JSON.parse(await vbus("ps", "--json", file)))).toEqual(idOf(before));
});

test("a lab that is killed is said to be lost, and is shown again when it runs again", async () => {
  const terminal = dash(80, 24);
  await terminal.shows("server");
  const { pid } = JSON.parse(await vbus("ps", "--json", file)) as { readonly pid: number };
  process.kill(pid, "SIGKILL");
  await terminal.shows(" LOST ");
  await untilGone(pid);
  await vbus("up", "-d", "--max-disruption", "restart", file);
  await terminal.hides(" LOST ");
  await terminal.until("frames", (screen) => /[1-9]\d* frames\/s/.test(screen));
  terminal.type("q");
  expect(await terminal.exited).toMatchObject({ code: 0 });
});

test("up on a terminal is a dashboard that asks, and stops the lab where that is wanted", async () => {
  const other = join(folder, "other.vbus");
  await copyFile(EXAMPLE, other);
  const terminal = onTerminal(80, 24, "up", other);
  await terminal.shows("ready 2/2");
  terminal.type("l");
  await terminal.shows("5 packets transmitted, 5 received");
  terminal.type("q");
  await terminal.shows("s stop the lab");
  terminal.type("s");
  expect(await terminal.exited).toMatchObject({ code: 0 });
  expect(terminal.isAlternate).toBe(false);
  await expect(vbus("ps", other)).rejects.toThrow(/not running/);
});

/** There is no such process; the test's time limit ends the asking. */
async function untilGone(pid: number): Promise<void> {
  const isThere = async (): Promise<boolean> => {
    const stat = await promisify(execFile)("ps", ["-o", "stat=", "-p", String(pid)]).catch(() => ({
      stdout: "",
    }));
    return stat.stdout.trim() !== "" && !stat.stdout.startsWith("Z");
  };
  while (await isThere());
}

/** Which lab it is and how often its guests began. */
function idOf(report: unknown): string {
  return JSON.stringify(report).replace(/"(?!pid|restarts)\w+":[\d.]+,?/g, "");
}
