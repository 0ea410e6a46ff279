// What a change disturbs, attribute by attribute: each is changed in a running lab while two guests exchange
// numbered datagrams in a closed loop. The plan says at least the class that the attribute declares; what
// happens is what the plan says: who is restarted, that nobody else is, and that `live` and `pause` lose no
// frame. A guest `extra` on a network of its own bears the changes that are meant to cut somebody off.

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import wabt from "wabt";
import { createHypervisor, type Hypervisor } from "../hypervisor/index.ts";
import { refusals } from "./drivers/unsupported.ts";
import { Engine } from "./engine.ts";
import {
  ELSEWHERE,
  NO_DRIVER,
  REFUSED,
  ROWS,
  folder,
  lab,
  storage,
  type Texts,
} from "./classes-rows.test-support.ts";
import { gotMore } from "./loop.test-support.ts";
import { clock } from "./lab.test-support.ts";
import { definitionOf, images, modelOf } from "./plan/model.test-support.ts";

const LIMIT = { timeout: 300_000 };
/** Frames of the loop after each change. */
const FRAMES = 500;
const CLASSES = ["live", "pause", "restart", "recreate", "data_loss"];

let engine: Engine;
let hypervisor: Hypervisor;
const logs: string[] = [];
/** Guests that booted since this was emptied. */
let booted: string[] = [];

/** A program that sleeps for ever; `number` makes another of it. */
async function writeProgram(name: string, number: number): Promise<void> {
  const text = `(module
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $sleep (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const ${number}) "\\01") (data (i32.const 24) "\\ff\\ff\\ff\\ff\\ff\\ff\\ff")
    (func (export "_start")
      (drop (call $sleep (i32.const 0) (i32.const 512) (i32.const 1) (i32.const 1024)))))`;
  const module = (await wabt()).parseWat(name, text);
  writeFileSync(path.join(storage, name), module.toBinary({}).buffer);
}

beforeAll(async () => {
  await writeProgram("program.wasm", 2048);
  await writeProgram("other.wasm", 2049);
  hypervisor = createHypervisor({ lab: "t" });
  engine = new Engine({ lab: "t", hypervisor, images, clock });
  hypervisor.on((event) => {
    if (event.type === "log" && event.id === "client") logs.push(event.text);
    if (event.type === "guest" && event.state === "running") booted.push(event.id);
  });
});

afterAll(async () => {
  await hypervisor.close();
  engine.close();
  folder.remove();
  rmSync(storage, { recursive: true });
});

/** What the prelude declares: the class of each attribute that has one. */
function declared(): Map<string, string> {
  const found = new Map<string, string>();
  for (const file of ["common", "device", "guest", "network", "storage"]) {
    const at = fileURLToPath(new URL(path.join("../stdlib/prelude", `${file}.vbus`), import.meta.url));
    let owner = "";
    for (const line of readFileSync(at, "utf8").split("\n")) {
      owner = /^(?:kind|class \w+|type) (\w+)/.exec(line)?.[1] ?? owner;
      const [, name, mark] = /^ {2}(\w+): .*@(\w+)$/.exec(line) ?? [];
      if (name !== undefined && mark !== undefined) found.set(`${owner}.${name}`, mark);
    }
  }
  return found;
}

async function apply(texts: Texts): Promise<void> {
  const result = await engine.apply(definitionOf(lab(texts)), { actor: "file" });
  expect(result, JSON.stringify(result)).toMatchObject({ ok: true });
}

/** It has lost frames, and will not go on. */
let stands = false;
const answered = (): number => hypervisor.device("client.eth0")?.rx.count ?? 0;

/**
 * The longest time in which the loop was not seen to go on while something was done, milliseconds: the look
 * itself waits for the control thread, so it is at most that.
 */
