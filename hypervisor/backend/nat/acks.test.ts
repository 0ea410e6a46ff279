// What is held of a batch's acknowledgements, and what never is.

import { expect, test } from "vitest";
import { Acks } from "./acks.ts";
import { BODY, get16, get32, IP, put16, put32 } from "./wire.ts";
import { BODY6, isIp6Frame, SOURCE6, TARGET6 } from "./wire6.ts";

interface Said {
  readonly ack: number;
  readonly port?: number;
  readonly guest?: number;
  /** The other end, and its family. */
  readonly host?: number;
  readonly ip6?: boolean;
  readonly flags?: number;
  readonly bytes?: number;
  readonly window?: number;
}

function segment({ ack, port = 80, ...rest }: Said): Uint8Array {
  const { guest = 5, host = 7, ip6 = false, flags = 0x10, bytes = 0, window = 9 } = rest;
  const body = ip6 ? BODY6 : BODY;
  const frame = new Uint8Array(body + 20 + bytes);
  frame[IP] = ip6 ? 0x60 : 0x45;
  put32(frame, ip6 ? SOURCE6 + 12 : IP + 12, 0x0b00_0000 + host);
  put32(frame, ip6 ? TARGET6 + 12 : IP + 16, 0x0a00_0000 + guest);
  put16(frame, body, port);
  put32(frame, body + 8, ack);
  put16(frame, body + 12, 0x5000 | flags);
  put16(frame, body + 14, window);
  return frame;
}

/** What comes out: acknowledgements by number. */
function place() {
  const out: number[] = [];
  const windows: number[] = [];
  const acks = new Acks((frame) => {
    const body = isIp6Frame(frame) ? BODY6 : BODY;
    out.push(get32(frame, body + 8));
    windows.push(get16(frame, body + 14));
  });
  return { out, windows, acks, send: (...all: Said[]) => all.forEach((said) => acks.send(segment(said))) };
}

test.each([false, true])("of a batch the newest speaks for those before it, IPv6: %s", (ip6) => {
  const { out, acks, send } = place();
  acks.begin();
  // Across the end of the numbers.
  send({ ack: 0xffff_fff0, ip6 }, { ack: 0xffff_ffff, ip6 }, { ack: 5, ip6 });
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
  send({ ack: 41, guest: 6, port: 81, host: 8 }, { ack: 42, guest: 6, port: 81, host: 8, ip6: true });
  send({ ack: 50, bytes: 3 }, { ack: 60, flags: 0x11 }, { ack: 70 });
  send({ ack: 65 });
  acks.end();
  expect(out).toEqual([10, 10, 10, 30, 40, 41, 42, 50, 60, 70, 65]);
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
