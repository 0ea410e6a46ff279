// The same hostile guests as in hostile.test.ts, on the thread that they share with the well-behaved. All of
// them in CI or with SLOW=1, else those that a thread of their own would be ended for.

import { afterAll, beforeAll, expect, test } from "vitest";
import { HOSTILE } from "./hostile-guests.test-support.ts";
import { HostilePlace } from "./hostile-place.test-support.ts";

const LIMIT = { timeout: 120_000 };
const place = new HostilePlace("shared");
const atLength = process.env["CI"] === "true" || process.env["SLOW"] === "1";
const FEW = new Set(["breaking the protocol and swallowing what the host throws", "a loop without end"]);
/** Its tables are larger than those of a shared guest may be. */
const REFUSED = "growing tables as far as they may";
const met = HOSTILE.filter(({ name }) => name !== REFUSED && (atLength || FEW.has(name)));

beforeAll(() => place.start(), 120_000);
afterAll(() => place.lab.close());

test.each(met.map((which) => [which.name, which] as const))("%s", LIMIT, (_, which) => place.meet(which));

test(REFUSED, LIMIT, async () => {
  const which = HOSTILE.find(({ name }) => name === REFUSED);
  await expect(which && place.meet(which)).rejects.toThrow("a shared guest's tables may not grow beyond");
});

test("afterwards the pair has lost nothing", LIMIT, async () => {
  const { exchanged, wrong } = await place.end();
  expect(exchanged).toBeGreaterThan(20_000);
  expect(wrong).toEqual([]);
});
