// Holds as the control thread has them: one at a time of each guest, always let go, and a paused one stays.

import { expect, test } from "vitest";
import type { SnapshotOrder } from "../machine/pc/snapshot-words.ts";
import type { HeldGuest } from "../snapshots.ts";
import { Holds } from "./holds.ts";

function desk(): { readonly holds: Holds; readonly did: string[] } {
  const did: string[] = [];
  const holds = new Holds({
    name: "pc",
    send: ({ do: what, hold }: SnapshotOrder) => void did.push(`${what} ${hold}`),
    letRun: () => void did.push("run"),
    standStill: async () => void did.push("still"),
  });
  return { holds, did };
}

const SAVED = { parts: "{}", state: new ArrayBuffer(8) };

test("it is held, saved and let go, once", async () => {
  const { holds, did } = desk();
  const begun = holds.begin("save");
  expect(await holds.begin("save")).toMatchObject({ ok: false, refusal: { code: "busy" } });
  holds.hear({ what: "held", hold: 7 }); // Of nobody.
  holds.hear({ what: "held", hold: 1 });
  const held = (await begun) as { readonly value: HeldGuest };
  const saving = held.value.save();
  holds.hear({ what: "saved", hold: 1, saved: SAVED });
  expect(await saving).toEqual({ ok: true, value: SAVED });
  await held.value.release();
  await held.value.release();
  // A paused one is told to go on only when it will stand still.
  expect(did).toEqual(["run", "hold 1", "save 1", "still", "release 1"]);
  const next = holds.begin("save");
  holds.hear({ what: "held", hold: 2 });
  expect(await next).toMatchObject({ ok: true });
});

test("one that is refused goes on, and says why; one that ends does not keep anybody waiting", async () => {
  const { holds, did } = desk();
  const begun = holds.begin("save");
  holds.hear({ what: "refused", hold: 1, why: "has no agent" });
  expect(await begun).toEqual({ ok: false, refusal: { code: "busy", message: "guest `pc` has no agent" } });
  expect(did).toEqual(["run", "hold 1", "release 1", "still"]);
  const next = holds.begin("save");
  holds.end();
  expect(await next).toMatchObject({ ok: false, refusal: { message: "guest `pc` ended" } });
  expect(await holds.begin("save")).toMatchObject({ ok: false, refusal: { message: "guest `pc` ended" } });
});
