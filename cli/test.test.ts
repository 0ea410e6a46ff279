// `vbus test` as a shell sees it: real labs, failures as people read them, and tests that mean harm.

import { readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Desk } from "./run.test-support.ts";

let desk: Desk;
beforeAll(() => {
  desk = new Desk();
});
afterAll(() => desk.close());

const LAB = `param count: int = 3
network lan { subnet = 10.0.0.0/24 }
network other { subnet = 10.0.1.0/24 }
image ping: wasm { path = "std:guests/ping" }
image echo: wasm { path = "std:guests/echo" }
guest server { image = echo, device eth0: venet { network = lan } }
guest client {
  image = ping
  args  = ["--to", server.eth0.ip, "--count", count, "--interval", 20ms, "--timeout", 200ms]
  goal  = completed
  device eth0: venet { network = lan }
}
assert server.eth0.network == lan, "the server stays on its network"
`;

function write(name: string, tests: string, lab = LAB): string {
  writeFileSync(path.join(desk.folder, name), `${lab}${tests}\n`);
  return name;
}

/** What differs from run to run, taken out. */
const steady = (text: string): string =>
  text
    .replaceAll(`${desk.folder}/`, "")
    .replaceAll(/\d+\.\d\d s\b/g, "T s")
    .replaceAll(/dropped \d+ (tx )?frames?: down \d+/g, "dropped N $1frames: down N");

interface TestRecord {
  readonly name: string;
  readonly state: string;
  readonly failure?: { readonly diagnostic: { readonly code: string; readonly message: string } };
}

/** Runs with `--json`: the exit code, each test's state and code by name, and the summary. */
async function outcome(args: readonly string[]) {
  const { exit, stdout, stderr } = await desk.run(["test", "--json", ...args]);
  const records = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const tests: TestRecord[] = records.filter(({ record }) => record === "test");
  const codes = Object.fromEntries(
    tests.map(({ name, state, failure }) => [name, failure?.diagnostic.code ?? state]),
  );
  return { exit, stderr, tests, codes, summary: records.at(-1) };
}

test("the tests of the examples pass, side by side", async () => {
  const { exit, stdout, stderr } = await desk.run(["test", "examples/01-hello", "examples/02-tenants"]);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
  const lines = steady(stdout).trimEnd().split("\n");
  expect(lines.slice(0, 2).sort()).toEqual([
    "ok      examples/01-hello/lab.vbus:19  the client is answered  T s",
    "ok      examples/02-tenants/lab.vbus:39  every tenant's ping is answered  T s",
  ]);
  expect(lines[2]).toBe("2 passed in T s");
});

test("the test of the example with a stock program passes", { timeout: 300_000 }, async () => {
  // The program comes with the project's packages.
  const packages = fileURLToPath(new URL("../node_modules", import.meta.url));
  symlinkSync(packages, path.join(desk.folder, "node_modules"));
  const { exit, stdout, stderr } = await desk.run(["test", "examples/09-wasi"]);
  expect({ exit, stderr }, stdout).toEqual({ exit: 0, stderr: "" });
  expect(steady(stdout)).toContain("ok      examples/09-wasi/lab.vbus:16  two files become one  T s\n");
});

// Its bounds are those of a machine that has time: where this one hasn't, it is tried again.
test("the tests of the example with a bad link pass", { retry: 4 }, async () => {
  const { exit, stdout, stderr } = await desk.run(["test", "examples/05-links"]);
  const lines = steady(stdout).trimEnd().split("\n");
  expect({ exit, stderr, lines: lines.toSorted() }).toEqual({
    exit: 0,
    stderr: "",
    lines: [
      "2 passed in T s",
      "ok      examples/05-links/lab.vbus:23  the delay is what was declared  T s",
      "ok      examples/05-links/lab.vbus:29  a cut link is noticed, and heals  T s",
    ],
  });
});

