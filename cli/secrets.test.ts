// A secret is followed through everything that vbus says and keeps: every command in each of its forms, the
// control socket, the files of a running lab, of a killed one and of the next. Guests' own output is theirs.

import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, socketPathOf } from "../interpreter/index.ts";
import { systemClock } from "./clock.ts";
import { createProgram } from "./main.ts";
import { Desk } from "./run.test-support.ts";
import * as hush from "./secrets.test-support.ts";
import { createTerminal } from "./terminal.ts";

const { ENVIRONMENT, GIVEN, SECRETS, pcCalls } = hush;
const { SLOW: isSlow, SEED = 0 } = process.env;
const desk = new Desk();
const LAB = "hush.vbus";

interface Said {
  readonly call: string;
  readonly text: string;
}
/** Everything that was said. */
const said: Said[] = [];

async function run(args: readonly string[], env: Readonly<Record<string, string>> = ENVIRONMENT) {
  const outcome = await desk.run(args, env);
  said.push({ call: args.join(" "), text: outcome.stdout + outcome.stderr });
  return outcome;
}

/** Where a secret came out: in what was said since `from`, and in what stands in files now. */
function leaks(from = 0): readonly string[] {
  const heard = said
    .slice(from)
    .flatMap(({ call, text }) => hush.secretsIn(text).map((found) => `${call}: ${found}`));
  return [...heard, ...hush.secretsBelow(desk.folder, hush.INPUTS)];
}

beforeAll(async () => {
  await hush.writeLabs(desk.folder);
  const { exit, stderr } = await run(["up", "-d", LAB, "--max-disruption", "restart", ...GIVEN]);
  expect({ exit, stderr }).toMatchObject({ exit: 0, stderr: expect.stringContaining("running") });
});
afterAll(() => desk.close());

