// What is kept of a capture: heads whole, the newest frames, never more than there is room for.

import { expect, test } from "vitest";
import type { Capture, CaptureChunk, Hypervisor } from "../../hypervisor/index.ts";
import { FrameTail, KEPT_BYTES } from "./frame-tail.ts";

const HEADER = 0x0a0d0d0a;
const INTERFACE = 1;
const FRAME = 6;

function block(type: number, bytes: number, timeMs = 0, mark = 0): Buffer {
  const out = Buffer.alloc(bytes, mark);
  out.writeUInt32LE(type, 0);
  out.writeUInt32LE(bytes, 4);
  if (type === FRAME) {
    const ns = BigInt(timeMs) * 1_000_000n;
    out.writeUInt32LE(Number(ns >> 32n), 12);
    out.writeUInt32LE(Number(ns & 0xffff_ffffn), 16);
  }
  out.writeUInt32LE(bytes, bytes - 4);
  return out;
}

const BEGAN = 1_900_000_000_000;

/** A capture that has these pieces, and is done then. */
function tailOf(pieces: readonly Buffer[]): FrameTail {
  const left = [...pieces];
  const capture: Capture = {
    beganMs: BEGAN,
    read: () => {
      const bytes = left.shift() ?? new Uint8Array();
      const chunk: CaptureChunk = {
        bytes,
        frames: 0,
        frameBytes: 0,
        lost: 0,
        matched: false,
        done: left.length === 0,
      };
      return Promise.resolve(chunk);
    },
    stop: () => undefined,
    drop: () => undefined,
  };
  const network = { id: "lan", ports: 0, frames: { count: 0, bytes: 0, dropped: 0, droppedBy: {} } };
  const room: Pick<Hypervisor, "networks" | "capture"> = {
    networks: () => [network],
    capture: () => ({ ok: true, value: capture }),
  };
  return FrameTail.begin(room, { now: () => 0 })!;
}

/** Of the tail's clock, and as frames have it. */
const [SINCE, NOW] = [5000, BEGAN + 5000];

test("frames since a moment come with the heads of all interfaces", async () => {
  const first = block(HEADER, 28);
  const interfaces = [block(INTERFACE, 40), block(INTERFACE, 44)];
  const early = block(FRAME, 96, NOW - 1, 1);
  const frames = [block(FRAME, 100, NOW, 2), block(FRAME, 80, NOW + 5000, 3)];
  const pieces = [
    Buffer.concat([first, interfaces[0]!, early]),
    Buffer.concat([frames[0]!, interfaces[1]!]),
    Buffer.concat([frames[1]!, block(5, 64)]),
  ];
  expect(await tailOf(pieces).end(SINCE)).toEqual(Buffer.concat([first, ...interfaces, ...frames]));
});

test("where nothing came since, there is no file", async () => {
  expect(await tailOf([block(HEADER, 28), block(FRAME, 96, NOW - 1)]).end(SINCE)).toBeUndefined();
});

test("of more than there is room for, the oldest go, but no head", async () => {
  const size = KEPT_BYTES / 16;
  const frames = Array.from({ length: 40 }, (_, number) => block(FRAME, size, NOW + number, number));
  const head = Buffer.concat([block(HEADER, 28), block(INTERFACE, 40)]);
  const kept = await tailOf([Buffer.concat([head, frames[0]!]), ...frames.slice(1)]).end(SINCE);
  expect(kept?.length).toBe(head.length + 16 * size);
  expect(Buffer.compare(kept!, Buffer.concat([head, ...frames.slice(-16)]))).toBe(0);
});
