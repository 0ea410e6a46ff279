// Guests that say when they are well: what waits for them, what changes it, and what is refused.

import { afterEach, expect, test } from "vitest";
import { checkFile } from "./check.ts";
import { Bench, IMAGES } from "./lab.test-support.ts";
import type { Lab } from "./lab-contract.ts";

const LIMIT = { timeout: 120_000 };
let benches: Bench[] = [];
afterEach(async () => {
  const open = benches;
  benches = [];
  await Promise.all(open.map((bench) => bench.close()));
});

function use(text: string): Bench {
  const bench = new Bench(text);
  benches.push(bench);
  return bench;
}

/** A guest that says a line for each answer, and one that waits until it is well. */
const lab = (health: string, goal = "ready"): string => `${IMAGES}network lan { subnet = 10.0.0.0/24 }
guest server { image = echo, device eth0: venet { network = lan } }
guest asks {
  image = ping
  args = ["--to", server.eth0.ip, "--count", 100000, "--interval", "20ms"]
  goal = ${goal}
  ${health}
  device eth0: venet { network = lan }
}
guest waits { image = echo, depends_on = [asks] }
`;

const said = (on: Bench): string[] =>
  on.events.filter(({ type }) => type === "guest").map(({ address, message }) => `${address} ${message}`);
const state = (of: Lab, guest: string): string | undefined =>
  of.snapshot().guests.find(({ address }) => address === guest)?.state;

test("who depends on a guest waits until its log says that it is well", LIMIT, async () => {
  const on = use(lab('health = log("icmp_seq=5 ")'));
  const running = await on.open();
  expect(await running.whenReady(30_000)).toEqual({ ready: true, failed: [] });
  const order = said(on);
  expect(order.indexOf("asks healthy")).toBeGreaterThan(order.indexOf("asks running"));
  expect(order.indexOf("waits running")).toBeGreaterThan(order.indexOf("asks healthy"));
  expect(order.filter((line) => line === "asks healthy")).toHaveLength(1);
});

test(
  "what was said since the boot counts for another pattern too, and who never says it is waited for",
  LIMIT,
  async () => {
    const on = use(lab('health = log("never said")'));
    const running = await on.open();
    await on.until("answers", () => on.lines.some(({ text }) => text.includes("icmp_seq=3 ")));
    expect([running.snapshot().ready, state(running, "waits")]).toEqual([false, "waiting"]);
    on.save(lab('health = log("icmp_seq=[0-3] ")'));
    await running.reload();
    expect(await running.whenReady(30_000)).toEqual({ ready: true, failed: [] });
    expect(said(on).filter((line) => line === "asks running")).toHaveLength(1);
  },
);

test("a guest that starts anew has to say it anew", LIMIT, async () => {
  const on = use(lab('health = log("PING")'));
  const running = await on.open();
  await running.whenReady(30_000);
  on.save(lab('health = log("PING")').replace("20ms", "30ms"));
  await running.reload();
  await running.apply({ maxDisruption: "restart" });
  await on.until("well again", () => said(on).filter((line) => line === "asks healthy").length === 2);
  expect(await running.whenReady(30_000)).toEqual({ ready: true, failed: [] });
});

test("a guest whose goal is to run does not have to be well", LIMIT, async () => {
  const on = use(lab('health = log("never said")', "running"));
  const running = await on.open();
  expect(await running.whenReady(30_000)).toEqual({ ready: true, failed: [] });
});

test.each([
  ['health = log("[")', "VB3011"],
  ["health = tcp(80)", "VB2022"],
  ['health = shell("true")', "VB2022"],
])("%s is refused", async (health, code) => {
  const on = use(lab(health));
  const { diagnostics } = await checkFile({ file: on.file, env: on.env });
  expect(diagnostics.map((found) => found.code)).toEqual([code]);
});
