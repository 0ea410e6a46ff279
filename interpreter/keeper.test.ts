// A running lab that is planned, applied and held: over the same doors as the socket has.

import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { planFile } from "./check.ts";
import { createHypervisor } from "../hypervisor/index.ts";
import { connect } from "./control/client.ts";
import type { Lab } from "./lab-contract.ts";
import { Bench } from "./lab.test-support.ts";
import { misfits } from "./schemas.test-support.ts";

const LIMIT = { timeout: 120_000 };

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

const guest = (name: string, env: string, device = ""): string =>
  `guest ${name} { image = echo, env = { N = "${env}" }, device eth0: venet { network = lan${device} } }\n`;
const NET = `param size: int = 1
image echo: wasm { path = "std:guests/echo" }
network lan { subnet = 10.0.0.0/24 }
`;
const ONE = NET + guest("a", "1") + guest("b", "1") + guest("c", "1");
/** Restarts `a`, and changes the rate of `b` live. */
const TWO = NET + guest("a", "2") + guest("b", "1", ", rate = 5Mbps") + guest("c", "1");

async function open(options: Parameters<Bench["open"]>[0] = {}): Promise<{ on: Bench; lab: Lab }> {
  const on = (bench = new Bench(ONE));
  const lab = await on.open(options);
  await lab.whenReady(60_000);
  return { on, lab };
}

const uptime = (lab: Lab, address: string): number =>
  lab.snapshot().guests.find((one) => one.address === address)?.uptimeMs ?? -1;
const addresses = (plan: { readonly steps: readonly { readonly address: string }[] } | undefined) =>
  plan?.steps.map((step) => step.address);

test("a plan is what apply does, step by step, as it was announced", LIMIT, async () => {
  const { on, lab } = await open();
  on.save(TWO);
  const { plan, bound } = await lab.plan();
  expect(addresses(plan)).toEqual(["a", "b.eth0"]);
  const lived = uptime(lab, "b");
  const answer = await lab.apply({ bound });
  expect(answer).toMatchObject({ outcome: "applied", generation: 2, plan, stuck: [] });
  const steps = answer.steps.map((step) => `${step.kind} ${step.address} ${step.predicted} ${step.actual}`);
  expect(steps.toSorted()).toEqual(["restart a restart restart", "update b.eth0 live live"]);
  expect(answer.steps.every((step) => step.elapsedMs >= 0)).toBe(true);
  expect(uptime(lab, "b")).toBeGreaterThanOrEqual(lived);
  const nothing = await lab.apply();
  expect(nothing).toMatchObject({ outcome: "nothing", steps: [] });
  for (const one of [answer, nothing])
    expect(misfits("apply", { schema: 1, lab: lab.name, ...one })).toEqual([]);
});

test(
  "a plan that is kept is refused when files, parameters or the running lab have changed",
  LIMIT,
  async () => {
    const { on, lab } = await open();
    on.save(TWO);
    const client = await connect(lab.socketPath ?? "");
    const { bound } = await client.request("plan", {});
    const refused = (request: object) =>
      client.request("apply", { bound, ...request }).then(
        () => "applied",
        (error: Error) => [
          ("trouble" in error && error.trouble) || "",
          error.message,
          "hint" in error && error.hint,
        ],
      );
    const hint = "Make it anew with `vbus plan --out FILE`.";
    const says = (what: string) => [
      "stale",
      `The plan no longer fits: ${what} changed since it was made.`,
      hint,
    ];
    expect(await refused({ parameters: { flags: { size: "2" } } })).toEqual(says("the parameters"));
    on.save(`${TWO}// A word.\n`);
    expect(await refused({})).toEqual(says("the files"));
    on.save(TWO);
    await client.request("apply", { targets: ["b"] });
    expect(await refused({})).toEqual(says("the running lab"));
    on.save(`${TWO}// A word.\n`);
    expect(await refused({ parameters: { env: { VBUS_PARAM_SIZE: "3" } } })).toEqual(
      says("the files, the parameters and the running lab"),
    );
    on.save(TWO);
    const again = await client.request("plan", {});
    expect(addresses(again.plan)).toEqual(["a"]);
    expect(await client.request("apply", { bound: again.bound })).toMatchObject({ outcome: "applied" });
    client.close();
  },
);

test(
  "a file that nobody reads is none of its files; one that does not check is not applied",
  LIMIT,
  async () => {
    const { on, lab } = await open();
    const { bound } = await lab.plan();
    writeFileSync(path.join(on.folder, "beside.txt"), "not read by anybody");
    expect((await lab.plan()).bound).toEqual(bound);
    on.save(ONE.replace("std:guests/echo", "./none.wasm"));
    await expect(lab.apply({ bound })).rejects.toMatchObject({ trouble: "invalid", exitCode: 65 });
  },
);

test("what a guest writes to its disk leaves a plan as it is", LIMIT, async () => {
  const disk = (size: string): string => `volume disk: file { path = "./disk.img", size = ${size} }\n`;
  const on = (bench = new Bench(ONE + disk("64KiB")));
  const lab = await on.open();
  on.save(ONE + disk("96KiB"));
  const { bound } = await lab.plan();
  writeFileSync(path.join(on.folder, "disk.img"), Buffer.alloc(64 << 10, "written by a guest"));
  expect(await lab.apply({ bound })).toMatchObject({ outcome: "applied" });
});