/** For each command its calls with their exit codes, in every form that it has; the lab runs meanwhile. */
const CALLS: Readonly<Record<string, readonly (readonly [number, ...string[]])[]>> = {
  check: [
    [0, LAB, ...GIVEN],
    [0, LAB, "--json", ...GIVEN],
    [0, LAB, "--fix", ...GIVEN],
    [65, "wrong.vbus", ...GIVEN],
    [65, "wrong.vbus", "--json", ...GIVEN],
  ],
  import: [
    [0, "foreign.yaml", "--from", "compose", "--out", "imported.vbus"],
    [65, "foreign.yaml", "--from", "containerlab", "--json", "--image", "x=wasm:./x.wasm", "--force"],
  ],
  init: [[0, "begun", "--template", "hello", "--json"]],
  completion: [[0, "bash"]],
  images: [
    [0],
    [0, "list", "--json"],
    [0, "prune", "--all"],
    [64, "build", "nothing", "--again", "--mirror", "http://127.0.0.1:1"],
  ],
  ...pcCalls(LAB),
  man: [[0]],
  plan: [
    [0, LAB, ...GIVEN],
    [0, LAB, "--detailed-exitcode", ...GIVEN],
    [2, LAB, "--json", "--detailed-exitcode", ...GIVEN, "-p", "number=4"],
    [65, "wrong.vbus", "--json", ...GIVEN],
    [
      0,
      LAB,
      "--target",
      "holder",
      "--exclude",
      "failing",
      "--replace",
      "holder",
      "--out",
      "kept.plan",
      ...GIVEN,
    ],
  ],
  apply: [
    [0, LAB, ...GIVEN],
    [0, "kept.plan", "--json", ...GIVEN],
    [1, "kept.plan", ...GIVEN, "-p", "number=4"],
    [1, LAB, "--replace", "holder", "--max-disruption", "live", ...GIVEN],
    [
      0,
      LAB,
      "--target",
      "holder",
      "--exclude",
      "dark",
      "--on-failure",
      "keep",
      "--yes",
      "--no-input",
      ...GIVEN,
    ],
    [69, "wrong.vbus", ...GIVEN],
  ],
  doc: [[0, "--out", "manual"]],
  fmt: [
    [1, "--check", LAB],
    [0, "--diff", LAB],
  ],
  lint: [
    [0, LAB, ...GIVEN],
    [0, LAB, "--json", "--deny", "all", ...GIVEN],
    [0, LAB, "--disable", "VB5001", ...GIVEN],
  ],
  explain: [
    [0, "VB3012"],
    [0, "--json"],
  ],
  eval: [
    [0, "token", LAB, ...GIVEN],
    [
      0,
      "{ token, login, keys, seats, badge, address, hardware, number, hidden, read }",
      LAB,
      "--json",
      ...GIVEN,
    ],
    [
      0,
      "{ a = holder.args, b = holder.env, c = [auto[1].eth0.ip, dark.gateway], d = !(number > 5) }",
      LAB,
      ...GIVEN,
    ],
    [
      0,
      "{ a = keys[number % 2], b = keys.sort(key => key.len()), c = [for key in keys: 1].len() }",
      LAB,
      ...GIVEN,
    ],
    [65, "json(login.password)", LAB, ...GIVEN],
  ],
  why: [
    [0, "holder", LAB, ...GIVEN],
    [0, "holder.eth0", LAB, "--json", ...GIVEN],
    [0, "auto[1].eth0", LAB, ...GIVEN],
    [0, "dark", LAB, "--json", ...GIVEN],
  ],
  graph: ["ascii", "mermaid", "dot"].map((format) => [0, LAB, "--format", format, ...GIVEN] as const),
  test: [
    [4, LAB, "--keep-going", "--junit", "results.xml", "--jobs", "1", ...GIVEN],
    [4, LAB, "--json", "--fail-fast", "--filter", "told", ...GIVEN],
  ],
  up: [
    [75, LAB, "-d", ...GIVEN],
    [65, "wrong.vbus", ...GIVEN],
    [65, "wrong.vbus", "--json", "--no-dash", "--no-watch", "--ascii", ...GIVEN],
    [65, "wrong.vbus", "--detach", ...GIVEN],
    [65, "wrong.vbus", "--target", "holder", "--exclude", "dark", "--max-disruption", "live", ...GIVEN],
    [1, "other.vbus", "--wait", "--timeout", "20", ...GIVEN],
    [1, "other.vbus", "--wait", "--json", "--metrics", "0", ...GIVEN],
  ],
  ps: [[0], [0, "--json"], [0, "--plain", "--lab", "silent"]],
  dash: [
    [0, "--once"],
    [0, "--once", "--json"],
    [0, "--once", "--plain", "--ascii"],
    [0, "--once", "--markdown", "--file", LAB],
    [0, "--once", "--read-only", "--symbols", "ascii", "--theme", "mono", "--mouse"],
  ],
  capture: [
    [4, "--expect", "vlan 7", "--within", "10ms", "--json", "--filter", "ip", "--snaplen", "64", "-c", "9"],
  ],
  // It reads what an editor says; there is none.
  lsp: [],
  pause: [[0, "holder"]],
  resume: [[0, "holder"]],
  stats: [[0], [0, "--json"], [0, "--plain"]],
  metrics: [[0], [0, "--lab", "silent"]],
  wait: [[0, "holder", "--for", "running", "--timeout", "60", "--json"]],
  console: [[1, "holder", "--lines", "5", "--echo"]],
  logs: [
    [0, "--lines", "20", "--timestamps"],
    [0, "--json", "holder"],
  ],
  set: [
    [0, "holder.args", "[token, login.password, number]"],
    [0, "holder.env", "{ A = read, B = keys[0] }", "--json"],
    [65, "holder.args", "[number * 1s]"],
    [65, "lan.mtu", "number * 1B", "--json"],
    [1, "auto[1].eth0.link", "down"],
  ],
  make: [
    [0, "bus", "tools", "--json"],
    [0, "device:venet", "eth1", "network=dark"],
    [65, "network", "odd", "subnet=hidden", "pool=lan.subnet"],
  ],
  link: [
    [1, "eth1", "nowhere"],
    [0, "eth1", "tools", "--json"],
  ],
  status: [[0], [0, "--json"], [0, "--plain", "--lab", "silent"]],
  tree: [[0], [0, "--json", "holder"], [0, "--plain"]],
  get: [
    [0, "holder"],
    [0, "holder.args", "--json"],
    [0, "tools.eth1"],
    [1, "holder.nothing"],
  ],
  adopt: [[0, "holder.env", "--json"]],
  unlink: [[0, "tools.eth1", "--json"]],
  remove: [
    [0, "eth1", "--json"],
    [65, "lan"],
  ],
  heal: [[0], [1, "holder", "--json"]],
  generations: [
    [0, LAB],
    [0, "--json"],
    [0, "--plain", "--lab", "silent"],
    // What is secret in this lab might stand in its text.
    [1, "--texts", "1"],
  ],
  diff: [
    [0, "1", "1", "--file", LAB],
    [0, "1", "file", "--file", LAB, ...GIVEN, "-p", "number=4"],
    [0, "1", "file", "--json", "--file", LAB, ...GIVEN, "-p", "number=4"],
  ],
  rollback: [
    [0, "1", "--file", LAB],
    [0, "1", "--json", "--file", LAB],
    [1, "1", "--write", "--yes", "--no-input", "--file", LAB],
  ],
  events: [
    [0, LAB],
    [0, "--json"],
    [0, "--since", "1h"],
  ],
  commit: [[1, "nothing", "--json", "--yes", "--no-input", "--file", LAB]],
  version: [[0], [0, "--json"]],
  down: [],
};

