// Values for those who only read them: what becomes of `args`, what is the same, how it looks.

import { expect, test } from "vitest";
import { sameValue, showValue, textOf, type Value } from "./index.ts";

const int = (value: number): Value => ({ is: "int", value });
const string = (value: string): Value => ({ is: "string", value });
const size = (value: number): Value => ({ is: "quantity", dimension: "size", value });
const record = (fields: Record<string, Value>): Value => ({ is: "record", fields });

test.each([
  [int(10_000), "10000"],
  [{ is: "float", value: 4 }, "4.0"],
  [{ is: "float", value: 1e21 }, "1000000000000000000000.0"],
  [{ is: "float", value: 1.5e-7 }, "0.00000015"],
  [{ is: "bool", value: true }, "true"],
  [string("a b"), "a b"],
  [size(9000), "9kB"],
  [size(1500), "1500B"],
  [size(65_536), "64KiB"],
  [{ is: "quantity", dimension: "rate", value: 1e8 }, "100Mbps"],
  [{ is: "quantity", dimension: "duration", value: 90 * 60e9 }, "90min"],
  [{ is: "quantity", dimension: "duration", value: -1500 }, "-1500ns"],
  [{ is: "quantity", dimension: "percent", value: 5_000_000 }, "0.5%"],
  [{ is: "quantity", dimension: "freq", value: 1500 }, "1.5Hz"],
  [{ is: "ip", text: "10.0.0.1" }, "10.0.0.1"],
  [{ is: "variant", enum: "Goal", name: "running", fields: {} }, "running"],
] as const)("the text of %j is %s", (value, text) => {
  expect(textOf(value)).toBe(text);
});

test("what has no text is a mistake of the caller", () => {
  expect(() => textOf({ is: "none" })).toThrow(TypeError);
  expect(() => textOf({ is: "list", items: [] })).toThrow(TypeError);
});

test("values are the same by content, things by address", () => {
  expect(sameValue(int(1), { is: "float", value: 1 })).toBe(true);
  expect(sameValue(int(1), string("1"))).toBe(false);
  expect(sameValue(size(1024), { is: "quantity", dimension: "duration", value: 1024 })).toBe(false);
  expect(sameValue(record({ a: int(1), b: int(2) }), record({ b: int(2), a: int(1) }))).toBe(true);
  expect(sameValue(record({ a: int(1) }), record({ a: int(2) }))).toBe(false);
  const lan: Value = { is: "ref", kind: "network", address: "lan" };
  expect(sameValue(lan, { ...lan })).toBe(true);
  expect(sameValue(lan, { ...lan, address: "wan" })).toBe(false);
  expect(
    sameValue({ is: "list", items: [string('a","b')] }, { is: "list", items: [string("a"), string("b")] }),
  ).toBe(false);
});

test("values look as they are written, secrets don't", () => {
  expect(showValue(string('say "hi"\n${x}'))).toBe('"say \\"hi\\"\\n\\${x}"');
  expect(showValue(record({ a: int(1), b: { is: "list", items: [size(1024), { is: "none" }] } }))).toBe(
    "{ a = 1, b = [1KiB, none] }",
  );
  expect(showValue({ is: "map", entries: [[string("new york"), int(1)]] })).toBe('{ "new york" = 1 }');
  expect(showValue({ is: "string", value: "hidden", secret: true })).toBe("<secret>");
  expect(showValue({ is: "list", items: [{ is: "string", value: "hidden", secret: true }] })).not.toContain(
    "hidden",
  );
});
