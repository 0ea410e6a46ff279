// Frames as captures show them, and captures as the lab writes them, for tests of what reads them.

import type { CapturedFrame } from "./pcapng.ts";

const START = Date.UTC(2026, 0, 2, 12, 0, 0);

/** The echo request with this number, ten milliseconds after the one before. */
export function makeFrame(number: number, part: Partial<CapturedFrame> = {}): CapturedFrame {
  const ip = "4500005400004000400100000a0000010a000002";
  const bytes = Uint8Array.from(Buffer.from(`0200000000020200000000010800${ip}0800000000010000`, "hex"));
  new DataView(bytes.buffer).setUint16(bytes.length - 2, number & 0xffff);
  return {
    device: "client.eth0",
    timeMs: START + number * 10,
    inbound: false,
    length: 98,
    bytes,
    ...part,
  };
}

/** Each device as an interface, then each frame. */
export function pcapngOf(frames: readonly CapturedFrame[]): Uint8Array {
  const devices = [...new Set(frames.map(({ device }) => device))];
  const section = block(0x0a0d0d0a, Buffer.from("4d3c2b1a01000000ffffffffffffffff", "hex"));
  const interfaces = devices.map((device) =>
    block(1, Buffer.concat([Buffer.from("0100000000000400", "hex"), option(2, Buffer.from(device))])),
  );
  return Buffer.concat([section, ...interfaces, ...frames.map((frame) => packet(frame, devices))]);
}

function packet(
  { device, timeMs, inbound, length, bytes, dropped }: CapturedFrame,
  all: readonly string[],
): Buffer {
  const head = Buffer.alloc(20);
  const timeNs = BigInt(timeMs) * 1_000_000n;
  head.writeUInt32LE(all.indexOf(device), 0);
  head.writeUInt32LE(Number(timeNs >> 32n), 4);
  head.writeUInt32LE(Number(timeNs & 0xffff_ffffn), 8);
  head.writeUInt32LE(bytes.length, 12);
  head.writeUInt32LE(length, 16);
  const comment = dropped === undefined ? [] : [option(1, Buffer.from(`dropped: ${dropped}`))];
  const flags = option(2, Buffer.from([inbound ? 1 : 2, 0, 0, 0]));
  return block(6, Buffer.concat([head, padded(bytes), flags, ...comment]));
}

function block(type: number, body: Uint8Array): Buffer {
  const options = type === 0x0a0d0d0a ? Buffer.alloc(0) : Buffer.alloc(4);
  const total = 12 + body.length + options.length;
  const [head, tail] = [Buffer.alloc(8), Buffer.alloc(4)];
  head.writeUInt32LE(type, 0);
  head.writeUInt32LE(total, 4);
  tail.writeUInt32LE(total, 0);
  return Buffer.concat([head, body, options, tail]);
}

function option(code: number, value: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(code, 0);
  head.writeUInt16LE(value.length, 2);
  return Buffer.concat([head, padded(value)]);
}

const padded = (bytes: Uint8Array): Buffer =>
  Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
