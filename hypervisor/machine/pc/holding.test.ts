// A PC that is held: its disk ends what it was asked for first, and nothing runs until it is let go.

import { expect, test } from "vitest";
import { PC_HOLD_MS_MAX } from "../../limits.ts";
import { heedSnapshots, type HoldingParts } from "./holding.ts";
import type { SnapshotNews, SnapshotOrder } from "./snapshot-words.ts";

const SAVED = { parts: "{}", state: new ArrayBuffer(8) };

/** A PC with one disk, whose request ends after so many looks. */
class Held {
  readonly orders: SnapshotOrder[] = [];
  readonly told: string[] = [];
  readonly parts: HoldingParts;
  #looks: number;
  asleep: () => void = () => undefined;

  constructor(looks: number, unfit?: string) {
    this.#looks = looks;
    this.parts = {
      orders: this.orders,
      tell: (news: SnapshotNews) => void this.told.push(news.what + ("why" in news ? ` ${news.why}` : "")),
      unfit: () => unfit,
      busy: () => this.#looks > 0,
      move: () => {
        this.told.push("move");
        return --this.#looks > 0 ? 1000 : 0;
      },
      save: () => {
        this.told.push("save");
        return SAVED;
      },
      sleep: (ns) => {
        this.told.push("sleep");
        // As the real one, so that time passes.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.min(ns / 1e6, 50));
        this.asleep();
      },
    };
  }
}

test("its devices are done before it is held, and it sleeps until it is let go", () => {
  const pc = new Held(3);
  pc.orders.push({ do: "hold", hold: 1, why: "save" });
  const later: SnapshotOrder[] = [
    { do: "save", hold: 1 },
    { do: "release", hold: 7 },
    { do: "release", hold: 1 },
  ];
  pc.asleep = () => {
    const next = later.length > 0 && pc.told.includes("held") ? later.shift() : undefined;
    if (next) pc.orders.push(next);
  };
  heedSnapshots(pc.parts);
  const calm = ["move", "sleep", "move", "sleep", "move"];
  expect(pc.told).toEqual([...calm, "held", "sleep", "save", "saved", "sleep", "sleep"]);
});

test("who can't be held, and who has a disk that does not end, goes on and says why", () => {
  const unfit = new Held(0, "has no agent");
  unfit.orders.push({ do: "hold", hold: 1, why: "save" }, { do: "release", hold: 1 });
  heedSnapshots(unfit.parts);
  expect(unfit.told).toEqual(["refused has no agent"]);
  expect(unfit.orders).toEqual([]);
  // To be replaced it has to be still, and no more.
  unfit.orders.push({ do: "hold", hold: 3, why: "replace" }, { do: "release", hold: 3 });
  heedSnapshots(unfit.parts);
  expect(unfit.told.slice(1)).toEqual(["move", "held"]);
  const busy = new Held(Infinity);
  busy.orders.push({ do: "hold", hold: 2, why: "replace" });
  const began = performance.now();
  heedSnapshots(busy.parts);
  expect(busy.told.at(-1)).toBe("refused has a disk or a copy that is busy");
  expect(performance.now() - began).toBeGreaterThanOrEqual(PC_HOLD_MS_MAX);
});
