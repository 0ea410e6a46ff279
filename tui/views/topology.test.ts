import { expect, test } from "vitest";
import type { ChangeRow, LabStatus } from "../../interpreter/index.ts";
import type { Act, Replied } from "../acts.ts";
import { draw, SIZES, stateAfter, text } from "../drawing.test-support.ts";
import type { Happening } from "../drawing.test-support.ts";
import { makeSnapshot, moreThings } from "../fixtures.test-support.ts";

const SIZE = { columns: 80, rows: 24 };

const status = (paths: readonly string[]): Replied => {
  const changes = paths.map((path) => ({ path }) as ChangeRow);
  const act: Act = { ask: { method: "status", params: {} }, line: "vbus status", harmless: true };
  return { type: "replied", act, reply: { method: "status", result: { changes } as unknown as LabStatus } };
};

/** What is asked of the lab that changes it. */
const asked = (...keys: readonly Happening[]): readonly Act[] =>
  stateAfter(SIZE, { keys: ["4", ...keys] }).effects.flatMap((effect) =>
    effect.do === "act" && !effect.act.harmless ? [effect.act] : [],
  );
const lines = (...keys: readonly Happening[]): readonly string[] => asked(...keys).map(({ line }) => line);

test.each(SIZES)("the topology at %ix%i", (columns, rows) => {
  const keys = ["4", status(["server.eth0.impair.delay"]), "down"];
  expect(text(draw({ columns, rows }, { keys, part: moreThings() }))).toMatchSnapshot();
});

test.each([
  ["+", ["vbus set client.eth0.impair.delay 1ms"]],
  ["down +", ["vbus set server.eth0.impair.delay 50ms"]],
  ["down -", ["vbus set server.eth0.impair.delay 20ms"]],
  ["down right right -", ["vbus set server.eth0.impair.loss 0.5%"]],
  ["down right right right -", ["vbus set server.eth0.impair.rate 10Gbps"]],
  ["i +", ["vbus set client.eth0.impair.ingress.delay 1ms"]],
  ["i i +", ["vbus set client.eth0.impair.delay 1ms"]],
  ["i right right +", ["vbus set client.eth0.impair.ingress.loss 0.1%"]],
  ["-", []],
  ["x", ["vbus set client.eth0.link down"]],
  ["w", []],
])("the keys `%s` ask for %j", (keys, expected) => {
  expect(lines(...keys.split(" "))).toEqual(expected);
});

test("keys that come faster than snapshots go on from what was asked", () => {
  expect(lines("+", "+", "+", "-")).toEqual([
    "vbus set client.eth0.impair.delay 1ms",
    "vbus set client.eth0.impair.delay 2ms",
    "vbus set client.eth0.impair.delay 5ms",
    "vbus set client.eth0.impair.delay 2ms",
  ]);
});

test("a cable that is pulled twice in one breath is in again", () => {
  const set = (way: string): string => `vbus set client.eth0.link ${way}`;
  expect(lines("x", "x", "x")).toEqual([set("down"), set("up"), set("down")]);
  const same: Happening = { type: "snapshot", snapshot: makeSnapshot(61) };
  expect(lines("x", same, "x")).toEqual([set("down"), set("up")]);
});

test("what a snapshot says counts, once it says what was asked", () => {
  const [client, ...rest] = makeSnapshot(61).devices;
  const link = { state: "up", impair: { delay: "1ms" } } as const;
  const later = makeSnapshot(61, { devices: [{ ...client!, link }, ...rest] });
  const { topology } = stateAfter(SIZE, { keys: ["4", "+", { type: "snapshot", snapshot: later }] });
  expect(topology.pending).toEqual({});
  expect(lines("+", { type: "snapshot", snapshot: later }, "+").at(-1)).toContain("delay 2ms");
});

test("a refusal is said, and the value is what it was", () => {
  const [act] = asked("+");
  const reply = { method: "change", result: { done: false, message: "no", diagnosticsText: "" } } as const;
  const keys = ["4", "+", { type: "replied", act: act!, reply }] as const;
  const state = stateAfter(SIZE, { keys });
  expect([state.said?.text, state.topology.pending]).toEqual(["no", {}]);
});

test("what was changed by hand is marked, written into the file with w and taken back with u", () => {
  const hand = status(["server.eth0.impair.delay"]);
  expect(draw(SIZE, { keys: ["4", hand, "down"] }).join("\n")).toContain("by hand");
  expect(lines(hand, "down", "w")).toEqual(["vbus adopt server.eth0"]);
  expect(lines(hand, "down", "u")).toEqual(["vbus heal server.eth0"]);
  expect(lines(hand, "w")).toEqual([]);
});

test("a dashboard that only looks changes no link", () => {
  const state = stateAfter(SIZE, { keys: ["4", "+"], readOnly: true });
  expect(state.said).toMatchObject({ text: expect.stringContaining("read-only") as string });
  expect(state.topology.pending).toEqual({});
});
