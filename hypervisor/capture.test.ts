// Captures of real guests: read by tshark, with names, directions, reasons and what is missing; and what they
// cost the guests, which is nothing.

import { afterEach, beforeEach, expect, test } from "vitest";
import { hasPeer, tshark, tsharkFields } from "./capture/tshark.test-support.ts";
import type { Capture, CaptureChunk, CaptureSpec } from "./hypervisor.ts";
import { direction } from "./lines.test-support.ts";
import {
  REPORT,
  TestLab,
  bootPair,
  endPair,
  must,
  pairAtRest,
  pairGoesOn,
  until,
} from "./machine-room.test-support.ts";

const isSlow = process.env["CI"] === "true" || process.env["SLOW"] === "1";
const FIELDS = [
  "frame.interface_name",
  "frame.interface_description",
  "frame.packet_flags_direction",
  "frame.comment",
  "frame.len",
  "frame.cap_len",
  "frame.time_epoch",
  "eth.src",
] as const;
type Row = Record<(typeof FIELDS)[number], string>;

let lab: TestLab;
beforeEach(() => {
  lab = new TestLab();
});
afterEach(() => lab.close());

interface Read {
  readonly bytes: Uint8Array;
  readonly last: CaptureChunk;
}

/** Everything that a capture still has, up to its last piece. */
async function readAll(capture: Capture): Promise<Read> {
  const pieces: Uint8Array[] = [];
  // Bound: a capture that was stopped comes to its end.
  for (;;) {
    const chunk = await capture.read();
    pieces.push(chunk.bytes);
    if (chunk.done) return { bytes: Buffer.concat(pieces), last: chunk };
  }
}

const start = (spec: CaptureSpec): Capture => must(lab.hv.capture(spec));

const rowsOf = (bytes: Uint8Array): Row[] => tsharkFields(bytes, FIELDS);

const mac = (n: number): string => `02:00:00:00:00:0${n}`;

test("a device shows both directions, a network each frame once", { timeout: 120_000 }, async () => {
  for (const n of [1, 2]) lab.plug(n);
  await bootPair(lab, { window: 4 });
  const [device, network] = [start({ devices: ["eth1"] }), start({ networks: ["lan"] })];
  await pairGoesOn(lab, 200);
  device.stop();
  network.stop();
  const [ofDevice, ofNetwork] = [await readAll(device), await readAll(network)];
  expect([ofDevice.last.lost, ofNetwork.last.lost]).toEqual([0, 0]);
  if (!hasPeer("tshark")) return;
  const rows = rowsOf(ofDevice.bytes);
  expect(rows.length).toBe(ofDevice.last.frames);
  expect(rows.length).toBeGreaterThan(200);
  for (const row of rows) {
    expect(row["frame.interface_name"]).toBe("eth1");
    expect(row["frame.interface_description"]).toBe(`venet on lan, ${mac(1)}, 10.0.0.1/16`);
    expect(row["frame.packet_flags_direction"]).toBe(row["eth.src"] === mac(1) ? "0x00000002" : "0x00000001");
    expect(row["frame.comment"]).toBe("");
    expect(Math.abs(Number(row["frame.time_epoch"]) - Date.now() / 1000)).toBeLessThan(600);
    expect(row["frame.time_epoch"]).toMatch(/^\d+\.\d{9}$/);
  }
  const once = rowsOf(ofNetwork.bytes);
  expect(new Set(once.map((row) => row["frame.packet_flags_direction"]))).toEqual(new Set(["0x00000002"]));
  for (const row of once) expect(row["eth.src"]).toBe(mac(Number(row["frame.interface_name"].slice(3))));
  expect(tshark(ofNetwork.bytes, ["-c", "1", "-T", "json", "-V"])).toContain("eth");
});