test("the tests of the web server pass, over a link that loses frames too", async () => {
  const { exit, stdout, stderr } = await desk.run(["test", "examples/11-web"]);
  expect({ exit, stderr, lines: steady(stdout).trimEnd().split("\n").toSorted() }).toEqual({
    exit: 0,
    stderr: "",
    lines: [
      "2 passed in T s",
      "ok      examples/11-web/lab.vbus:38  pages are served, also over a link that loses frames  T s",
      "ok      examples/11-web/lab.vbus:48  what is not there is said so  T s",
    ],
  });
});

// A sink that gets no core for 30 ms loses what its ring can't hold: then it is tried again, too.
test("the tests of the racks pass", { retry: 4, timeout: 300_000 }, async () => {
  const { exit, stdout, stderr } = await desk.run(["test", "examples/03-racks"]);
  expect({ exit, stderr, stdout: steady(stdout) }).toEqual({
    exit: 0,
    stderr: "",
    stdout:
      "ok      examples/03-racks/lab.vbus:28  every source finishes and nothing is lost on the way  T s\n" +
      "1 passed in T s\n",
  });
});

// Ten seconds of messages, one a millisecond.
const testAtLength = process.env["CI"] === "true" || process.env["SLOW"] === "1" ? test : () => undefined;
testAtLength("the test of the example with messages passes", { timeout: 300_000 }, async () => {
  const { exit, stdout, stderr } = await desk.run(["test", "examples/06-ipc"]);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
  expect(stdout).toContain("every message arrives once and in order");
});

test("a file that doesn't check is told like in check, and nothing runs", async () => {
  const wrong = write("wrong.vbus", `test "a" { expect client.exti == 0 }`);
  const { exit, stdout, stderr } = await desk.run(["test", wrong, "examples/01-hello"]);
  expect({ exit, stdout }).toEqual({ exit: 65, stdout: "" });
  expect(stderr).toContain("`guest` has no member `exti`");
  const moving = LAB.replace("{ network = lan } }", '{ network = lan, moved_from = "nic" } }');
  const asked = `test "a" { expect client.exit == 0 within 1s }`;
  const moved = await desk.run(["test", write("moved.vbus", asked, moving)]);
  expect(moved.exit).toBe(65);
  expect(moved.stderr).toContain("No driver serves `moved_from` of server.eth0 yet");
});

test("a failure shows the step with its values, what guests said and why frames were dropped", async () => {
  const file = write(
    "fails.vbus",
    `test "it is answered often" {
  expect client.exit == 0 within 10s
  do { set client.eth0.link = down, client.restart() }
  expect client.state == running || client.state == failed within 2s
  expect client.log.count("bytes from") > count within 1s, "more answers than questions"
}`,
  );
  const { exit, stdout, stderr } = await desk.run(["test", "-p", "count=1", file]);
  expect({ exit, stderr }).toEqual({ exit: 4, stderr: "" });
  expect(steady(stdout)).toBe(`FAILED  fails.vbus:14  it is answered often  T s
error[VB6001]: Expected within 1s: more answers than questions.
   ┌─ fails.vbus:18:10
   │
18 │   expect client.log.count("bytes from") > count within 1s, "more answers than questions"
   │          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   │          │                                │
   │          0                                1
client (failed with 1: main returned 1):
  | PING 10.0.0.2: 56 data bytes
  | icmp_seq=1 timeout
  | --- 10.0.0.2 ping statistics ---
  | 1 packets transmitted, 0 received, 100% packet loss
lan dropped N frames: down N
client.eth0 dropped N tx frames: down N

1 failed in T s
`);
});

test("the first element that fails inside all([...]) is shown", async () => {
  const file = write(
    "all.vbus",
    `let wanted = { a = 0, b = 7 }
test "of all" {
  expect all([for name, count in wanted: server.restarts == count]) within 50ms
}`,
  );
  const { stdout } = await desk.run(["test", file]);
  expect(stdout.split("\n").slice(4, 8).join("\n")).toBe(
    `16 │   expect all([for name, count in wanted: server.restarts == count]) within 50ms
   │          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   │                                  │       │                  │
   │                                  at "b"  0                  7`,
  );
});

