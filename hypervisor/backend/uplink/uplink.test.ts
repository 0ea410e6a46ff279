// One uplink and its neighbours on one thread: who is given a large frame as it is.

import { MessageChannel } from "node:worker_threads";
import { expect, test } from "vitest";
import { Forwarder } from "../../datapath/forward.ts";
import { Peers } from "../../datapath/peers.ts";
import { Plugs } from "../../datapath/plugs.ts";
import { largeFrame } from "../../large-frames.test-support.ts";
import { createFabric } from "../../memory/fabric.ts";
import { UPLINK_THREAD } from "../../memory/layout.ts";
import { startRow } from "../../memory/threads.ts";
import { createHostMemory } from "../../ring/host-memory.ts";
import { placeReceiving, prepareReceiving } from "../../ring/receiving.ts";
import type { UplinkIo } from "./end.ts";
import { Uplink } from "./uplink.ts";

const [HERE, THERE] = [
  [2, 0, 0, 0, 0, 1],
  [2, 0, 0, 0, 0, 2],
];
const SEGMENT = 1000;
/** Ethernet, IPv4 and TCP. */
const HEADERS = 14 + 20 + 20;

/** Bytes of the large frames that the end there is given, where its own frames have so many at most. */
function handedOver(frameMax: number): number[] {
  const fabric = createFabric();
  const plugs = new Plugs(fabric);
  const network = plugs.addNetwork() ?? 0;
  const ports = [0, 1].map(() => plugs.addPort({ linkUp: true, mtu: 1500, rate: 0, vlan: 0 }) ?? 0);
  for (const port of ports) plugs.plug(port, network);
  const memory = createHostMemory(2 ** 20);
  const incarnation = startRow(fabric, UPLINK_THREAD);
  const { port1: inbox } = new MessageChannel();
  const peers = new Peers(fabric, UPLINK_THREAD, inbox, () => undefined);
  peers.take({ type: "peer", thread: UPLINK_THREAD, incarnation, memory: memory.memory });
  const nowNs = (): number => 1000;
  const forwarder = new Forwarder({
    fabric,
    thread: UPLINK_THREAD,
    memory,
    peers,
    fault: () => undefined,
    nowNs,
  });
  const given: number[] = [];
  const ends: UplinkIo[] = [];
  const made: Uplink[] = ports.map((port, number) => {
    const place = placeReceiving(131_072 * (number + 1), 16, 2048);
    prepareReceiving(memory, place);
    const common = { network: "lan", link: "up", stations: [] } as const;
    const spec = { ...common, class: "tap", tap: { interface: "none" } } as const;
    const letter = { type: "open", port, id: `up${number}`, place, number } as const;
    return new Uplink(
      { ...letter, frameMax: number === 1 ? frameMax : 1514, spec },
      {
        fabric,
        memory,
        nowNs,
        begin: () => (forwarder.begin(), forwarder),
        near: (near) => made.find((uplink) => uplink.port === near),
        handOver: (to, frame, large) => to.takeLarge(frame, large),
        tell: () => undefined,
        makeEnd: (_, io) => {
          ends.push(io);
          return {
            takesLarge: true,
            open: () => Promise.resolve(undefined),
            set: () => Promise.resolve(undefined),
            receive: (frame, large) => (given.push(large ? frame.length : 0), "sent"),
            flush: () => undefined,
            close: () => Promise.resolve(),
          };
        },
      },
    );
  });
  const [here, there] = ends as [UplinkIo, UplinkIo];
  // From here on it is known where that address is.
  there.send(Uint8Array.of(...HERE, ...THERE, ...Array.from({ length: 50 }, () => 0)));
  const payload = Array.from({ length: 4 * SEGMENT }, () => 7);
  here.sendLarge(Uint8Array.from(largeFrame({ to: THERE, from: HERE, payload })), SEGMENT);
  inbox.close();
  return given;
}

test("a neighbour is given a large frame as it is where each of its segments would fit there", () => {
  expect(handedOver(1514)).toEqual([HEADERS + 4 * SEGMENT]);
  expect(handedOver(HEADERS + SEGMENT)).toEqual([HEADERS + 4 * SEGMENT]);
  expect(handedOver(HEADERS + SEGMENT - 1)).toEqual([]);
});
