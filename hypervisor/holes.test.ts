// The eleven holes of 2009's host, each tried again by a real guest while a well-behaved pair exchanges
// frames: the host stands, the offender is stopped for what it did or loses its own frames, and the pair
// loses none. Each is seen red with a mutant of its own: scripts/mutants/holes.ts.

import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  BUFFER_BEYOND,
  FLAGS_FOR_EVER,
  FLAPPING_FLAGS,
  FLIPPED_OWNER,
  FORGED_HANDLE,
  HANDS_OVER,
  NEVER_LETS_GO,
  NEVER_RECYCLES,
  RING_FAULT,
  SIGNAL_OUTSIDE,
  WRAPPED_SUM,
  WRONG_INDEX,
} from "./holes.test-support.ts";
import { HOSTILE_PORT, HostilePlace } from "./hostile-place.test-support.ts";
import { REPORT, macOf, must, shapeOf, until } from "./machine-room.test-support.ts";
import { GUESTS_MAX } from "./limits.ts";
import { THREAD, threadAt } from "./memory/layout.ts";
import { guestImage, memoryOf } from "./wat.test-support.ts";

const GO = 14;
/** Words of a hostile guest's report: how far it is, and how often it has gone round. */
const STAGE = 5;
const ROUNDS = 6;
const [FIRST_HAND, SECOND_HAND] = [6, 7];
/** Sleeps of the guests that hand tokens over, each a chance to lose a wake-up. */
const SLEEPS = 5000;

const place = new HostilePlace();
const { lab } = place;

beforeAll(() => place.start());
afterAll(() => lab.close());

const stage = (reached: number): Promise<void> =>
  until(`the hostile guest has come to ${reached}`, () => lab.report("hostile", STAGE) === reached);

test("1. a fault in a ring ends its owner, whatever that makes of the exception, and not the host", () =>
  place.meet(RING_FAULT));

test("2. a position that can't be is no position: the host has its own", () => place.meet(WRONG_INDEX));

test("3. owner bits that flip under a sender cost their guest frames; a turn of another lap ends it", () =>
  place.meet(FLIPPED_OWNER, async () => {
    await stage(1);
    expect([lab.guest("hostile").state, lab.guest("feeder").state]).toEqual(["running", "running"]);
    lab.tell("hostile", GO, 2);
  }));

test("4. a guest that never takes events or buffers loses its own, and the host keeps no list of them", () =>
  place.meet(NEVER_RECYCLES, async () => {
    for (let change = 0; change < 500; change++) {
      lab.change(HOSTILE_PORT, { link: change % 2 === 0 ? "down" : "up" });
    }
    const before = lab.report("hostile", ROUNDS);
    await until("it goes on", () => lab.report("hostile", ROUNDS) > before);
  }));

test("5. a buffer that begins inside its memory and ends outside is not written to", () =>
  place.meet(BUFFER_BEYOND));

test("6. a signal's place is checked by the host", () => place.meet(SIGNAL_OUTSIDE));

test("7. a length that wraps the sum with its address is seen as what it is", () => place.meet(WRAPPED_SUM));

test("8. a call ends at its budget, also where flags are set again for ever", () =>
  place.meet(FLAGS_FOR_EVER, async () => {
    await stage(1);
    const memory = lab.room.guests.memoryOf("hostile")?.memory;
    const second = new Worker(new URL("./reposter.test-support.ts", import.meta.url), {
      workerData: { memory, ring: 65_536 },
    });
    const before = lab.report("hostile", ROUNDS);
    await until("its calls come back", () => lab.report("hostile", ROUNDS) - before > 1000);
    lab.tell("hostile", 13, 1);
    await once(second, "exit");
  }));

test("9. closing waits neither for a guest nor for a sender that does not come back", () =>
  place.meet(NEVER_LETS_GO, async () => {
    const spare = { class: "vconsole", name: "spare", vconsole: { columns: 80, rows: 24 } } as const;
    must(lab.hv.addDevice(`bus${HOSTILE_PORT}`, "spare", spare));
    await until("its ring is there", () => lab.portOf(HOSTILE_PORT).ring >= 0);
    // The row of a thread that is in the middle of a frame for this ring, and stays there.
    const claim = (threadAt(GUESTS_MAX) + THREAD.claimRing) >> 2;
    Atomics.store(lab.room.fabric.i32, claim, lab.portOf(HOSTILE_PORT).ring + 1);
    lab.tell("hostile", GO, 2);
    await stage(1);
    Atomics.store(lab.room.fabric.i32, claim, 0);
    must(lab.hv.removeDevice("spare"));
    expect(lab.hv.device("spare")).toBe(undefined);
    must(await lab.hv.stopGuest("hostile", 300));
  }));

test("10. a handle is a number in the guest's own table, and nothing else is one", () =>
  place.meet(FORGED_HANDLE));

test("11. no wake-up is lost between guests that fall asleep as they are signalled", async () => {
  for (const n of [FIRST_HAND, SECOND_HAND]) lab.plug(n);
  const hand = async (n: number, to: number, tokens: number): Promise<void> => {
    const shape = shapeOf(n, macOf(to), { rx: 64, tx: 64 });
    const image = await guestImage(HANDS_OVER, shape, { SEED: n, TOKENS: tokens, MOMENT: 0x3fff });
    await lab.boot(`hand${n}`, n, image, memoryOf(shape));
  };
  await place.meet(FLAPPING_FLAGS, async () => {
    await hand(SECOND_HAND, FIRST_HAND, 0);
    await hand(FIRST_HAND, SECOND_HAND, 2);
    const sleeps = (): number =>
      lab.report(`hand${FIRST_HAND}`, STAGE) + lab.report(`hand${SECOND_HAND}`, STAGE);
    await until(`${SLEEPS} sleeps`, () => sleeps() > SLEEPS, 30_000);
  });
  for (const n of [FIRST_HAND, SECOND_HAND]) {
    must(await lab.hv.stopGuest(`hand${n}`, 10_000));
    expect(lab.guest(`hand${n}`)).toMatchObject({ exit: 0 });
  }
}, 120_000);

test("afterwards the pair has lost nothing", async () => {
  const { exchanged, wrong } = await place.end();
  expect(exchanged).toBeGreaterThan(200_000);
  expect(wrong).toEqual([]);
  expect(lab.report("a", REPORT.wrong)).toBe(0);
});