test("each way to fail has its code, ends its own test and no other", async () => {
  const file = write(
    "ways.vbus",
    `test "never" { expect client.restarts == 9 within 100ms }
test "not always" {
  param count = 50
  always client.log.count("bytes from") < 3 for 5s
}
test "breaks an assertion" { do { set server.eth0.network = other } }
test "breaks a constraint" { do { set server.eth0.mtu = 9000B } }
test "nobody answers" { expect client.shell("ls").matches("x") within 5s }
test "can't be done" { do { client.type("hello") } }
test "out of time" {
  timeout = 500ms
  expect client.restarts == 9 within 30s
}
test "dies" {
  do { server.kill() }
  always server.state == running for 1s
}
test "good" { expect client.exit == 0 within 20s }`,
  );
  const { exit, codes, summary } = await outcome([file]);
  expect(codes).toEqual({
    never: "VB6001",
    "not always": "VB6002",
    "breaks an assertion": "VB4001",
    "breaks a constraint": "VB3002",
    "nobody answers": "VB6004",
    "can't be done": "VB6003",
    "out of time": "VB6005",
    dies: "VB6002",
    good: "passed",
  });
  expect(exit).toBe(4);
  expect(summary).toMatchObject({ record: "summary", passed: 1, failed: 8, skipped: 0 });
});

test("guests are stopped, killed and started, and changes come as `set` would make them", async () => {
  const file = write(
    "acts.vbus",
    `test "acts" {
  param count = 200
  let answers = client.log.count("bytes from")
  expect answers > 2 within 5s
  do { set client.eth0.link = down }
  expect client.log.matches("timeout") within 5s
  do { set client.eth0.link = up, set client.eth0.rate = 10Mbps }
  expect client.eth0.rate == 10Mbps
  do { client.restart() }
  expect client.restarts == 1 && answers > 2 within 5s
  do { client.kill() }
  expect client.state != running within 2s
  do { client.start() }
  expect answers > 2 within 5s
  do { server.stop() }
  expect server.state == stopped
  expect client.log.matches("timeout") within 5s
}
test "what can't change while it runs is restarted or made anew" {
  expect client.log.count("bytes from") == 3 within 5s
  do { set client.args = ["--to", server.eth0.ip, "--count", 1] }
  expect client.log.matches("1 packets transmitted, 1 received") within 5s
  do { set lan.mtu = 1400B }
  expect server.eth0.mtu == 1400B && lan.mtu == 1400B
  expect client.log.matches("1 packets transmitted, 1 received") within 5s
  expect server.state == running
}
test "facts" {
  expect server.bus.members == [server]
  expect server.eth0.open && client.eth0.kicks > 0 within 5s
  expect lan.frames.bytes > 100B && lan.frames.rate > 0bps within 5s
  expect client.exit == 0 && client.uptime > 0s within 5s
  expect lan.frames.dropped_by.get("full") == none
}
test "changed by a parameter" {
  param count = 1
  expect client.log.matches("1 packets transmitted, 1 received") within 5s
}`,
  );
  const { codes, tests } = await outcome([file]);
  expect(tests.map(({ failure }) => failure?.diagnostic).filter(Boolean)).toEqual([]);
  expect(Object.values(codes)).toEqual(["passed", "passed", "passed", "passed"]);
});

test("a lab that doesn't boot fails its test, and says why", async () => {
  const lab = `image echo: wasm { path = "std:guests/echo" }
guest fat { image = echo, memory = 64KiB }
`;
  const { exit, tests } = await outcome([write("boot.vbus", `test "fat" { expect fat.ready }`, lab)]);
  expect(exit).toBe(4);
  expect(tests[0]?.failure?.diagnostic).toMatchObject({ code: "VB6003" });
  expect(tests[0]?.failure?.diagnostic.message).toMatch(/^The lab did not come up: `fat`: ./);
});

