// Boot information as the page says, and its limit.

import { expect, test } from "vitest";
import { BOOT_BYTES_MAX } from "../limits.ts";
import { encodeBoot } from "./boot-info.ts";

function decode(bytes: Uint8Array): (readonly [number, string])[] {
  const records: (readonly [number, string])[] = [];
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < bytes.length;) {
    const length = view.getUint16(at + 2, true);
    expect(bytes[at + 1]).toBe(0);
    records.push([bytes[at] as number, new TextDecoder().decode(bytes.subarray(at + 4, at + 4 + length))]);
    at += 4 + length;
  }
  return records;
}

test("the lab, the guest, arguments in order and the environment", () => {
  const facts = { lab: "l", guest: "gä", args: ["--to", "", "10.0.0.1"], env: { A: "1", B: "x=y" } };
  expect(decode(encodeBoot(facts) ?? new Uint8Array())).toEqual([
    [1, "l"],
    [2, "gä"],
    [3, "--to"],
    [3, ""],
    [3, "10.0.0.1"],
    [4, "A=1"],
    [4, "B=x=y"],
  ]);
});

test("as much as there is room for, and one byte more is refused", () => {
  const facts = (length: number) => ({
    lab: "",
    guest: "",
    args: ["x".repeat(40_000), "y".repeat(length)],
    env: {},
  });
  const room = BOOT_BYTES_MAX - 40_000 - 16;
  expect(encodeBoot(facts(room))?.length).toBe(BOOT_BYTES_MAX);
  expect(encodeBoot(facts(room + 1))).toBeUndefined();
  expect(encodeBoot({ lab: "", guest: "", args: ["x".repeat(65_536)], env: {} })).toBeUndefined();
});
