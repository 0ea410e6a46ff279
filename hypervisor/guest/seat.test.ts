// What is asked of a shared guest while it has its turn, at the moments that chance seldom picks.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { makeSteadyNowNs } from "../clock.ts";
import { createFabric } from "../memory/fabric.ts";
import { WHERE } from "../memory/layout.ts";
import { setEnding, setHeld, startRow, whereOf } from "../memory/threads.ts";
import { createLogRing } from "../ring/log-ring.ts";
import { SLEEPER, wat } from "../wat.test-support.ts";
import { meterModule } from "./metered.ts";
import { Seat, sharedVerbs } from "./seat.ts";
import { Turns } from "./turns.ts";

const PUMP = new URL("../datapath/pump.wasm", import.meta.url);
const THREAD = 1;
/** Nothing is paid between its two calls, so nobody looks there whether the turn is up. */
const module = (async () => {
  const metered = meterModule(await wat(SLEEPER));
  if (!("bytes" in metered)) throw new Error(metered.problem);
  return new WebAssembly.Module(metered.bytes);
})();
const fabric = createFabric();

/** Seats the guest; `mail` comes when it reads its mail for the `at`th time. Resolves when it is gone. */
async function sit(at: number, mail: (seat: Seat) => void): Promise<void> {
  const gone = Promise.withResolvers<void>();
  const steadyNowNs = makeSteadyNowNs();
  const turns = new Turns({
    fabric,
    steadyNowNs,
    cpuNs: () => 0,
    left: () => gone.resolve(),
    rest: () => undefined,
  });
  const incarnation = startRow(fabric, THREAD);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const log = createLogRing();
  const own = { thread: THREAD, incarnation, memory, log, boot: new Uint8Array(), offered: 0 };
  let reads = 0;
  const readMail = (): void => {
    if (++reads === at) mail(seat);
  };
  const seat: Seat = new Seat(
    { type: "boot", module: 1, realtime: undefined, devices: [], ...own },
    {
      fabric,
      module: await module,
      pump: new WebAssembly.Module(readFileSync(PUMP)),
      peers: { memoryOf: () => undefined, wants: () => false, readMail },
      steadyNowNs,
      verbs: sharedVerbs(() => seat),
      calls: [],
      trap: new Error("trap"),
      tell: () => undefined,
      ready: (ready) => turns.ready(ready),
    },
  );
  seat.want();
  return gone.promise;
}

test.each([1, 2])("one that is killed while it reads its mail (%i.) does not sleep on", async (at) => {
  await sit(at, (seat) => {
    setEnding(fabric, THREAD);
    seat.want();
  });
  expect(whereOf(fabric, THREAD)).toBe(WHERE.guest);
});

test("one that is paused there stands still, and can be killed", async () => {
  await sit(2, (seat) => {
    setHeld(fabric, THREAD, true);
    seat.want();
    setImmediate(() => {
      expect(whereOf(fabric, THREAD)).toBe(WHERE.asleep);
      setEnding(fabric, THREAD);
      seat.want();
    });
  });
});
