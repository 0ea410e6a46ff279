// The uplinks' thread as its letters and its sockets lead it, with a real datagram from outside.

import { createSocket } from "node:dgram";
import { MessageChannel } from "node:worker_threads";
import { expect, test } from "vitest";
import type { PeerLetter } from "../../datapath/peers.ts";
import { Plugs } from "../../datapath/plugs.ts";
import { countersOf, openReceiving, takePort } from "../../datapath/port.ts";
import { createFabric, viewGuestMemory } from "../../memory/fabric.ts";
import { UPLINK_THREAD } from "../../memory/layout.ts";
import { countMail, startRow } from "../../memory/threads.ts";
import { resetRing } from "../../ring/claims.ts";
import { EVENTS_AT, createHostMemory } from "../../ring/host-memory.ts";
import { Receiving, placeReceiving, prepareReceiving } from "../../ring/receiving.ts";
import { wake } from "../../ring/signal.ts";
import type { UplinksAnswer, UplinksLetter } from "./letters.ts";
import { UplinkWorks } from "./uplink-works.ts";

const RECEIVER = 2;

test("a datagram that comes before the thread woke for its receiver's letter arrives", async () => {
  const fabric = createFabric();
  const plugs = new Plugs(fabric);
  const network = plugs.addNetwork() ?? 0;
  const settings = { linkUp: true, mtu: 1500, rate: 0, vlan: 0 };
  const [uplink = 0, to = 0] = [plugs.addPort(settings), plugs.addPort(settings)];
  for (const port of [uplink, to]) plugs.plug(port, network);
  const memory = createHostMemory(2 ** 20);
  const incarnation = startRow(fabric, UPLINK_THREAD);
  const place = placeReceiving(131_072, 16, 2048);
  prepareReceiving(memory, place);

  const { port1, port2 } = new MessageChannel();
  const post = (letter: UplinksLetter | PeerLetter): void => {
    port1.postMessage(letter);
    countMail(fabric, UPLINK_THREAD);
  };
  const listens = Promise.withResolvers<number>();
  const opened = Promise.withResolvers<UplinksAnswer>();
  const tell = (answer: UplinksAnswer): void => {
    if (answer.type === "answer") opened.resolve(answer);
    if (answer.type === "state") listens.resolve(Number(/:(\d+)$/.exec(answer.state.detail)?.[1]));
  };
  const works = new UplinkWorks({
    fabric,
    memory,
    incarnation,
    inbox: port2,
    fault: () => undefined,
    tell,
    nowNs: () => 1000,
  });
  void works.run();
  const address = { family: "udp", host: "127.0.0.1", port: 0 } as const;
  const common = { network: "lan", link: "up", stations: [] } as const;
  const spec = { ...common, class: "socket", socket: { role: "listen", address } } as const;
  post({ type: "open", port: uplink, id: "up", place, number: 0, frameMax: 1518, spec });
  wake(memory, EVENTS_AT, true);
  expect(await opened.promise).toEqual({ type: "answer", port: uplink });

  // As control does for a guest that boots, but for the call that wakes the thread: a socket was faster.
  const receiver = viewGuestMemory(new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true }));
  const seat = placeReceiving(4096, 16, 2048);
  prepareReceiving(receiver, seat);
  const { count, offset, signal } = seat;
  resetRing(fabric, to * 2, { count, offset, signal, events: 0, number: 0, owner: RECEIVER, incarnation: 1 });
  takePort(fabric, to, RECEIVER);
  openReceiving(fabric, to, to * 2);
  const received = new Receiving(receiver, seat);
  post({ type: "peer", thread: RECEIVER, incarnation: 1, memory: receiver.memory });
  const socket = createSocket("udp4");
  const frame = new Uint8Array(64);
  frame.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1]);
  socket.send(frame, await listens.promise, address.host);
  const ended = (): number => Object.values(countersOf(fabric, uplink)).reduce((sum, n) => sum + n, 0);
  await expect.poll(ended, { timeout: 60_000 }).toBeGreaterThan(0);
  socket.close();
  expect(received.take()).toBe(true);
});