test("a save that disturbs too much waits for apply, and the lab goes on", LIMIT, async () => {
  const { on, lab } = await open({ watch: true, maxDisruption: "pause" });
  on.save(TWO);
  await on.event(/waits for `vbus apply`: more than pause: a \(restart\)\./);
  expect(lab.snapshot()).toMatchObject({ watch: "held", generation: 1 });
  expect(lab.snapshot().held).toBe("more than pause: a (restart).");
  expect(lab.snapshot().diagnosticsText).toContain("waits for apply: more than pause");
  // Another text that waits for the same reason is another change: whoever shows a plan asks anew.
  const seen = on.events.length;
  on.save(`${TWO}\n// said otherwise\n`);
  await on.event(/waits for `vbus apply`: more than pause: a \(restart\)\./, seen);
  // Taken back in the file, it waits no more; and what is small goes at once.
  on.save(NET + guest("a", "1") + guest("b", "1", ", rate = 7Mbps") + guest("c", "1"));
  await on.event(/generation 2/);
  expect(lab.snapshot().held).toBeUndefined();
  expect(lab.snapshot().watch).toBe("watching");
  on.save(TWO);
  await on.until("held again", () => lab.snapshot().watch === "held");
  // A part of it leaves the rest waiting.
  expect(await lab.apply({ targets: ["b"] })).toMatchObject({ outcome: "applied" });
  expect(lab.snapshot().watch).toBe("held");
  await expect(lab.apply({ maxDisruption: "pause" })).rejects.toMatchObject({ trouble: "held" });
  expect(await lab.apply()).toMatchObject({ outcome: "applied" });
  expect(lab.snapshot()).toMatchObject({ watch: "watching", generation: 4 });
});

test("a save that takes most guests away waits too", LIMIT, async () => {
  const { on, lab } = await open({ watch: true, maxDisruption: "pause" });
  on.save(NET + guest("a", "1"));
  await on.event(/waits for `vbus apply`: It destroys 2 of 3 running guests\./);
  expect(lab.snapshot().guests).toHaveLength(3);
  expect((await lab.plan()).plan?.warnings).toEqual(["It destroys 2 of 3 running guests."]);
  await lab.apply();
  expect(lab.snapshot().guests).toHaveLength(1);
});

test("parameters of an apply are the lab's from then on, also for saves", LIMIT, async () => {
  const { on, lab } = await open({ watch: true });
  const text = ONE.replace('env = { N = "1" }', "env = { N = size }");
  on.save(text);
  await on.event(/generation 2/);
  const given = { params: { flags: { size: "5" } }, file: on.file, env: on.env };
  expect(addresses((await planFile(given)).plan)).toEqual(["a"]);
  expect(addresses((await planFile({ file: on.file, env: on.env })).plan)).toEqual([]);
  await lab.apply({ parameters: { flags: { size: "5" } } });
  const before = on.events.length;
  on.save(
    text.replace(
      "device eth0: venet { network = lan }",
      "device eth0: venet { network = lan, rate = 1Mbps }",
    ),
  );
  await on.event(/generation 4: 1 change/, before);
  expect(addresses((await planFile({ file: on.file, env: on.env })).plan)).toEqual([]);
});

test("a failing step takes all back, or keeps what was done", LIMIT, async () => {
  const hypervisor = createHypervisor({ lab: "t" });
  const boot = hypervisor.bootGuest.bind(hypervisor);
  hypervisor.bootGuest = (id, spec) =>
    id === "z"
      ? Promise.resolve({ ok: false, refusal: { code: "limit", message: "no room" } })
      : boot(id, spec);
  const { on, lab } = await open({ hypervisor });
  on.save(
    TWO.replace('"2"', '"1"') +
      guest("z", "1").replace("image = echo", "image = echo, depends_on = [b.eth0]"),
  );
  const undone = await lab.apply();
  expect(undone).toMatchObject({ outcome: "taken_back", failure: { address: "z", message: "no room" } });
  expect(undone.generation).toBeUndefined();
  const before = await lab.plan();
  expect(addresses(before.plan)).toContain("b.eth0");
  const kept = await lab.apply({ onFailure: "keep" });
  expect(kept).toMatchObject({ outcome: "partly", failure: { address: "z" }, stuck: [] });
  for (const one of [undone, kept])
    expect(misfits("apply", { schema: 1, lab: lab.name, ...one })).toEqual([]);
  expect(addresses((await lab.plan()).plan)).toEqual(["z"]);
  expect(lab.snapshot().generation).toBe(1);
});

test("a lab runs a part of its file, over saves too", LIMIT, async () => {
  const { on, lab } = await open({ watch: true, selection: { excludes: ["c"] } });
  expect(lab.snapshot().guests.map((one) => one.address)).toEqual(["a", "b"]);
  on.save(TWO.replace('"2"', '"1"'));
  await on.event(/generation 2/);
  expect(lab.snapshot().guests.map((one) => one.address)).toEqual(["a", "b"]);
  await expect(on.open({ selection: { targets: ["nobody"] } })).rejects.toMatchObject({ trouble: "locked" });
  await expect(lab.plan({ targets: ["nobody"] })).rejects.toMatchObject({ trouble: "usage", exitCode: 64 });
});
