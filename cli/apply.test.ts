// `plan` and `apply` as a user calls them: exit codes, what is data and what is progress, kept plans.

import { readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, socketPathOf } from "../interpreter/index.ts";
import { applyAgreed } from "./commands/apply-agreed.ts";
import { Desk } from "./run.test-support.ts";

const LIMIT = { timeout: 300_000 };
const desk = new Desk();

const NET = `image echo: wasm { path = "std:guests/echo" }
network lan { subnet = 10.0.0.0/24 }
`;
const guest = (name: string, env: string): string =>
  `guest ${name} { image = echo, env = { N = "${env}" }, device eth0: venet { network = lan } }\n`;
const ONE = NET + guest("a", "1") + guest("b", "1");
const save = (text: string): void =>
  writeFileSync(path.join(desk.folder, "office.vbus"), `lab office { }\n${text}`);

beforeAll(async () => {
  save(ONE);
  // A plan of what does not run is one from nothing, and can't be kept.
  const plan = await desk.run(["plan", "--detailed-exitcode"]);
  expect(plan).toMatchObject({ exit: 2, stderr: "" });
  expect(plan.stdout).toContain("+ create  a  (guest)");
  const kept = await desk.run(["plan", "--out", "early.plan"]);
  expect(kept).toMatchObject({ exit: 69, stderr: expect.stringContaining("Only the plan of a running lab") });
  expect((await desk.run(["apply"])).exit).toBe(69);
  expect(await desk.run(["up", "-d"])).toMatchObject({ exit: 0 });
}, LIMIT.timeout);
afterAll(() => desk.close());

async function heldText(): Promise<string> {
  const { stdout } = await desk.run(["ps", "--json"]);
  return (JSON.parse(stdout) as { held?: string }).held ?? "";
}

test(
  "a save that would restart a guest waits, is shown, and is applied when somebody says so",
  LIMIT,
  async () => {
    save(NET + guest("a", "2") + guest("b", "1"));
    // Bound: the test's time limit.
    while ((await heldText()) === "");
    expect(await heldText()).toBe("more than pause: a (restart).");
    expect((await desk.run(["ps"])).stderr).toBe(
      "The change in the file waits for `vbus apply`: more than pause: a (restart).\n",
    );
    const refused = await desk.run(["apply", "--max-disruption", "pause"]);
    expect(refused).toMatchObject({ exit: 1, stdout: "" });
    expect(refused.stderr).toContain("error: The plan disturbs more than pause: a (restart).");
    const { exit, stdout, stderr } = await desk.run(["apply"]);
    expect(exit).toBe(0);
    expect(stdout).toMatch(
      /^STEP +ADDRESS +PREDICTED +ACTUAL +TIME\nrestart +a +restart +restart +[\d.]+ m?s\n$/,
    );
    expect(stderr).toMatch(
      /^- a restarted: env .* \(restart\) in [\d.]+ m?s\noffice: generation 2: 1 change applied\n$/,
    );
    expect(await heldText()).toBe("");
    expect(await desk.run(["apply"])).toEqual({ exit: 0, stdout: "", stderr: "office: nothing to do\n" });
  },
);

test("a plan that is kept is applied once, and never to something else", LIMIT, async () => {
  save(NET + guest("a", "3") + guest("b", "3"));
  const kept = await desk.run(["plan", "--target", "a", "--out", "a.plan"]);
  expect(kept).toMatchObject({ exit: 0, stderr: "kept in a.plan: vbus apply a.plan\n" });
  expect(kept.stdout).toContain("Left as they are: b.\n");
  expect(statSync(path.join(desk.folder, "a.plan")).mode & 0o777).toBe(0o600);
  const both = await desk.run(["apply", "a.plan", "--target", "b"]);
  expect(both).toMatchObject({ exit: 64, stdout: "" });
  const { stdout } = await desk.run(["apply", "a.plan", "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({
    schema: 1,
    lab: "office",
    outcome: "applied",
    steps: [{ address: "a" }],
  });
  const again = await desk.run(["apply", "a.plan"]);
  expect(again).toMatchObject({ exit: 1, stdout: "" });
  expect(again.stderr).toBe(
    "error: The plan no longer fits: the running lab changed since it was made. " +
      "Make it anew with `vbus plan --out FILE`.\n",
  );
  writeFileSync(path.join(desk.folder, "odd.plan"), "{}");
  expect(await desk.run(["apply", "odd.plan"])).toMatchObject({ exit: 64, stdout: "" });
  expect(await desk.run(["apply", "none.plan"])).toMatchObject({ exit: 64, stdout: "" });
});

