// Copies as the control thread has them: one of a guest at a time, and so many bytes on their way.

import { expect, test } from "vitest";
import type { GuestCopy } from "../hypervisor.ts";
import { PC_COPY_BYTES } from "../limits.ts";
import type { CopyOrder } from "../machine/pc/copy-words.ts";
import { Copies } from "./copies.ts";

function desk(): { readonly copies: Copies; readonly orders: CopyOrder[]; open(): GuestCopy } {
  const copies = new Copies();
  const orders: CopyOrder[] = [];
  const open = (): GuestCopy => {
    const opened = copies.open((order) => void orders.push(order));
    if (!opened.ok) throw new Error(opened.refusal.message);
    return opened.value;
  };
  return { copies, orders, open };
}

/** Whether it settles before anything else comes. */
const settles = (work: Promise<unknown>): Promise<boolean> =>
  Promise.race([work.then(() => true), new Promise<false>((resolve) => setImmediate(() => resolve(false)))]);

test("one at a time; the next after it was closed", () => {
  const { open, orders } = desk();
  const first = open();
  expect(open).toThrow("being copied");
  first.close();
  first.close();
  open();
  expect(orders).toEqual([
    { do: "open", copy: 1 },
    { do: "close", copy: 1 },
    { do: "open", copy: 2 },
  ]);
});

test("who writes waits where as much is on its way as may be", async () => {
  const { copies, open } = desk();
  const copy = open();
  expect(await copy.write(new Uint8Array(PC_COPY_BYTES))).toBe(true);
  const next = copy.write(new Uint8Array(1));
  expect(await settles(next)).toBe(false);
  copies.hear({ what: "taken", copy: 1, count: 1 });
  expect(await next).toBe(true);
  const stuck = copy.write(new Uint8Array(2 * PC_COPY_BYTES));
  copies.hear({ what: "over", copy: 1 });
  expect(await stuck).toBe(false);
});

test("what came is read, and asked for again; what another copy says is not heard", async () => {
  const { copies, open, orders } = desk();
  const copy = open();
  copies.hear({ what: "begun", copy: 1, bytes: Buffer.from("12 644\n") });
  expect(await copy.greeting()).toBe("12 644");
  copies.hear({ what: "data", copy: 7, bytes: Buffer.from("old") });
  copies.hear({ what: "data", copy: 1, bytes: Buffer.from("new") });
  copies.hear({ what: "over", copy: 1 });
  expect(Buffer.from((await copy.read()) ?? []).toString()).toBe("new");
  expect(await copy.read()).toBeUndefined();
  expect(orders.at(-1)).toEqual({ do: "more", copy: 1, bytes: 3 });
});

test("the guest's end is the end of its copy", async () => {
  const { copies, open } = desk();
  const copy = open();
  const waits = [copy.greeting(), copy.read(), copy.write(new Uint8Array(3 * PC_COPY_BYTES))];
  copies.end();
  expect(await Promise.all(waits)).toEqual([undefined, undefined, false]);
});