/** Options that are tried in other tests of this file, or can't be without a terminal or an end. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  // lsp/stdio.test.ts calls it so.
  lsp: ["--stdio", "--disable", "--deny"],
  // The whole of it: what a running lab is stopped by, at the end of the last test.
  down: ["--file", "--lab", "--grace", "--volumes", "--yes", "--no-input"],
  up: ["--serve"],
  events: ["--follow"], // They come over the socket.
  logs: ["--follow"], // The same lines come over the socket, which is listened to below.
  stats: ["--watch"],
  // A capture is what is on the wire: addresses are in every frame.
  capture: ["--write", "--duration"],
  test: ["--captures"],
};
const NAMES_A_LAB = new Set(["--file", "--lab"]);

test("every command has its calls here, with every option", () => {
  const context = { terminal: createTerminal({}), clock: systemClock, env: {} };
  const { commands } = createProgram(context, () => undefined);
  expect(commands.map((command) => command.name()).toSorted()).toEqual(Object.keys(CALLS).toSorted());
  const untried = commands.flatMap((command) => {
    const words = new Set(CALLS[command.name()]?.flat());
    const other = ELSEWHERE[command.name()] ?? [];
    return command.options.flatMap(({ long, short }) => {
      const known = words.has(long ?? "") || words.has(short ?? "") || other.includes(long ?? "");
      return known || NAMES_A_LAB.has(long ?? "") ? [] : [`${command.name()} ${long}`];
    });
  });
  expect(untried).toEqual([]);
});

test("a search finds each form of a text in bytes and in what is said", () => {
  const bytes = Buffer.from(`\0\xff${SECRETS.environment.toUpperCase()}\0`, "latin1");
  expect(hush.secretsIn(bytes)).toEqual([`environment as ${SECRETS.environment.toUpperCase()}`]);
  expect(hush.secretsIn(`it is ${SECRETS.address}:80`)).toEqual([`address as ${SECRETS.address}`]);
});

test.each(Object.keys(CALLS).filter((name) => CALLS[name]?.length))(
  "%s tells no secret, in any form",
  { timeout: 300_000 },
  async (name) => {
    const from = said.length;
    writeFileSync(path.join(desk.folder, "other.vbus"), readFileSync(path.join(desk.folder, LAB)));
    for (const [exit, ...args] of CALLS[name] ?? []) {
      const outcome = await run([name, ...args]);
      expect([args, outcome.exit, outcome.exit === exit ? "" : outcome.stderr]).toEqual([args, exit, ""]);
    }
    expect(leaks(from)).toEqual([]);
  },
);

test(
  "values that don't fit, in flags, files and variables, are not quoted",
  { timeout: 300_000 },
  async () => {
    const from = said.length;
    const { misfit } = SECRETS;
    const texts = [misfit, `"${misfit}`, `[${misfit}`, `ip("${misfit}")`, `"${misfit}" + 1`];
    // With SLOW each parameter; else one by turns, and the one that is given wrongly in each way.
    const names = ["address", "hardware", "hidden", "seats"].filter(
      (_, index) => isSlow === "1" || index === Number(SEED) % 4,
    );
    for (const name of ["number", ...names]) {
      // Each way of being wrong for one of them; of the others only the plainest.
      for (const text of name === "number" ? texts : texts.slice(0, 1)) {
        const { exit } = await run(["check", LAB, ...GIVEN, "-p", `${name}=${text}`]);
        expect([name, text, exit]).toEqual([name, text, 65]);
      }
      const environment = { ...ENVIRONMENT, [`VBUS_PARAM_${name.toUpperCase()}`]: misfit };
      const { exit } = await run(["plan", "--json", "other.vbus", "--params", "values.json"], environment);
      expect([name, exit]).toEqual([name, 65]);
    }
    for (const file of ["misfit.json", "broken.json"]) {
      const { exit, stderr } = await run(["check", LAB, ...GIVEN, "--params", file]);
      expect([exit, stderr]).toEqual([
        file === "misfit.json" ? 65 : 64,
        expect.stringMatching(/login|is not JSON/),
      ]);
    }
    expect((await run(["up", LAB, "-p", misfit])).exit).toBe(64);
    expect(leaks(from)).toEqual([]);
  },
);

test("the control socket answers and notifies without them, also while a save is wrong", async () => {
  const from = said.length;
  const file = path.join(desk.folder, LAB);
  const client = await connect(socketPathOf(file, { XDG_RUNTIME_DIR: path.join(desk.folder, "run") }));
  const hear = (call: string, answer: unknown): void =>
    void said.push({ call, text: JSON.stringify(answer) });
  hear("hello", client.hello);
  for (const method of ["snapshot", "events", "logs", "wait"] as const)
    hear(method, await client.request(method, {}));
  const { promise: held, resolve } = Promise.withResolvers<void>();
  client.on("log", (lines) => hear("log", lines));
  client.on("event", (event) => hear("event", event));
  client.on("snapshot", (snapshot) => {
    hear("snapshot", snapshot);
    if (snapshot.watch === "held" && snapshot.diagnosticsText.includes("<secret>")) resolve();
  });
  await client.request("subscribe", { snapshots: true, events: true, logs: true });
  const text = readFileSync(file, "utf8");
  writeFileSync(file, readFileSync(path.join(desk.folder, "wrong.vbus")));
  await held;
  await run(["dash", "--once", "--file", LAB]);
  writeFileSync(file, text);
  client.close();
  expect(leaks(from)).toEqual([]);
});

test("the lab's own process has none of them in its arguments", async () => {
  const { pid } = JSON.parse((await run(["ps", "--json", LAB])).stdout) as { pid: number };
  const args = readFileSync(`/proc/${pid}/cmdline`);
  expect(args.toString()).toContain("--serve");
  expect(hush.secretsIn(args)).toEqual([]);
});

test(
  "a changed secret is seen as one, saved or given, before and after a kill",
  { timeout: 300_000 },
  async () => {
    const from = said.length;
    const { changed, saved } = SECRETS;
    const other = { VBUS_PARAM_TOKEN: changed };
    const plan = await run(["plan", LAB, ...GIVEN], other);
    expect(plan.stdout).toContain("args changed (secret)");
    const file = path.join(desk.folder, LAB);
    const client = await connect(socketPathOf(file, { XDG_RUNTIME_DIR: path.join(desk.folder, "run") }));
    const { promise: applied, resolve } = Promise.withResolvers<void>();
    client.on("event", (event) => {
      said.push({ call: "event", text: JSON.stringify(event) });
      if (event.address === "holder" && event.message.includes("env changed (secret)")) resolve();
    });
    await client.request("subscribe", { events: true });
    writeFileSync(path.join(desk.folder, "read.txt"), `${saved}\n`);
    await applied;
    expect(leaks(from)).toEqual([]);

    process.kill(client.hello.pid, "SIGKILL");
    await client.closed;
    expect(leaks(from)).toEqual([]);
    await run(["ps", LAB]);
    await run(["plan", "--json", LAB, ...GIVEN], other);
    expect((await run(["up", "--detach", LAB, ...GIVEN], other)).exit).toBe(0);
    const { stdout } = await run(["ps", "--json", LAB]);
    expect(JSON.parse(stdout)).toMatchObject({ guests: expect.arrayContaining([]), lab: expect.any(String) });
    expect(stdout).toContain('"ip": "<secret>"');
    expect((await run(["down", "--grace", "1", "--volumes", "--yes", "--no-input", LAB])).exit).toBe(0);
    expect(leaks(from)).toEqual([]);
  },
);