test(
  "what somebody agreed to, and is done by then, is no mistake; what is left of it is",
  LIMIT,
  async () => {
    save(NET + guest("a", "3") + guest("b", "4"));
    const client = await connect(socketPathOf(path.join(desk.folder, "office.vbus"), desk.env));
    const { bound, plan } = await client.request("plan", {});
    expect(plan?.steps).toMatchObject([{ address: "b" }]);
    expect(await desk.run(["apply"])).toMatchObject({ exit: 0 });
    expect(await applyAgreed(client, {}, bound)).toMatchObject({ outcome: "nothing" });
    save(NET + guest("a", "4") + guest("b", "4"));
    await expect(applyAgreed(client, {}, bound)).rejects.toMatchObject({ trouble: "stale" });
    save(NET + guest("a", "3") + guest("b", "4"));
    client.close();
  },
);

test("what takes most guests away is refused without a word, and done with it", LIMIT, async () => {
  save(NET + guest("c", "1"));
  const plan = await desk.run(["plan"]);
  expect(plan.stdout).toContain("warning: It destroys 2 of 2 running guests.\n");
  const refused = await desk.run(["apply"]);
  expect(refused).toEqual({
    exit: 1,
    stdout: "",
    stderr: "warning: It destroys 2 of 2 running guests.\nNothing was done. Say --yes if this is meant.\n",
  });
  expect((await desk.run(["apply", "--no-input"])).exit).toBe(1);
  expect((await desk.run(["apply", "--yes"])).exit).toBe(0);
});

test(
  "a step that fails leaves all as it was, or what was done, with exit codes of their own",
  LIMIT,
  async () => {
    const tooMuch =
      NET + guest("c", "2") + guest("d", "1").replace("image = echo", "image = echo, memory = 64KiB");
    save(tooMuch);
    const undone = await desk.run(["apply", "--json"]);
    const answer = JSON.parse(undone.stdout) as { outcome: string };
    // Where the least of memories is enough, there is nothing to see here.
    if (answer.outcome === "applied") return;
    expect([undone.exit, answer.outcome]).toEqual([1, "taken_back"]);
    expect((await desk.run(["apply", "--on-failure", "keep"])).exit).toBe(3);
  },
);

test("mistakes in the call and in the file have their exit codes", LIMIT, async () => {
  save(NET + guest("c", "1"));
  await desk.run(["apply", "--yes"]);
  expect(await desk.run(["plan", "--target", "nobody"])).toEqual({
    exit: 64,
    stdout: "",
    stderr: "error: There is no `nobody` in this lab.\n",
  });
  expect((await desk.run(["apply", "--max-disruption", "much"])).exit).toBe(64);
  expect((await desk.run(["apply"], { VBUS_APPLY_ON_FAILURE: "maybe" })).exit).toBe(64);
  expect((await desk.run(["plan"], { VBUS_PLAN_TARGET: "nobody" })).exit).toBe(64);
  save(`${NET}guest {`);
  for (const command of ["plan", "apply"])
    expect(await desk.run([command])).toMatchObject({
      exit: 65,
      stdout: "",
      stderr: expect.stringContaining("VB1"),
    });
});

test("the help of both begins with what they are for, and has examples", async () => {
  for (const command of ["plan", "apply"]) {
    const { exit, stdout } = await desk.run([command, "--help"]);
    expect(exit).toBe(0);
    expect(stdout).toContain(`Examples\n  vbus ${command}`);
  }
  expect(readFileSync(path.join(desk.folder, "office.vbus"), "utf8")).toContain("lab office");
});
