// One end of the SDK's TCP under segments made by hand: what is taken, what is answered, and what a stranger
// can't do. RFC 9293, 3.10.7, and RFC 5961.

import { beforeAll, beforeEach, expect, test } from "vitest";
import type { Segment } from "./test/frames.ts";
import * as frames from "./test/frames.ts";
import { End, tcpModule } from "./test/tcp-pair.ts";

const PEER: frames.Ends = {
  fromMac: "02:00:00:00:00:09",
  toMac: "02:00:00:00:00:01",
  fromIp: "10.0.0.9",
  toIp: "10.0.0.1",
};
const PORTS = [50_000, 80] as const;
const START = 0xffff_ff00;

let module: WebAssembly.Module;
let end: End;
/** The peer's next number, and the end's. */
let mine: number;
let theirs: number;

type Heard = NonNullable<ReturnType<typeof frames.readTcp>>;

beforeAll(async () => {
  module = await tcpModule();
});

beforeEach(() => {
  end = new End(module, 1, 1500);
  expect(end.call("begin")).toBe(0);
  end.call("listen", 80);
});

const plus = (number: number, more: number): number => (number + more) >>> 0;

/** Delivers a frame and answers what the end says to it. */
function say(frame: Uint8Array, later = 0): readonly Heard[] {
  const before = end.host.sent.length;
  end.host.now += later;
  expect(end.host.deliver(1, frame)).toBe(true);
  end.call("step");
  return end.host.sent.slice(before).flatMap((sent) => frames.readTcp(sent.frame) ?? []);
}

const segment = (values: Partial<Segment>): Uint8Array =>
  frames.tcp(PEER, { ports: PORTS, sequence: mine, acknowledge: theirs, flags: ["ack"], ...values });

const SYN: Partial<Segment> = { sequence: START, acknowledge: 0, flags: ["syn"] };

/** `news`: windows that the end tells of as soon as it may scale them. */
function connect(options: readonly number[] = [], ...news: number[]): Heard {
  const [answer] = say(segment({ ...SYN, options }));
  mine = plus(START, 1);
  theirs = plus(answer!.sequence, 1);
  expect(say(segment({})).map(({ window }) => window)).toEqual(news);
  expect(end.state).toBe("ESTABLISHED");
  return answer!;
}

const text = (of: string): number[] => [...Buffer.from(of)];

function readAll(): string {
  const bytes = end.call("readRaw", 8192);
  return end.scratch(bytes).toString();
}

test("a call is answered with a number of the end's own, its window and its largest segment", () => {
  const answer = connect([2, 4, 0x05, 0xb4]);
  expect(answer).toMatchObject({
    flags: ["syn", "ack"],
    acknowledge: 0xffff_ff01,
    window: 16_384,
    mss: 1460,
  });
  expect(answer.ports).toEqual([80, 50_000]);
});

test("numbers go round, and bytes come out in order whatever came first", () => {
  connect();
  const at = (place: number, data: string): Uint8Array =>
    segment({ sequence: plus(mine, place), data: text(data) });
  // Each that leaves a hole is answered at once with what is missing.
  expect(say(at(300, "d".repeat(100)))[0]).toMatchObject({ acknowledge: mine });
  expect(say(at(100, "b".repeat(100)))[0]).toMatchObject({ acknowledge: mine });
  expect(end.call("readable")).toBe(0);
  expect(say(at(0, "a".repeat(100)))[0]).toMatchObject({ acknowledge: plus(mine, 200) });
  // Over the edge of what is there, on both sides.
  expect(say(at(150, "b".repeat(50) + "c".repeat(100) + "d".repeat(10)))[0]).toMatchObject({
    acknowledge: plus(mine, 400),
  });
  expect(readAll()).toBe("a".repeat(100) + "b".repeat(100) + "c".repeat(100) + "d".repeat(100));
});

test("an end that comes before the last bytes counts when they are there", () => {
  connect();
  say(segment({ sequence: plus(mine, 3), flags: ["fin", "ack"], data: text("def") }));
  expect(end.state).toBe("ESTABLISHED");
  const answers = say(segment({ data: text("abc") }));
  expect(answers.at(-1)).toMatchObject({ acknowledge: plus(mine, 7) });
  expect(end.state).toBe("CLOSE_WAIT");
  expect(readAll()).toBe("abcdef");
  expect(end.call("atEnd")).toBe(1);
});

test("the peer's largest segment and window are kept", () => {
  connect([1, 1, 1, 1, 2, 4, 0x01, 0x00]);
  end.call("writeRaw", 4000);
  const sent = say(segment({ window: 600 }));
  expect(sent.map(({ data }) => data.length)).toEqual([256, 256]);
  // All that is left of the window would be a silly little segment.
  expect(
    say(segment({ acknowledge: plus(theirs, 512), window: 600 })).map(({ data }) => data.length),
  ).toEqual([256, 256]);
});

test("windows count as many times as both ends' calls say, and a call's own once", () => {
  expect(connect([1, 1, 1, 1, 2, 4, 0x01, 0x00]).options).toEqual([2, 4, 0x05, 0xb4]);
  end = new End(module, 1, 1500);
  expect(end.call("beginWide")).toBe(0);
  end.call("listen", 80);
  // Its own buffers of 256 KiB: four times what a header can say.
  const answer = connect([2, 4, 0x01, 0x00, 1, 3, 3, 7], 65_535);
  expect(answer).toMatchObject({ options: [2, 4, 0x05, 0xb4, 1, 3, 3, 2], window: 65_535 });
  // 262,140 bytes of room less 5, of which a header says whole quarters.
  expect(say(segment({ data: text("hello") }))[0]?.window).toBe(65_533);
  mine = plus(mine, 5);
  end.call("writeRaw", 4000);
  const lengths = (window: number): number[] => say(segment({ window })).map(({ data }) => data.length);
  expect(lengths(5)).toEqual([256, 256]);
  expect(lengths(8)).toEqual([256, 256]);
});

