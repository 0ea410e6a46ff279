import { afterEach, beforeEach, expect, test } from "vitest";
import { connect } from "../interpreter/index.ts";
import type { LabClient } from "../interpreter/index.ts";
import { makeLine, makeSnapshot } from "./fixtures.test-support.ts";
import { makeHistory } from "./drawing.test-support.ts";
import { ConsoleDesk } from "./console/desk.ts";
import { GuestScreen } from "./console/screen.ts";
import { EventBuffer } from "./event-buffer.ts";
import { LogBuffer } from "./log-buffer.ts";
import { FrameBuffer } from "./packets/buffer.ts";
import { FRAMES_A_TURN } from "./packets/tap.ts";
import { makeFrame } from "./packets/frames.test-support.ts";
import { ScriptedLab } from "./scripted-lab.test-support.ts";
import { DashboardSource } from "./source.ts";
import type { Change } from "./source.ts";

let lab: ScriptedLab;
let logs: LogBuffer;
let frames: FrameBuffer;
let source: DashboardSource;
let ended: Promise<void>;
const SILENT = { changed: () => undefined, answer: () => undefined };
let changes: (Change & { readonly at: number })[];
let waiting: (() => void) | undefined;

beforeEach(async () => {
  lab = await ScriptedLab.begin();
  logs = new LogBuffer();
  frames = new FrameBuffer();
  changes = [];
  begin(() => connect(lab.socket));
});

function begin(connectTo: () => Promise<LabClient>): void {
  source = new DashboardSource({
    connect: connectTo,
    now: () => performance.now(),
    logs,
    events: new EventBuffer(),
    frames,
    history: makeHistory(),
    consoles: new ConsoleDesk({ screen: new GuestScreen(SILENT), tell: () => undefined }),
    tell: (change) => {
      changes.push({ ...change, at: performance.now() });
      waiting?.();
    },
  });
}

afterEach(async () => {
  source.close();
  await ended;
  await lab.end();
});

/** Waits until what was told is as wanted; the test's time limit ends it otherwise. */
async function until(wanted: () => boolean): Promise<void> {
  while (!wanted()) {
    await new Promise<void>((resolve) => {
      waiting = resolve;
    });
  }
}

const texts = (): readonly string[] => logs.before(logs.last, { count: 100 }).map(({ text }) => text);

test("however fast the lab talks, data comes at most four times a second, and all of it", async () => {
  lab.print(makeLine(0, "client", "history"));
  ended = source.run();
  await until(() => logs.last === 1);
  let printed = 0;
  // Every answer brings three more lines, so the lab is always ahead.
  while (printed < 12) {
    for (let line = 0; line < 3; line++) lab.print(makeLine(printed, "client", `line ${printed++}`));
    lab.snapshot = makeSnapshot(61 + printed);
    await until(() => logs.last === 1 + printed);
  }
  const data = changes.filter(({ type }) => type !== "link");
  const gaps = data.slice(1).map(({ at }, index) => at - (data[index]?.at ?? 0));
  expect(data.length).toBeGreaterThan(3);
  for (const gap of gaps) expect(gap).toBeGreaterThan(240);
  expect(texts()).toEqual(["history", ...Array.from({ length: 12 }, (_, index) => `line ${index}`)]);
});

test("a connection that ends is begun anew, and no line is told twice or lost", async () => {
  lab.print(makeLine(1, "client", "one"), makeLine(2, "client", "two"), makeLine(2, "client", "two"));
  let tries = 0;
  let triedTwice: (() => void) | undefined;
  begin(() => {
    if (++tries === 3) triedTwice?.();
    return connect(lab.socket);
  });
  ended = source.run();
  await until(() => logs.last === 3);
  const tried = new Promise<void>((resolve) => {
    triedTwice = resolve;
  });
  await lab.goAway();
  await tried;
  expect(changes.at(-1)).toMatchObject({ link: { state: "lost", reason: "the lab was stopped" } });
  lab.print(makeLine(3, "client", "while nobody listened"));
  await lab.listen();
  await until(() => logs.last === 4);
  lab.print(makeLine(4, "client", "after"));
  await until(() => logs.last === 5);
  expect(texts()).toEqual(["one", "two", "two", "while nobody listened", "after"]);
});

test("a lab that goes before it has answered is said in its own words", async () => {
  begin(async () => {
    const client = await connect(lab.socket);
    await Promise.all([lab.goAway(), client.closed]);
    return client;
  });
  ended = source.run();
  await until(() => changes.length > 0);
  expect(changes[0]).toMatchObject({ link: { state: "lost", reason: "the lab was stopped" } });
});

test("closed while it waits for a lab it ends at once", async () => {
  await lab.goAway();
  ended = source.run();
  await until(() => changes.length > 0);
  source.close();
  await ended;
  expect(changes).toHaveLength(1);
});

test("frames are captured only while they are wanted, and no more than so many in a turn", async () => {
  ended = source.run();
  await until(() => changes.some(({ type }) => type === "snapshot"));
  expect(lab.captures).toBe(0);
  lab.pass(...Array.from({ length: 2 * FRAMES_A_TURN + 10 }, (_, index) => makeFrame(index + 1)));
  source.want({ packets: true });
  await until(() => frames.last > 0);
  expect(frames.last).toBe(FRAMES_A_TURN);
  await until(() => frames.last > FRAMES_A_TURN);
  source.want({ packets: false });
  await lab.untilNoCapture();
  // What passed between two captures is not there, and that is said.
  expect(frames.after(FRAMES_A_TURN, 2).map(({ afterGap }) => afterGap)).toEqual([true, false]);
  const { captures } = lab;
  lab.pass(makeFrame(1));
  source.want({ packets: true });
  await until(() => lab.captures > captures);
});

test("a lab that has nothing to capture says why", async () => {
  lab.refuseCaptures = true;
  source.want({ packets: true });
  ended = source.run();
  await until(() => changes.some(({ type }) => type === "packets"));
  expect(changes.find(({ type }) => type === "packets")).toMatchObject({ trouble: "nothing to capture" });
});