async function pauseDuring(work: () => Promise<void>): Promise<number> {
  let [longest, since, seen] = [0, clock.now(), answered()];
  const look = (): void => {
    const now = clock.now();
    if (answered() === seen) return;
    longest = Math.max(longest, now - since);
    [since, seen] = [now, answered()];
  };
  const timer = setInterval(look, 1);
  await work();
  await goesOn(look);
  clearInterval(timer);
  return longest;
}

/** So many frames more of the loop. */
async function goesOn(look?: () => void): Promise<void> {
  stands ||= !(await gotMore(hypervisor, "client.eth0", FRAMES, look));
  if (stands) throw new Error(`the loop stands still: ${JSON.stringify(drops())} ${logs.join("")}`);
}

/** Drops at both ends of the loop, by reason. */
function drops(): unknown {
  return ["client.eth0", "server.eth0"].flatMap((id) => {
    const device = hypervisor.device(id);
    return [device?.tx.droppedBy, device?.rx.droppedBy].filter((by) => Object.keys(by ?? {}).length > 0);
  });
}

const told: string[] = [];

test("the lab runs, and its loop too", LIMIT, async () => {
  await apply({});
  await goesOn();
  expect(booted.toSorted()).toEqual(["client", "extra", "keeper", "member", "server", "tenant"]);
});

for (const row of ROWS) {
  const { attribute, change, from = {}, restarted = [], planned } = row;
  const says = Object.entries(change).map(([place, text]) => `${place}: ${text}`);
  test(`${attribute} (${says.join()}) disturbs as it is declared`, LIMIT, async () => {
    await apply(from);
    booted = [];
    const class_ = declared().get(attribute);
    const { disruption } = engine.plan(definitionOf(lab({ ...from, ...change })));
    expect(disruption).toBe(planned ?? class_);
    expect(CLASSES.indexOf(disruption as string)).toBeGreaterThanOrEqual(CLASSES.indexOf(class_ as string));
    const pause = await pauseDuring(() => apply({ ...from, ...change }));
    expect(booted.toSorted(), "who started anew").toEqual(restarted);
    expect(drops()).toEqual([]);
    told.push(`${attribute.padEnd(22)} ${(disruption as string).padEnd(9)} ${pause.toFixed(0)} ms`);
    await apply({});
    await goesOn();
    expect(drops()).toEqual([]);
  });
}

test("the loop has lost nothing by any of it", LIMIT, async () => {
  console.log(`the longest time in which the loop stood still:\n${told.join("\n")}`);
  await hypervisor.stopGuest("client", 20_000);
  expect(logs.join("")).toMatch(/loop: \d+ answered, 0 missing, 0 out of order/);
});

test("a guest's thread has the niceness that is declared, from its boot on and later", LIMIT, async () => {
  await apply({ extra: "nice = 7" });
  expect(hypervisor.guest("extra")?.nice).toBe(7);
  await apply({ extra: "nice = 7", image: "mine" });
  expect(hypervisor.guest("extra")?.nice).toBe(7);
  await apply({});
  expect(hypervisor.guest("extra")?.nice).toBe(0);
});

test("another seed starts all guests anew", LIMIT, async () => {
  booted = [];
  const change = { lab: "seed = 5" };
  expect(engine.plan(definitionOf(lab(change))).disruption).toBe(declared().get("lab.seed"));
  await apply(change);
  expect(booted.toSorted()).toEqual(["client", "extra", "keeper", "member", "server", "tenant"]);
});

test.each(Object.entries(REFUSED))("%s is refused", (attribute, texts) => {
  const name = attribute.split(".")[1] as string;
  expect(refusals(modelOf(lab(texts)))).toMatchObject([
    { code: "VB2022", message: expect.stringContaining(`\`${name}\``) },
  ]);
});

test("every attribute that has a class stands here", () => {
  const rows = new Set([
    ...ROWS.map(({ attribute }) => attribute),
    ...Object.keys(REFUSED),
    ...ELSEWHERE,
    "lab.seed",
  ]);
  expect([...declared().keys()].filter((name) => !rows.has(name) && !NO_DRIVER.test(name))).toEqual([]);
});
