// Answers between two checks come from the edited part of a text alone: they are right, and take a part of
// the time of a check.

import { expect, test } from "vitest";
import { FOLDER, testWorld } from "../world.test-support.ts";
import { LabService } from "./index.ts";

const file = `${FOLDER}/lab.vbus`;
const block = (i: number): string => `network lan${i} { subnet = 10.${i >> 8}.${i & 255}.0/24 }
guest web${i} {
  image = echo
  args = ["--count", ${i}]
  device eth0: venet { network = lan${i} }
}
`;
const BLOCKS = Array.from({ length: 100 }, (_, i) => block(i)).join("");
const TEXT = `image echo: wasm { path = "std:guests/echo" }\n${BLOCKS}`;
const none = (): readonly string[] => [];

const median = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0;

function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

test("after an edit names are found where they stand now", () => {
  const service = new LabService();
  service.refresh(testWorld({ "lab.vbus": TEXT }), { root: file });
  const now = TEXT.replace("guest web0 {", "let a = 1\nlet b = a\nguest web0 {\n  goal = ");
  service.edit(file, now);
  const offset = now.indexOf("= lan99") + 4;
  expect(service.hover({ file, offset })?.span).toEqual({ file, start: offset - 2, end: offset + 3 });
  const [declared] = service.definition({ file, offset });
  expect(now.slice(declared?.start, declared?.end)).toBe("lan99");
  const goal = service.completion({ file, offset: now.indexOf("goal = ") + 7 }, none);
  expect(goal?.offers.map(({ label }) => label)).toEqual(expect.arrayContaining(["completed", "a", "b"]));
});

test("an answer takes less than a check of the file", () => {
  const service = new LabService();
  const texts = { "lab.vbus": TEXT };
  const checks: number[] = [];
  const answers: number[] = [];
  for (let turn = 0; turn < 7; turn++) {
    texts["lab.vbus"] = `${TEXT}let turn = ${turn} +\n`;
    checks.push(timed(() => service.refresh(testWorld(texts), { root: file })));
    const now = texts["lab.vbus"].replace("guest web50 {", `guest web50 {\n  goal = `);
    answers.push(
      timed(() => {
        service.edit(file, now);
        expect(service.completion({ file, offset: now.indexOf("goal = ") + 7 }, none)).toBeDefined();
      }),
    );
  }
  expect(median(answers)).toBeLessThan(median(checks));
});