test("filters choose by text or pattern; what matches nothing is a mistake in the call", async () => {
  const file = write("filter.vbus", `test "one" { expect true }\ntest "two" { expect true }`);
  expect(await outcome(["-t", "on", file])).toMatchObject({
    codes: { one: "passed" },
    summary: { leftOut: 1 },
  });
  expect((await outcome(["-t", "/^T/i", file])).codes).toEqual({ two: "passed" });
  const none = await desk.run(["test", "-t", "three", file]);
  expect(none.exit).toBe(64);
  expect(none.stderr).toContain("No test's name matches `three`");
  expect((await desk.run(["test", "-t", "/(/", file])).exit).toBe(64);
  expect((await desk.run(["test", "--jobs", "0", file])).exit).toBe(64);
  expect((await desk.run(["test", "nowhere"])).exit).toBe(64);
});

test("--fail-fast starts nothing after a failure; --keep-going is over it", async () => {
  const file = write("fast.vbus", `test "bad" { expect false }\ntest "after" { expect true }`);
  const fast = await outcome(["--fail-fast", "--jobs", "1", file]);
  expect(fast).toMatchObject({ exit: 4, codes: { bad: "VB6001", after: "skipped" } });
  const all = await outcome(["--fail-fast", "--keep-going", "--jobs", "1", file]);
  expect(all).toMatchObject({ exit: 4, codes: { bad: "VB6001", after: "passed" } });
});

test("JUnit holds every test, and no character that XML hasn't", async () => {
  const file = write(
    "xml.vbus",
    `test "a < b & \\"c\\" \\u{7}" { expect 1 > count }\ntest "fine" { expect true }`,
  );
  expect((await desk.run(["test", "--junit", "results.xml", file])).exit).toBe(4);
  const xml = readFileSync(path.join(desk.folder, "results.xml"), "utf8");
  expect(xml).toContain('<testsuites name="vbus test" tests="2" failures="1" errors="0" skipped="0"');
  expect(xml).toContain('<testcase name="a &lt; b &amp; &quot;c&quot; \ufffd" classname="xml.vbus"');
  expect(xml).toContain('<failure type="VB6001" message="This does not hold.">error[VB6001]');
  expect(xml).toMatch(/<testcase name="fine" [^>]*\/>/);
});

test("Ctrl-C in the middle ends the labs: nothing is left running or written", async () => {
  const file = write(
    "long.vbus",
    `test "first" { expect client.restarts == 9 within 50s }
test "second" { expect client.restarts == 9 within 50s }
test "third" { expect true }`,
  );
  const running = desk.start(["test", "--json", file, "-t", "/first|second/"], { VBUS_TEST_JOBS: "2" });
  await running.says('"name":"second"');
  running.child.kill("SIGINT");
  const { exit, stdout } = await running.ended;
  expect(exit).toBe(130);
  const records = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(records.slice(0, 2)).toMatchObject([{ record: "begin", name: "first" }, { record: "begin" }]);
  expect(records.at(-1)).toMatchObject({ record: "summary", interrupted: 2, failed: 0, leftOut: 1 });
  expect(readdirSync(path.join(desk.folder, "run"))).toEqual([]);
  expect(readdirSync(desk.folder)).not.toContain("state");
});

test("a file without tests has none to fail; a folder gives all its files", async () => {
  const empty = await desk.run(["test", write("empty.vbus", "")]);
  expect({ exit: empty.exit, stdout: steady(empty.stdout) }).toEqual({
    exit: 0,
    stdout: "no tests in T s\n",
  });
  const both = await desk.run(["test", "examples/01-hello", "examples/01-hello/lab.vbus"]);
  expect(steady(both.stdout)).toContain("1 passed");
});
