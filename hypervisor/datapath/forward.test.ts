// A receiving ring that is replaced under a sender's hands: the frame goes into the one that has its place.

import { expect, test } from "vitest";
import { createFabric, viewGuestMemory, type Fabric, type GuestMemory } from "../memory/fabric.ts";
import { COUNTER } from "../memory/layout.ts";
import { resetRing } from "../ring/claims.ts";
import { placeReceiving, prepareReceiving, Receiving } from "../ring/receiving.ts";
import { Forwarder } from "./forward.ts";
import { Plugs } from "./plugs.ts";
import { openReceiving, swapReceiving, takePort } from "./port.ts";

const [SENDER, RECEIVER] = [1, 2];
const [SLOTS, BYTES] = [16, 256];

function memory(): GuestMemory {
  return viewGuestMemory(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }));
}

function makeRing(fabric: Fabric, ring: number, into: GuestMemory, offset: number): Receiving {
  const place = placeReceiving(offset, SLOTS, BYTES);
  prepareReceiving(into, place);
  const { signal, count } = place;
  resetRing(fabric, ring, { count, offset, signal, events: 0, number: 0, owner: RECEIVER, incarnation: 0 });
  return new Receiving(into, place);
}

interface Swapping {
  readonly forwarder: Forwarder;
  readonly port: number;
  /** The rings as their receiver sees them: the first one, and that which takes its place. */
  readonly first: Receiving;
  readonly second: Receiving;
}

/** A port whose ring is replaced when host code reads the view of a memory for the n-th time. */
function swapping(view: "fabric" | "receiver", nth: number): Swapping {
  const fabric = createFabric();
  const port = new Plugs(fabric).addPort({ linkUp: true, mtu: 1500, rate: 0, vlan: 0 }) ?? 0;
  takePort(fabric, port, RECEIVER);
  const receiver = memory();
  const first = makeRing(fabric, port * 2, receiver, 0);
  const second = makeRing(fabric, port * 2 + 1, receiver, 8192);
  openReceiving(fabric, port, port * 2);
  let reads = 0;
  const read = (which: typeof view, i32: Int32Array): Int32Array => {
    if (which === view && ++reads === nth) swapReceiving(fabric, port, port * 2 + 1);
    return i32;
  };
  const watched = {
    ...receiver,
    get i32() {
      return read("receiver", receiver.i32);
    },
  };
  const forwarder = new Forwarder({
    fabric: {
      ...fabric,
      get i32() {
        return read("fabric", fabric.i32);
      },
    },
    thread: SENDER,
    memory: memory(),
    peers: { memoryOf: () => watched },
    fault: () => undefined,
    nowNs: () => 1,
  });
  return { forwarder, port, first, second };
}

test("a ring that is replaced while it is looked up is not taken for the one that serves", () => {
  // The second look at the fabric is that at the ring's generation.
  const { forwarder, port } = swapping("fabric", 2);
  expect(forwarder.ringOf(port)).toBe(port * 2 + 1);
});

test("a frame whose ring is replaced while it claims a position goes into the one that serves", () => {
  const { forwarder, port, first, second } = swapping("receiver", 1);
  forwarder.hold(0, 0, 64);
  expect(forwarder.arrive(port, 1)).toBe(COUNTER.sent);
  forwarder.release();
  expect([first.take(), second.take()]).toEqual([false, true]);
});