test("who doesn't scale is told windows as they are, whatever there is room for", () => {
  end = new End(module, 1, 1500);
  expect(end.call("beginWide")).toBe(0);
  end.call("listen", 80);
  expect(connect()).toMatchObject({ window: 65_535 });
  expect(say(segment({ data: text("hello") }))[0]?.window).toBe(65_530);
});

test("a scale beyond 14 counts as 14, and one of another length as none", () => {
  connect([2, 4, 0x01, 0x00, 1, 3, 3, 255]);
  end.call("writeRaw", 4000);
  // As many as a new connection has on its way.
  expect(say(segment({ window: 1 })).length).toBe(10);
  end = new End(module, 1, 1500);
  end.call("begin");
  end.call("listen", 80);
  expect(connect([2, 4, 0x01, 0x00, 3, 4, 7, 7]).options).toEqual([2, 4, 0x05, 0xb4]);
});

test.each<[string, Partial<Segment>]>([
  ["a length of 0", { options: [2, 0, 0, 0] }],
  ["a length beyond the header", { options: [2, 44, 5, 180] }],
  ["no room for a length", { options: [1, 1, 1, 2] }],
  ["a largest segment of 0", { options: [2, 4, 0, 0] }],
  ["unknown ones", { options: [8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] }],
])("options with %s stop nobody", (_name, values) => {
  connect(values.options ?? []);
  end.call("writeRaw", 3);
  const [sent] = say(segment({}));
  expect(sent!.data.length).toBeGreaterThan(0);
});

test("a segment with a wrong checksum, or cut, is nobody's", () => {
  connect();
  const whole = segment({ data: text("abc") });
  expect(say(whole.map((byte, at) => (at === 56 ? byte ^ 1 : byte)))).toEqual([]);
  const header = segment({ data: text("abc") });
  header[46] = 0xf0; // A header of 60 bytes, which are not there.
  expect(say(header)).toEqual([]);
  expect(end.call("readable")).toBe(0);
  expect(say(whole)).toHaveLength(1);
});

test("what is for no connection is reset, but a reset is not", () => {
  const nobody = { ports: [50_001, 80] as const };
  const SOON = 1000;
  expect(say(segment({ ...nobody, sequence: 5, acknowledge: 77, data: [1, 2] }))).toMatchObject([
    { flags: ["rst"], sequence: 77 },
  ]);
  expect(say(segment({ ports: [50_001, 81], sequence: 5, flags: ["syn"] }), SOON)).toMatchObject([
    { flags: ["rst", "ack"], sequence: 0, acknowledge: 6 },
  ]);
  expect(say(segment({ ...nobody, sequence: 5, flags: ["fin"] }))).toMatchObject([
    { flags: ["rst", "ack"], acknowledge: 6 },
  ]);
  expect(say(segment({ ...nobody, flags: ["rst"] }))).toEqual([]);
});

test("a stranger's reset or call in the window ends nothing, and is asked about", () => {
  connect();
  const SECOND = 1_000_000_000;
  // Beside the window: nothing. In it: only the exact number counts (RFC 5961).
  expect(say(segment({ sequence: plus(mine, 100_000), flags: ["rst"] }), SECOND)).toEqual([]);
  for (const values of [
    { sequence: plus(mine, 5), flags: ["rst"] },
    { sequence: plus(mine, 5), flags: ["syn"] },
    { sequence: plus(mine, 5), flags: ["syn", "ack"] },
    { acknowledge: plus(theirs, 70_000) },
  ] as const) {
    expect(say(segment(values), SECOND), JSON.stringify(values)).toMatchObject([
      { flags: ["ack"], acknowledge: mine, sequence: theirs },
    ]);
    // A second one right after the first is not worth an answer.
    expect(say(segment(values), 1000)).toEqual([]);
    expect(end.state).toBe("ESTABLISHED");
  }
  say(segment({ flags: ["rst"] }));
  expect(end.ended).toBe("reset");
});

test("bytes beside the window are not taken, and answered each time", () => {
  connect();
  for (const sequence of [plus(mine, 16_384), plus(mine, -3), plus(mine, 0x8000_0000)]) {
    expect(say(segment({ sequence, data: [1, 2, 3] }))).toMatchObject([{ acknowledge: mine }]);
  }
  expect(end.call("readable")).toBe(0);
});

test("more islands than there are places lose nothing for good", () => {
  connect();
  const all = Buffer.from(Array.from({ length: 400 }, (_, at) => 97 + (at % 26)));
  const piece = (at: number): Uint8Array =>
    segment({ sequence: plus(mine, at), data: [...all.subarray(at, at + 10)] });
  for (let at = 390; at > 0; at -= 20) say(piece(at));
  // What had no place is sent again, as a sender does.
  for (let round = 0; round < 2; round++) for (let at = 0; at < 400; at += 10) say(piece(at));
  expect(readAll()).toBe(all.toString());
});

test("calls that nobody completes take the places for a second each, no longer", () => {
  const call = (port: number, later = 0): readonly Heard[] =>
    say(segment({ ports: [port, 80], sequence: 9, acknowledge: 0, flags: ["syn"] }), later);
  for (let port = 1; port <= 4; port++) expect(call(port)).toHaveLength(1);
  expect(call(5)).toEqual([]);
  end.host.now += 1_100_000_000;
  expect(call(5).filter(({ ports }) => ports[1] === 5)).toMatchObject([{ flags: ["syn", "ack"] }]);
});
