// Time in which this process did not run is not counted against others.

import { expect, test } from "vitest";
import { afterAwake } from "./patience.ts";

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test("a process that stood still gives others their time all the same", async () => {
  let end = (): void => undefined;
  let isOver = false;
  const over = new Promise<void>((resolve) => (end = resolve));
  afterAwake(1000, () => {
    isOver = true;
    end();
  });
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
  for (let turns = 0; turns < 3; turns++) await turn();
  expect(isOver).toBe(false);
  await over;
});

test("it is called off", async () => {
  let isCalled = false;
  const off = afterAwake(250, () => (isCalled = true));
  off();
  await new Promise<void>((resolve) => afterAwake(500, resolve));
  expect(isCalled).toBe(false);
});
