// The text format of Prometheus, as its page has it: names, escapes, buckets that add up.

import { expect, test } from "vitest";
import { Exposition } from "./exposition.ts";
import { FAMILIES } from "./families.ts";

const families = {
  frames_total: { type: "counter", help: "Frames." },
  depth: { type: "gauge", help: "A \\ and\na line." },
  wait_seconds: { type: "histogram", help: "Waits." },
} as const;

test("samples stand below their family, in its order; what has none is left out", () => {
  const text = new Exposition(families);
  text.add("depth", {}, 1.5);
  text.add("frames_total", { device: "a.eth0", direction: "rx" }, 3);
  text.add("depth", { ring: "rx" }, 2 ** 60);
  text.add("frames_total", { device: "a.eth0", direction: "tx" }, 0);
  expect(text.text()).toBe(`# HELP frames_total Frames.
# TYPE frames_total counter
frames_total{device="a.eth0",direction="rx"} 3
frames_total{device="a.eth0",direction="tx"} 0
# HELP depth A \\\\ and\\na line.
# TYPE depth gauge
depth 1.5
depth{ring="rx"} 1152921504606847000
`);
  expect(new Exposition(families).text()).toBe("");
});

test("a label may be any text", () => {
  const text = new Exposition(families);
  text.add("depth", { guest: 't["red"].vm[1]\\\n' }, 1);
  expect(text.text().split("\n")[2]).toBe('depth{guest="t[\\"red\\"].vm[1]\\\\\\n"} 1');
});

test("a histogram's buckets count all below them, up to all there are", () => {
  const text = new Exposition(families);
  const values = [
    [100, 5],
    [1000, 2],
    [4000, 1],
    [1e9, 3],
  ] as const;
  text.histogram("wait_seconds", { device: "d" }, values, { bounds: [1e-6, 1e-5], unit: 1e9 });
  text.histogram("wait_seconds", {}, [], { bounds: [1], unit: 1 });
  expect(text.text().split("\n").slice(2, -1)).toEqual([
    'wait_seconds_bucket{device="d",le="0.000001"} 7',
    'wait_seconds_bucket{device="d",le="0.00001"} 8',
    'wait_seconds_bucket{device="d",le="+Inf"} 11',
    'wait_seconds_sum{device="d"} 3.0000065',
    'wait_seconds_count{device="d"} 11',
    'wait_seconds_bucket{le="1"} 0',
    'wait_seconds_bucket{le="+Inf"} 0',
    "wait_seconds_sum 0",
    "wait_seconds_count 0",
  ]);
});

test("names are as Prometheus has them: counters are totals, units are seconds and bytes", () => {
  for (const [name, { type, help }] of Object.entries(FAMILIES)) {
    expect(name).toMatch(
      /^vbus_(lab|guest|device|line|ring|network|uplink|volume|channel)_[a-z]+(_[a-z]+)*$/,
    );
    expect([name, name.endsWith("_total")]).toEqual([name, type === "counter"]);
    expect(name).not.toMatch(/_(ms|ns|milliseconds|kb|percent|count|sum|bucket)(_|$)/);
    expect(help).toMatch(/^[A-Z0-9].*\.$/);
  }
});
