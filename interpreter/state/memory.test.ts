// What the state remembers beside generations: events, durations, texts, protections, and secrets for the way
// back.

import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Model, Value } from "../../lang/index.ts";
import { Durations } from "./durations.ts";
import { DURATIONS_KEPT, EVENTS_KEPT, GENERATIONS_KEPT } from "./limits.ts";
import { openState } from "./state.ts";
import { storedText } from "./stored.test-support.ts";
import type { Commit } from "./state.ts";
import { storableTexts } from "./texts.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "vbus-memory-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const span = { file: "/t.vbus", start: 0, end: 0 };

function modelOf(attributes: Readonly<Record<string, Value>>): Model {
  const entries = Object.entries(attributes).map(([name, value]) => {
    return [name, { value, disruption: "live", origin: "set", span }] as const;
  });
  const guest = { address: "g", kind: "guest", name: "g", attributes: Object.fromEntries(entries) };
  const resources = [{ ...guest, needs: [], reads: [], span }];
  return { lab: "t", resources, outputs: [], allocations: {}, inputs: [], paths: [] };
}

const entry = (model: Model, more: Partial<Commit> = {}): Commit => ({
  time: "2026-01-01T00:00:00.000Z",
  sourceDigest: "d",
  params: { flags: { n: "1" } },
  model,
  ...more,
});

const event = (sequence: number) => ({
  sequence,
  time: "2026-01-01T00:00:00.000Z",
  type: "lab" as const,
  message: `number ${sequence}`,
  level: "info" as const,
  actor: "host",
});

test("events are found again by number, and the oldest fall off", () => {
  const state = openState(folder);
  expect(state.lastEvent()).toBe(0);
  state.addEvents([1, 2, 3].map(event));
  expect(state.events(1)).toEqual([2, 3].map(event));
  const more = Array.from({ length: EVENTS_KEPT }, (_, index) => event(index + 4));
  state.addEvents(more);
  expect(state.events()).toHaveLength(EVENTS_KEPT);
  expect([state.events()[0]?.sequence, state.lastEvent()]).toEqual([4, EVENTS_KEPT + 3]);
  state.close();
});

const boot = { kind: "create", resourceKind: "guest", disruption: "live" } as const;

test("a prediction is the median of what such steps took, also for the next process", () => {
  const state = openState(folder);
  const durations = state.durations();
  expect(durations.predict(boot)).toBeUndefined();
  for (const ms of [5, 900, 7, 6, 8]) durations.note(boot, ms);
  durations.note({ ...boot, kind: "destroy" }, 100);
  state.addEvents([], durations);
  expect(durations.changes()).toEqual([]);
  state.close();
  const again = openState(folder, "reader");
  expect(again.durations().predict(boot)).toEqual({ ms: 7, mostMs: 900, from: 5 });
  expect(again.durations().predict({ ...boot, disruption: "restart" })).toBeUndefined();
  again.close();
});

test("durations of old are forgotten", () => {
  const durations = new Durations();
  for (let index = 0; index < DURATIONS_KEPT; index++) durations.note(boot, 1000);
  for (let index = 0; index < DURATIONS_KEPT; index++) durations.note(boot, 1);
  expect(durations.predict(boot)).toEqual({ ms: 1, mostMs: 1, from: DURATIONS_KEPT });
});

test("texts are kept once each, with their generations, and go with the last of them", () => {
  const state = openState(folder);
  const texts = new Map([["/lab.vbus", "lab a { }"]]);
  state.commit(entry(modelOf({}), { texts }));
  state.commit(entry(modelOf({}), { texts: new Map([["/lab.vbus", "lab b { }"]]) }));
  state.commit(entry(modelOf({}), { origin: 1 }));
  expect([...state.texts(3)]).toEqual([...texts]);
  expect(state.generation(3)?.params).toEqual(state.generation(1)?.params);
  for (let index = 0; index < GENERATIONS_KEPT - 1; index++) state.commit(entry(modelOf({})));
  expect(state.generation(2)).toBeUndefined();
  expect([state.texts(2).size, state.texts(3).size]).toEqual([0, 1]);
  state.close();
});

test.each([
  ["nothing is secret", "let a = 1", true],
  ["a secret from outside", "param token: secret string", true],
  ["a secret from outside, with a word about it", "param token: secret ip // from the safe", true],
  ["a default that everybody could read", 'param token: secret string = "t0p"', false],
  ["a function that makes secrets", "fn hush(text: secret string): secret string = text", false],
])("texts may be kept: %s", (_name, text, may) => {
  const sources = new Map([
    ["/lab.vbus", text],
    ["std:net.vbus", "secret"],
  ]);
  expect(storableTexts(sources, "/lab.vbus")).toEqual(may ? new Map([["/lab.vbus", text]]) : undefined);
  if (text.includes("secret")) expect(storableTexts(sources, "/other.vbus")).toBeUndefined();
});

test("what is protected stays so until an apply says otherwise", () => {
  const state = openState(folder);
  state.commit(entry(modelOf({ protect: { is: "bool", value: true } })));
  expect([...state.protections().values()]).toEqual([{ address: "g", kind: "guest" }]);
  state.commit(entry(modelOf({ protect: { is: "bool", value: true } })));
  expect(state.protections().size).toBe(1);
  state.commit(entry(modelOf({ protect: { is: "bool", value: false } })));
  expect(state.protections().size).toBe(0);
  state.close();
});

test("secrets of this process's applies can be put back, those of another's are named", () => {
  const secret: Value = { is: "ip", text: "10.9.8.7", secret: true } as Value;
  const env: Value = { is: "map", entries: [[{ is: "string", value: "A" }, secret]] };
  const model = modelOf({ env });
  const state = openState(folder);
  state.commit(entry(model));
  const stored = state.lastGeneration()?.model ?? model;
  expect(state.reveal(stored)).toEqual({ model });
  state.close();
  expect(storedText(folder)).not.toContain("10.9.8.7");
  const again = openState(folder);
  expect(again.reveal(stored)).toEqual({ missing: ["g.env"] });
  again.commit(entry(model));
  expect(again.reveal(stored)).toEqual({ model });
  again.close();
});
