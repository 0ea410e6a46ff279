// What is held of a batch's acknowledgements, and what never is.

import { expect, test } from "vitest";
import { Acks } from "./acks.ts";
import { BODY, IP, put16, put32 } from "./wire.ts";

interface Said {
  readonly ack: number;
  readonly port?: number;
  readonly guest?: number;
  readonly flags?: number;
  readonly bytes?: number;
  readonly window?: number;
}

function segment({ ack, port = 80, guest = 5, flags = 0x10, bytes = 0, window = 9 }: Said): Uint8Array {
  const frame = new Uint8Array(BODY + 20 + bytes);
  put16(frame, IP + 2, 40 + bytes);
  put32(frame, IP + 16, 0x0a00_0000 + guest);
  put16(frame, BODY, port);
  put32(frame, BODY + 8, ack);
  put16(frame, BODY + 12, 0x5000 | flags);
  put16(frame, BODY + 14, window);
  return frame;
}

/** What comes out: acknowledgements by number. */
function place() {
  const out: number[] = [];
  const windows: number[] = [];
  const acks = new Acks((frame) => {
    out.push(new DataView(frame.buffer).getUint32(BODY + 8));
    windows.push(new DataView(frame.buffer).getUint16(BODY + 14));
  });
  return { out, windows, acks, send: (...all: Said[]) => all.forEach((said) => acks.send(segment(said))) };
}

test("of a batch the newest speaks for those before it, across the end of the numbers", () => {
  const { out, acks, send } = place();
  acks.begin();
  send({ ack: 0xffff_fff0 }, { ack: 0xffff_ffff }, { ack: 5 });
  expect(out).toEqual([]);
  acks.end();
  expect(out).toEqual([5]);
  acks.end();
  send({ ack: 6 }, { ack: 7 });
  expect(out).toEqual([5, 6, 7]);
});

test("what says the same again, is another's, or is more, goes out with all before it, in order", () => {
  const { out, acks, send } = place();
  acks.begin();
  send({ ack: 10 }, { ack: 10 }, { ack: 10 });
  send({ ack: 20, port: 81 }, { ack: 30, port: 81 }, { ack: 40, port: 81, guest: 6 });
  send({ ack: 50, bytes: 3 }, { ack: 60, flags: 0x11 }, { ack: 70 });
  send({ ack: 65 });
  acks.end();
  expect(out).toEqual([10, 10, 10, 30, 40, 50, 60, 70, 65]);
});

test("a wider window speaks for what was acknowledged with it, and not for what was said again", () => {
  const { out, windows, acks, send } = place();
  acks.begin();
  send({ ack: 10 });
  acks.end();
  acks.begin();
  send({ ack: 20, window: 5 }, { ack: 20, window: 8 }, { ack: 20, window: 9 });
  acks.end();
  expect([out, windows]).toEqual([
    [10, 20],
    [9, 9],
  ]);
  acks.begin();
  send({ ack: 20, window: 9 }, { ack: 20, window: 10 }, { ack: 30, window: 10 }, { ack: 30, window: 7 });
  acks.end();
  expect(out.slice(2)).toEqual([20, 30, 30]);
  expect(windows.slice(2)).toEqual([9, 10, 7]);
});
